package fip

import (
	"fmt"
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// floatingTable is the routing table of a router's namespace by which guests with a floating IP leave (Neutron's number).
const floatingTable = 16

const mainTable = 254

// Chains of the nat table in a router's namespace, as in Neutron.
const (
	chainSNAT  = "snat"
	chainFloat = "float-snat"
)

// Router gives a router's way to its external network on a host that serves one of its floating IPs: the veth pair, and
// the routes and rules over it.
func Router(s *pipeline.Site, id api.RouterID) pipeline.Part {
	var p pipeline.Part
	sv, ok := servedHere(s, id)
	if !ok {
		return p
	}
	p.Put(pair(s, sv)...)
	p.Put(inRouter(sv)...)
	p.Put(inFloating(s, sv)...)
	return p
}

// pair joins the two namespaces. Both ends know each other's MAC for good, so the pair never speaks ARP.
func pair(s *pipeline.Site, sv Service) []plan.Spec {
	id := sv.Router.ID
	inR, inF := rfp(id), fpr(id)
	nsR, nsF := pipeline.RouterNS(id), pipeline.FloatingNS(sv.NetworkID)
	macR := pipeline.StableMAC(string(s.Host.ID) + "/" + inR + "/" + string(id))
	macF := pipeline.StableMAC(string(s.Host.ID) + "/" + inF + "/" + string(id))
	even, odd := sv.Pair.LinkLocalPrefixes()
	mtu := 0
	if n, ok := s.Network(sv.NetworkID); ok {
		mtu = n.MTU
	}
	out := []plan.Spec{
		plan.Veth{NS: nsR, Dev: inR, MAC: macR, PeerNS: nsF, PeerDev: inF, PeerMAC: macF, MTU: mtu},
		plan.Address{NS: nsR, Dev: inR, Prefix: even},
		plan.Address{NS: nsF, Dev: inF, Prefix: odd},
		plan.Neighbour{NS: nsR, Dev: inR, Addr: odd.Addr(), MAC: macF},
		plan.Neighbour{NS: nsF, Dev: inF, Addr: even.Addr(), MAC: macR},
	}
	for _, end := range []struct{ ns, dev string }{{nsR, inR}, {nsF, inF}} {
		out = append(out,
			plan.DevSysctl{NS: end.ns, Dev: end.dev, Name: "net.ipv4.conf.{dev}.rp_filter", Value: "0"},
			plan.DevSysctl{NS: end.ns, Dev: end.dev, Name: "net.ipv4.conf.{dev}.send_redirects", Value: "0"},
		)
	}
	return out
}

// priorityOwn is above those of floating IPs and below what subnets have.
const priorityOwn = 75000

// inRouter leads guests with a floating IP out over the pair. Only what leaves there, or came in there, is translated:
// packets between the router's own subnets keep their addresses.
func inRouter(sv Service) []plan.Spec {
	ns, dev := pipeline.RouterNS(sv.Router.ID), rfp(sv.Router.ID)
	_, odd := sv.Pair.LinkLocalPrefixes()
	return []plan.Spec{
		plan.Route{NS: ns, Table: floatingTable, Dst: everywhere(odd.Addr()), Via: odd.Addr(), Dev: dev},
		// The router's own answers, as "fragmentation needed" for a packet from outside that does not fit a guest's network.
		plan.Rule{NS: ns, Priority: priorityOwn, IIF: "lo", Table: floatingTable},
		plan.NAT{NS: ns, Table: "nat", Chain: "POSTROUTING", Order: 0,
			Rule: fmt.Sprintf("! -o %s -m conntrack ! --ctstate DNAT -j ACCEPT", dev)},
		plan.NAT{NS: ns, Table: "nat", Chain: "POSTROUTING", Order: 10, Rule: "-j " + chainSNAT},
		plan.NAT{NS: ns, Table: "nat", Chain: chainSNAT, Order: 0, Rule: "-j " + chainFloat},
	}
}

// inFloating leads what a router sends out to the external network's gateway, by a table for each router: routers'
// static routes differ.
func inFloating(s *pipeline.Site, sv Service) []plan.Spec {
	ns, dev, out := pipeline.FloatingNS(sv.NetworkID), fpr(sv.Router.ID), fg(sv.Gateway)
	table := tableOf(sv.Pair)
	specs := []plan.Spec{plan.Rule{NS: ns, Priority: table, IIF: dev, Table: table}}
	if sub, ok := outside(s, sv.Gateway, 4); ok {
		specs = append(specs, wayOut(ns, table, sub.GatewayIP, sub.CIDR, out)...)
	}
	return append(specs, staticRoutes(s, sv, table)...)
}

// staticRoutes gives the router's own routes whose next hop is on the external network.
func staticRoutes(s *pipeline.Site, sv Service, table uint32) []plan.Spec {
	return pipeline.StaticRoutes(sv.Router, pipeline.FloatingNS(sv.NetworkID), table, func(hr api.HostRoute) (string, bool) {
		d := hr.Destination
		return fg(sv.Gateway), d.Bits() > 0 && d.Addr().Is4() && onLink(s, sv.Gateway, hr.NextHop)
	})
}

func onLink(s *pipeline.Site, gw *api.Port, hop netip.Addr) bool {
	for _, f := range gw.FixedIPs {
		if sub, ok := s.Subnet(f.SubnetID); ok && sub.CIDR.Contains(hop) {
			return true
		}
	}
	return false
}
