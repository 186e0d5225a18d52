package standin

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"weft/controller/ofp/wire"
	"weft/plan"
)

// Switch is one bridge. Its flows outlive its connections.
type Switch struct {
	DPID uint64

	mu    sync.Mutex
	flows map[string]entry
	mods  int  // flow-mods committed
	reads int  // times that all flows were asked for
	known bool // a controller has asked who it is
	deaf  bool
	mute  bool
}

// entry is a flow as it came: priority to match, and the rest.
type entry struct {
	cookie       uint64
	instructions string
}

// New makes a switch without flows.
func New(dpid uint64) *Switch { return &Switch{DPID: dpid, flows: map[string]entry{}} }

// Flows is how many flows the switch holds.
func (s *Switch) Flows() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.flows)
}

// Mods is how many flow-mods the switch has committed so far.
func (s *Switch) Mods() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mods
}

// Reads is how often all flows were asked for and given.
func (s *Switch) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Deafen makes the switch stop reading, or read again, from its next message on. It keeps its connection.
func (s *Switch) Deafen(deaf bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = deaf
}

// Mute makes the switch keep for itself which flows it holds, or tell again. Everything else it answers.
func (s *Switch) Mute(mute bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = mute
}

// Dump gives the flows as those of a bridge by that name, in no order.
func (s *Switch) Dump(bridge string) ([]plan.Flow, error) {
	var out []plan.Flow
	for _, part := range s.stats() {
		var err error
		if out, err = wire.AppendFlowStats(out, bridge, part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Serve connects to a controller and answers it until the connection or ctx ends. conf is nil for plain TCP.
func (s *Switch) Serve(ctx context.Context, addr string, conf *tls.Config) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	if conf != nil {
		conn = tls.Client(conn, conf)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close()
	defer s.know(false)
	c := &connection{s: s, in: bufio.NewReaderSize(conn, 4096), out: bufio.NewWriterSize(conn, 4096), open: map[uint32][][]byte{}}
	c.write(wire.AppendHello(nil, 1))
	for {
		if c.in.Buffered() == 0 {
			if err := c.out.Flush(); err != nil {
				return err
			}
		}
		if err := s.hear(ctx); err != nil {
			return err
		}
		if err := c.next(); err != nil {
			return err
		}
	}
}

func (s *Switch) know(known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = known
}

func (s *Switch) connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known
}

// hear waits while the switch is deaf.
func (s *Switch) hear(ctx context.Context) error {
	for {
		s.mu.Lock()
		deaf := s.deaf
		s.mu.Unlock()
		if !deaf {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// connection is one OpenFlow connection.
type connection struct {
	s    *Switch
	in   *bufio.Reader
	out  *bufio.Writer
	open map[uint32][][]byte // flow-mods of bundles under way
}

func (c *connection) write(b []byte) { _, _ = c.out.Write(b) } // Flush tells

func (c *connection) next() error {
	head, err := c.in.Peek(wire.HeaderLen)
	if err != nil {
		return err
	}
	h, err := wire.ParseHeader(head)
	if err != nil {
		return err
	}
	b := make([]byte, h.Length)
	if _, err := io.ReadFull(c.in, b); err != nil {
		return err
	}
	return c.answer(h, b)
}

// asked gives all flows to who asks, or nothing at all.
func (s *Switch) asked() [][]byte {
	s.mu.Lock()
	mute := s.mute
	if !mute {
		s.reads++
	}
	s.mu.Unlock()
	if mute {
		return nil
	}
	return s.stats()
}

// experimenterHeader is that of ONF's messages, up to the bundle's flags; the types are those of a bundle.
const (
	experimenterHeader = 24
	bundleControl      = 2300
)

func (c *connection) answer(h wire.Header, b []byte) error {
	reply := func(t wire.Type, body []byte) { c.write(wire.AppendMessage(nil, t, h.XID, body)) }
	switch h.Type {
	case wire.TypeFeaturesRequest:
		c.s.know(true)
		reply(wire.TypeFeaturesReply, append(binary.BigEndian.AppendUint64(nil, c.s.DPID), make([]byte, 16)...))
	case wire.TypeEchoRequest:
		reply(wire.TypeEchoReply, b[wire.HeaderLen:])
	case wire.TypeBarrierRequest:
		reply(wire.TypeBarrierReply, nil)
	case wire.TypeMultipartRequest:
		c.multipart(h, b)
	case wire.TypeExperimenter:
		return c.bundle(h, b)
	}
	return nil
}

// multipart answers flow statistics with all flows; nothing else is asked of a switch that holds the controller's own.
func (c *connection) multipart(h wire.Header, b []byte) {
	kind := binary.BigEndian.Uint16(b[wire.HeaderLen:])
	parts := [][]byte{nil}
	if kind == uint16(wire.PartFlow) {
		parts = c.s.asked()
	}
	for i, part := range parts {
		more := uint16(1)
		if i == len(parts)-1 {
			more = 0
		}
		body := binary.BigEndian.AppendUint16(nil, kind)
		body = binary.BigEndian.AppendUint16(body, more)
		c.write(wire.AppendMessage(nil, wire.TypeMultipartReply, h.XID, append(append(body, 0, 0, 0, 0), part...)))
	}
}

func (c *connection) bundle(h wire.Header, b []byte) error {
	if len(b) < experimenterHeader {
		return fmt.Errorf("experimenter message of %d bytes", len(b))
	}
	id := binary.BigEndian.Uint32(b[16:])
	if binary.BigEndian.Uint32(b[12:]) != bundleControl {
		c.open[id] = append(c.open[id], b[experimenterHeader:])
		return nil
	}
	op := wire.BundleOp(binary.BigEndian.Uint16(b[20:]))
	if op == wire.BundleCommit {
		if err := c.s.commit(c.open[id]); err != nil {
			return err
		}
	}
	if op != wire.BundleOpen {
		delete(c.open, id)
	}
	c.write(wire.AppendBundleControl(nil, h.XID, id, op.Reply(), wire.BundleAtomic|wire.BundleOrdered))
	return nil
}
