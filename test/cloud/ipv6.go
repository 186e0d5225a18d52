package cloud

import (
	"fmt"
	"net/netip"
	"slices"

	"weft/api"
)

// sixID names the IPv6 subnet of a network, and sixLegID a router's leg there.
func sixID(n int) api.SubnetID     { return subnetID(200 + n) }
func sixLegID(r, n int) api.PortID { return api.PortID(fmt.Sprintf("k%d%d", r, n)) }

func sixPrefix(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 5: byte(n)}), 64)
}

// sixAddr is one of a network's IPv6 addresses that no guest makes up.
func sixAddr(n int, last byte) netip.Addr {
	b := sixPrefix(n).Addr().As16()
	b[15] = last
	return netip.AddrFrom16(b)
}

// ipv6 gives a network an IPv6 subnet, takes it away, or changes who has addresses there and what they are told.
func (w World) ipv6(b Builder) {
	n := w.n(worldNetworks, "network")
	s, ok := b.View.Subnet(sixID(n))
	if !ok {
		w.newSix(b, n)
		return
	}
	switch w.n(5, "what") {
	case 0:
		b.removeSix(s)
	case 1:
		c := *s
		c.DNSNameservers = []netip.Addr{sixAddr(n, byte(w.n(2, "server")))}
		b.Put(&c)
	case 2:
		w.sixLeg(b, n)
	default:
		w.sixGuest(b, n)
	}
}

// newSix makes a subnet of any mode. Guests have an address where they make it up.
func (w World) newSix(b Builder, n int) {
	mode := []string{api.ModeSLAAC, api.ModeStateless, api.ModeStateful, ""}[w.n(4, "mode")]
	c := api.Subnet{
		ID: sixID(n), NetworkID: networkID(n), CIDR: sixPrefix(n), GatewayIP: sixAddr(n, 1), EnableDHCP: true,
		IPv6RAMode: mode, IPv6AddressMode: mode,
	}
	if w.flip("external router") {
		c.IPv6RAMode = ""
	}
	b.Put(&c)
	for _, p := range collect(b.PortsOf(c.NetworkID)) {
		if p.IsGuest() && (mode == api.ModeSLAAC || mode == api.ModeStateless) {
			b.addSix(p, p.MAC.EUI64(c.CIDR))
		}
	}
}

func (b Builder) addSix(p *api.Port, a netip.Addr) {
	for s := range b.SubnetsOf(p.NetworkID) {
		if s.CIDR.Contains(a) {
			c := *p
			c.FixedIPs = append(slices.Clone(p.FixedIPs), api.FixedIP{SubnetID: s.ID, Addr: a})
			b.Put(&c)
		}
	}
}

func (b Builder) takeSix(p *api.Port, s api.SubnetID) {
	c := *p
	c.FixedIPs = slices.DeleteFunc(slices.Clone(p.FixedIPs), func(f api.FixedIP) bool { return f.SubnetID == s })
	b.Put(&c)
}

func (b Builder) removeSix(s *api.Subnet) {
	for _, p := range collect(b.PortsOnSubnet(s.ID)) {
		if len(p.FixedIPs) == 1 { // a leg's only one
			b.removePort(p.ID)
		} else {
			b.takeSix(p, s.ID)
		}
	}
	b.Delete(s)
}

// sixGuest gives a port an address, or takes it away; on the external network the routers' gateways.
func (w World) sixGuest(b Builder, n int) {
	s, _ := b.View.Subnet(sixID(n))
	var all []*api.Port
	for p := range b.PortsOf(networkID(n)) {
		if p.IsGuest() || p.IsRouterGateway() {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return
	}
	i := w.n(len(all), "port")
	p := all[i]
	addr := p.MAC.EUI64(s.CIDR)
	switch {
	case slices.ContainsFunc(p.FixedIPs, func(f api.FixedIP) bool { return f.SubnetID == s.ID }):
		b.takeSix(p, s.ID)
		return
	case s.IPv6AddressMode == api.ModeStateful || s.IPv6AddressMode == "":
		addr = sixAddr(n, p.MAC[5]+10)
	}
	b.addSix(p, addr)
}

// sixLeg gives a router a leg, or switches it. A subnet that is announced by others has none.
func (w World) sixLeg(b Builder, n int) {
	r := w.n(worldRouters, "router")
	s, _ := b.View.Subnet(sixID(n))
	_, there := b.View.Router(routerID(r))
	if p, ok := b.View.Port(sixLegID(r, n)); ok {
		c := *p
		c.AdminStateUp = !c.AdminStateUp
		b.Put(&c)
		return
	}
	if !there || networkID(n) == External || s.IPv6AddressMode != "" && s.IPv6RAMode == "" {
		return
	}
	b.Put(&api.Port{
		ID: sixLegID(r, n), NetworkID: networkID(n), MAC: api.MAC{0xfa, 0x16, 0x3e, 6, byte(r), byte(n)}, AdminStateUp: true,
		DeviceOwner: api.OwnerRouterInterface, DeviceID: string(routerID(r)),
		FixedIPs: []api.FixedIP{{SubnetID: s.ID, Addr: sixAddr(n, byte(1+r))}},
	})
}

// WithSixLegs gives provider networks IPv6 subnets and legs of routers where there can be some: few states have them, so
// that a test about them might meet none.
func (w World) WithSixLegs(s *api.Snapshot) *api.Snapshot {
	b := On(s)
	for i := range worldNetworks {
		n, ok := b.View.Network(networkID(i))
		if !ok || n.Tunnelled() {
			continue
		}
		if _, ok := b.View.Subnet(sixID(i)); !ok {
			w.newSix(b, i)
		}
		w.sixLeg(b, i)
	}
	next, _ := b.Done()
	return next
}
