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

// parts: the lists of all parts, if there are any.
func (a *affected) parts(n api.NetworkID) {
	if !pipeline.Divided(a.views[0], n) && !pipeline.Divided(a.views[1], n) {
		return
	}
	for part := range api.Parts {
		a.onNetwork(n, partOf(n, part))
	}
}

// met: the hosts that have a network know each other's routers.
func (a *affected) met(s *api.Segment) {
	for _, v := range a.views {
		for other := range v.SegmentsOf(s.NetworkID) {
			a.on(other.HostID, of(api.Ref{Kind: api.KindHost, ID: string(s.HostID)}))
			a.on(s.HostID, of(api.Ref{Kind: api.KindHost, ID: string(other.HostID)}))
		}
	}
}

// tunnelled reports whether a network's frames cross the underlay, in either state.
func (a *affected) tunnelled(n api.NetworkID) bool {
	return pipeline.Tunnelled(a.views[0], n) || pipeline.Tunnelled(a.views[1], n)
}
