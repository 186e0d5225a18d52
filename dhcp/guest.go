package dhcp

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

const (
	lease  = 86400 // seconds, as Neutron's default
	domain = "openstacklocal"

	clientPort, serverPort = 68, 67

	optionRoutes, optionRoutesMS = 121, 249
)

// noGateway is the server of a subnet without a gateway: link-local, as Neutron's metadata address, so never a guest's.
var noGateway = netip.AddrFrom4([4]byte{169, 254, 169, 254})

// Guest gives what the host of a guest's port needs to answer its DHCP requests: nothing, unless the port is alive here
// and has an IPv4 address on a subnet with DHCP. Of several such addresses the first is given.
func Guest(s *pipeline.Site, p *api.Port) pipeline.Part {
	var part pipeline.Part
	l, ok := s.Local(p.NetworkID)
	of, here := s.Here(p)
	if !ok || !here || !p.IsGuest() {
		return part
	}
	addr, sub, ok := served(s.View, p)
	if !ok {
		return part
	}
	item := answer(s.View, p, addr, sub)
	item.OFPort, item.ServerMAC, item.MTU = of, s.Host.MAC, l.MTU
	from := append(s.Asks(p, of), pipeline.DlVlan(l.VLAN), pipeline.DlSrc(p.MAC))
	as, tag := s.Leave(p, of)
	item.Tag = tag
	part.Put(item)
	part.Flow(requests(from, as, item.ServerID)...)
	return part
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

// requests brings what a guest asks of DHCP servers to the agent, as the guest sent it. Requests to other servers by unicast, and those of
// other MACs behind the port, are forwarded as any frame.
func requests(from pipeline.Match, leave []pipeline.Action, server netip.Addr) []pipeline.Flow {
	ask := append(slices.Clone(from),
		pipeline.IP(), pipeline.NwProto(pipeline.ProtoUDP), pipeline.TpSrc(clientPort), pipeline.TpDst(serverPort))
	flow := func(t tables.ID, prio uint16, m pipeline.Match, as ...pipeline.Action) pipeline.Flow {
		return pipeline.Flow{Bridge: tables.BridgeInt, Kind: tables.KindPort, Table: t, Priority: prio, Match: m, Actions: as}
	}
	to := func(a netip.Addr) pipeline.Flow {
		m := append(slices.Clone(ask), pipeline.NwDst(netip.PrefixFrom(a, a.BitLen())))
		return flow(tables.Transient, tables.PrioDHCP, m, pipeline.Goto{Table: tables.DHCPv4})
	}
	return []pipeline.Flow{
		to(netip.AddrFrom4([4]byte{255, 255, 255, 255})), to(server),
		flow(tables.DHCPv4, tables.PrioAsksDHCP, ask,
			append(slices.Clone(leave), pipeline.ToController{ID: plan.AgentController, MaxLen: 0xffff})...),
	}
}

// answer says what a guest is told.
func answer(v api.View, p *api.Port, addr netip.Addr, sub *api.Subnet) plan.DHCP {
	router, routes := routesOf(v, sub)
	d := plan.DHCP{
		PortID: p.ID, MAC: p.MAC, Addr: netip.PrefixFrom(addr, sub.CIDR.Bits()), ServerID: noGateway, Lease: lease,
		Router: router, DNS: nameservers(sub), Routes: routeWords(routes),
		HostName: "host-" + strings.ReplaceAll(addr.String(), ".", "-"), Domain: domain, Options: options(p),
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

// nameservers lists a subnet's DNS servers; the unspecified address among them means none (Neutron's rule).
func nameservers(sub *api.Subnet) string {
	var words []string
	for _, a := range sub.DNSNameservers {
		if a.IsUnspecified() {
			return ""
		}
		if a.Is4() {
			words = append(words, a.String())
		}
	}
	return strings.Join(words, " ")
}

// options writes the options of the port's own. The two numbers of classless routes stand for each other, unless the
// port has both.
func options(p *api.Port) string {
	values := map[uint8][]byte{}
	for _, o := range p.ExtraDHCPOpts {
		if code, value, err := o.Encode(); err == nil { // what does not encode was refused when it was asked for
			values[code] = value
		}
	}
	for _, c := range [][2]uint8{{optionRoutes, optionRoutesMS}, {optionRoutesMS, optionRoutes}} {
		if v, ok := values[c[0]]; ok {
			if _, ok := values[c[1]]; !ok {
				values[c[1]] = v
			}
		}
	}
	type option struct {
		code  uint8
		value []byte
	}
	var all []option
	for code, value := range values {
		all = append(all, option{code, value})
	}
	slices.SortFunc(all, func(a, b option) int { return cmp.Compare(a.code, b.code) })
	words := make([]string, 0, len(all))
	for _, o := range all {
		words = append(words, fmt.Sprintf("%d=%s", o.code, hex.EncodeToString(o.value)))
	}
	return strings.Join(words, " ")
}
