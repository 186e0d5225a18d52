package pipeline

import (
	"net/netip"

	"weft/api"
	"weft/tables"
)

// Port gives what a host holds for a port of a network that is there. A port that is not alive has nothing, so it is
// dead: its frames meet no flow, and nothing is sent to it.
func Port(s *Site, p *api.Port) Part {
	part := Arrival(s, p)
	l, ok := s.Local(p.NetworkID)
	if !ok {
		return part
	}
	if of, ok := s.Here(p); ok {
		d, more := s.device(p, of), s.elsewhere(p)
		part.Flow(enter(l, p, d)...)
		part.Flow(enterTagged(l, p, d)...)
		for _, lane := range lanes(l, p) {
			copies := toHosts(s, lane, p, more)
			part.Flow(copies...)
			part.Flow(deliver(lane, p.MAC, d, len(copies) > 0 || len(more) > 0 && !l.Tunnelled()))
			part.Flow(turnBack(lane, p.MAC, d)...)
		}
		if l.Tunnelled() && !p.IsRouterInterface() {
			part.Flow(answeredHere(l, p)...)
		}
		return part
	}
	if b, ok := s.waits(p); ok {
		part.Flow(standby(s, l, p, s.device(p, b.OFPort))...)
	}
	part.Flow(away(s, l, p)...)
	return part
}

func portFlow(bridge string, t tables.ID, prio uint16, m Match, as ...Action) Flow {
	return Flow{Bridge: bridge, Kind: tables.KindPort, Table: t, Priority: prio, Match: m, Actions: as}
}

// enter takes frames of a port into its network: through the spoof guard, or past it.
func enter(l Local, p *api.Port, d device) []Flow {
	in := func(prio uint16, t tables.ID, more ...Field) Flow {
		return portFlow(tables.BridgeInt, tables.LocalSwitching, prio, append(d.frames(), more...),
			append(d.into(l), Goto{t})...)
	}
	if p.Unguarded() {
		return []Flow{in(tables.PrioGuest, tables.Transient)}
	}
	out := []Flow{
		in(tables.PrioGuestCheckARP, tables.ARPSpoof, ARP()),
		in(tables.PrioGuestCheckARP, tables.ARPSpoof, IPv6(), NwProto(ProtoICMPv6), ICMPType(neighbourAdvertisement)),
		in(tables.PrioGuest, tables.MACSpoof),
	}
	return append(out, guard(p, d.inside())...)
}

// deliver gives a port of this host the frames for its MAC, and if the guest may move elsewhere, the uplink a copy.
func deliver(l Local, mac api.MAC, d device, copied bool) Flow {
	var as []Action
	if copied && l.Uplink != 0 {
		as = append(as, Output{l.Uplink})
	}
	return portFlow(tables.BridgeInt, tables.Transient, tables.PrioLocalMAC,
		Match{DlVlan(l.VLAN), DlDst(mac)}, append(append(as, d.leave()...), Output{d.ofport})...)
}

// away gives what a host knows of a port on another one.
func away(s *Site, l Local, p *api.Port) []Flow {
	at := s.elsewhere(p)
	if len(at) == 0 {
		return nil
	}
	var out []Flow
	if s.Loose(l.ID) && l.Uplink != 0 {
		for _, lane := range lanes(l, p) {
			out = append(out, pastLoosePorts(lane, p))
		}
	}
	var way []Flow
	for _, lane := range lanes(l, p) {
		way = append(way, toHosts(s, lane, p, at)...)
	}
	if len(way) > 0 {
		out = append(out, ofAddrs(p, func(a netip.Addr) []Flow { return []Flow{Answer(tables.KindPort, l, a, p.MAC)} })...)
	}
	return append(out, way...)
}

// pastLoosePorts keeps frames for a known port of another host from the ports here that get what is unknown.
func pastLoosePorts(l Local, p *api.Port) Flow {
	return portFlow(tables.BridgeInt, tables.Transient, tables.PrioRemoteMAC,
		Match{DlVlan(l.VLAN), DlDst(p.MAC)}, Output{l.Uplink})
}

// toHosts sends frames for a port straight to its host, and to those where its guest may arrive.
func toHosts(s *Site, l Local, p *api.Port, at []*api.Binding) []Flow {
	if !l.Tunnelled() || s.VXLAN() == 0 {
		return nil
	}
	as := []Action{PopVlan{}, Set(TunID(l.SegmentationID))}
	start := len(as)
	for _, b := range at {
		if h, ok := s.View.Host(b.HostID); ok && s.Joined(h) {
			as = append(as, Set(TunDst(h.TunnelIP)), Output{s.VXLAN()})
		}
	}
	if len(as) == start {
		return nil
	}
	return []Flow{portFlow(tables.BridgeTun, tables.UcastToTun, tables.PrioMAC, Match{DlVlan(l.VLAN), DlDst(p.MAC)}, as...)}
}
