package dhcp

import (
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

const clientPort6, serverPort6 = 546, 547

// allServers is the group of all DHCPv6 servers and relays on a link.
var allServers = netip.MustParseAddr("ff02::1:2")

// dhcp6 answers DHCPv6 if the port has an address on a subnet whose guests get theirs by it, or the rest.
func (g guest) dhcp6() pipeline.Part {
	var part pipeline.Part
	item := plan.DHCP6{
		PortID: g.ID, OFPort: g.of, Tag: g.tag, MAC: g.MAC, ServerMAC: g.Site.Host.MAC, Lease: lease,
		Options: options(g.Port, 6),
	}
	var addrs, dns []netip.Addr
	var named netip.Addr // the first address is what the guest is called by
	for _, f := range g.FixedIPs {
		sub, ok := g.Subnet(f.SubnetID)
		if !ok || !tellsByDHCP(sub) {
			continue
		}
		if !named.IsValid() {
			named = f.Addr
		}
		dns = append(dns, nameservers(sub)...)
		if givesByDHCP(sub) {
			addrs = append(addrs, f.Addr)
		}
	}
	if !named.IsValid() {
		return part
	}
	item.Addrs, item.DNS = words(addrs), words(dns)
	name := g.NameOf(g.Port, named, g.Site.Domain)
	item.HostName, item.Domain = name.Short(), name.Domain()
	part.Put(item)
	ask := []pipeline.Field{
		pipeline.IPv6(), pipeline.NwProto(pipeline.ProtoUDP), pipeline.NwDst(pipeline.Host(allServers)),
		pipeline.TpSrc(clientPort6), pipeline.TpDst(serverPort6),
	}
	part.Flow(
		flow(tables.Transient, tables.PrioAnswered, g.ask(ask...), pipeline.Goto{Table: tables.DHCPv6}),
		g.toAgent(tables.DHCPv6, g.ask(ask...)),
	)
	return part
}

// tellsByDHCP reports whether guests of a subnet are answered by DHCPv6 (Neutron's rule).
func tellsByDHCP(s *api.Subnet) bool {
	return givesByDHCP(s) || s.IPVersion() == 6 && s.EnableDHCP && s.IPv6AddressMode == api.ModeStateless
}

// givesByDHCP reports whether guests of a subnet get their addresses by DHCPv6.
func givesByDHCP(s *api.Subnet) bool {
	return s.IPVersion() == 6 && s.EnableDHCP &&
		(s.IPv6AddressMode == api.ModeStateful || s.IPv6AddressMode == "" && s.IPv6RAMode == "")
}
