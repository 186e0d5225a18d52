package pipeline

import (
	"net/netip"

	"weft/api"
	"weft/tables"
)

// ICMPv6 types.
const (
	routerAdvertisement    = 134
	neighbourSolicitation  = 135
	neighbourAdvertisement = 136
)

func icmp6(typ uint8, more ...Field) Match {
	return append(Match{IPv6(), NwProto(ProtoICMPv6), ICMPType(typ)}, more...)
}

func solicits(l Local, addr netip.Addr) Match {
	return icmp6(neighbourSolicitation, DlVlan(l.VLAN), NDTarget(addr))
}

// answer6 begins to turn a neighbour solicitation into the owner's advertisement; finishAdvertisement does the rest, which
// is the same for all.
func answer6(k tables.CookieKind, l Local, addr netip.Addr, mac api.MAC) Flow {
	return Flow{
		Bridge:   tables.BridgeTun,
		Kind:     k,
		Table:    tables.ARPResponder,
		Priority: tables.PrioAnswer,
		Match:    solicits(l, addr),
		Actions: []Action{
			Move{FieldDlSrc, FieldDlDst},
			Set(DlSrc(mac)),
			Set(ICMPType(neighbourAdvertisement)),
			Goto{tables.NDResponder},
		},
	}
}

// finishAdvertisement sends back what answer6 began: from the address that was asked for to who asked, solicited, and
// overriding what that one knew. The option with the asker's MAC becomes the one with the owner's.
func finishAdvertisement() Flow {
	const (
		targetLinkLayerAddress = 2
		solicitedOverride      = 0x60000000
	)
	return base(tables.BridgeTun, tables.NDResponder, tables.PrioAnswer, icmp6(neighbourAdvertisement),
		Set(exact(FieldNDOptionsType, targetLinkLayerAddress)),
		Set(exact(FieldNDReserved, solicitedOverride)),
		Move{FieldIPv6Src, FieldIPv6Dst},
		Move{FieldNDTarget, FieldIPv6Src},
		Move{FieldDlSrc, FieldNDTll},
		InPortOut{},
	)
}

// solicitations brings what asks for a neighbour to where it is answered. Who asks from no address is about to take the
// one that it asks for: everybody shall hear that, and nobody answers in another's name.
func solicitations() []Flow {
	none := NwSrc(Host(netip.IPv6Unspecified()))
	return []Flow{
		base(tables.BridgeTun, tables.LVToTun, tables.PrioARPBroadcast, icmp6(neighbourSolicitation, Multicast()),
			Goto{tables.ARPResponder}),
		base(tables.BridgeTun, tables.ARPResponder, tables.PrioTakes, icmp6(neighbourSolicitation, none), Goto{tables.FloodToTun}),
		finishAdvertisement(),
	}
}

// ndTarget matches the target of neighbour discovery by prefix.
func ndTarget(p netip.Prefix) Field {
	f := NwSrc(p)
	f.ID = FieldNDTarget
	return f
}

// probes lets a guest ask whether its own IPv6 address is taken.
func probes(id identity, from Match) Flow {
	none := NwSrc(Host(netip.IPv6Unspecified()))
	m := append(append(Match{}, from...), icmp6(neighbourSolicitation, DlSrc(id.mac), none)...)
	return guardFlow(tables.MACSpoof, tables.PrioGuardProbe, within(m, ndTarget, id.addr), tables.Transient)
}
