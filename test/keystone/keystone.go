package keystone

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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
	cmd := exec.Command("/usr/bin/python3", "-W", "ignore", script, dir, Password) // where Debian's packages are
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start keystone: %w", err)
	}
	s := &Server{log: filepath.Join(dir, "keystone.log")}
	s.stop = sync.OnceFunc(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // whatever it says of being ended
	})
	var port int
	line, _ := bufio.NewReader(out).ReadString('\n')
	if _, err := fmt.Sscanf(line, "ready %d", &port); err != nil {
		s.stop()
		return nil, fmt.Errorf("keystone did not come up: %q\n%s\n%s", line, said.String(), s.tail())
	}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d/v3", port)
	if s.Token, err = s.Login(ctx, "admin", Password, "admin"); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// Stop ends it; again does nothing.
func (s *Server) Stop() { s.stop() }

// tail is the end of its log.
func (s *Server) tail() string {
	log, _ := os.ReadFile(s.log)
	return string(log[max(0, len(log)-3000):])
}
