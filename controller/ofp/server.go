package ofp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"weft/controller/ofp/wire"
)

// Handler is told about switches. Its methods are called from the session's own goroutines, for several sessions at once.
type Handler interface {
	// Connected is called once a switch has said who it is. The session may be used at once. An error closes it.
	Connected(*Session) error
	// Disconnected is called once for each session that Connected accepted, with the reason, after its end.
	Disconnected(*Session, error)
}

// PortWatcher is a Handler that wants to hear of ports. PortStatus is called in the order of the switch's messages, by
// the goroutine that reads them: it must not wait for the session.
type PortWatcher interface {
	PortStatus(*Session, wire.PortStatus)
}

// PacketReceiver is a Handler that wants packet-ins, under the same rule as PortWatcher.
type PacketReceiver interface {
	PacketIn(*Session, wire.PacketIn)
}

// FlowWatcher is a Handler that wants to hear of flows that others have changed, once WatchFlows was called, under the same
// rule as PortWatcher. No changes at all mean that there may have been some that the switch could not tell.
type FlowWatcher interface {
	FlowsChanged(*Session, []wire.FlowChange)
}

// Config says how sessions behave. The zero value of a field means its default.
type Config struct {
	// TLS, if set, is spoken on each connection that a Server accepts, and a client certificate is then required.
	TLS     *tls.Config
	Handler Handler
	// EchoInterval is the silence after which a switch is asked for a sign of life. Default 5 s. DeadAfter should be more
	// than twice as long.
	EchoInterval time.Duration
	// DeadAfter is the silence after which a session ends, and the time that a switch has for its handshake. Default 15 s.
	DeadAfter time.Duration
	// ReplyTimeout is how long a request may wait for its reply. Default 60 s.
	ReplyTimeout time.Duration
	// MaxSessions bounds how many connections a Server holds at once. Default 32,768: some of each of
	// several thousand hosts.
	MaxSessions int
	Log         *logrus.Entry
}

func (c Config) withDefaults() Config {
	if c.EchoInterval <= 0 {
		c.EchoInterval = 5 * time.Second
	}
	if c.DeadAfter <= 0 {
		c.DeadAfter = 15 * time.Second
	}
	if c.ReplyTimeout <= 0 {
		c.ReplyTimeout = time.Minute
	}
	if c.MaxSessions <= 0 {
		c.MaxSessions = 32768
	}
	if c.Log == nil {
		c.Log = logrus.NewEntry(logrus.StandardLogger())
	}
	if c.TLS != nil {
		c.TLS = c.TLS.Clone()
		c.TLS.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c
}

// Server accepts switches.
type Server struct {
	cfg            Config
	lacks, strange few // warnings: that nothing can be accepted, and of those who are no switches
}

// NewServer makes a server. Its sessions run inside Serve.
func NewServer(c Config) *Server {
	return &Server{cfg: c.withDefaults(), lacks: few{most: 1}, strange: few{most: 20}}
}

// Serve accepts switches on l until ctx ends, and then closes l and every session and waits for them; the result is nil
// then. A listener that fails before is an error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer cancel()
	slots := make(chan struct{}, s.cfg.MaxSessions)
	for {
		conn, err := s.accept(ctx, l)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept OpenFlow connections on %v: %w", l.Addr(), err)
		}
		select {
		case slots <- struct{}{}:
		default:
			s.cfg.Log.WithFields(logrus.Fields{"remote": conn.RemoteAddr(), "sessions": s.cfg.MaxSessions}).
				Warn("switch turned away: too many connections")
			_ = conn.Close()
			continue
		}
		sessions.Go(func() {
			s.session(ctx, conn)
			<-slots
		})
	}
}

// passing are the errors of accept that another try may not meet.
var passing = []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED}

// accept waits for a connection. A lack of file descriptors passes, so it is waited for.
func (s *Server) accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	for {
		conn, err := l.Accept()
		if err == nil || ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return conn, err
		}
		if !slices.ContainsFunc(passing, func(e syscall.Errno) bool { return errors.Is(err, e) }) {
			return nil, err
		}
		if now, _ := s.lacks.say(); now {
			s.cfg.Log.WithField("err", err).
				Warn("cannot accept switches now, and tries again; if files are too few, raise their limit (LimitNOFILE, ulimit -n)")
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// session runs one connection to its end and logs why it ended.
func (s *Server) session(ctx context.Context, conn net.Conn) {
	log := s.cfg.Log.WithField("remote", conn.RemoteAddr())
	if s.cfg.TLS != nil {
		conn = tls.Server(conn, s.cfg.TLS)
	}
	ses := newSession(conn, s.cfg)
	err := ses.run(ctx)
	log = log.WithField("err", err)
	switch {
	case ctx.Err() != nil, errors.Is(err, ErrClosed):
		log.Debug("switch connection closed")
	case !ses.greeted():
		now, omitted := s.strange.say()
		if omitted > 0 {
			log = log.WithField("more", omitted)
		}
		if now {
			log.Warn("connection refused: not a switch that can be served")
		}
	default:
		log.WithFields(logrus.Fields{"datapath": fmt.Sprintf("%016x", ses.DPID()), "host": ses.Host()}).
			Warn("switch connection ended")
	}
}
