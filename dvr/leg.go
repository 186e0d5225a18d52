package dvr

import (
	"net/netip"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// icmpv6 types that name a router.
const (
	routerAdvertisement   = 134
	neighbourSolicitation = 135
)

// Leg gives what a router's leg needs on the host, beyond what every port does: its device, its addresses, and the flows
// that keep it to the host.
func Leg(s *pipeline.Site, leg *api.Port) pipeline.Part {
	var p pipeline.Part
	r, ok := s.RouterOf(leg)
	if !ok || !s.Has(leg.NetworkID) {
		return p
	}
	p.Put(legItems(s, r, leg)...)
	if l, ok := s.Local(leg.NetworkID); ok {
		p.Flow(hide(s, l, leg)...)
		p.Flow(answersToLeg(s, l, leg)...)
	}
	return p
}

func legItems(s *pipeline.Site, r *api.Router, leg *api.Port) []plan.Spec {
	ns, dev := pipeline.RouterNS(r.ID), pipeline.Device(pipeline.LegDevice, leg.ID)
	peer := pipeline.Device(pipeline.LegPeer, leg.ID)
	mtu := 0
	if n, ok := s.Network(leg.NetworkID); ok {
		mtu = n.MTU
	}
	out := []plan.Spec{
		plan.Veth{NS: ns, Dev: dev, MAC: leg.MAC, PeerDev: peer, MTU: mtu},
		plan.OVSPort{Bridge: tables.BridgeInt, Dev: peer, IfaceID: leg.ID, MAC: leg.MAC},
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.conf.{dev}.rp_filter", Value: "0"},
		plan.DevSysctl{NS: ns, Dev: dev, Name: "net.ipv4.conf.{dev}.send_redirects", Value: "0"},
	}
	for _, f := range leg.FixedIPs {
		if sub, ok := s.Subnet(f.SubnetID); ok {
			out = append(out, plan.Address{NS: ns, Dev: dev, Prefix: netip.PrefixFrom(f.Addr, sub.CIDR.Bits())})
		}
	}
	return out
}

func flow(bridge string, t tables.ID, prio uint16, m pipeline.Match, as ...pipeline.Action) pipeline.Flow {
	return pipeline.Flow{Bridge: bridge, Kind: tables.KindRouter, Table: t, Priority: prio, Match: m, Actions: as}
}

// hide keeps a leg to its host: nobody else may ask for it, send to it, or see its MAC.
func hide(s *pipeline.Site, l pipeline.Local, leg *api.Port) []pipeline.Flow {
	if l.Outer == "" || s.Host.MAC.IsZero() {
		return nil
	}
	// dvr_process and what follows it have the same numbers on br-tun and on provider bridges.
	at := func(prio uint16, m pipeline.Match, as ...pipeline.Action) pipeline.Flow {
		return flow(l.Outer, tables.DVRProcess, prio, append(pipeline.Match{pipeline.DlVlan(l.VLAN)}, m...), as...)
	}
	src, dst := pipeline.DlSrc(leg.MAC), pipeline.DlDst(leg.MAC)
	icmp6 := func(typ uint8, more ...pipeline.Field) pipeline.Match {
		return append(pipeline.Match{
			pipeline.IPv6(), pipeline.NwProto(pipeline.ProtoICMPv6), pipeline.ICMPType(typ)}, more...)
	}
	out := []pipeline.Flow{
		at(tables.PrioLegBlock, pipeline.Match{dst}),
		at(tables.PrioLegBlock, icmp6(routerAdvertisement, src)),
		at(tables.PrioLegSrc, pipeline.Match{src}, pipeline.Set(pipeline.DlSrc(s.Host.MAC)), pipeline.Goto{Table: tables.LVToTun}),
	}
	for _, f := range leg.FixedIPs {
		if f.Addr.Is4() {
			out = append(out, at(tables.PrioLegBlock, pipeline.Match{pipeline.ARP(), pipeline.ArpTpa(pipeline.Host(f.Addr))}))
		} else {
			out = append(out, at(tables.PrioLegBlock, icmp6(neighbourSolicitation, pipeline.NDTarget(f.Addr))))
		}
	}
	return append(out, notFromWire(l, leg)...)
}

// notFromWire drops what machines on a provider network send to a leg: every host's leg would take it, and each would
// forward a copy. Answers to what a leg asked by ARP go through: those who answer take the leg's MAC from the question,
// and every host's leg may know them.
func notFromWire(l pipeline.Local, leg *api.Port) []pipeline.Flow {
	if l.Tunnelled() || l.Uplink == 0 {
		return nil
	}
	at := func(m ...pipeline.Field) pipeline.Flow {
		m = append(pipeline.Match{pipeline.InPort(l.Uplink), l.Wire()}, m...)
		return flow(tables.BridgeInt, tables.LocalSwitching, tables.PrioNotForWire, m)
	}
	answer := at(pipeline.ARP(), pipeline.DlDst(leg.MAC), pipeline.ArpOp(2))
	answer.Priority = tables.PrioAnswerToLeg
	answer.Actions = []pipeline.Action{pipeline.Goto{Table: tables.ARPDVRMACToDstMACPhys}}
	out := []pipeline.Flow{answer, at(pipeline.DlDst(leg.MAC))}
	for _, f := range leg.FixedIPs {
		if f.Addr.Is4() {
			out = append(out, at(pipeline.ARP(), pipeline.ArpTpa(pipeline.Host(f.Addr))))
		}
	}
	return out
}

// answersToLeg hands a leg the answers to what it asked by ARP: it asked with the host's MAC as the frame's source.
func answersToLeg(s *pipeline.Site, l pipeline.Local, leg *api.Port) []pipeline.Flow {
	of, ok := s.Here(leg)
	if !ok || s.Host.MAC.IsZero() {
		return nil
	}
	m := pipeline.Match{pipeline.ARP(), pipeline.ArpTha(leg.MAC)}
	as := []pipeline.Action{pipeline.Set(pipeline.DlDst(leg.MAC)), pipeline.PopVlan{}, pipeline.Output{Port: of}}
	switch {
	case l.Tunnelled():
		m = append(m, pipeline.DlDst(s.Host.MAC), pipeline.DlVlan(l.VLAN))
		return []pipeline.Flow{flow(tables.BridgeInt, tables.ARPDVRMACToDstMAC, tables.PrioToLeg, m, as...)}
	case l.Uplink == 0:
		return nil
	case l.Type == api.NetworkFlat:
		as = []pipeline.Action{as[0], as[2]}
	}
	m = append(m, pipeline.InPort(l.Uplink), l.Wire())
	return []pipeline.Flow{flow(tables.BridgeInt, tables.ARPDVRMACToDstMACPhys, tables.PrioToLeg, m, as...)}
}
