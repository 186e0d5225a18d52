package cloud

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"

	"weft/api"
)

// central reports whether a port is a router's leg on its gateway host.
func central(p *api.Port) bool { return p.IsCentralSNAT() || p.IsRouterGateway() }

// ids differ in their first letters, of which device names are made.
func derivedID(kind string, of ...string) api.PortID {
	return api.PortID(fmt.Sprintf("%08x-%s", crc32.ChecksumIEEE([]byte(fmt.Sprint(kind, of))), kind))
}

func externalID(r api.RouterID) api.PortID { return derivedID("qg", string(r)) }

func centralID(r api.RouterID, s api.SubnetID) api.PortID {
	return derivedID("sg", string(r), string(s))
}

// routerGateways gives each router with a gateway its port on the external network and one on each of its subnets, all on
// the gateway host: the one that it has, or the first that is there. Routers without a gateway lose them.
func (b Builder) routerGateways() {
	want := map[api.PortID]bool{}
	for _, r := range collect(b.Routers()) {
		if r.Gateway == nil {
			continue
		}
		host := b.gatewayHost(r)
		if host != r.Gateway.HostID {
			next, gw := *r, *r.Gateway
			gw.HostID = host
			next.Gateway = &gw
			b.Put(&next)
		}
		for s := range b.SubnetsOf(r.Gateway.NetworkID) {
			if s.IPVersion() == 6 {
				continue
			}
			want[b.centralPort(externalID(r.ID), api.OwnerRouterGateway, r.ID, s, host)] = true
			break
		}
		for _, leg := range collect(b.LegsOf(r.ID)) {
			if s, ok := b.View.Subnet(leg.FixedIPs[0].SubnetID); ok && (s.IPVersion() == 4 || b.leadsOut6(r)) {
				want[b.centralPort(centralID(r.ID, s.ID), api.OwnerCentralSNAT, r.ID, s, host)] = true
			}
		}
	}
	for _, p := range collect(b.Ports()) {
		if central(p) && !want[p.ID] {
			b.Unbind(p.ID)
			b.Delete(p)
		}
	}
}

// leadsOut6 reports whether a router has an IPv6 address on its external network.
func (b Builder) leadsOut6(r *api.Router) bool {
	p, ok := b.View.Port(r.Gateway.PortID)
	return ok && slices.ContainsFunc(p.FixedIPs, func(f api.FixedIP) bool { return f.Addr.Is6() })
}

func (b Builder) gatewayHost(r *api.Router) api.HostID {
	n, ok := b.View.Network(r.Gateway.NetworkID)
	if h, there := b.View.Host(r.Gateway.HostID); ok && there && h.Carries(n) {
		return h.ID
	}
	for h := range b.Hosts() {
		if ok && h.Carries(n) {
			return h.ID
		}
	}
	return ""
}

// centralPort makes or moves a port. Its address is one of 130…199 of the subnet, which nothing else has.
func (b Builder) centralPort(id api.PortID, owner string, r api.RouterID, s *api.Subnet, h api.HostID) api.PortID {
	old, ok := b.View.Port(id)
	if ok && old.HostID == h {
		return id
	}
	p := api.Port{ID: id, NetworkID: s.NetworkID, DeviceOwner: owner, DeviceID: string(r), AdminStateUp: true}
	if ok {
		p = *old
	} else {
		sum := crc32.ChecksumIEEE([]byte(id))
		p.MAC = api.MAC{0xfa, 0x16, 0x3e, 0xfa, byte(sum >> 8), byte(sum)}
		a := s.CIDR.Addr().AsSlice()
		a[len(a)-1] = byte(130 + crc32.ChecksumIEEE([]byte(r))%70)
		addr, _ := netip.AddrFromSlice(a)
		p.FixedIPs = []api.FixedIP{{SubnetID: s.ID, Addr: addr}}
	}
	p.HostID = h
	b.Put(&p)
	return id
}

// gateway clears a router's gateway, brings it back, moves it to another host, or switches its SNAT.
func (w World) gateway(r *api.Router) {
	if r.Gateway == nil {
		r.Gateway = &api.Gateway{NetworkID: External, PortID: externalID(r.ID), EnableSNAT: true}
		return
	}
	gw := *r.Gateway
	switch w.n(4, "gateway") {
	case 0:
		r.Gateway = nil
		return
	case 1:
		gw.EnableSNAT = !gw.EnableSNAT
	default:
		gw.HostID = hostID(w.n(worldHosts, "gateway host"))
	}
	r.Gateway = &gw
}
