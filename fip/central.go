package fip

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"strconv"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// centralHere finds the router that a leg on its gateway host (sg- or qg-) belongs to, if that is this host and the leg is
// to be there.
func centralHere(s *pipeline.Site, p *api.Port) (*api.Router, bool) {
	n, ok := s.Network(p.NetworkID)
	if !ok || !n.AdminStateUp || !p.AdminStateUp || p.HostID != s.Host.ID || !s.Has(p.NetworkID) {
		return nil, false
	}
	return routerPlaced(s, api.RouterID(p.DeviceID))
}

// routerPlaced finds a router that is up and on the host.
func routerPlaced(s *pipeline.Site, id api.RouterID) (*api.Router, bool) {
	r, ok := s.Router(id)
	if !ok || !r.AdminStateUp || r.Gateway == nil {
		return nil, false
	}
	_, ok = s.Placement(s.Host.ID, id)
	return r, ok
}

// Central gives what a router's gateway host needs beyond the legs: the namespace with its settings, the translation of
// what leaves, and the router's static routes.
func Central(s *pipeline.Site, id api.RouterID) pipeline.Part {
	var p pipeline.Part
	r, ok := routerPlaced(s, id)
	if !ok || r.GatewayHost() != s.Host.ID {
		return p
	}
	ns := pipeline.CentralNS(id)
	p.Put(plan.Namespace{Name: ns})
	p.Put(centralSysctls(ns)...)
	p.Put(translation(s, r)...)
	p.Put(turnedBack(s, r)...)
	p.Put(scopes(s, r)...)
	p.Put(centralRoutes(s, r)...)
	return p
}

// centralSysctls are Neutron's: a connection that this host has not seen begin is another gateway host's, and must not be
// translated anew (tcp_loose).
func centralSysctls(ns string) []plan.Spec {
	return pipeline.RouterSettings(ns,
		pipeline.Setting{Name: "net.ipv4.ip_nonlocal_bind", Value: "1"},
		pipeline.Setting{Name: "net.netfilter.nf_conntrack_tcp_be_liberal", Value: "1"},
		pipeline.Setting{Name: "net.netfilter.nf_conntrack_tcp_loose", Value: "0"},
	)
}

// translation gives what leaves by qg- the router's first IPv4 address there. When the rule goes, so do the connections
// that it translated.
func translation(s *pipeline.Site, r *api.Router) []plan.Spec {
	p, ok := s.Port(r.Gateway.PortID)
	if !ok || !r.Gateway.EnableSNAT {
		return nil
	}
	i := slices.IndexFunc(p.FixedIPs, func(f api.FixedIP) bool { return f.Addr.Is4() })
	if i < 0 {
		return nil
	}
	ns, dev, addr := pipeline.CentralNS(r.ID), qg(p), p.FixedIPs[i].Addr
	return []plan.Spec{
		plan.NAT{NS: ns, Table: "nat", Chain: "POSTROUTING", Order: 0,
			Rule: fmt.Sprintf("! -o %s -m conntrack ! --ctstate DNAT -j ACCEPT", dev)},
		plan.NAT{NS: ns, Table: "nat", Chain: "POSTROUTING", Order: 10, Rule: "-j " + chainSNAT},
		plan.NAT{NS: ns, Table: "nat", Chain: chainSNAT, Rule: fmt.Sprintf("-o %s -j SNAT --to-source %s", dev, addr)},
		plan.Tracked{NS: ns, Addr: addr},
	}
}

// centralRoutes gives the router's static routes, by whichever leg their next hop is behind.
func centralRoutes(s *pipeline.Site, r *api.Router) []plan.Spec {
	return pipeline.StaticRoutes(r, pipeline.CentralNS(r.ID), mainTable, func(hr api.HostRoute) (string, bool) {
		if hr.Destination.Bits() == 0 {
			return "", false
		}
		return legTowards(s, r, hr.NextHop)
	})
}

func legTowards(s *pipeline.Site, r *api.Router, hop netip.Addr) (dev string, ok bool) {
	for p := range s.PortsOfDevice(string(r.ID)) {
		if _, here := centralHere(s, p); !here || !onLink(s, p, hop) {
			continue
		}
		switch {
		case p.IsCentralSNAT():
			return sg(p), true
		case p.IsRouterGateway():
			return qg(p), true
		}
	}
	return "", false
}

// CentralLeg gives what a router's leg (sg-) on its gateway host needs: its device there, and on every host of the router
// the rule and route that lead to it.
func CentralLeg(s *pipeline.Site, p *api.Port) pipeline.Part {
	var part pipeline.Part
	if r, ok := centralHere(s, p); ok {
		part.Put(s.LegItems(p, pipeline.CentralNS(r.ID), sg(p), pipeline.Device(pipeline.CentralPeer, p.ID))...)
	}
	part.Put(redirect(s, p)...)
	return part
}

// redirect leads what guests of the subnet send to nowhere else to the gateway host. The rule's priority and the table
// have the number of the router's address, as in Neutron, or one made of the IPv6 prefix; it is over 32767, so the main
// table comes first.
func redirect(s *pipeline.Site, p *api.Port) []plan.Spec {
	r, ok := routerPlaced(s, api.RouterID(p.DeviceID))
	if !ok || p.HostID == "" || !p.AdminStateUp || !s.Has(p.NetworkID) || len(p.FixedIPs) == 0 {
		return nil
	}
	to := p.FixedIPs[0]
	sub, ok := s.Subnet(to.SubnetID)
	if !ok {
		return nil
	}
	for leg := range s.LegsOnSubnet(to.SubnetID) {
		if leg.DeviceID != string(r.ID) || !leg.AdminStateUp {
			continue
		}
		for _, f := range leg.FixedIPs {
			if f.SubnetID != to.SubnetID {
				continue
			}
			ns, n := pipeline.RouterNS(r.ID), redirectNumber(f.Addr, sub.CIDR)
			return []plan.Spec{
				plan.Rule{NS: ns, Priority: n, From: sub.CIDR.Masked(), Table: n},
				plan.Route{NS: ns, Table: n, Dst: everywhere(to.Addr), Via: to.Addr, Dev: pipeline.Device(pipeline.LegDevice, leg.ID)},
			}
		}
	}
	return nil
}

// ExternalLeg gives a router's own leg on its external network (qg-): its device on the gateway host, and the way out.
func ExternalLeg(s *pipeline.Site, p *api.Port) pipeline.Part {
	var part pipeline.Part
	r, ok := centralHere(s, p)
	if !ok {
		return part
	}
	ns, dev := pipeline.CentralNS(r.ID), qg(p)
	part.Put(s.LegItems(p, ns, dev, pipeline.Device(pipeline.ExternalPeer, p.ID))...)
	for _, version := range []int{4, 6} {
		if sub, ok := outside(s, p, version); ok {
			part.Put(wayOut(ns, mainTable, sub.GatewayIP, sub.CIDR, dev)...)
		}
	}
	// The segment must learn where the router's address is now, once its port is plugged.
	if of, ok := s.Here(p); ok {
		for _, f := range p.FixedIPs {
			part.Put(plan.Announce{NS: ns, Dev: dev, Addr: f.Addr, Token: strconv.FormatUint(uint64(of), 10)})
		}
	}
	return part
}

// Redirects leads out by the gateway host, on every host of the router, what comes from beyond another router: networks that
// the router has static routes to, by way of a leg. They leave by the table of that leg's subnet; while there is none the
// rule leads nowhere, and the next one counts.
func Redirects(s *pipeline.Site, id api.RouterID) []plan.Spec {
	r, ok := routerPlaced(s, id)
	if !ok {
		return nil
	}
	var out []plan.Spec
	seen := map[netip.Prefix]bool{}
	for leg := range s.LegsOf(id) {
		for _, f := range leg.FixedIPs {
			sub, ok := s.Subnet(f.SubnetID)
			if !ok || !leg.AdminStateUp {
				continue
			}
			n := redirectNumber(f.Addr, sub.CIDR)
			for _, hr := range r.Routes {
				dst := hr.Destination.Masked()
				if !sub.CIDR.Contains(hr.NextHop) || dst.Bits() == 0 || dst == sub.CIDR.Masked() || seen[dst] {
					continue
				}
				seen[dst] = true
				out = append(out, plan.Rule{NS: pipeline.RouterNS(id), Priority: n, From: dst, Table: n})
			}
		}
	}
	return out
}

// redirectNumber is over 32767 and under 2³¹, whatever it is made of.
func redirectNumber(leg netip.Addr, cidr netip.Prefix) uint32 {
	if leg.Is4() {
		return uint32(pipeline.AddrValue(leg).Lo)
	}
	const bits, least = 1<<30 - 1, 1 << 30
	return crc32.ChecksumIEEE([]byte(cidr.String()))&bits | least
}

func sg(p *api.Port) string { return pipeline.Device(pipeline.CentralDevice, p.ID) }
func qg(p *api.Port) string { return pipeline.Device(pipeline.ExternalDevice, p.ID) }
