package serverlog

import (
	stdlog "log"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// quiet is how long after a warning others are only for who looks closely.
const quiet = 10 * time.Second

// New gives what a server's ErrorLog is to be.
func New(log *logrus.Entry) *stdlog.Logger {
	return stdlog.New(&writer{log: log, now: time.Now}, "", 0)
}

type writer struct {
	log *logrus.Entry
	now func() time.Time

	mu     sync.Mutex
	warned time.Time
}

// Write implements io.Writer: p is one message.
func (w *writer) Write(p []byte) (int, error) {
	said := strings.TrimPrefix(strings.TrimSpace(string(p)), "http: ")
	if w.turn() {
		w.log.WithField("err", said).Warn("a connection failed")
	} else {
		w.log.WithField("err", said).Debug("a connection failed")
	}
	return len(p), nil
}

func (w *writer) turn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if !w.warned.IsZero() && now.Sub(w.warned) < quiet {
		return false
	}
	w.warned = now
	return true
}
