package rest

import (
	"errors"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/intent"
	"weft/controller/rest/backend"
)

// Config is what New needs. Every field without "optional" must be set.
type Config struct {
	State     backend.State
	Ops       *intent.Ops
	Status    backend.Status
	Inspector backend.Inspector
	Auth      auth.Authenticator // says who sends a request
	Audit     func(Event)        // is told what callers do. Optional; must not block
	// JoinToken makes what an administrator takes to a new host from the host's one-time secret. Optional: the secret.
	JoinToken func(host api.HostID, secret string) string
	// Keeper copies the state out and in. Optional: without it there is no /v1/backup.
	Keeper backend.Keeper
	// Ready says why the controller cannot serve yet; nil means that it can. Optional.
	Ready func() error
	// Registry is where the metrics of this package go and what /metrics shows. Optional.
	Registry *prometheus.Registry
	Log      *logrus.Entry    // optional
	Now      func() time.Time // optional
}

func (c Config) withDefaults() Config {
	if c.JoinToken == nil {
		c.JoinToken = func(_ api.HostID, secret string) string { return secret }
	}
	if c.Ready == nil {
		c.Ready = func() error { return nil }
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.Log == nil {
		c.Log = logrus.NewEntry(logrus.StandardLogger())
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.State == nil:
		return errors.New("rest: no state")
	case c.Ops == nil:
		return errors.New("rest: no operations")
	case c.Status == nil:
		return errors.New("rest: no status")
	case c.Inspector == nil:
		return errors.New("rest: no inspector")
	case c.Auth == nil:
		return errors.New("rest: no authenticator: everybody could change everything")
	}
	return nil
}

// New makes the handler. It panics on a Config with a required field missing, which is a fault in the program.
func New(c Config) http.Handler {
	if err := c.check(); err != nil {
		panic(err)
	}
	return newServer(c.withDefaults())
}

// worthwhile is the size of an answer, in bytes, from which on it is compressed: a smaller one is one packet anyway.
const worthwhile = 1400

// compressed answers with gzip those who take it.
func compressed(h http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(worthwhile), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false))
	if err != nil {
		panic(err) // the options are constants
	}
	return wrap(h)
}
