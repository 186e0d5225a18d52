package dhcp

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"weft/agent/frame"
	"weft/plan"
)

// answerer answers what a guest asks in one protocol.
type answerer interface {
	// replies gives the frames that answer one. It does not change it.
	replies(frame []byte) ([][]byte, error)
	// complaint gives what an operator should know since the last answer; "" is nothing.
	complaint() string
}

// cutShort remembers that not all options fitted into an answer, to say it when it begins.
type cutShort struct{ cut, said bool }

func (c *cutShort) complaint() string {
	news := c.cut && !c.said
	if c.said = c.cut; !news {
		return ""
	}
	return "not all DHCP options fit into what the guest takes; the last ones are left out"
}

// newAnswerer makes what answers from an item, and says where its guest is.
func newAnswerer(x plan.Spec) (answerer, place, error) {
	switch x := x.(type) {
	case plan.DHCP:
		l, err := newLease(x)
		return l, place{x.OFPort, x.Tag}, err
	case plan.DHCP6:
		l, err := newLease6(x)
		return l, place{x.OFPort, x.Tag}, err
	case plan.RA:
		a, err := newAdvert(x)
		return a, place{x.OFPort, x.Tag}, err
	}
	return nil, place{}, fmt.Errorf("%T is nothing that guests are answered from", x)
}

// Check refuses an item that cannot be answered from.
func Check(x plan.Spec) error {
	_, _, err := newAnswerer(x)
	return err
}

// kindOf tells by which kind of item a frame is answered.
func kindOf(f []byte) plan.Kind {
	switch {
	case len(f) >= ethernetLen && binary.BigEndian.Uint16(f[12:]) == etherIPv4:
		return plan.KindDHCP
	case frame.Protocol(f) == frame.UDP:
		return plan.KindDHCP6
	case frame.Protocol(f) == frame.ICMPv6:
		return plan.KindRA
	}
	return ""
}

// guest is a place with all that is answered there.
type guest struct {
	budget  budget
	answers map[plan.Key]answerer
}

// guests are those of the host. The zero value is not ready.
type guests struct {
	at    map[place]*guest
	items map[plan.Key]plan.Spec
	ports map[plan.Key]place
	last  []parting // to be said to guests that have lost a router
}

// parting is a last word.
type parting struct {
	at     place
	advert *advert
}

func newGuests() guests {
	return guests{at: map[place]*guest{}, items: map[plan.Key]plan.Spec{}, ports: map[plan.Key]place{}}
}

// put holds an item, instead of the one with its key.
func (g *guests) put(x plan.Spec, now time.Time) error {
	a, port, err := newAnswerer(x)
	if err != nil {
		return err
	}
	k := x.Key()
	if at, ok := g.ports[k]; ok {
		if next, ok := a.(*advert); ok && at == port {
			next.replaces(g.at[at].answers[k].(*advert))
		}
		g.forget(k)
	}
	if g.at[port] == nil {
		g.at[port] = &guest{answers: map[plan.Key]answerer{}}
	}
	if next, ok := a.(*advert); ok {
		next.due = now
	}
	g.at[port].answers[k], g.items[k], g.ports[k] = a, x, port
	return nil
}

// drop gives an item up; a guest whose router it was will hear of that.
func (g *guests) drop(k plan.Key) {
	port, ok := g.ports[k]
	if !ok {
		return
	}
	if a, ok := g.at[port].answers[k].(*advert); ok {
		g.last = append(g.last, parting{port, a})
	}
	g.forget(k)
}

func (g *guests) forget(k plan.Key) {
	port := g.ports[k]
	delete(g.items, k)
	delete(g.ports, k)
	delete(g.at[port].answers, k)
	if len(g.at[port].answers) == 0 {
		delete(g.at, port)
	}
}

// alone reports whether nobody else is behind a place's OpenFlow port.
func (g *guests) alone(at place) bool {
	for other := range g.at {
		if other.port == at.port && other != at {
			return false
		}
	}
	return true
}

// of gives what answers a kind of question at a place, in the order of keys.
func (g *guests) of(at place, kind plan.Kind) []answerer {
	there := g.at[at]
	if there == nil {
		return nil
	}
	var out []answerer
	for _, k := range slices.SortedFunc(maps.Keys(there.answers), plan.Key.Compare) {
		if k.Kind == kind {
			out = append(out, there.answers[k])
		}
	}
	return out
}

// adverts gives what a guest hears of routers.
func (g *guests) adverts(at place) []*advert {
	var out []*advert
	for _, a := range g.of(at, plan.KindRA) {
		out = append(out, a.(*advert))
	}
	return out
}

// telling is an advertisement that is due.
type telling struct {
	at     place
	advert *advert
	frame  []byte
	last   bool // its router is no more: nobody would say it again
}

// due gives what is to be said now, last words first, and when there is more to say. What is given counts as said.
func (g *guests) due(now time.Time) (out []telling, next time.Time) {
	for _, p := range g.last {
		if f, err := p.advert.farewell(g.adverts(p.at)).frameTo(frame.AllNodes); err == nil {
			out = append(out, telling{p.at, p.advert, f, true})
		}
	}
	g.last = nil
	for at := range g.at {
		for _, a := range g.adverts(at) {
			if !a.due.After(now) {
				if f, err := a.frameTo(frame.AllNodes); err == nil {
					out = append(out, telling{at, a, f, false})
				}
				a.wasTold(now)
			}
			if next.IsZero() || a.due.Before(next) {
				next = a.due
			}
		}
	}
	return out, next
}

// keep takes back last words that nobody has heard. They come before what is said anew, so a router that is back counts.
func (g *guests) keep(unsaid []telling) {
	for _, t := range unsaid {
		if t.last {
			g.last = append(g.last, parting{t.at, t.advert})
		}
	}
}

// again makes everything due: nobody is known to have heard it.
func (g *guests) again(now time.Time) {
	for at := range g.at {
		for _, a := range g.adverts(at) {
			a.due, a.told = now, 0
		}
	}
}
