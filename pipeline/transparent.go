package pipeline

import (
	"weft/api"
	"weft/tables"
)

// Frames with VLAN tags of guests' own travel in a local VLAN of their own, beside that of the network's other frames:
// there they are switched by MAC and nothing else. What answers ARP, routes or serves DHCP belongs to the network as the
// guest sees it without a tag, and matches the other local VLAN only. Open vSwitch shows flows one tag; a second one is
// payload to it, whose dl_type it shows (vlan-limit=1, its default).

// lanes are a network's local VLANs as far as a port is in them: legs of routers know no tags.
func lanes(l Local, p *api.Port) []Local {
	if !p.IsGuest() {
		return []Local{l}
	}
	return l.lanes()
}

// lanes are the network's local VLANs: that of frames without a guest's own tag, and that of the others if it has one.
func (l Local) lanes() []Local {
	if l.Tagged == 0 {
		return []Local{l}
	}
	inner := l
	inner.VLAN = l.Tagged
	return []Local{l, inner}
}

// insiders are the members that get frames of a lane.
func (l Local) insiders(all []member) []member {
	if l.Tagged == 0 || l.VLAN != l.Tagged {
		return all
	}
	var out []member
	for _, m := range all {
		if m.IsGuest() {
			out = append(out, m)
		}
	}
	return out
}

// enterTagged takes a guest's frames with tags of its own into their lane. A sub-port's have two, of which the outer one
// is the sub-port's; where the network does not carry the other it must be dropped, since it would be delivered as the
// only one, to a guest that may have a trunk too.
func enterTagged(l Local, p *api.Port, d device) []Flow {
	if l.Tagged == 0 && d.tag == 0 || !p.IsGuest() {
		return nil
	}
	in := func(prio uint16, more ...Field) Flow {
		return portFlow(tables.BridgeInt, tables.LocalSwitching, prio, append(Match{InPort(d.ofport)}, more...), tagged(l, p, d)...)
	}
	if d.tag == 0 {
		return append([]Flow{in(tables.PrioGuest, Tagged())}, guardTagged(l, p, d)...)
	}
	return append([]Flow{
		in(tables.PrioGuestCheckARP, DlVlan(d.tag), DlType(EthVLAN)),
		in(tables.PrioGuestCheckARP, DlVlan(d.tag), DlType(EthServiceVLAN)),
	}, guardTagged(l, p, d)...)
}

// tagged is what happens to such a frame in the first table.
func tagged(l Local, p *api.Port, d device) []Action {
	if l.Tagged == 0 {
		return nil
	}
	l.VLAN = l.Tagged
	next := Goto{tables.MACSpoof}
	if p.Unguarded() {
		next = Goto{tables.Transient}
	}
	return append(d.into(l), next)
}

// guardTagged lets a guest send tagged frames with its own MACs. Weft does not know the addresses that it has behind its
// tags; but as everywhere a guest with port security is no router and no DHCP server (a sub-port may be: the switch does not
// look behind two tags).
func guardTagged(l Local, p *api.Port, d device) []Flow {
	if l.Tagged == 0 || p.Unguarded() {
		return nil
	}
	var out []Flow
	for _, id := range identities(p) {
		m := append(d.inside(), DlVlan(l.Tagged), DlSrc(id.mac))
		out = append(out, guardFlow(tables.MACSpoof, tables.PrioGuardTagged, m, tables.Transient))
	}
	return dedupe(out)
}

// fromWireTagged takes frames with two tags from a provider network's wire: into their lane, or nowhere. It comes before
// all that undoes distributed routing, which knows frames with one.
func fromWireTagged(l Local) []Flow {
	if l.Uplink == 0 || l.Type != api.NetworkVLAN {
		return nil
	}
	var as []Action
	if l.Tagged != 0 {
		as = []Action{Set(DlVlan(l.Tagged)), Goto{tables.Transient}}
	}
	var out []Flow
	for _, inner := range []uint16{EthVLAN, EthServiceVLAN} {
		m := Match{InPort(l.Uplink), l.Wire(), DlType(inner)}
		out = append(out, netFlow(tables.BridgeInt, tables.LocalSwitching, tables.PrioSecondTag, m, as...))
	}
	return out
}
