package pace

import (
	"net"
	"sync"
	"time"
)

const (
	// greetings are how many reads of a connection are followed by the work of a handshake: the other side's hello, perhaps
	// in two pieces, and its certificate. What a read later or earlier costs does not matter much.
	greetings = 3
	// longest bounds how long a turn is held, whatever its holder waits for.
	longest = 50 * time.Millisecond
)

// Turns are how many connections may compute at a time. Listeners may share them.
type Turns chan struct{}

// NewTurns gives n turns.
func NewTurns(n int) Turns { return make(Turns, n) }

// Listener gives connections of l that take turns with what they do after each of their first reads, until the next. They wait
// for a turn in the order of arrival, and hold none while they wait for the other side.
func (t Turns) Listener(l net.Listener) net.Listener { return &listener{l, t} }

type listener struct {
	net.Listener
	turns Turns
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, turns: l.turns}, nil
}

// conn is a connection that takes turns. It has one reader at a time, as every connection.
type conn struct {
	net.Conn
	turns Turns
	reads int

	mu   sync.Mutex
	held *time.Timer // ends the turn; nil: there is none
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.end()
	n, err := c.Conn.Read(b)
	if c.reads < greetings && err == nil {
		c.reads++
		c.take()
	}
	return n, err
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.end()
	return c.Conn.Close()
}

func (c *conn) take() {
	c.turns <- struct{}{} // whoever holds one gives it up soon
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = time.AfterFunc(longest, c.end)
}

// end gives up the turn, if there is one.
func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil {
		c.held.Stop()
		c.held = nil
		<-c.turns
	}
}
