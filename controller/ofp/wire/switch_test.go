package wire_test

import (
	"bufio"
	"io"
	"net"
	"time"

	"weft/controller/ofp/wire"
	"weft/plan"
)

// failer is what testing.T and rapid.T share.
type failer interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// client speaks OpenFlow to a real switch, one request at a time.
type client struct {
	conn  net.Conn
	r     *bufio.Reader
	xid   uint32
	hello []byte // the switch's
}

func dialSwitch(t failer, socket string) *client {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{conn: conn, r: bufio.NewReader(conn)}
	c.send(t, wire.AppendHello(nil, 0))
	c.hello = c.read(t)
	if _, err := wire.ParseHello(c.hello); err != nil {
		t.Fatalf("hello: %v", err)
	}
	return c
}

func (c *client) send(t failer, b []byte) {
	t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// read gives the next whole message.
func (c *client) read(t failer) []byte {
	t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatalf("read: %v", err)
	}
	head, err := c.r.Peek(wire.HeaderLen)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	h, err := wire.ParseHeader(head)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	b := make([]byte, h.Length)
	if _, err := io.ReadFull(c.r, b); err != nil {
		t.Fatalf("read: %v", err)
	}
	return b
}

// ask sends a request and gives the first reply with its transaction id.
func (c *client) ask(t failer, build func(xid uint32) []byte) []byte {
	t.Helper()
	c.xid++
	c.send(t, build(c.xid))
	return c.reply(t)
}

func (c *client) reply(t failer) []byte {
	t.Helper()
	for {
		b := c.read(t)
		h, err := wire.ParseHeader(b)
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if h.Type == wire.TypeError {
			e, err := wire.ParseError(b)
			t.Fatalf("switch answers %v (%v)", e, err)
		}
		if h.XID == c.xid {
			return b
		}
	}
}

func (c *client) barrier(t failer) {
	t.Helper()
	b := c.ask(t, func(xid uint32) []byte { return wire.AppendMessage(nil, wire.TypeBarrierRequest, xid, nil) })
	if err := wire.ParseBarrier(b); err != nil {
		t.Fatalf("barrier: %v", err)
	}
}

func (c *client) add(t failer, flows []plan.Flow) {
	t.Helper()
	var b []byte
	for i := range flows {
		c.xid++
		b = flows[i].AppendFlowMod(b, c.xid, plan.FlowAdd)
	}
	c.send(t, b)
	c.barrier(t)
}

// deleteAll removes every flow of every table.
func (c *client) deleteAll(t failer) {
	t.Helper()
	const deleteLoose = 3
	c.xid++
	all := plan.Flow{FlowKey: plan.FlowKey{Table: wire.AllTables}}
	c.send(t, all.AppendFlowMod(nil, c.xid, deleteLoose))
	c.barrier(t)
}

// parts asks for something and gives the bodies of all parts of the reply.
func (c *client) parts(t failer, build func(xid uint32) []byte) [][]byte {
	t.Helper()
	var bodies [][]byte
	for b := c.ask(t, build); ; b = c.reply(t) {
		m, err := wire.ParseMultipart(b)
		if err != nil {
			t.Fatalf("multipart: %v", err)
		}
		bodies = append(bodies, m.Body)
		if !m.More {
			return bodies
		}
	}
}

func (c *client) flows(t failer, bridge string) (fs []plan.Flow) {
	t.Helper()
	bodies := c.parts(t, func(xid uint32) []byte {
		return wire.AppendFlowRequest(nil, xid, wire.PartFlow, wire.AllTables, 0, 0)
	})
	for _, body := range bodies {
		var err error
		if fs, err = wire.AppendFlowStats(fs, bridge, body); err != nil {
			t.Fatalf("flow stats: %v", err)
		}
	}
	return fs
}
