package nova

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
)

// pause waits for a while.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// rest waits until there may be something to send: new events, or the time of one that was postponed.
func (s *Sender) rest(ctx context.Context) error {
	var due <-chan time.Time
	if wait, ok := s.untilDue(); ok {
		t := time.NewTimer(wait)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.more:
	case <-due:
	}
	return nil
}

func (s *Sender) untilDue() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.later) == 0 {
		return 0, false
	}
	next := slices.MinFunc(s.later, func(a, b queued) int { return a.due.Compare(b.due) })
	return max(0, next.due.Sub(s.Now())), true
}

// postpone keeps events that Nova could not deliver yet for a later time of their own, and drops those for which nobody can
// wait any more.
func (s *Sender) postpone(batch []queued) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range batch {
		fields := logrus.Fields{"event": q.Name, "server": q.ServerUUID, "port": q.Tag}
		if s.Now().Sub(q.since) >= staleAfter {
			s.Log.WithFields(fields).Warn("Nova was never told: the server was on no host")
			continue
		}
		q.wait = min(max(2*q.wait, retryFirst), retryMost)
		q.due = s.Now().Add(q.wait)
		s.Log.WithFields(fields).Debug("Nova has the server on no host yet; telling it again later")
		if s.later = append(s.later, q); len(s.later) > maxWaiting {
			s.later = s.later[1:]
		}
	}
}

// recall puts the events whose time has come before the others. The caller holds mu.
func (s *Sender) recall() {
	var now, later []queued
	for _, q := range s.later {
		if q.due.After(s.Now()) {
			later = append(later, q)
		} else {
			now = append(now, q)
		}
	}
	if len(now) > 0 {
		s.waiting, s.later = append(now, s.waiting...), later
	}
}

// outdate forgets what was postponed of a server's port of which there are news. The caller holds mu.
func (s *Sender) outdate(e Event) {
	s.later = slices.DeleteFunc(s.later, func(q queued) bool { return q.ServerUUID == e.ServerUUID && q.Tag == e.Tag })
}

// unready lists the events that Nova could not deliver yet (422), since the server is on no host, by its answer. Only one
// who was told to be plugged can be waited for: of what changes or goes on no host there is nothing that Nova would look up
// again. Those of unknown servers are not told again.
func unready(batch []queued, answer []byte) []queued {
	var body struct {
		Events []struct {
			Event
			Code int `json:"code"`
		} `json:"events"`
	}
	if json.Unmarshal(answer, &body) != nil {
		return nil
	}
	var again []queued
	for _, e := range body.Events {
		if e.Code != http.StatusUnprocessableEntity || e.Name != Plugged {
			continue
		}
		i := slices.IndexFunc(batch, func(q queued) bool {
			return e.Name == q.Name && e.ServerUUID == q.ServerUUID && e.Tag == q.Tag
		})
		if i >= 0 {
			again = append(again, batch[i])
		}
	}
	return again
}
