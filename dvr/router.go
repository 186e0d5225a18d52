package dvr

import (
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// MainTable is the kernel's main routing table.
const MainTable = 254

// Namespace gives a router's namespace on the host, with its settings and its static routes.
func Namespace(s *pipeline.Site, id api.RouterID) pipeline.Part {
	var p pipeline.Part
	r, ok := s.RouterUp(id)
	if !ok {
		return p
	}
	ns := pipeline.RouterNS(r.ID)
	p.Put(plan.Namespace{Name: ns})
	p.Put(sysctls(ns)...)
	p.Put(staticRoutes(s, r)...)
	p.Put(apart(s, r)...)
	return p
}

// sysctls are Neutron's for a router, and two more: policy routing returns packets by another device than the one that
// strict reverse path filtering expects, and a router with guests behind one leg must not send redirects.
func sysctls(ns string) []plan.Spec {
	return pipeline.RouterSettings(ns,
		pipeline.Setting{Name: "net.netfilter.nf_conntrack_tcp_be_liberal", Value: "1"},
	)
}

// staticRoutes gives the router's own routes whose next hop is behind a leg.
func staticRoutes(s *pipeline.Site, r *api.Router) []plan.Spec {
	return pipeline.StaticRoutes(r, pipeline.RouterNS(r.ID), MainTable, func(hr api.HostRoute) (string, bool) {
		leg, ok := legTowards(s, r.ID, hr.NextHop)
		if !ok {
			return "", false
		}
		return pipeline.Device(pipeline.LegDevice, leg.ID), true
	})
}

// legTowards finds the leg whose subnet an address is in.
func legTowards(s *pipeline.Site, id api.RouterID, hop netip.Addr) (*api.Port, bool) {
	for leg := range s.LegsOf(id) {
		if !leg.AdminStateUp {
			continue
		}
		for _, f := range leg.FixedIPs {
			if sub, ok := s.Subnet(f.SubnetID); ok && sub.CIDR.Contains(hop) {
				return leg, true
			}
		}
	}
	return nil, false
}
