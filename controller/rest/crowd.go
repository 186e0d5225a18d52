package rest

import (
	fifo "container/list"
	"net"
	"net/http"
	"sync"
)

// crowd bounds how many connections there are at once. One connection more ends the one that has been idle for longest;
// if none is, the one that has been silent for longest since it came; if all of them are at work, itself. So clients that
// only hold connections keep nobody out.
type crowd struct {
	most int

	mu     sync.Mutex
	places map[net.Conn]place
	idle   *fifo.List // of net.Conn, the oldest first
	silent *fifo.List // likewise, those that have not sent a byte
}

// place is where a connection is listed; a connection at work is in neither list.
type place struct {
	list *fifo.List
	at   *fifo.Element
}

func newCrowd(most int) *crowd {
	return &crowd{most: most, places: map[net.Conn]place{}, idle: fifo.New(), silent: fifo.New()}
}

// turn takes note of a connection's new state; it is an http.Server's ConnState. Closing a connection here only makes its
// goroutine notice.
func (c *crowd) turn(conn net.Conn, s http.ConnState) {
	if victim := c.move(conn, s); victim != nil {
		_ = victim.Close()
	}
}

func (c *crowd) move(conn net.Conn, s http.ConnState) (victim net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, ok := c.places[conn]; ok && was.list != nil {
		was.list.Remove(was.at)
	}
	switch s {
	case http.StateNew:
		victim = c.tooMany(conn)
		c.places[conn] = place{c.silent, c.silent.PushBack(conn)}
	case http.StateIdle:
		c.places[conn] = place{c.idle, c.idle.PushBack(conn)}
	case http.StateActive:
		c.places[conn] = place{}
	default:
		delete(c.places, conn)
	}
	return victim
}

// tooMany gives the connection that must make room for a new one, if one must.
func (c *crowd) tooMany(conn net.Conn) net.Conn {
	if len(c.places) < c.most {
		return nil
	}
	for _, l := range [...]*fifo.List{c.idle, c.silent} {
		if first := l.Front(); first != nil {
			l.Remove(first)
			victim := first.Value.(net.Conn)
			c.places[victim] = place{} // until it is closed
			return victim
		}
	}
	return conn
}
