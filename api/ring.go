package api

import (
	"crypto/sha256"
	"slices"
)

// Near is how many hosts to either side of one are its neighbours on the ring of all hosts.
const Near = 32

// ringKey is a host's place on the ring. It looks random, so that neighbours are no more likely than any other hosts to
// share a rack, as those with names that follow each other do.
func ringKey(h HostID) string {
	sum := sha256.Sum256([]byte(h))
	return string(sum[:])
}

// NeighboursOf lists the hosts that are next to one on the ring of all hosts, Near to either side and without itself: in a
// cloud of up to 2*Near+1 hosts all others, and never more than that many. Who is a host's neighbour has it as one too. Of
// a host that is not there it gives those that would be its neighbours.
func (v View) NeighboursOf(h HostID) []*Host {
	place := entry{ringKey(h), lowest}
	ring := v.tables[KindHost].still(byRing)
	out := make([]*Host, 0, 2*Near)
	most := Near
	take := func(e entry) bool {
		host := e.object.(*Host)
		switch {
		case len(out) == most:
			return false
		case host.ID == h: // all the way round
			return true
		case !slices.Contains(out, host):
			out = append(out, host)
		}
		return true
	}
	ring.Ascend(place, take)
	ring.Scan(take)
	most = len(out) + Near
	ring.Descend(place, take)
	ring.Reverse(take)
	return out
}
