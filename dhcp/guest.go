package dhcp

import (
	"net/netip"
	"slices"
	"strings"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

const (
	lease = 86400 // seconds, as Neutron's default

	clientPort, serverPort = 68, 67

	optionRoutes, optionRoutesMS = 121, 249
)

// noGateway is the server of a subnet without a gateway: link-local, as Neutron's metadata address, so never a guest's.
var noGateway = netip.AddrFrom4([4]byte{169, 254, 169, 254})

// guest is a port whose guest can be answered on this host.
type guest struct {
	*pipeline.Site
	*api.Port
	local pipeline.Local
	of    uint32
	leave []pipeline.Action // turns its frames into what the guest itself sent
	tag   uint16            // that they have then
}

// Guest gives what the host of a guest's port needs to answer its DHCP requests and router solicitations: nothing, unless
// the port is alive here.
func Guest(s *pipeline.Site, p *api.Port) pipeline.Part {
	var part pipeline.Part
	l, ok := s.Local(p.NetworkID)
	of, here := s.Here(p)
	if !ok || !here || !p.IsGuest() {
		return part
	}
	g := guest{Site: s, Port: p, local: l, of: of}
	g.leave, g.tag = s.Leave(p, of)
	part.Add(g.dhcp4())
	part.Add(g.dhcp6())
	part.Add(g.advertised())
	return part
}

// dhcp4 answers DHCPv4 if the port has an IPv4 address on a subnet with DHCP. Of several such addresses the first is given.
func (g guest) dhcp4() pipeline.Part {
	var part pipeline.Part
	addr, sub, ok := served(g.View, g.Port)
	if !ok {
		return part
	}
	item := answer(g.Site, g.Port, addr, sub)
	item.OFPort, item.Tag, item.ServerMAC, item.MTU = g.of, g.tag, g.Site.Host.MAC, g.local.MTU
	part.Put(item)
	part.Flow(g.requests(item.ServerID)...)
	return part
}

// ask matches what the guest itself sends.
func (g guest) ask(more ...pipeline.Field) pipeline.Match {
	from := append(g.Asks(g.Port, g.of), pipeline.DlVlan(g.local.VLAN), pipeline.DlSrc(g.MAC))
	return append(from, more...)
}

// toAgent hands what the guest asks in a table to the agent of this host, as the guest sent it.
func (g guest) toAgent(t tables.ID, m pipeline.Match) pipeline.Flow {
	up := pipeline.ToController{ID: plan.AgentController, MaxLen: 0xffff}
	return flow(t, tables.PrioAsksAgent, m, append(slices.Clone(g.leave), up)...)
}

func flow(t tables.ID, prio uint16, m pipeline.Match, as ...pipeline.Action) pipeline.Flow {
	return pipeline.Flow{Bridge: tables.BridgeInt, Kind: tables.KindPort, Table: t, Priority: prio, Match: m, Actions: as}
}

// served finds the address that a port gets by DHCP.
func served(v api.View, p *api.Port) (netip.Addr, *api.Subnet, bool) {
	for _, f := range p.FixedIPs {
		if sub, ok := v.Subnet(f.SubnetID); ok && sub.EnableDHCP && f.Addr.Is4() {
			return f.Addr, sub, true
		}
	}
	return netip.Addr{}, nil, false
}

// requests brings what a guest asks of DHCP servers to the agent. Requests to other servers by unicast, and those of
// other MACs behind the port, are forwarded as any frame.
func (g guest) requests(server netip.Addr) []pipeline.Flow {
	ask := g.ask(pipeline.IP(), pipeline.NwProto(pipeline.ProtoUDP), pipeline.TpSrc(clientPort), pipeline.TpDst(serverPort))
	to := func(a netip.Addr) pipeline.Flow {
		m := append(slices.Clone(ask), pipeline.NwDst(netip.PrefixFrom(a, a.BitLen())))
		return flow(tables.Transient, tables.PrioAnswered, m, pipeline.Goto{Table: tables.DHCPv4})
	}
	return []pipeline.Flow{
		to(netip.AddrFrom4([4]byte{255, 255, 255, 255})), to(server), g.toAgent(tables.DHCPv4, ask),
	}
}

// answer says what a guest is told.
func answer(s *pipeline.Site, p *api.Port, addr netip.Addr, sub *api.Subnet) plan.DHCP {
	router, routes := routesOf(s.View, sub)
	name := s.NameOf(p, addr, s.Domain)
	d := plan.DHCP{
		PortID: p.ID, MAC: p.MAC, Addr: netip.PrefixFrom(addr, sub.CIDR.Bits()), ServerID: noGateway, Lease: lease,
		Router: router, DNS: words(nameservers(sub)), Routes: routeWords(routes),
		HostName: name.Short(), Domain: name.Domain(), Options: options(p, 4),
	}
	if sub.GatewayIP.Is4() {
		d.ServerID = sub.GatewayIP
	}
	return d
}

// routesOf gives a subnet's default router, and the classless routes: the network's other subnets on the link, the
// subnet's own routes, and, since clients that take these ignore the router option, the default route. Without other
// routes there are none at all.
func routesOf(v api.View, sub *api.Subnet) (router netip.Addr, routes []api.HostRoute) {
	router = sub.GatewayIP
	for other := range v.SubnetsOf(sub.NetworkID) {
		if other.ID != sub.ID && other.CIDR.Addr().Is4() {
			routes = append(routes, api.HostRoute{Destination: other.CIDR, NextHop: netip.IPv4Unspecified()})
		}
	}
	slices.SortFunc(routes, func(a, b api.HostRoute) int { return a.Destination.Compare(b.Destination) })
	for _, r := range sub.HostRoutes {
		switch {
		case !r.Destination.Addr().Is4() || !r.NextHop.Is4():
		case r.Destination.Bits() > 0:
			routes = append(routes, r)
		case !router.IsValid():
			router = r.NextHop
		}
	}
	if len(routes) > 0 && router.IsValid() {
		routes = append(routes, api.HostRoute{Destination: netip.PrefixFrom(netip.IPv4Unspecified(), 0), NextHop: router})
	}
	return router, routes
}

func routeWords(routes []api.HostRoute) string {
	words := make([]string, 0, len(routes))
	for _, r := range routes {
		words = append(words, r.Destination.String()+" via "+r.NextHop.String())
	}
	return strings.Join(words, ", ")
}
