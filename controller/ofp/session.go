package ofp

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"weft/controller/ofp/wire"
)

// ErrClosed ends a session that Close was called on.
var ErrClosed = errors.New("session closed")

// Session is one OpenFlow connection with a switch. Its methods may be called from any goroutine, and end with the
// session's own error when it ends.
type Session struct {
	cfg    Config
	conn   net.Conn
	in     *bufio.Reader
	remote netip.AddrPort

	// Set in the handshake, before anybody else has the session.
	host     string
	cert     *x509.Certificate
	features wire.Features

	bulk   chan []byte // requests, in order; bounded, so a slow switch holds its callers back
	urgent chan []byte // echoes, which pass the bulk
	xid    atomic.Uint32
	born   time.Time
	heard  atomic.Int64 // when something arrived last, in nanoseconds since born: clocks that are set do not count
	turn   chan struct{}
	ready  chan struct{} // closed after the handshake
	done   chan struct{} // closed at the end
	parts  sync.WaitGroup
	fences wire.Fences // the reader's own

	mu       sync.Mutex
	err      error // why done is closed
	waiters  map[uint32]*waiter
	bundle   *bundle // the one that is being added to, if any
	accepted bool    // Handler.Connected took it
}

// NewSession speaks to a switch over a connection that the caller made, such as one to a bridge's management socket, and
// returns once the switch has said who it is. The session owns conn; it ends with ctx, or with Close. Wait then waits for
// its goroutines. Config.TLS is not used.
func NewSession(ctx context.Context, conn net.Conn, c Config) (*Session, error) {
	s := newSession(conn, c.withDefaults())
	s.parts.Go(func() { _ = s.run(ctx) })
	select {
	case <-s.ready:
		return s, nil
	case <-s.done:
		s.Wait()
		return nil, s.Err()
	}
}

func newSession(conn net.Conn, c Config) *Session {
	s := &Session{
		cfg: c, conn: conn, born: time.Now(), in: bufio.NewReaderSize(conn, 512),
		bulk: make(chan []byte, 4), urgent: make(chan []byte, 16), turn: make(chan struct{}, 1),
		ready: make(chan struct{}), done: make(chan struct{}),
	}
	if a, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		s.remote = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	return s
}

// DPID is the switch's datapath id.
func (s *Session) DPID() uint64 { return s.features.DPID }

// Host is the name in the switch's certificate: its first DNS name, or else the common name. Without TLS it is "".
func (s *Session) Host() string { return s.host }

// Certificate is the switch's; nil without TLS.
func (s *Session) Certificate() *x509.Certificate { return s.cert }

// RemoteAddr is where the switch connected from; the zero AddrPort for a unix socket.
func (s *Session) RemoteAddr() netip.AddrPort { return s.remote }

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err says why the session ended, and nil before.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// greeted reports whether the handshake is over.
func (s *Session) greeted() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

// Close ends the session. It does not wait: it may be called from a Handler.
func (s *Session) Close() { s.fail(ErrClosed) }

// Wait waits for the goroutines of a session from NewSession, after its end.
func (s *Session) Wait() { s.parts.Wait() }

// fail ends the session; the first reason stays.
func (s *Session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.err = err
	close(s.done)
	_ = s.conn.Close() // wakes the reader and the writer; what it says about bytes not sent is of no use now
}

// run is the whole life of a session. It returns why it ended, after every goroutine of it.
func (s *Session) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { s.fail(context.Cause(ctx)) })
	defer stop()
	var helpers sync.WaitGroup
	helpers.Go(s.write)
	err := s.handshake(ctx)
	if err == nil {
		close(s.ready)
		helpers.Go(s.announce)
		err = s.read()
	}
	s.fail(err)
	helpers.Wait()
	if err := s.Err(); s.accepted {
		s.cfg.Handler.Disconnected(s, err)
	}
	return s.Err()
}

// announce tells the handler. It runs beside the reader, so that the handler may use the session.
func (s *Session) announce() {
	if s.cfg.Handler == nil {
		return
	}
	if err := s.cfg.Handler.Connected(s); err != nil {
		s.fail(err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = true
}

// write sends what is queued, as much as there is at a time, and asks a silent switch for a sign of life.
func (s *Session) write() {
	silence := time.NewTicker(s.cfg.EchoInterval)
	defer silence.Stop()
	for {
		var b []byte
		select {
		case b = <-s.urgent:
		case b = <-s.bulk:
		case <-silence.C:
			if !s.greeted() || int64(time.Since(s.born))-s.heard.Load() < int64(s.cfg.EchoInterval) {
				continue
			}
			b = wire.AppendMessage(nil, wire.TypeEchoRequest, s.xid.Add(1), nil)
		case <-s.done:
			return
		}
		if err := s.flush(s.gather(b)); err != nil {
			s.fail(err)
			return
		}
	}
}

// gather adds what else is queued to b, up to a limit.
func (s *Session) gather(b []byte) []byte {
	for len(b) < chunkSize {
		select {
		case more := <-s.urgent:
			b = append(b, more...)
		case more := <-s.bulk:
			b = append(b, more...)
		default:
			return b
		}
	}
	return b
}
