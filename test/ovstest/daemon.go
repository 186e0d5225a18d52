package ovstest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// startTimeout bounds how long a daemon may take until its socket answers.
const startTimeout = time.Minute

// daemon is a child process.
type daemon struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once the process has been reaped
	err  error         // valid after done
}

// startDaemon runs cmd. The kernel kills the process when the thread that started it ends, so a goroutine keeps that
// thread until the process is reaped: the child cannot outlive this process, whatever kills it.
func startDaemon(cmd *exec.Cmd) (*daemon, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	d := &daemon{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			d.err = cmd.Wait()
		}
		close(d.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return d, nil
}

// listening waits until the daemon accepts connections on a unix socket.
func (d *daemon) listening(socket string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		c, err := net.Dial("unix", socket)
		if err == nil {
			return c.Close()
		}
		select {
		case <-d.done:
			return fmt.Errorf("%s ended at start: %v", d.cmd.Path, d.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen on %s: %w", d.cmd.Path, socket, err)
		case <-poll.C:
		}
	}
}

// kill ends the process the hard way and waits for it.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill() // an error means that it has ended already
	<-d.done
}
