package controller

import (
	"fmt"
	"slices"
	"sync"

	"weft/api"
	"weft/controller/ofp"
)

const (
	// maxWaiting is how many switches may be connected that no host has claimed. An agent reports its bridges as soon as
	// it has made them, so few ever wait, but for the first minute of a large cloud.
	maxWaiting = 16384
	// maxWaitingOfHost is how many of these one certificate may have, so that a host keeps out nobody but itself.
	maxWaitingOfHost = 64
)

// waiting are the switches that no host has claimed yet. Whose they are their certificates say: a datapath id is but what
// a switch says of itself, and several may say the same.
type waiting struct {
	mu     sync.Mutex
	byDPID map[uint64][]*ofp.Session
	byHost map[string]int // how many of a certificate
	n      int
}

func newWaiting() *waiting {
	return &waiting{byDPID: map[uint64][]*ofp.Session{}, byHost: map[string]int{}}
}

// add has a switch wait. The same switch, which waits already under a connection that is dead by now, gives way.
func (w *waiting) add(s *ofp.Session) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, old := range w.byDPID[s.DPID()] {
		if sameSwitch(old, s) {
			w.remove(old)
			old.Close()
			break
		}
	}
	switch {
	case w.n >= maxWaiting:
		return fmt.Errorf("datapath id %016x belongs to no host, and %d such switches wait already", s.DPID(), w.n)
	case s.Host() != "" && w.byHost[s.Host()] >= maxWaitingOfHost:
		return fmt.Errorf("datapath id %016x is of no bridge that host %s reports, and %d such switches of the host wait already",
			s.DPID(), s.Host(), maxWaitingOfHost)
	}
	w.byDPID[s.DPID()] = append(w.byDPID[s.DPID()], s)
	w.byHost[s.Host()]++
	w.n++
	return nil
}

// sameSwitch reports whether two connections with one datapath id are of one switch: of one certificate, or, without, of
// one address.
func sameSwitch(a, b *ofp.Session) bool {
	return a.Host() == b.Host() && (a.Host() != "" || a.RemoteAddr().Addr() == b.RemoteAddr().Addr())
}

// take gives the switches that may be the one with a datapath id that a host has claimed: its own, or those without a
// certificate, in the order in which they came. They do not wait any more.
func (w *waiting) take(id api.HostID, dpid uint64) []*ofp.Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*ofp.Session
	for _, s := range w.byDPID[dpid] {
		if s.Host() == "" || s.Host() == string(id) {
			out = append(out, s)
		}
	}
	for _, s := range out {
		w.remove(s)
	}
	return out
}

// of gives the switches that wait with a host's certificate.
func (w *waiting) of(id api.HostID) []*ofp.Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*ofp.Session
	for _, some := range w.byDPID {
		for _, s := range some {
			if s.Host() == string(id) {
				out = append(out, s)
			}
		}
	}
	return out
}

// drop forgets a switch that has gone.
func (w *waiting) drop(s *ofp.Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(s)
}

// remove takes a switch out, if it waits. The caller holds w.mu.
func (w *waiting) remove(s *ofp.Session) {
	there := w.byDPID[s.DPID()]
	i := slices.Index(there, s)
	if i < 0 {
		return
	}
	if there = slices.Delete(slices.Clone(there), i, i+1); len(there) > 0 {
		w.byDPID[s.DPID()] = there
	} else {
		delete(w.byDPID, s.DPID())
	}
	if w.byHost[s.Host()]--; w.byHost[s.Host()] == 0 {
		delete(w.byHost, s.Host())
	}
	w.n--
}
