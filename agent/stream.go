package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"weft/agent/run"
	"weft/plan"
)

// The types of plan.Message.
const (
	typeSnapshot = "snapshot"
	typeDelta    = "delta"
	typePing     = "ping"
	typeQuestion = "question"
)

const (
	silence     = 15 * time.Second // without a line the controller is taken for gone
	reconnect   = 500 * time.Millisecond
	reconnectTo = 15 * time.Second
	maxLine     = 256 << 20 // bytes of one message
)

// stream keeps the plan stream open and hands each message to the loop.
type stream struct {
	client *http.Client
	url    string
	out    chan<- plan.Message
	asked  func(context.Context, plan.Question) // must not block; nil: questions are not answered
	note   func(error)                          // called when the connection is made (nil) or lost
	quiet  time.Duration
}

func planURL(c *Config, what string) string {
	u, _ := url.Parse(c.Controller) // checked by complete
	return u.JoinPath("v1", "hosts", url.PathEscape(string(c.Host)), what).String()
}

// run connects again and again until ctx ends, with growing pauses of random length.
func (s *stream) run(ctx context.Context) {
	wait := reconnect
	for ctx.Err() == nil {
		began := time.Now()
		err := s.once(ctx)
		if ctx.Err() != nil {
			return
		}
		s.note(err)
		if time.Since(began) > reconnectTo {
			wait = reconnect
		}
		run.Pause(ctx, wait/2+rand.N(wait/2))
		wait = min(2*wait, reconnectTo)
	}
}

// once reads one connection until it fails or falls silent.
func (s *stream) once(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(s.quiet, func() { cancel(fmt.Errorf("no word from the controller for %s", s.quiet)) })
	defer watch.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return cause(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		return errors.New(refusal(res.Status, b))
	}
	s.note(nil)
	return cause(ctx, s.read(ctx, res.Body, func() { watch.Reset(s.quiet) }))
}

func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}

// read takes messages off a connection. A message counts only when its whole line was read and makes sense; the first
// must be a snapshot, since a delta without one says nothing.
func (s *stream) read(ctx context.Context, body io.Reader, alive func()) error {
	r := bufio.NewReaderSize(&ticking{body, alive}, 64<<10)
	whole := false
	for {
		line, err := readLine(r)
		if err != nil {
			return fmt.Errorf("read plan: %w", err)
		}
		var m plan.Message
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("read plan: %w", err)
		}
		switch {
		case m.Type == typePing:
			continue
		case m.Type == typeQuestion:
			if m.Question != nil && s.asked != nil {
				s.asked(ctx, *m.Question)
			}
			continue
		case m.Type == typeSnapshot:
			whole = true
		case m.Type != typeDelta:
			return fmt.Errorf("read plan: message of unknown type %q", m.Type)
		case !whole:
			return errors.New("read plan: a change came before the plan that it changes")
		}
		select {
		case s.out <- m:
			alive() // the loop may have been busy for long: that was not silence
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ticking says that the peer lives with each piece that comes: a long line may take a while.
type ticking struct {
	io.Reader
	alive func()
}

func (t *ticking) Read(b []byte) (int, error) {
	n, err := t.Reader.Read(b)
	if n > 0 {
		t.alive()
	}
	return n, err
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("a message is longer than %d bytes", maxLine)
		}
	}
}
