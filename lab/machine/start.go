package machine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Spec says how a machine is made.
type Spec struct {
	Name string // its host name
	Dir  string // its folder on the real machine: control socket, logs, and what its services store
	// Argv is the command that calls Init with the same Name and Dir.
	Argv []string
}

const startTimeout = time.Minute

// Start makes a machine and returns when its init answers. It calls record with the new process before that process may
// go on; if record fails, or the caller dies in between, the machine ends by itself. So no machine exists unrecorded.
func Start(ctx context.Context, s Spec, record func(Process) error) (Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	p, err := start(ctx, s, record)
	if err != nil {
		return Process{}, fmt.Errorf("start machine %s: %w", s.Name, err)
	}
	return p, nil
}

func start(ctx context.Context, s Spec, record func(Process) error) (Process, error) {
	if err := os.MkdirAll(filepath.Join(s.Dir, "log"), 0o755); err != nil {
		return Process{}, err
	}
	cmd, goAhead, ready, err := spawn(s)
	if err != nil {
		return Process{}, err
	}
	defer ready.Close()
	p, err := Find(cmd.Process.Pid)
	if err == nil {
		err = record(p)
	}
	if err == nil {
		_, err = io.WriteString(goAhead, "go\n")
	}
	err = errors.Join(err, goAhead.Close())
	if err == nil {
		err = awaitReady(ctx, ready)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return Process{}, err
	}
	// The machine outlives this program. While this one lives it is the parent, and collects it when it ends.
	go cmd.Wait() //nolint:errcheck // ends with the machine; how it ended is nobody's concern
	return p, nil
}

// spawn starts the init. It reads descriptor 3 for leave to go on, and answers on descriptor 4.
func spawn(s Spec) (cmd *exec.Cmd, goAhead io.WriteCloser, ready io.ReadCloser, err error) {
	leaveR, leaveW, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	logFile, err := os.OpenFile(filepath.Join(s.Dir, "log", "init.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, nil, err
	}
	defer logFile.Close()
	defer leaveR.Close()
	defer readyW.Close()
	cmd = exec.Command(s.Argv[0], s.Argv[1:]...) //nolint:gosec,noctx // our own program, which outlives this one
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.ExtraFiles = []*os.File{leaveR, readyW}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS,
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, nil, errors.Join(err, leaveW.Close(), readyR.Close())
	}
	return cmd, leaveW, readyR, nil
}

func awaitReady(ctx context.Context, ready io.ReadCloser) error {
	stop := context.AfterFunc(ctx, func() { ready.Close() })
	defer stop()
	line, err := bufio.NewReader(ready).ReadString('\n')
	if ctx.Err() != nil {
		return fmt.Errorf("no answer from its init: %w", ctx.Err())
	}
	if line = strings.TrimSpace(line); line != "ready" {
		return errors.Join(fmt.Errorf("its init ended early (see init.log): %s", line), err)
	}
	return nil
}
