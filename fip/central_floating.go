package fip

import (
	"fmt"
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// orderOwn puts what is translated to a floating IP before what is translated to the router's address.
const orderOwn = 5

// centralItems gives what a floating IP needs on its router's gateway host, in the snat namespace: the address beside the
// router's own, and translations. Guests' answers come back to it since the namespace is their way out.
func centralItems(s *pipeline.Site, sv Service) []plan.Spec {
	ns, dev := pipeline.CentralNS(sv.Router.ID), qg(sv.Gateway)
	ext := pipeline.Host(sv.Addr)
	out := []plan.Spec{plan.Address{NS: ns, Dev: dev, Prefix: ext}}
	nat := func(chain string, order int, rule string, args ...any) {
		out = append(out, plan.NAT{NS: ns, Table: "nat", Chain: chain, Order: order, Rule: fmt.Sprintf(rule, args...)})
	}
	if sv.FixedIP.Is4() {
		nat("PREROUTING", 0, "-d %s -j DNAT --to-destination %s", ext, sv.FixedIP)
		nat("POSTROUTING", orderOwn, "-s %s -o %s -j SNAT --to-source %s", pipeline.Host(sv.FixedIP), dev, sv.Addr)
		out = append(out, plan.Tracked{NS: ns, Addr: sv.Addr, Fixed: sv.FixedIP})
	}
	for _, pf := range sv.Forwards {
		ports, to := forwarded(pf)
		nat("PREROUTING", 0, "-d %s -p %s -m %[2]s --dport %s -j DNAT --to-destination %s:%s", ext, pf.Protocol, ports, pf.Addr, to)
		tracked := plan.Tracked{NS: ns, Addr: sv.Addr, Fixed: pf.Addr, Proto: pf.Protocol, Port: pf.External.First, Turn: pf.Turns}
		if _, alone := pf.External.Alone(); !alone {
			tracked.Last = pf.External.Last
		}
		out = append(out, tracked)
	}
	return append(out, announced(s, sv, ns, dev)...)
}

// forwarded writes which ports a port forwarding is for, and which they become. Of as many as there are, each becomes the one
// that is as far from the first as it is itself.
func forwarded(pf api.PortForwarding) (ports, to string) {
	first, alone := pf.External.Alone()
	ports = fmt.Sprint(first)
	if !alone {
		ports = pf.External.String()
	}
	if n, single := pf.Internal.Alone(); single {
		return ports, fmt.Sprint(n)
	}
	return ports, fmt.Sprintf("%d-%d/%d", pf.Internal.First, pf.Internal.Last, first)
}

// turnedBack lets guests reach floating IPs of their own router that are served here: they must see the answers come from
// where they sent to, so these have to come by here.
func turnedBack(s *pipeline.Site, r *api.Router) []plan.Spec {
	gw, ok := s.Port(r.Gateway.PortID)
	if !ok {
		return nil
	}
	own, ok := first4(gw)
	if !ok {
		return nil
	}
	var out []plan.Spec
	for p := range s.CentralPortsOf(r.ID) {
		for _, f := range p.FixedIPs {
			if sub, ok := s.Subnet(f.SubnetID); ok && sub.CIDR.Addr().Is4() {
				out = append(out, plan.NAT{NS: pipeline.CentralNS(r.ID), Table: "nat", Chain: "POSTROUTING", Order: orderOwn,
					Rule: fmt.Sprintf("-s %s ! -o %s -m conntrack --ctstate DNAT -j SNAT --to-source %s", sub.CIDR.Masked(), qg(gw), own)})
			}
		}
	}
	return out
}

// first4 is a port's first IPv4 address.
func first4(p *api.Port) (netip.Addr, bool) {
	for _, f := range p.FixedIPs {
		if f.Addr.Is4() {
			return f.Addr, true
		}
	}
	return netip.Addr{}, false
}
