package fip

import (
	"fmt"
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// Gateway gives what a host's own port on an external network needs there: the namespace with its settings, and the
// device. Its flows are those of any port.
func Gateway(s *pipeline.Site, p *api.Port) pipeline.Part {
	var part pipeline.Part
	n, ok := s.Network(p.NetworkID)
	if !ok || !p.IsAgentGateway() || p.HostID != s.Host.ID || !p.AdminStateUp || !s.Has(n.ID) {
		return part
	}
	ns, dev, peer := pipeline.FloatingNS(n.ID), fg(p), pipeline.Device(pipeline.GatewayPeer, p.ID)
	part.Put(plan.Namespace{Name: ns})
	part.Put(sysctls(ns)...)
	part.Put(
		plan.Veth{NS: ns, Dev: dev, MAC: p.MAC, PeerDev: peer, MTU: n.MTU},
		plan.OVSPort{Bridge: tables.BridgeInt, Dev: peer, IfaceID: p.ID, MAC: p.MAC},
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.conf.{dev}.proxy_arp", Value: "1"},
		// Without it the kernel waits up to 0.8 s before it answers for another. It counts in ticks, so that other values are
		// not read back as they were written.
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.neigh.{dev}.proxy_delay", Value: "0"},
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.conf.{dev}.rp_filter", Value: "0"},
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.conf.{dev}.send_redirects", Value: "0"},
		// Routers translate; here two of them may use the same tuples.
		plan.NAT{NS: ns, Table: "raw", Chain: "PREROUTING", Rule: "-j CT --notrack"},
		// The pairs of all routers meet here, whoever they belong to. Their addresses are for routes, and nobody's to send to.
		plan.NAT{NS: ns, Table: "filter", Chain: "FORWARD", Rule: fmt.Sprintf("-d %s -j DROP", api.LinkLocalPool())},
	)
	for _, f := range p.FixedIPs {
		if sub, ok := s.Subnet(f.SubnetID); ok {
			part.Put(plan.Address{NS: ns, Dev: dev, Prefix: netip.PrefixFrom(f.Addr, sub.CIDR.Bits())})
		}
	}
	return part
}

// sysctls are Neutron's, with reverse path filtering off (packets of one connection pass several devices) and without
// redirects (what came by fpr- may leave by it, between two floating IPs of one router).
func sysctls(ns string) []plan.Spec {
	return pipeline.RouterSettings(ns,
		pipeline.Setting{Name: "net.ipv4.ip_nonlocal_bind", Value: "1"},
	)
}
