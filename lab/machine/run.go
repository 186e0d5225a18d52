package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Enter gives the command line that runs argv inside a machine, in the network namespace netns of the machine ("" is
// its own). It needs nsenter and, for netns, ip.
func Enter(p Process, netns string, argv ...string) []string {
	line := []string{"nsenter", "--target", strconv.Itoa(p.PID), "--mount", "--net", "--pid", "--uts", "--"}
	if netns != "" {
		line = append(line, "ip", "netns", "exec", netns)
	}
	return append(line, argv...)
}

// ExitError is a command that ran and failed.
type ExitError struct {
	Argv   []string
	Code   int
	Stderr string
}

// Error implements error.
func (e *ExitError) Error() string {
	return fmt.Sprintf("%s: exit status %d: %s", strings.Join(e.Argv, " "), e.Code, strings.TrimSpace(e.Stderr))
}

// Run runs a command inside a machine and returns what it printed. The end of ctx ends the command and all its children.
func Run(ctx context.Context, p Process, netns string, argv ...string) (string, error) {
	var out, errOut bytes.Buffer
	cmd := Cmd(ctx, p, netns, argv...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return out.String(), fmt.Errorf("%s: %w", strings.Join(argv, " "), ctx.Err())
	case errors.As(err, &exit):
		return out.String(), &ExitError{Argv: argv, Code: exit.ExitCode(), Stderr: errOut.String()}
	case err != nil:
		return out.String(), fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
	}
	return out.String(), nil
}

// Cmd prepares a command inside a machine. It is the head of a process group, which the end of ctx ends.
func Cmd(ctx context.Context, p Process, netns string, argv ...string) *exec.Cmd {
	line := Enter(p, netns, argv...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...) //nolint:gosec // the caller's command is the purpose
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	return cmd
}
