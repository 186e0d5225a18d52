package neutron

import (
	"iter"
	"net/netip"

	"weft/api"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// floatingPool is an IPv4 subnet of an external network: floating IPs can be had of it.
type floatingPool struct{ *api.Subnet }

func floatingPools() noun.Resource {
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
	return &noun.Noun[P, struct{}]{
		One: "floatingip_pool", Many: "floatingip_pools", Path: "floatingip-pools", Prefix: "v2.0", Key: "subnet_id",
		Who: access.Rights{See: access.NetworkViewers}, Network: func(p P) api.NetworkID { return p.NetworkID },
		Missing: wire.NotFound("SubnetNotFound", "Subnet %s could not be found."),
		View:    &noun.View[P]{All: all, Find: find},
		Attributes: []noun.Attr[P]{
			noun.Read("subnet_id", "id of the subnet", wire.UUID[api.SubnetID](), func(_ noun.Scope, p P) api.SubnetID { return p.ID }),
			noun.Read("subnet_name", "its name", wire.Text(noun.MaxName), func(_ noun.Scope, p P) string { return p.Name }),
			noun.Read("network_id", "external network that it is on", wire.UUID[api.NetworkID](), func(_ noun.Scope, p P) api.NetworkID { return p.NetworkID }),
			noun.Read("cidr", "range of the subnet", wire.CIDR(), func(_ noun.Scope, p P) netip.Prefix { return p.CIDR }),
			noun.Read("project_id", "project that asks", wire.Text(noun.MaxName), func(s noun.Scope, _ P) string { return s.Policy.ProjectID }),
			noun.Read("tenant_id", "old name of project_id", wire.Text(noun.MaxName), func(s noun.Scope, _ P) string { return s.Policy.ProjectID }),
		},
	}
}
