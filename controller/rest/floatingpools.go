package rest

import (
	"iter"
	"net/netip"

	"weft/api"
)

// floatingPool is an IPv4 subnet of an external network: floating IPs can be had of it.
type floatingPool struct{ *api.Subnet }

func floatingPools() resource {
	type P = floatingPool
	isPool := func(v api.View, s *api.Subnet) bool {
		n, ok := v.Network(s.NetworkID)
		return ok && n.External && s.IPVersion() == 4
	}
	all := func(v api.View) iter.Seq[P] {
		return func(yield func(P) bool) {
			for n := range v.Networks() {
				for s := range v.SubnetsOf(n.ID) {
					if isPool(v, s) && !yield(P{s}) {
						return
					}
				}
			}
		}
	}
	find := func(v api.View, id string) (P, bool) {
		s, ok := v.Subnet(api.SubnetID(id))
		return P{s}, ok && isPool(v, s)
	}
	return &noun[P, struct{}]{
		one: "floatingip_pool", many: "floatingip_pools", path: "floatingip-pools", prefix: "v2.0", key: "subnet_id",
		who: rights{see: networkViewers}, network: func(p P) api.NetworkID { return p.NetworkID },
		missing: notFound("SubnetNotFound", "Subnet %s could not be found."),
		view:    &view[P]{all, find},
		attributes: []attribute[P]{
			read("subnet_id", "id of the subnet", uuid[api.SubnetID](), func(_ scope, p P) api.SubnetID { return p.ID }),
			read("subnet_name", "its name", text(maxName), func(_ scope, p P) string { return p.Name }),
			read("network_id", "external network that it is on", uuid[api.NetworkID](), func(_ scope, p P) api.NetworkID { return p.NetworkID }),
			read("cidr", "range of the subnet", cidr(), func(_ scope, p P) netip.Prefix { return p.CIDR }),
			read("project_id", "project that asks", text(maxName), func(s scope, _ P) string { return s.policy.ProjectID }),
			read("tenant_id", "old name of project_id", text(maxName), func(s scope, _ P) string { return s.policy.ProjectID }),
		},
	}
}
