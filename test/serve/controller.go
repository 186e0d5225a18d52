package serve

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Build builds weft into a folder and gives the program's path. It runs in the module's tree.
func Build(dir string) (string, error) {
	program := filepath.Join(dir, "weft")
	if out, err := exec.Command("go", "build", "-o", program, "weft/cmd/weft").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build weft: %w\n%s", err, out)
	}
	return program, nil
}

// Controller is a running "weft controller".
type Controller struct {
	URL   string // of the REST API
	Token string // the administrator's
	cmd   *exec.Cmd
	done  chan struct{} // closed once its log has ended
}

// Start starts a controller with its state in a folder. What it logs goes to log, which may be io.Discard.
func Start(program, dir string, log io.Writer, flags ...string) (*Controller, error) {
	args := append([]string{"controller", "--data-dir", dir, "--advertise", "127.0.0.1", "--listen-rest", "127.0.0.1:0",
		"--listen-openflow", "127.0.0.1:0", "--listen-agent", "127.0.0.1:0"}, flags...)
	c := &Controller{cmd: exec.Command(program, args...), done: make(chan struct{})}
	out, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start weft controller: %w", err)
	}
	lines := bufio.NewReader(io.TeeReader(out, log))
	addr, said := listening(lines)
	go func() { _, _ = io.Copy(io.Discard, lines); close(c.done) }()
	if addr == "" {
		return nil, fmt.Errorf("weft controller did not come up: %w\n%s", c.Stop(), said)
	}
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil {
		return nil, fmt.Errorf("read the controller's token: %w", joinStop(err, c))
	}
	c.URL, c.Token = "http://"+addr, strings.TrimSpace(string(token))
	return c, nil
}

func joinStop(err error, c *Controller) error {
	if stop := c.Stop(); stop != nil {
		return fmt.Errorf("%w; %w", err, stop)
	}
	return err
}

// Stop ends it as an operator does. It is an error if it does not end well.
func (c *Controller) Stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-c.done
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("weft controller: %w", err)
	}
	return nil
}

var restAddress = regexp.MustCompile(`controller is up.* rest="?([0-9.:]+)`)

// listening reads the log until it tells the address of the REST API, and gives what it read.
func listening(log *bufio.Reader) (addr, said string) {
	for {
		line, err := log.ReadString('\n')
		said += line
		if m := restAddress.FindStringSubmatch(line); m != nil {
			return m[1], said
		}
		if err != nil {
			return "", said
		}
	}
}

// Kill ends it as a power failure does.
func (c *Controller) Kill() error {
	if err := c.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill weft controller: %w", err)
	}
	<-c.done
	_ = c.cmd.Wait() // it was killed
	return nil
}

// Memory is how many bytes of memory it has now, and had at most.
func (c *Controller) Memory() (now, most int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read the controller's memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			now = kib << 10
		}
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			most = kib << 10
		}
	}
	return now, most, nil
}

// Work is how much processor time it has taken so far.
func (c *Controller) Work() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the controller's processor time: %w", err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // behind the program's name
	var user, system int64                          // in hundredths of a second
	for i, f := range strings.Fields(fields) {
		switch i {
		case 11:
			user, _ = strconv.ParseInt(f, 10, 64)
		case 12:
			system, _ = strconv.ParseInt(f, 10, 64)
		}
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}
