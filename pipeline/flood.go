package pipeline

import (
	"iter"

	"weft/api"
	"weft/tables"
)

// manyHosts is from how many hosts on those that have a network are divided into parts. One more changes the flow of its
// own part on every other host then, instead of the list of all; and a list of 2,000 would not fit a message.
const manyHosts = 64

// Divided reports whether a network is on so many hosts that they are divided into parts.
func Divided(v api.View, id api.NetworkID) bool {
	n := 0
	for range v.SegmentsOf(id) {
		if n++; n > manyHosts {
			return true
		}
	}
	return false
}

// Peers gives to which other hosts frames go whose destination is no port in particular: each in turn, or each part of
// them.
func Peers(s *Site, id api.NetworkID) Part {
	var p Part
	l, ok := s.Local(id)
	if !ok || !l.Tunnelled() || s.VXLAN() == 0 {
		return p
	}
	var copies []Action
	if Divided(s.View, id) {
		for n := range uint32(api.Parts) {
			copies = append(copies, Set(Reg(tables.Part, 1+n)), Resubmit{Table: tables.FloodToPart})
		}
	} else {
		copies = s.copies(s.SegmentsOf(id))
	}
	for _, lane := range l.lanes() {
		p.Flow(toEveryHost(lane, copies)...)
	}
	return p
}

// PeersOf gives to which hosts of a part, from 0 on, such frames go.
func PeersOf(s *Site, id api.NetworkID, part int) Part {
	var p Part
	l, ok := s.Local(id)
	if !ok || !l.Tunnelled() || s.VXLAN() == 0 || !Divided(s.View, id) {
		return p
	}
	if to := s.copies(s.SegmentsOfPart(id, part)); len(to) > 0 {
		m := Match{TunID(l.SegmentationID), Reg(tables.Part, uint32(part)+1)}
		p.Flow(netFlow(tables.BridgeTun, tables.FloodToPart, tables.PrioSegment, m, to...))
	}
	return p
}

// copies sends a copy to each other host of some, in the order of their names.
func (s *Site) copies(to iter.Seq[*api.Segment]) []Action {
	var as []Action
	for seg := range to {
		h, ok := s.View.Host(seg.HostID)
		if ok && h.ID != s.Host.ID && s.Joined(h) {
			as = append(as, Set(TunDst(h.TunnelIP)), Output{s.VXLAN()})
		}
	}
	return as
}

// toEveryHost sends copies to the hosts that have the network, and then to its VTEPs.
func toEveryHost(l Local, copies []Action) []Flow {
	as := append([]Action{PopVlan{}, Set(TunID(l.SegmentationID))}, copies...)
	as = append(as, Goto{tables.FloodToVTEP})
	out := []Flow{netFlow(tables.BridgeTun, tables.FloodToTun, tables.PrioSegment, Match{DlVlan(l.VLAN)}, as...)}
	if l.DropUnknown {
		out = append(out, netFlow(tables.BridgeTun, tables.FloodToTun, tables.PrioNoUnknown, Match{DlVlan(l.VLAN), Unicast()}))
	}
	return out
}
