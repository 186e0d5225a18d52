package compile

import (
	"cmp"
	"maps"
	"slices"

	"weft/api"
)

// Subjects lists the subjects that may need something on a host, sorted, each once. What is not on the list needs nothing.
func (c *Compiler) Subjects(s *api.Snapshot, h api.HostID) []api.Ref {
	refs := refSet{}
	for host := range s.Hosts() {
		refs.add(host.Ref())
	}
	for seg := range s.SegmentsOn(h) {
		refs.addNetwork(s.View, seg.NetworkID)
	}
	for pl := range s.PlacementsOn(h) {
		refs.add(api.Ref{Kind: api.KindRouter, ID: string(pl.RouterID)})
	}
	return refs.sorted()
}

// refSet collects subjects.
type refSet map[api.Ref]struct{}

func (r refSet) add(ref api.Ref) { r[ref] = struct{}{} }

// addNetwork adds a network with its ports, floating IPs and VTEPs.
func (r refSet) addNetwork(v api.View, n api.NetworkID) {
	r.add(api.Ref{Kind: api.KindNetwork, ID: string(n)})
	for p := range v.PortsOf(n) {
		r.add(p.Ref())
	}
	for f := range v.FloatingIPsOf(n) {
		r.add(f.Ref())
	}
	for t := range v.VTEPsOf(n) {
		r.add(t.Ref())
	}
}

func (r refSet) sorted() []api.Ref {
	return slices.SortedFunc(maps.Keys(r), func(a, b api.Ref) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
}
