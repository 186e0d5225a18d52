package fip

import (
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// Service is where a floating IP is served.
type Service struct {
	*api.FloatingIP
	Host    api.HostID
	Router  *api.Router
	Gateway *api.Port // the host's own port on the external network
	Pair    *api.Placement
}

// Serve finds where a floating IP is served: on the host of its port, or on the gateway host of its router, once everything
// that it needs is there.
func Serve(s *pipeline.Site, f *api.FloatingIP) (Service, bool) {
	if f.Central {
		return serveCentrally(s, f)
	}
	port, ok := s.Port(f.PortID)
	if !ok || !f.FixedIP.Is4() || !f.Addr.Is4() {
		return Service{}, false
	}
	b, ok := s.BoundOn(port.ID)
	if !ok || !port.AdminStateUp {
		return Service{}, false
	}
	return serviceOn(s, f, b.HostID)
}

// Prepare finds whether this host must be ready to serve a floating IP, since its guest may arrive here. All but the way
// to the address is there before, so that the guest need not wait for it.
func Prepare(s *pipeline.Site, f *api.FloatingIP) (Service, bool) {
	port, ok := s.Port(f.PortID)
	if !ok || !f.FixedIP.Is4() || !f.Addr.Is4() {
		return Service{}, false
	}
	if _, ok := s.Arriving(port); !ok {
		return Service{}, false
	}
	return serviceOn(s, f, s.Host.ID)
}

// serviceOn finds what a host has to serve a floating IP with, if it has everything.
func serviceOn(s *pipeline.Site, f *api.FloatingIP, h api.HostID) (sv Service, ok bool) {
	sv = Service{FloatingIP: f, Host: h}
	if sv.Router, ok = s.Router(f.RouterID); !ok || !sv.Router.AdminStateUp {
		return Service{}, false
	}
	if sv.Pair, ok = s.Placement(h, f.RouterID); !ok {
		return Service{}, false
	}
	if _, ok = s.Segment(h, f.NetworkID); !ok {
		return Service{}, false
	}
	sv.Gateway, ok = s.AgentGateway(h, f.NetworkID)
	return sv, ok && sv.Gateway.AdminStateUp
}

// serveCentrally finds the router's gateway host, whose own leg outside (qg-) has the address too.
func serveCentrally(s *pipeline.Site, f *api.FloatingIP) (sv Service, ok bool) {
	sv.FloatingIP = f
	if sv.Router, ok = s.Router(f.RouterID); !ok || !sv.Router.AdminStateUp || sv.Router.GatewayHost() == "" || !f.Addr.Is4() {
		return sv, false
	}
	sv.Host = sv.Router.GatewayHost()
	if sv.Pair, ok = s.Placement(sv.Host, f.RouterID); !ok {
		return sv, false
	}
	if _, ok = s.Segment(sv.Host, f.NetworkID); !ok {
		return sv, false
	}
	sv.Gateway, ok = s.Port(sv.Router.Gateway.PortID)
	return sv, ok && sv.Gateway.AdminStateUp && sv.Gateway.NetworkID == f.NetworkID && sv.Gateway.HostID == sv.Host
}

// servedHere finds a floating IP of a router that this host serves on an external network, or must be ready to, to know
// whether the router needs its way there.
func servedHere(s *pipeline.Site, id api.RouterID) (Service, bool) {
	for f := range s.FloatingIPsOfRouter(id) {
		if f.Central {
			continue // its way is that of the router's own address
		}
		if sv, ok := Serve(s, f); ok && sv.Host == s.Host.ID {
			return sv, true
		}
		if sv, ok := Prepare(s, f); ok {
			return sv, true
		}
	}
	return Service{}, false
}

// rfp and fpr name the devices of the pair between a router's namespace and that of the external network.
func rfp(r api.RouterID) string { return pipeline.Device(pipeline.RouterToFloating, r) }
func fpr(r api.RouterID) string { return pipeline.Device(pipeline.FloatingToRouter, r) }
func fg(p *api.Port) string     { return pipeline.Device(pipeline.GatewayDevice, p.ID) }

// tableOf is the number of a router's routing table in the fip namespace, and of the rule that leads there: its fpr-
// address as a number, as in Neutron. It is over 32766, so what the main table knows comes first.
func tableOf(p *api.Placement) uint32 {
	_, odd := p.LinkLocalPrefixes()
	return uint32(pipeline.AddrValue(odd.Addr()).Lo)
}

// outside finds the subnet and gateway of an IP version through which a port on an external network leads out.
func outside(s *pipeline.Site, gw *api.Port, version int) (sub *api.Subnet, ok bool) {
	for _, f := range gw.FixedIPs {
		if sub, ok := s.Subnet(f.SubnetID); ok && sub.IPVersion() == version && sub.GatewayIP.IsValid() {
			return sub, true
		}
	}
	return nil, false
}

// wayOut is the default route through a gateway; one outside of its subnet is on the link, as every link-local one is
// without being told.
func wayOut(ns string, table uint32, via netip.Addr, sub netip.Prefix, dev string) []plan.Spec {
	out := []plan.Spec{plan.Route{NS: ns, Table: table, Dst: everywhere(via), Via: via, Dev: dev}}
	if !sub.Contains(via) && !via.IsLinkLocalUnicast() {
		out = append(out, plan.Route{NS: ns, Table: table, Dst: pipeline.Host(via), Dev: dev})
	}
	return out
}

// everywhere is the destination of a default route of an address's version.
func everywhere(a netip.Addr) netip.Prefix {
	if a.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}
