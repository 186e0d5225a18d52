package pipeline

import (
	"net/netip"

	"weft/api"
	"weft/plan"
	"weft/tables"
)

// LegItems plugs one of a router's ports into a namespace as a device, whose other end in br-int is peer, with the port's
// addresses and its network's MTU. Reverse path filtering and redirects are off for the reasons of RouterSettings.
func (s *Site) LegItems(p *api.Port, ns, dev, peer string) []plan.Spec {
	mtu := 0
	if n, ok := s.Network(p.NetworkID); ok {
		mtu = n.MTU
	}
	out := []plan.Spec{
		plan.Veth{NS: ns, Dev: dev, MAC: p.MAC, PeerDev: peer, MTU: mtu},
		plan.OVSPort{Bridge: tables.BridgeInt, Dev: peer, IfaceID: p.ID, MAC: p.MAC},
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.conf.{dev}.rp_filter", Value: "0"},
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.conf.{dev}.send_redirects", Value: "0"},
	}
	for _, f := range p.FixedIPs {
		if sub, ok := s.Subnet(f.SubnetID); ok {
			out = append(out, plan.Address{NS: ns, Dev: dev, Prefix: netip.PrefixFrom(f.Addr, sub.CIDR.Bits())})
		}
	}
	return out
}
