package cloud

import "net/netip"

func (w World) network(b Builder) {
	if n, ok := b.View.Network(networkID(w.n(worldNetworks, "network"))); ok {
		c := *n
		switch what := w.n(4, "what"); {
		case what == 0:
			c.MTU = 1450 + w.n(2, "mtu")
		case what == 1 && c.Tunnelled():
			c.DropUnknown = !c.DropUnknown
		default:
			c.AdminStateUp = !c.AdminStateUp
		}
		b.Put(&c)
	}
}

func (w World) subnet(b Builder) {
	if s, ok := b.View.Subnet(subnetID(w.n(worldNetworks, "subnet"))); ok {
		c := *s
		c.GatewayIP = netip.Addr{}
		if w.flip("gateway") {
			a := s.CIDR.Addr().As4()
			a[3] = byte(1 + w.n(2, "gateway"))
			c.GatewayIP = netip.AddrFrom4(a)
		}
		b.Put(&c)
	}
}
