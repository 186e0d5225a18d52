package pipeline

import (
	"fmt"
	"slices"

	"weft/api"
	"weft/tables"
)

// VTEP gives what a host holds for the end of a tunnel that weft does not manage, if its network is on the host. Frames
// from there are let in for this one network only, and never go back into a tunnel: br-int does not send a frame back to
// br-tun, where it came from.
func VTEP(s *Site, t *api.VTEP) Part {
	var p Part
	l, ok := s.Local(t.NetworkID)
	if !ok || !l.Tunnelled() || s.VXLAN() == 0 || s.PatchInt() == 0 || !t.ReachedFrom(s.Host) {
		return p
	}
	p.Flow(admit(s, l, t)...)
	for _, lane := range l.lanes() { // of what has a guest's own tag nothing is learned: it comes in as what hosts send
		p.Flow(dropFalseSources(lane, t)...)
	}
	p.Flow(take(l, t, tables.PrioFromVTEP, nil, Output{s.PatchInt()}))
	for _, leg := range s.legsOf(t) {
		p.Flow(noGateway(l, t, leg)...)
		if s.servedElsewhere(t, leg) {
			p.Flow(leaveToElected(s, l, t, leg)...)
		}
	}
	p.Flow(toEntries(s, l, t)...)
	return p
}

// Outsiders gives to which external VTEPs frames go whose destination is no port in particular.
func Outsiders(s *Site, id api.NetworkID) Part {
	var p Part
	l, ok := s.Local(id)
	if !ok || !l.Tunnelled() || s.VXLAN() == 0 {
		return p
	}
	var all, known []Action // known: for those who want only what is known to be for them
	for t := range s.VTEPsOf(id) {
		if !t.ReachedFrom(s.Host) {
			continue
		}
		copied := []Action{Set(TunDst(t.Addr)), Output{s.VXLAN()}}
		if t.Flood == api.FloodBroadcast {
			known = append(known, copied...)
		} else {
			all = append(all, copied...)
		}
	}
	flood := func(prio uint16, to []Action, more ...Field) {
		p.Flow(vtepFlow(tables.FloodToVTEP, prio, append(Match{TunID(l.SegmentationID)}, more...), to...))
	}
	if len(all)+len(known) > 0 {
		flood(tables.PrioFloodVTEP, slices.Concat(all, known))
	}
	if len(known) > 0 {
		flood(tables.PrioUnknownVTEP, all, Unicast())
	}
	return p
}

func vtepFlow(t tables.ID, prio uint16, m Match, as ...Action) Flow {
	return Flow{Bridge: tables.BridgeTun, Kind: tables.KindVTEP, Table: t, Priority: prio, Match: m, Actions: as}
}

// admit lets in what the VTEP sends in the network's VNI. It passes dvr_not_learn by: it is not a host, so it has no
// business with hosts' MACs.
func admit(s *Site, l Local, t *api.VTEP) []Flow {
	from := Match{TunSrc(t.Addr), TunID(l.SegmentationID)}
	out := []Flow{
		vtepFlow(tables.TunClassify, tables.PrioPeer, append(Match{InPort(s.VXLAN())}, from...), Goto{tables.VXLANToLV}),
	}
	for _, in := range l.fromTunnel() {
		m := append(Match{in.as}, from...)
		out = append(out, vtepFlow(tables.VXLANToLV, tables.PrioVTEPVNI, m, append(TagVlan(in.vlan), Goto{tables.Learn})...))
	}
	return out
}

// dropFalseSources drops frames that claim to be routed by a host (br-int would give them the MAC of a router's leg), and
// those whose source no machine can have.
func dropFalseSources(l Local, t *api.VTEP) []Flow {
	from := func(f Field) Match { return Match{TunSrc(t.Addr), DlVlan(l.VLAN), f} }
	hosts := Field{
		ID:    FieldDlSrc,
		Value: Value{Lo: api.MustMAC("fa:16:3f:00:00:00").Uint64()},
		Mask:  Value{Lo: api.MustMAC("ff:ff:ff:00:00:00").Uint64()},
	}
	groups := Field{FieldDlSrc, Value{Lo: group}, Value{Lo: group}}
	return []Flow{
		vtepFlow(tables.Learn, tables.PrioFalseSource, from(hosts)),
		vtepFlow(tables.Learn, tables.PrioFalseSource, from(groups)),
	}
}

// LearnedCookie marks what is learned from a VTEP as it is now. Open vSwitch renews a learned flow without a look at its
// timeouts; under another cookie than before, those of the old settings go at once.
func LearnedCookie(t *api.VTEP) tables.Cookie {
	return tables.Learned(fmt.Sprintf("%s %s %d %d %d", t.ID, t.Addr, t.LearnLimit, t.LearnIdle, t.LearnAge))
}

// take learns where a frame came from, if the VTEP asks for that, and does with the frame what then says.
func take(l Local, t *api.VTEP, prio uint16, more Match, then ...Action) Flow {
	as := then
	if t.Learning {
		learn := Learn{
			Way: wayTo(t), Table: tables.UcastToTun, Priority: tables.PrioLearned, Cookie: LearnedCookie(t),
			Limit: t.LearnLimit, Idle: t.LearnIdle, Hard: t.LearnAge,
		}
		as = append([]Action{learn}, then...)
	}
	return vtepFlow(tables.Learn, prio, append(Match{TunSrc(t.Addr), DlVlan(l.VLAN)}, more...), as...)
}

// wayTo is how what is learned from a VTEP leads back there.
func wayTo(t *api.VTEP) Way {
	if t.Addr.Is4() {
		return WayBack
	}
	return WayBack6
}

// noGateway drops what poses as a router's leg.
func noGateway(l Local, t *api.VTEP, leg *api.Port) []Flow {
	var out []Flow
	for _, m := range Posing(leg) {
		m = append(Match{TunSrc(t.Addr), DlVlan(l.VLAN)}, m...)
		out = append(out, vtepFlow(tables.Learn, tables.PrioFalseSource, m))
	}
	return out
}

// legsOf lists the routers' legs of a VTEP's network whose router is on this host, each once.
func (s *Site) legsOf(t *api.VTEP) []*api.Port {
	var out []*api.Port
	for sub := range s.SubnetsOf(t.NetworkID) {
		for leg := range s.LegsOnSubnet(sub.ID) {
			_, here := s.Placement(s.Host.ID, api.RouterID(leg.DeviceID))
			known := slices.ContainsFunc(out, func(o *api.Port) bool { return o.ID == leg.ID })
			if here && !known && leg.NetworkID == t.NetworkID {
				out = append(out, leg)
			}
		}
	}
	return out
}

// servedElsewhere reports whether another host routes for a VTEP what it sends to a leg's router.
func (s *Site) servedElsewhere(t *api.VTEP, leg *api.Port) bool {
	return s.RouterHostForVTEP(api.RouterID(leg.DeviceID), t) != s.Host.ID
}

// leaveToElected keeps from a leg here what the leg on the elected host takes: packets to be routed, and requests for its
// address. Answers to what the leg itself has asked come through.
func leaveToElected(s *Site, l Local, t *api.VTEP, leg *api.Port) []Flow {
	to := DlDst(leg.MAC)
	out := []Flow{
		take(l, t, tables.PrioNotElected, Match{to, IP()}),
		take(l, t, tables.PrioNotElected, Match{to, IPv6()}),
		take(l, t, tables.PrioToLegHere, icmp6(neighbourAdvertisement, to), Output{s.PatchInt()}),
	}
	for _, f := range leg.FixedIPs {
		if f.Addr.Is4() {
			out = append(out, take(l, t, tables.PrioNotElected, Match{ARP(), ArpOp(arpRequest), ArpTpa(Host(f.Addr))}))
		} else {
			out = append(out, take(l, t, tables.PrioNotElected, icmp6(neighbourSolicitation, NDTarget(f.Addr))))
		}
	}
	return out
}

// toEntries sends frames for the machines that weft was told of straight to the VTEP, and answers ARP for them. A port
// with the same MAC or address goes before them, and they go before what was learned.
func toEntries(s *Site, l Local, t *api.VTEP) []Flow {
	var out []Flow
	for i, e := range t.Entries {
		if i == 0 || t.Entries[i-1].MAC != e.MAC {
			for _, lane := range l.lanes() {
				out = append(out, vtepFlow(tables.UcastToTun, tables.PrioVTEPMAC, Match{DlVlan(lane.VLAN), DlDst(e.MAC)},
					PopVlan{}, Set(TunID(l.SegmentationID)), Set(TunDst(t.Addr)), Output{s.VXLAN()}))
			}
		}
		if e.Addr.IsValid() {
			f := Answer(tables.KindVTEP, l, e.Addr, e.MAC)
			f.Priority = tables.PrioVTEPAnswer
			out = append(out, f)
		}
	}
	return out
}
