package cloud

import (
	"net/netip"

	"weft/api"
)

// dhcp changes what guests of a subnet are told, whether they are told anything, or what one port is told.
func (w World) dhcp(b Builder) {
	i := w.n(worldNetworks, "network")
	s, ok := b.View.Subnet(subnetID(i))
	if !ok {
		return
	}
	c := *s
	switch w.n(7, "what") {
	case 0, 1:
		c.EnableDHCP = !c.EnableDHCP
	case 2:
		c.DNSNameservers = []netip.Addr{netip.AddrFrom4([4]byte{8, 8, 8, byte(w.n(2, "server"))})}
	case 3:
		hop := s.CIDR.Addr().Next()
		c.HostRoutes = []api.HostRoute{{Destination: netip.MustParsePrefix("172.16.0.0/12"), NextHop: hop}}
	case 4:
		w.domain(b, s.NetworkID)
		return
	case 5:
		w.named(b)
		return
	default:
		w.told(b)
		return
	}
	b.Put(&c)
}

// domain changes what names of a network's guests end with.
func (w World) domain(b Builder, id api.NetworkID) {
	if n, ok := b.View.Network(id); ok {
		c := *n
		c.DNSDomain = []string{"", "blue.example."}[w.n(2, "domain")]
		b.Put(&c)
	}
}

// named changes what the guest of a port is called.
func (w World) named(b Builder) {
	if p, ok := b.View.Port(portID(w.n(worldPorts, "port"))); ok {
		c := *p
		c.DNSName = []string{"", "web", "web.example.org."}[w.n(3, "name")]
		c.DNSDomain = []string{"", "own.example."}[w.n(2, "domain")]
		b.Put(&c)
	}
}

// told changes the options of a port.
func (w World) told(b Builder) {
	if p, ok := b.View.Port(portID(w.n(worldPorts, "port"))); ok {
		c := *p
		c.ExtraDHCPOpts = nil
		if w.flip("options") {
			c.ExtraDHCPOpts = []api.DHCPOption{{Name: "ntp-server", Value: "10.0.0.1", IPVersion: 4}}
		}
		b.Put(&c)
	}
}

// secondSubnet gives a network another subnet, or takes it away.
func (w World) secondSubnet(b Builder) {
	i := w.n(worldNetworks, "network")
	id := subnetID(100 + i)
	if s, ok := b.View.Subnet(id); ok {
		b.Delete(s)
		return
	}
	a := netip.AddrFrom4([4]byte{10, byte(100 + i), 0, 0})
	b.Subnet(id, networkID(i), netip.PrefixFrom(a, 24).String())
}
