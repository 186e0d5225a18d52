package dvr

import (
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// Guest gives what routers on the host need for a guest's port behind them, wherever the port is: the kernel knows its
// MAC, and if it is here, routed frames from other hosts reach it with its own leg's MAC.
func Guest(s *pipeline.Site, p *api.Port) pipeline.Part {
	var part pipeline.Part
	if p.IsRouterInterface() || !s.Has(p.NetworkID) {
		return part
	}
	// A router's leg on its gateway host keeps its address and MAC wherever it moves.
	if _, ok := s.Alive(p); !ok && !p.IsCentralSNAT() {
		return part
	}
	part.Put(neighbours(s, p)...)
	if _, ok := s.Here(p); ok {
		part.Flow(fromOtherHosts(s, p)...)
	}
	return part
}

// Arrival gives what a host needs on which a guest may arrive: routed frames for it, of which it gets copies, look as they
// do where it is.
func Arrival(s *pipeline.Site, p *api.Port) pipeline.Part {
	var part pipeline.Part
	if _, ok := s.Arriving(p); ok {
		part.Flow(fromOtherHosts(s, p)...)
	}
	return part
}

// neighbours tells each router with a leg on one of the port's subnets the port's MAC, so that it never has to ask.
func neighbours(s *pipeline.Site, p *api.Port) []plan.Spec {
	var out []plan.Spec
	for _, f := range p.FixedIPs {
		out = append(out, entries(s, p, f.SubnetID, f.Addr, p.MAC)...)
	}
	seen := map[netip.Addr]bool{}
	for _, ap := range p.AllowedAddressPairs {
		if !ap.Prefix.IsSingleIP() || seen[ap.Prefix.Addr()] {
			continue // of several pairs with one address the first counts
		}
		seen[ap.Prefix.Addr()] = true
		if sub, ok := pairSubnet(s, p, ap.Prefix.Addr()); ok {
			out = append(out, entries(s, p, sub, ap.Prefix.Addr(), ap.MAC)...)
		}
	}
	return out
}

func entries(s *pipeline.Site, p *api.Port, sub api.SubnetID, addr netip.Addr, mac api.MAC) []plan.Spec {
	var out []plan.Spec
	for leg := range s.LegsOnSubnet(sub) {
		r, ok := s.RouterOf(leg)
		if !ok || leg.NetworkID != p.NetworkID {
			continue
		}
		out = append(out, plan.Neighbour{
			NS: pipeline.RouterNS(r.ID), Dev: pipeline.Device(pipeline.LegDevice, leg.ID), Addr: addr, MAC: mac,
		})
	}
	return out
}

// pairSubnet finds the subnet of an address that only this port speaks for. If several do, one of them has it at a time
// and the router must ask.
func pairSubnet(s *pipeline.Site, p *api.Port, addr netip.Addr) (api.SubnetID, bool) {
	for other := range s.PortsWithPair(p.NetworkID, addr) {
		if _, alive := s.Alive(other); alive && other.ID != p.ID {
			return "", false
		}
	}
	for sub := range s.SubnetsOf(p.NetworkID) {
		if !sub.CIDR.Contains(addr) {
			continue
		}
		holder, held := s.PortByAddr(sub.ID, addr)
		if held {
			_, held = s.Alive(holder)
		}
		return sub.ID, !held
	}
	return "", false
}

// fromOtherHosts gives routed frames for the port the MAC of its leg as their source. Behind several legs the address
// tells which.
func fromOtherHosts(s *pipeline.Site, p *api.Port) []pipeline.Flow {
	l, ok := s.Local(p.NetworkID)
	if !ok {
		return nil
	}
	var out []pipeline.Flow
	var first api.MAC
	for _, f := range p.FixedIPs {
		leg, ok := s.GatewayLeg(f.SubnetID)
		switch {
		case !ok:
		case first.IsZero():
			first = leg.MAC
			out = append(out, fromLeg(l, tables.PrioToGuest, leg.MAC, pipeline.DlDst(p.MAC))...)
		case leg.MAC != first:
			family := pipeline.IP()
			if !f.Addr.Is4() {
				family = pipeline.IPv6()
			}
			out = append(out, fromLeg(l, tables.PrioToGuestByIP, leg.MAC,
				pipeline.DlDst(p.MAC), family, pipeline.NwDst(pipeline.Host(f.Addr)))...)
		}
	}
	return out
}

// fromLeg is one flow of table 1, or of 2 for a provider network, where the frame gets its local VLAN too.
func fromLeg(l pipeline.Local, prio uint16, leg api.MAC, m ...pipeline.Field) []pipeline.Flow {
	src := []pipeline.Action{pipeline.Set(pipeline.DlSrc(leg)), pipeline.Goto{Table: tables.Transient}}
	if l.Tunnelled() {
		m = append(m, pipeline.DlVlan(l.VLAN))
		return []pipeline.Flow{flow(tables.BridgeInt, tables.DVRToSrcMAC, prio, m, src...)}
	}
	if l.Uplink == 0 {
		return nil
	}
	m = append(m, pipeline.InPort(l.Uplink), l.Wire())
	return []pipeline.Flow{flow(tables.BridgeInt, tables.DVRToSrcMACPhysical, prio, m, append(l.FromWire(), src...)...)}
}
