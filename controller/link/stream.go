package link

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/plan"
)

// plan streams messages to one agent until either side goes.
func (s *Server) plan(w http.ResponseWriter, r *http.Request, host api.HostID) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &lines{w: w, ctl: http.NewResponseController(w)}
	if err := out.ctl.Flush(); err != nil {
		return
	}
	log := s.Log.WithFields(logrus.Fields{"host": host, "remote": r.RemoteAddr})
	log.Info("agent connected")

	var pings sync.WaitGroup
	pings.Go(func() { out.ping(ctx, cancel) })
	err := s.Handler.Stream(ctx, host, out.send)
	cancel()
	pings.Wait()
	log.WithField("err", err).Info("agent disconnected")
}

// lines writes JSON lines; a ping may come between any two.
type lines struct {
	mu  sync.Mutex
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func (l *lines) send(m plan.Message) error {
	b, err := m.AppendJSON(nil)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.ctl.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := l.w.Write(append(b, '\n')); err != nil {
		return err
	}
	return l.ctl.Flush()
}

func (l *lines) ping(ctx context.Context, cancel context.CancelFunc) {
	t := time.NewTicker(PingEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if l.send(plan.Message{Type: "ping"}) != nil {
				cancel()
				return
			}
		}
	}
}
