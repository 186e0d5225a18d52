package controller

import (
	"math/bits"
	"sync"

	"weft/api"
)

// affected remembers which hosts each of the last revisions touched. A revision costs a bit a host.
type affected struct {
	mu         sync.Mutex
	forgotten  api.Revision // of revisions up to this one it is not known whom they touched
	dispatched api.Revision
	hosts      map[api.Revision]hostSet
	names      []api.HostID // by number; "" where a host was deleted
	numbers    map[api.HostID]int
	free       []int
}

// keepAffected is how many revisions are remembered: a waiter asks within moments of its own commit.
const keepAffected = 4096

func newAffected() *affected {
	return &affected{hosts: map[api.Revision]hostSet{}, numbers: map[api.HostID]int{}}
}

// begin forgets everything: whom revisions up to this one touched is not known.
func (a *affected) begin(rev api.Revision) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forgotten, a.dispatched = rev, rev
	clear(a.hosts)
}

// record notes whom the next revision touched. Revisions come without a gap.
func (a *affected) record(rev api.Revision, hosts []api.HostID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dispatched = rev
	var set hostSet
	for _, id := range hosts {
		set = set.with(a.number(id))
	}
	if len(set) > 0 {
		a.hosts[rev] = set
	}
	if rev > keepAffected && rev-keepAffected > a.forgotten {
		a.forgotten = rev - keepAffected
		delete(a.hosts, a.forgotten)
	}
}

// number gives a host's number. The caller holds a.mu.
func (a *affected) number(id api.HostID) int {
	n, ok := a.numbers[id]
	if ok {
		return n
	}
	if last := len(a.free) - 1; last >= 0 {
		n, a.free = a.free[last], a.free[:last]
		a.names[n] = id
	} else {
		n = len(a.names)
		a.names = append(a.names, id)
	}
	a.numbers[id] = n
	return n
}

// forget takes a deleted host out of all revisions, so that its number can be another's.
func (a *affected) forget(id api.HostID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, ok := a.numbers[id]
	if !ok {
		return
	}
	for _, set := range a.hosts {
		set.drop(n)
	}
	delete(a.numbers, id)
	a.names[n] = ""
	a.free = append(a.free, n)
}

// touch is what is known of whom a revision touched.
type touch int

const (
	touchPending touch = iota // the revision has not been dispatched yet
	touchKnown
	touchForgotten // it may be any host
)

// by gives the hosts that rev touched.
func (a *affected) by(rev api.Revision) ([]api.HostID, touch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case rev > a.dispatched:
		return nil, touchPending
	case rev <= a.forgotten:
		return nil, touchForgotten
	}
	var out []api.HostID
	for n := range a.hosts[rev].all {
		out = append(out, a.names[n])
	}
	return out, touchKnown
}

// hostSet is a set of hosts' numbers, a bit each.
type hostSet []uint64

func (s hostSet) with(n int) hostSet {
	if grow := n/64 + 1 - len(s); grow > 0 {
		s = append(s, make(hostSet, grow)...)
	}
	s[n/64] |= 1 << (n % 64)
	return s
}

func (s hostSet) drop(n int) {
	if n/64 < len(s) {
		s[n/64] &^= 1 << (n % 64)
	}
}

// all yields the numbers, the lowest first.
func (s hostSet) all(yield func(int) bool) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			if !yield(i*64 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}
