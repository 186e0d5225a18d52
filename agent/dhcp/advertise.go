package dhcp

import (
	"context"
	"time"
)

// idle is how long the advertiser looks away when nothing is due.
const idle = time.Hour

// advertise tells guests of their routers, unasked, until ctx ends.
func (s *Server) advertise(ctx context.Context) {
	for {
		session := s.link.current(ctx)
		if session == nil {
			return
		}
		now := s.o.Now()
		s.mu.Lock()
		due, next := s.guests.due(now)
		s.mu.Unlock()
		for i, t := range due {
			if err := session.PacketOut(ctx, t.at.port, withTag(t.at.tag, t.frame)); err != nil {
				s.keep(due[i:])
				break // the connection is gone; with the next one all is told again
			}
		}
		wait := idle
		if !next.IsZero() {
			wait = next.Sub(now)
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// keep has last words said over the next connection that could not be said over this one.
func (s *Server) keep(unsaid []telling) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests.keep(unsaid)
}

// reintroduce has every guest told again, over a new connection.
func (s *Server) reintroduce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests.again(s.o.Now())
	s.poke()
}
