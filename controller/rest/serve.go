package rest

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"weft/controller/rest/request"
	"weft/controller/serverlog"
)

// limits hold against slow and greedy clients.
type limits struct {
	header, read, write, idle time.Duration
	grace                     time.Duration // for requests under way when stopping
	stop                      time.Duration // after that they are cut off
	connections               int           // at once
	streams                   int           // requests at once on a connection of HTTP/2

	said *stdlog.Logger // is told of connections that fail; nil: standard error is
}

var defaultLimits = limits{
	header: 10 * time.Second, read: 30 * time.Second, write: request.AnswerTime, idle: 2 * time.Minute,
	grace: time.Second, stop: 5 * time.Second,
	connections: 4096, streams: 100,
}

const maxHeader = 256 << 10 // bytes; clients filter by many ids at once

// Listen takes the address for Serve. An error says who holds the port, if the kernel tells, and what to do.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: the port is taken%s; stop that process or choose another address", addr, by(holder(addr)))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: not allowed; run as root or choose a port over 1023: %w", addr, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine does not have that address: %w", addr, err)
	}
	return nil, fmt.Errorf("listen for REST: %w", err)
}

func by(who string) string {
	if who == "" {
		return ""
	}
	return " by " + who
}

// Serve answers on addr until ctx ends, lets requests under way finish for a few seconds, and returns nil.
func Serve(ctx context.Context, addr string, h http.Handler, log *logrus.Entry) error {
	ln, err := Listen(ctx, addr)
	if err != nil {
		return err
	}
	return ServeListener(ctx, ln, h, log)
}

// ServeListener is Serve on a listener, which it closes.
func ServeListener(ctx context.Context, ln net.Listener, h http.Handler, log *logrus.Entry) error {
	l := defaultLimits
	l.said = serverlog.New(log)
	return serve(ctx, ln, h, l)
}

func serve(ctx context.Context, ln net.Listener, h http.Handler, l limits) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	srv := l.server(h)
	srv.BaseContext = func(net.Listener) context.Context { return base }
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve REST on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), l.stop)
	defer done()
	short := time.AfterFunc(l.grace, cancel) // ends those who wait for hosts; the others are done by then
	defer short.Stop()
	if err := srv.Shutdown(stop); err != nil {
		_ = srv.Close() // whoever did not finish in time
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve REST on %s: %w", ln.Addr(), err)
	}
	return nil
}

// server makes a server that holds to the limits. It speaks HTTP/1.1 and HTTP/2: over TLS as agreed there, without TLS to
// clients that begin with HTTP/2 at once.
func (l limits) server(h http.Handler) *http.Server {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: l.header,
		ReadTimeout:       l.read,
		WriteTimeout:      l.write,
		IdleTimeout:       l.idle,
		MaxHeaderBytes:    maxHeader,
		ConnState:         newCrowd(l.connections).turn,
		ErrorLog:          l.said,
		Protocols:         new(http.Protocols),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: l.streams, SendPingTimeout: l.idle / 2, PingTimeout: l.header},
	}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetHTTP2(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	return srv
}
