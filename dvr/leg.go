package dvr

import (
	"net/netip"
	"strconv"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// ICMPv6 types.
const (
	routerAdvertisement    = 134
	neighbourSolicitation  = 135
	neighbourAdvertisement = 136
)

func icmp6(typ uint8, more ...pipeline.Field) pipeline.Match {
	return append(pipeline.Match{pipeline.IPv6(), pipeline.NwProto(pipeline.ProtoICMPv6), pipeline.ICMPType(typ)}, more...)
}

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
	out := s.LegItems(leg, ns, dev, pipeline.Device(pipeline.LegPeer, leg.ID))
	if six := addrs6(leg); len(six) > 0 { // guests know the router by it, so it is not left to the kernel's taste
		out = append(out, plan.Address{NS: ns, Dev: dev, Prefix: netip.PrefixFrom(leg.MAC.LinkLocal(), 64)})
	}
	return append(out, announced(s, leg, ns, dev)...)
}

// announced tells the guests of this host the leg's MAC, once they can hear it. A leg that is taken away and made again has
// another one: who remembers the old one as the gateway's would send to nobody, for half a minute and more. Of IPv6 the
// agent's advertisements tell.
func announced(s *pipeline.Site, leg *api.Port, ns, dev string) []plan.Spec {
	of, ok := s.Here(leg)
	if !ok {
		return nil
	}
	var out []plan.Spec
	for _, f := range leg.FixedIPs {
		if f.Addr.Is4() {
			out = append(out, plan.Announce{NS: ns, Dev: dev, Addr: f.Addr, Token: strconv.FormatUint(uint64(of), 10)})
		}
	}
	return out
}

// addrs6 lists the IPv6 addresses of a leg, with its link-local one; none if it has no other.
func addrs6(leg *api.Port) []netip.Addr {
	var out []netip.Addr
	for _, f := range leg.FixedIPs {
		if f.Addr.Is6() {
			out = append(out, f.Addr)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return append(out, leg.MAC.LinkLocal())
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
	out := []pipeline.Flow{
		at(tables.PrioLegBlock, pipeline.Match{dst}),
		at(tables.PrioLegBlock, icmp6(routerAdvertisement, src)),
		at(tables.PrioLegSrc, pipeline.Match{src}, pipeline.Set(pipeline.DlSrc(s.Host.MAC)), pipeline.Goto{Table: tables.LVToTun}),
	}
	for _, f := range leg.FixedIPs {
		if f.Addr.Is4() {
			out = append(out, at(tables.PrioLegBlock, pipeline.Match{pipeline.ARP(), pipeline.ArpTpa(pipeline.Host(f.Addr))}))
		}
	}
	for _, a := range addrs6(leg) {
		out = append(out, at(tables.PrioLegBlock, icmp6(neighbourSolicitation, pipeline.NDTarget(a))))
	}
	return append(out, notFromWire(l, leg)...)
}
