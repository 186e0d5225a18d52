package pipeline

import (
	"weft/api"
	"weft/tables"
)

// Port gives what a host holds for a port of a network that is there. A port that is not alive has nothing, so it is
// dead: its frames meet no flow, and nothing is sent to it.
func Port(s *Site, p *api.Port) Part {
	var part Part
	l, ok := s.Local(p.NetworkID)
	if !ok {
		return part
	}
	if of, ok := s.Here(p); ok {
		d := s.device(p, of)
		part.Flow(enter(l, p, d)...)
		part.Flow(enterTagged(l, p, d)...)
		for _, lane := range lanes(l, p) {
			part.Flow(deliver(lane, p.MAC, d))
			part.Flow(turnBack(lane, p.MAC, d)...)
		}
		if l.Tunnelled() && !p.IsRouterInterface() {
			part.Flow(answeredHere(l, p)...)
		}
		return part
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

// deliver gives a port of this host the frames for its MAC.
func deliver(l Local, mac api.MAC, d device) Flow {
	return portFlow(tables.BridgeInt, tables.Transient, tables.PrioLocalMAC,
		Match{DlVlan(l.VLAN), DlDst(mac)}, append(d.leave(), Output{d.ofport})...)
}

// away gives what a host knows of a port on another one.
func away(s *Site, l Local, p *api.Port) []Flow {
	b, ok := s.Alive(p)
	if !ok || b.HostID == s.Host.ID || p.IsRouterInterface() {
		return nil
	}
	var out []Flow
	if s.Loose(l.ID) && l.Uplink != 0 {
		for _, lane := range lanes(l, p) {
			out = append(out, pastLoosePorts(lane, p))
		}
	}
	if h, ok := s.Away(p); ok && l.Tunnelled() && s.VXLAN() != 0 {
		for _, lane := range lanes(l, p) {
			out = append(out, toHost(s, lane, p, h))
		}
		for _, f := range p.FixedIPs {
			if f.Addr.Is4() {
				out = append(out, Answer(tables.KindPort, l, f.Addr, p.MAC))
			}
		}
	}
	return out
}

// pastLoosePorts keeps frames for a known port of another host from the ports here that get what is unknown.
func pastLoosePorts(l Local, p *api.Port) Flow {
	return portFlow(tables.BridgeInt, tables.Transient, tables.PrioRemoteMAC,
		Match{DlVlan(l.VLAN), DlDst(p.MAC)}, Output{l.Uplink})
}

// toHost sends frames for a port straight to its host.
func toHost(s *Site, l Local, p *api.Port, h *api.Host) Flow {
	return portFlow(tables.BridgeTun, tables.UcastToTun, tables.PrioMAC, Match{DlVlan(l.VLAN), DlDst(p.MAC)},
		PopVlan{}, Set(TunID(l.SegmentationID)), Set(TunDst(h.TunnelIP)), Output{s.VXLAN()})
}
