package nova

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// Event is what Nova is told of a server.
type Event struct {
	Name       string `json:"name"`
	ServerUUID string `json:"server_uuid"`
	Tag        string `json:"tag,omitempty"` // the port's id
	Status     string `json:"status,omitempty"`
}

// The names of events.
const (
	Plugged   = "network-vif-plugged"
	Unplugged = "network-vif-unplugged"
	Deleted   = "network-vif-deleted"
	Changed   = "network-changed"
)

const (
	completed = "completed"
	failed    = "failed"
)

const (
	maxBatch   = 100
	maxWaiting = 10000 // events; of more the oldest are dropped
	callWithin = 10 * time.Second
	retryFirst = 500 * time.Millisecond
	retryMost  = 15 * time.Second
	staleAfter = 5 * time.Minute // as long as Nova waits for an event
	maxAnswer  = 1 << 20
)

// Sender hands events to Nova, in the order in which they came, many at a time.
type Sender struct {
	Nova   AccessSource
	Client *http.Client
	Log    *logrus.Entry
	Now    func() time.Time

	mu      sync.Mutex
	waiting []queued
	later   []queued // Nova could not deliver these yet: they wait for their own time, and keep nobody waiting
	more    chan struct{}
}

type queued struct {
	Event
	since time.Time
	due   time.Time     // of one of later
	wait  time.Duration // before that
}

// NewSender makes a sender; Run makes it work.
func NewSender(nova AccessSource, log *logrus.Entry) *Sender {
	return &Sender{
		Nova: nova, Log: log, Now: time.Now, Client: &http.Client{Timeout: callWithin}, more: make(chan struct{}, 1),
	}
}

// Tell takes events to be sent. It does not block.
func (s *Sender) Tell(events ...Event) {
	s.mu.Lock()
	for _, e := range events {
		s.outdate(e)
		s.waiting = append(s.waiting, queued{Event: e, since: s.Now()})
	}
	s.bound()
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// bound drops the oldest of too many events. The caller holds mu.
func (s *Sender) bound() {
	if lost := len(s.waiting) - maxWaiting; lost > 0 {
		s.Log.WithField("events", lost).Warn("Nova is not told of everything: too many events wait for it")
		s.waiting = append([]queued(nil), s.waiting[lost:]...)
	}
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	defer s.Client.CloseIdleConnections()
	wait := retryFirst
	for {
		batch := s.take()
		if len(batch) == 0 {
			if err := s.rest(ctx); err != nil {
				return err
			}
			continue
		}
		again, err := s.send(ctx, batch)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(again) == 0 {
			wait = retryFirst
			continue
		}
		s.putBack(again)
		s.Log.WithFields(logrus.Fields{"events": len(again), "err": err}).Warn("Nova was not told; trying again")
		if err := pause(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, retryMost)
	}
}

// take gives the next events to be sent: first those whose time has come.
func (s *Sender) take() []queued {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recall()
	n := min(len(s.waiting), maxBatch)
	batch := s.waiting[:n:n]
	s.waiting = s.waiting[n:]
	return batch
}

// putBack puts events that were not sent before the others, but for those for which nobody can wait any more.
func (s *Sender) putBack(batch []queued) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keep []queued
	for _, q := range batch {
		if s.Now().Sub(q.since) < staleAfter {
			keep = append(keep, q)
		} else {
			s.Log.WithFields(logrus.Fields{"event": q.Name, "server": q.ServerUUID, "port": q.Tag}).Warn("Nova was never told")
		}
	}
	s.waiting = append(keep, s.waiting...)
	s.bound()
}

// send tells Nova a batch, and gives the events to be told again, with the reason.
func (s *Sender) send(ctx context.Context, batch []queued) ([]queued, error) {
	status, answer, err := s.post(ctx, batch)
	switch {
	case err != nil:
		return batch, err
	case status == http.StatusOK, status == http.StatusMultiStatus:
		s.postpone(unready(batch, answer))
		return nil, nil
	case status == http.StatusNotFound: // it knows none of the servers
		s.Log.WithField("events", len(batch)).Debug("Nova knows none of the servers that it was told of")
		return nil, nil
	case status == http.StatusBadRequest && len(batch) > 1: // one of them is to blame: tell each alone
		var again []queued
		for _, q := range batch {
			more, e := s.send(ctx, []queued{q})
			again = append(again, more...)
			err = errors.Join(err, e)
		}
		return again, err
	case status == http.StatusBadRequest:
		s.Log.WithFields(logrus.Fields{"event": batch[0].Event, "err": string(answer)}).Warn("Nova refuses an event")
		return nil, nil
	}
	return batch, fmt.Errorf("Nova answers %d: %.200s", status, answer) //nolint:staticcheck // a name
}

// post sends a batch, with another token if Nova does not take the first.
func (s *Sender) post(ctx context.Context, batch []queued) (status int, answer []byte, err error) {
	events := make([]Event, len(batch))
	for i, q := range batch {
		events[i] = q.Event
	}
	body, err := json.Marshal(map[string][]Event{"events": events})
	if err != nil {
		return 0, nil, fmt.Errorf("tell Nova: %w", err)
	}
	refused := ""
	for range 2 {
		to, err := s.Nova.Access(ctx, refused)
		if err != nil {
			return 0, nil, fmt.Errorf("tell Nova: get a token: %w", err)
		}
		if status, answer, err = s.call(ctx, to, body); err != nil || status != http.StatusUnauthorized || to.Token == refused {
			return status, answer, err
		}
		refused = to.Token
	}
	return status, answer, nil
}

func (s *Sender) call(ctx context.Context, to Access, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(to.Endpoint, "/")+"/os-server-external-events", bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("tell Nova: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Auth-Token", to.Token)
	res, err := s.Client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("tell Nova: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("read Nova's answer: %w", err)
	}
	return res.StatusCode, answer, nil
}
