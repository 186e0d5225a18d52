package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Command is a service to run.
type Command struct {
	Name string   `json:"name"`
	Argv []string `json:"argv"`
	Env  []string `json:"env,omitempty"` // added to the machine's
	Log  string   `json:"log"`           // file that gets what it prints
}

// Service is the state of a service.
type Service struct {
	Command
	PID     int       `json:"pid"` // inside the machine
	Running bool      `json:"running"`
	Since   time.Time `json:"since"`          // start, or end if it does not run
	Exit    string    `json:"exit,omitempty"` // how it ended
}

// services holds what init started. The lock is held over fork and note, so a child that ends at once is known.
type services struct {
	mu    sync.Mutex
	known map[string]*running
}

type running struct {
	Service
	ended chan struct{}
}

func newServices() *services { return &services{known: map[string]*running{}} }

// start runs a command unless its service runs already.
func (s *services) start(c Command) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.known[c.Name]; r != nil && r.Running {
		return nil
	}
	if c.Name == "" || len(c.Argv) == 0 || c.Log == "" {
		return errors.New("start service: a name, a command and a log file are needed")
	}
	out, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start service %s: %w", c.Name, err)
	}
	defer out.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fmt.Errorf("start service %s: %w", c.Name, err)
	}
	defer null.Close()
	p, err := os.StartProcess(c.Argv[0], c.Argv, &os.ProcAttr{
		Dir: "/", Env: append(os.Environ(), c.Env...), Files: []*os.File{null, out, out},
		Sys: &unix.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("start service %s: %w", c.Name, err)
	}
	s.known[c.Name] = &running{
		Service: Service{Command: c, PID: p.Pid, Running: true, Since: time.Now()}, ended: make(chan struct{}),
	}
	return p.Release() // the reaper collects it, as it does all others
}

// stop sends a signal and waits for the end of the service.
func (s *services) stop(ctx context.Context, name string, sig unix.Signal) error {
	s.mu.Lock()
	r := s.known[name]
	if r == nil || !r.Running {
		s.mu.Unlock()
		return nil
	}
	err := unix.Kill(r.PID, sig)
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("stop service %s: %w", name, err)
	}
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop service %s: it did not end: %w", name, ctx.Err())
	}
}

// list gives the services by name.
func (s *services) list() []Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Service, 0, len(s.known))
	for _, r := range s.known {
		all = append(all, r.Service)
	}
	slices.SortFunc(all, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// reap collects every child that ends: services, and the orphans that process 1 inherits.
func (s *services) reap(ctx context.Context) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGCHLD)
	defer signal.Stop(signals)
	for {
		s.collect()
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
	}
}

func (s *services) collect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		for _, r := range s.known {
			if r.PID == pid && r.Running {
				r.Running, r.Since, r.Exit = false, time.Now(), describe(status)
				close(r.ended)
			}
		}
	}
}

func describe(st unix.WaitStatus) string {
	if st.Signaled() {
		return "killed by " + unix.SignalName(st.Signal())
	}
	return fmt.Sprintf("exit status %d", st.ExitStatus())
}
