package rest

import (
	fifo "container/list"
	"net"
	"net/http"
	"sync"
)

// crowd bounds how many connections there are at once. One connection more ends the one that has been idle for longest;
// if none is, the one that has been silent for longest since it came. If all of them are at work, as those look too that
// send their requests drop by drop, it ends the oldest of the address that has the most, unless that is its own, which
// ends itself. So clients that only hold connections keep nobody out, and one address cannot take all of them.
type crowd struct {
	most int

	mu     sync.Mutex
	places map[net.Conn]place
	idle   *fifo.List     // of net.Conn, the oldest first
	silent *fifo.List     // likewise, those that have not sent a byte
	busy   *fifo.List     // likewise, those at work
	of     map[string]int // how many an address has
}

// place is where a connection is listed; one that is told to end is in no list.
type place struct {
	list *fifo.List
	at   *fifo.Element
}

func newCrowd(most int) *crowd {
	return &crowd{most: most, places: map[net.Conn]place{}, idle: fifo.New(), silent: fifo.New(), busy: fifo.New(), of: map[string]int{}}
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
	was, known := c.places[conn]
	if was.list != nil {
		was.list.Remove(was.at)
	}
	switch s {
	case http.StateNew:
		victim = c.tooMany(conn)
		c.of[addressOf(conn)]++
		c.put(conn, c.silent)
	case http.StateIdle:
		c.put(conn, c.idle)
	case http.StateActive:
		c.put(conn, c.busy)
	default:
		delete(c.places, conn)
		if who := addressOf(conn); known {
			if c.of[who]--; c.of[who] == 0 {
				delete(c.of, who)
			}
		}
	}
	return victim
}

func (c *crowd) put(conn net.Conn, l *fifo.List) { c.places[conn] = place{l, l.PushBack(conn)} }

// addressOf is whom a connection comes from, whatever its port.
func addressOf(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return ""
	}
	return host
}

// tooMany gives the connection that must make room for a new one, if one must.
func (c *crowd) tooMany(conn net.Conn) net.Conn {
	if len(c.places) < c.most {
		return nil
	}
	for _, l := range [...]*fifo.List{c.idle, c.silent} {
		if first := l.Front(); first != nil {
			return c.end(first, l)
		}
	}
	greedy, most := "", c.of[addressOf(conn)]+1
	for who, n := range c.of {
		if n > most {
			greedy, most = who, n
		}
	}
	for e := c.busy.Front(); greedy != "" && e != nil; e = e.Next() {
		if addressOf(e.Value.(net.Conn)) == greedy {
			return c.end(e, c.busy)
		}
	}
	return conn
}

// end takes a connection out of its list; it counts until it is closed.
func (c *crowd) end(e *fifo.Element, l *fifo.List) net.Conn {
	l.Remove(e)
	victim := e.Value.(net.Conn)
	c.places[victim] = place{}
	return victim
}
