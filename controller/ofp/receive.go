package ofp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"weft/controller/ofp/wire"
)

// maxGreeting bounds messages of a switch that has not said who it is.
const maxGreeting = 4096

// handshake makes sure that the other side is a switch that speaks OpenFlow 1.3, within DeadAfter.
func (s *Session) handshake(ctx context.Context) error {
	if err := s.conn.SetDeadline(time.Now().Add(s.cfg.DeadAfter)); err != nil {
		return err
	}
	if c, ok := s.conn.(*tls.Conn); ok {
		if err := c.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS handshake: %w", err)
		}
		s.cert = c.ConnectionState().PeerCertificates[0]
		s.host = s.cert.Subject.CommonName
		if len(s.cert.DNSNames) > 0 {
			s.host = s.cert.DNSNames[0]
		}
	}
	if err := s.enqueue(s.urgent, wire.AppendHello(nil, s.xid.Add(1))); err != nil {
		return err
	}
	if err := s.hello(); err != nil {
		return err
	}
	if err := s.enqueue(s.urgent, wire.AppendMessage(nil, wire.TypeFeaturesRequest, s.xid.Add(1), nil)); err != nil {
		return err
	}
	if err := s.awaitFeatures(); err != nil {
		return err
	}
	_, ports := s.cfg.Handler.(PortWatcher)
	_, packets := s.cfg.Handler.(PacketReceiver)
	if !ports && !packets {
		return nil
	}
	return s.enqueue(s.urgent, wire.AppendSetConfig(nil, s.xid.Add(1)))
}

func (s *Session) hello() error {
	h, b, err := s.next(maxGreeting)
	if err != nil {
		return fmt.Errorf("wait for hello: %w", err)
	}
	if h.Type != wire.TypeHello {
		return fmt.Errorf("switch began with %v instead of hello", h.Type)
	}
	hello, err := wire.ParseHello(b)
	if err != nil {
		return err
	}
	if !hello.Speaks13() {
		// Written directly: the session ends before the writer would come to it, and only the writer's hello may be on
		// its way, which is as good before as behind.
		const helloFailed, incompatible = 0, 0
		_ = s.flush(wire.AppendError(nil, h.XID, helloFailed, incompatible, b))
		return fmt.Errorf("switch speaks no OpenFlow 1.3 (version %d, bitmap %#x): set protocols=OpenFlow13 on its bridge",
			hello.Version, hello.Bitmap)
	}
	return nil
}

// awaitFeatures skips the few other messages that a switch may send first.
func (s *Session) awaitFeatures() error {
	for range 64 {
		h, b, err := s.next(maxGreeting)
		if err != nil {
			return fmt.Errorf("wait for features: %w", err)
		}
		switch h.Type {
		case wire.TypeFeaturesReply:
			if s.features, err = wire.ParseFeatures(b); err != nil {
				return err
			}
			if s.features.AuxiliaryID != 0 {
				return fmt.Errorf("auxiliary connection %d of switch %016x is of no use here", s.features.AuxiliaryID, s.DPID())
			}
			return nil
		case wire.TypeError:
			e, err := wire.ParseError(b)
			if err != nil {
				return err
			}
			return fmt.Errorf("switch refuses the handshake: %w", e)
		case wire.TypeEchoRequest:
			if err := s.echo(h, b); err != nil {
				return err
			}
		}
	}
	return errors.New("switch sent 64 messages and no features")
}

// read takes messages in until the session ends.
func (s *Session) read() error {
	if err := s.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	for {
		if err := s.conn.SetReadDeadline(time.Now().Add(s.cfg.DeadAfter)); err != nil {
			return err
		}
		h, b, err := s.next(1 << 16)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("switch was silent, or in the middle of a message, for %v: %w", s.cfg.DeadAfter, err)
		case err != nil:
			return err
		}
		if err := s.safely(h, b); err != nil {
			return fmt.Errorf("%v message of the switch: %w", h.Type, err)
		}
	}
}

// next reads one whole message into memory of its own.
func (s *Session) next(limit int) (wire.Header, []byte, error) {
	head, err := s.in.Peek(wire.HeaderLen)
	if err != nil {
		if len(head) > 0 && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return wire.Header{}, nil, err
	}
	h, err := wire.ParseHeader(head)
	switch {
	case err != nil:
		return wire.Header{}, nil, err
	case h.Version != wire.Version && h.Type != wire.TypeHello && h.Type != wire.TypeError:
		return wire.Header{}, nil, fmt.Errorf("%x is no header of OpenFlow 1.3", head)
	case h.Length > limit:
		return wire.Header{}, nil, fmt.Errorf("%v message of %d bytes, want at most %d here", h.Type, h.Length, limit)
	}
	b := make([]byte, h.Length)
	if _, err := io.ReadFull(s.in, b); err != nil {
		return wire.Header{}, nil, fmt.Errorf("in the middle of a %v message: %w", h.Type, err)
	}
	s.heard.Store(int64(time.Since(s.born)))
	return h, b, nil
}

// safely handles one message. If decoding panics in spite of everything, that ends this session and no other.
func (s *Session) safely(h wire.Header, b []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v; message %x", p, b[:min(len(b), 256)])
		}
	}()
	return s.dispatch(h, b)
}

func (s *Session) dispatch(h wire.Header, b []byte) error {
	switch h.Type {
	case wire.TypeEchoRequest:
		return s.echo(h, b)
	case wire.TypeError:
		return s.refusal(h, b)
	case wire.TypeMultipartReply, wire.TypeExperimenter:
		if h.XID == 0 {
			return s.changed(h, b)
		}
		return s.answer(h, b)
	case wire.TypeBarrierReply, wire.TypeRoleReply:
		return s.answer(h, b)
	case wire.TypePortStatus:
		st, err := wire.ParsePortStatus(b)
		if w, ok := s.cfg.Handler.(PortWatcher); ok && err == nil {
			w.PortStatus(s, st)
		}
		return err
	case wire.TypePacketIn:
		p, err := wire.ParsePacketIn(b)
		if r, ok := s.cfg.Handler.(PacketReceiver); ok && err == nil {
			r.PacketIn(s, p)
		}
		return err
	}
	return nil // nothing else is of interest
}

func (s *Session) echo(h wire.Header, b []byte) error {
	payload, err := wire.ParseEcho(b)
	if err != nil {
		return err
	}
	return s.enqueue(s.urgent, wire.AppendMessage(nil, wire.TypeEchoReply, h.XID, payload))
}

// enqueue adds to a queue that only a switch can fill up which asks and does not read the answers.
func (s *Session) enqueue(queue chan<- []byte, b []byte) error {
	select {
	case queue <- b:
		return nil
	default:
		return errors.New("switch does not read what it asked for")
	}
}

// flush writes b; a switch that takes nothing for DeadAfter is dead.
func (s *Session) flush(b []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.cfg.DeadAfter)); err != nil {
		return err
	}
	if _, err := s.conn.Write(b); err != nil {
		return fmt.Errorf("write to switch: %w", err)
	}
	return nil
}
