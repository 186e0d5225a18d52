package python

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// Interpreter is the Python that has Debian's packages.
const Interpreter = "/usr/bin/python3"

// Server is a running script.
type Server struct {
	Ready string // what it said behind "ready"
	stop  func()
}

// Serve starts a script and waits until it prints a line that begins with "ready". The script dies with ctx.
func Serve(ctx context.Context, script string, args ...string) (*Server, error) {
	cmd := exec.CommandContext(ctx, Interpreter, append([]string{"-W", "ignore", script}, args...)...)
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
		return nil, fmt.Errorf("start %s: %w", script, err)
	}
	s := &Server{stop: sync.OnceFunc(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // whatever it says of being ended
	})}
	line, _ := bufio.NewReader(out).ReadString('\n')
	rest, ready := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "ready")
	if !ready {
		s.stop()
		return nil, fmt.Errorf("%s did not come up: it printed %q and said\n%s", script, line, said.String())
	}
	s.Ready = strings.TrimSpace(rest)
	return s, nil
}

// Stop ends it and waits for it; again does nothing.
func (s *Server) Stop() { s.stop() }
