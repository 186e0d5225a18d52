package dvr

import (
	"slices"

	"weft/api"
	"weft/pipeline"
	"weft/tables"
)

// notFromWire drops what machines on a provider network send to a leg: every host's leg would take it, and each would
// forward a copy. Answers to what a leg asked, by ARP or by neighbour discovery, go through: those who answer take the
// leg's MAC from the question, and every host's leg may know them. Nor may such a machine pose as the leg.
func notFromWire(l pipeline.Local, leg *api.Port) []pipeline.Flow {
	if l.Tunnelled() || l.Uplink == 0 {
		return nil
	}
	at := func(m ...pipeline.Field) pipeline.Flow {
		m = append(pipeline.Match{pipeline.InPort(l.Uplink), l.Wire()}, m...)
		return flow(tables.BridgeInt, tables.LocalSwitching, tables.PrioNotForWire, m)
	}
	answer := func(m ...pipeline.Field) pipeline.Flow {
		f := at(append(m, pipeline.DlDst(leg.MAC))...)
		f.Priority = tables.PrioAnswerToLeg
		f.Actions = []pipeline.Action{pipeline.Goto{Table: tables.ARPDVRMACToDstMACPhys}}
		return f
	}
	out := []pipeline.Flow{answer(pipeline.ARP(), pipeline.ArpOp(2)), at(pipeline.DlDst(leg.MAC))}
	for _, f := range leg.FixedIPs {
		if f.Addr.Is4() {
			out = append(out, at(pipeline.ARP(), pipeline.ArpTpa(pipeline.Host(f.Addr))))
		}
	}
	six := addrs6(leg)
	if len(six) > 0 {
		out = append(out, answer(icmp6(neighbourAdvertisement)...))
	}
	for _, a := range six {
		out = append(out, at(icmp6(neighbourSolicitation, pipeline.NDTarget(a))...))
	}
	for _, m := range pipeline.Posing(leg) {
		f := at(m...)
		f.Priority = tables.PrioPosing
		out = append(out, f)
	}
	return out
}

// answersToLeg hands a leg the answers to what it asked. It asked with the host's MAC as the frame's source, and with its
// own inside, so that those who answer may use either.
func answersToLeg(s *pipeline.Site, l pipeline.Local, leg *api.Port) []pipeline.Flow {
	of, ok := s.Here(leg)
	if !ok || s.Host.MAC.IsZero() || !l.Tunnelled() && l.Uplink == 0 {
		return nil
	}
	as := []pipeline.Action{pipeline.Set(pipeline.DlDst(leg.MAC)), pipeline.PopVlan{}, pipeline.Output{Port: of}}
	table, from := tables.ARPDVRMACToDstMAC, pipeline.Match{pipeline.DlDst(s.Host.MAC), pipeline.DlVlan(l.VLAN)}
	if !l.Tunnelled() {
		table, from = tables.ARPDVRMACToDstMACPhys, pipeline.Match{pipeline.InPort(l.Uplink), l.Wire()}
		if l.Type == api.NetworkFlat {
			as = []pipeline.Action{as[0], as[2]}
		}
	}
	answer := func(m ...pipeline.Field) pipeline.Flow {
		return flow(tables.BridgeInt, table, tables.PrioToLeg, append(slices.Clone(from), m...), as...)
	}
	out := []pipeline.Flow{answer(pipeline.ARP(), pipeline.ArpTha(leg.MAC))}
	for _, a := range addrs6(leg) { // link-local ones are as unique as MACs
		out = append(out, answer(icmp6(neighbourAdvertisement, pipeline.NwDst(pipeline.Host(a)))...))
	}
	return out
}
