package dhcp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"weft/agent/mgmt"
	"weft/agent/run"
	"weft/controller/ofp"
	"weft/plan"
)

// hello is how long a switch has to answer.
const hello = 15 * time.Second

var errAway error = run.Away("guests are not answered: no connection with br-int")

// link is the state of the connection with the switch.
type link struct {
	mu      sync.Mutex
	up      chan struct{} // closed while there is a connection
	session *ofp.Session  // that connection
	err     error         // why there is none
}

func newLink() *link { return &link{up: make(chan struct{}), err: errors.New("not made yet")} }

func (l *link) connected(s *ofp.Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.session = nil, s
	close(l.up)
}

// current waits for a connection and gives it; nil if ctx ends before.
func (l *link) current(ctx context.Context) *ofp.Session {
	for {
		l.mu.Lock()
		up := l.up
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-up:
		}
		l.mu.Lock()
		s := l.session
		l.mu.Unlock()
		if s != nil {
			return s
		}
	}
}

// lost takes down why there is no connection. It reports whether that is new.
func (l *link) lost(err error) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.up:
		l.up, l.session = make(chan struct{}), nil
	default:
	}
	news = l.err == nil || l.err.Error() != err.Error()
	l.err = err
	return news
}

// await waits for a connection, not longer than most.
func (l *link) await(ctx context.Context, most time.Duration) error {
	l.mu.Lock()
	up := l.up
	l.mu.Unlock()
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case <-up:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-late.C:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Errorf("%w: %w", errAway, l.err)
}

// connect keeps a session with the switch until ctx ends.
func (s *Server) connect(ctx context.Context) {
	mgmt.Keep(ctx, s.o.Socket, ofp.Config{Handler: s, Log: s.o.Log}, s.begin, func(err error) {
		if s.link.lost(err) {
			s.o.Log.WithField("err", err).Info("no connection with br-int to answer guests; trying again")
		}
	})
}

// begin makes a new connection the one that requests come over.
func (s *Server) begin(ctx context.Context, session *ofp.Session) error {
	soon, cancel := context.WithTimeout(ctx, hello)
	defer cancel()
	if err := session.BecomeController(soon, plan.AgentController); err != nil {
		return err
	}
	s.link.connected(session)
	s.reintroduce()
	s.o.Log.Debug("answering guests")
	return nil
}
