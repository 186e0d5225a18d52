package compile

import (
	"weft/api"
	"weft/pipeline"
)

// flooded: a host that broadcasts of a network go to, one more or one less, or by another way. Where hosts are divided into
// parts only the list of its own part changes, unless they are divided, or not any more, because of it.
func (a *affected) flooded(n api.NetworkID, h api.HostID) {
	was, is := pipeline.Divided(a.views[0], n), pipeline.Divided(a.views[1], n)
	switch {
	case was != is && a.redivided[n]: // by another host in the same transaction
	case was != is:
		a.redivided[n] = true
		a.onNetwork(n, peersOf(n))
		a.parts(n)
	case is:
		a.onNetwork(n, partOf(n, api.PartOf(h)))
	default:
		a.onNetwork(n, peersOf(n))
	}
}

// ringed: where a host has come to the ring or left it, the neighbours of others are others.
func (a *affected) ringed(h api.HostID) {
	around := []api.HostID{h}
	for _, v := range a.views {
		for _, near := range v.NeighboursOf(h) {
			around = append(around, near.ID)
		}
	}
	for _, x := range around {
		if a.shifted[x] {
			continue
		}
		a.shifted[x] = true
		met := map[api.HostID]int{}
		for _, v := range a.views {
			for _, near := range v.NeighboursOf(x) {
				met[near.ID]++
			}
		}
		for near, times := range met {
			if times < len(a.views) {
				a.on(x, hostSubject(near))
			}
		}
	}
}

// parts: the lists of all parts, if there are any.
func (a *affected) parts(n api.NetworkID) {
	if !pipeline.Divided(a.views[0], n) && !pipeline.Divided(a.views[1], n) {
		return
	}
	for part := range api.Parts {
		a.onNetwork(n, partOf(n, part))
	}
}

// met: the hosts that have a network know each other.
func (a *affected) met(s *api.Segment) {
	for _, v := range a.views {
		for other := range v.SegmentsOf(s.NetworkID) {
			a.on(other.HostID, hostSubject(s.HostID))
			a.on(s.HostID, hostSubject(other.HostID))
		}
	}
}

// tunnelled reports whether a network's frames cross the underlay, in either state.
func (a *affected) tunnelled(n api.NetworkID) bool {
	return pipeline.Tunnelled(a.views[0], n) || pipeline.Tunnelled(a.views[1], n)
}
