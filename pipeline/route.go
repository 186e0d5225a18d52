package pipeline

import (
	"cmp"
	"net/netip"
	"slices"

	"weft/api"
	"weft/plan"
)

// StaticRoutes gives a router's own routes as those of one table of a namespace. through says by which device a route's next
// hop is reached from there; a route that it knows no device for is left out. Of several to one destination the one with the
// lowest next hop counts.
func StaticRoutes(r *api.Router, ns string, table uint32, through func(api.HostRoute) (dev string, ok bool)) []plan.Spec {
	routes := slices.Clone(r.Routes)
	slices.SortFunc(routes, func(a, b api.HostRoute) int {
		return cmp.Or(a.Destination.Compare(b.Destination), a.NextHop.Compare(b.NextHop))
	})
	var out []plan.Spec
	var last netip.Prefix
	for _, hr := range routes {
		dst := hr.Destination.Masked()
		if dst == last {
			continue
		}
		if dev, ok := through(hr); ok {
			last = dst
			out = append(out, plan.Route{NS: ns, Table: table, Dst: dst, Via: hr.NextHop, Dev: dev})
		}
	}
	return out
}
