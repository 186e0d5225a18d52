package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

type request struct {
	Op      string  `json:"op"` // start, stop or list
	Command Command `json:"command"`
	Signal  int     `json:"signal,omitempty"`
}

type answer struct {
	Error    string    `json:"error,omitempty"`
	Services []Service `json:"services,omitempty"`
}

const requestTimeout = time.Minute

// serve answers one request a connection until ctx ends.
func serve(ctx context.Context, l net.Listener, s *services) error {
	var all sync.WaitGroup
	defer all.Wait()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("accept control connection: %w", err)
		}
		all.Go(func() {
			defer c.Close()
			handle(ctx, c, s)
		})
	}
}

func handle(ctx context.Context, c net.Conn, s *services) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if c.SetDeadline(time.Now().Add(requestTimeout+time.Second)) != nil {
		return
	}
	var r request
	err := json.NewDecoder(c).Decode(&r)
	if err == nil {
		err = obey(ctx, s, r)
	}
	a := answer{Services: s.list()}
	if err != nil {
		a.Error = err.Error()
	}
	_ = json.NewEncoder(c).Encode(a) // a caller that left needs no answer
}

func obey(ctx context.Context, s *services, r request) error {
	switch r.Op {
	case "start":
		return s.start(r.Command)
	case "stop":
		return s.stop(ctx, r.Command.Name, unix.Signal(r.Signal))
	case "list":
		return nil
	}
	return fmt.Errorf("unknown request %q", r.Op)
}

// Client speaks to the init of the machine whose folder is Dir.
type Client struct {
	Dir string
}

// Run starts a service unless it runs.
func (c Client) Run(ctx context.Context, cmd Command) error {
	_, err := c.ask(ctx, request{Op: "start", Command: cmd})
	return err
}

// Stop sends a signal to a service and waits for its end. It is no error if it does not run.
func (c Client) Stop(ctx context.Context, name string, sig unix.Signal) error {
	_, err := c.ask(ctx, request{Op: "stop", Command: Command{Name: name}, Signal: int(sig)})
	return err
}

// Services lists the services that were ever started.
func (c Client) Services(ctx context.Context) ([]Service, error) {
	return c.ask(ctx, request{Op: "list"})
}

func (c Client) ask(ctx context.Context, r request) ([]Service, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout+2*time.Second)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", SocketPath(c.Dir))
	if err != nil {
		return nil, fmt.Errorf("reach the machine's init: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return nil, fmt.Errorf("ask the machine's init: %w", err)
	}
	var a answer
	if err := json.NewDecoder(conn).Decode(&a); err != nil {
		return nil, fmt.Errorf("read the answer of the machine's init: %w", err)
	}
	if a.Error != "" {
		return a.Services, errors.New(a.Error)
	}
	return a.Services, nil
}
