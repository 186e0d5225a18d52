package keystone

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"weft/test/python"
)

//go:embed serve.py
var program []byte

// Password is the administrator's.
const Password = "of-the-administrator" // without a space: some clients' tests put it into a command

// Server is a running Keystone, with the project and user "admin".
type Server struct {
	URL   string // of version 3
	Token string // the administrator's
	log   string // its file
	stop  func()
}

// Start starts a Keystone in a folder that is empty, and waits until it serves.
func Start(ctx context.Context, dir string) (*Server, error) {
	script := filepath.Join(dir, "serve.py")
	if err := os.WriteFile(script, program, 0o600); err != nil {
		return nil, err
	}
	log := filepath.Join(dir, "keystone.log")
	p, err := python.Serve(context.WithoutCancel(ctx), script, dir, Password) // it lives until Stop
	if err != nil {
		return nil, fmt.Errorf("keystone: %w\n%s", err, tail(log))
	}
	s := &Server{log: log, stop: p.Stop}
	s.URL = "http://127.0.0.1:" + p.Ready + "/v3"
	if s.Token, err = s.Login(ctx, "admin", Password, "admin"); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// Stop ends it; again does nothing.
func (s *Server) Stop() { s.stop() }

// tail is the end of its log.
func (s *Server) tail() string { return tail(s.log) }

func tail(path string) string {
	log, _ := os.ReadFile(path)
	return string(log[max(0, len(log)-3000):])
}
