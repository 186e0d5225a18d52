package dhcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"weft/controller/ofp"
	"weft/plan"
)

const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 2 * time.Second
	hello      = 15 * time.Second // that a switch has to answer
)

// link is the state of the connection with the switch.
type link struct {
	mu  sync.Mutex
	up  chan struct{} // closed while there is a connection
	err error         // why there is none
}

func newLink() *link { return &link{up: make(chan struct{}), err: errors.New("not made yet")} }

func (l *link) connected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = nil
	close(l.up)
}

// lost takes down why there is no connection. It reports whether that is new.
func (l *link) lost(err error) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.up:
		l.up = make(chan struct{})
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
	return fmt.Errorf("DHCP is not answered: no connection with br-int: %w", l.err)
}

// connect keeps a session with the switch, again and again until ctx ends.
func (s *Server) connect(ctx context.Context) {
	wait := retryFirst
	for ctx.Err() == nil {
		began := s.o.Now()
		err := s.session(ctx)
		if ctx.Err() != nil {
			return
		}
		log := s.o.Log.WithField("err", err)
		if s.link.lost(err) {
			log.Info("no connection with br-int for DHCP; trying again")
		}
		if s.o.Now().Sub(began) > retryMost {
			wait = retryFirst
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
		wait = min(2*wait, retryMost)
	}
}

// session holds one connection until it ends, and says why.
func (s *Server) session(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", s.o.Socket)
	if err != nil {
		return err
	}
	session, err := ofp.NewSession(ctx, conn, ofp.Config{Handler: s, Log: s.o.Log})
	if err != nil {
		return err
	}
	defer session.Wait()
	defer session.Close()
	soon, cancel := context.WithTimeout(ctx, hello)
	defer cancel()
	if err := session.BecomeController(soon, plan.AgentController); err != nil {
		return err
	}
	s.link.connected()
	s.o.Log.Debug("answering DHCP")
	select {
	case <-session.Done():
		return session.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
