package pipeline

import (
	"net/netip"

	"weft/api"
	"weft/tables"
)

// ARP operations.
const (
	arpRequest = 1
	arpReply   = 2
)

// Host gives the prefix of exactly one address.
func Host(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// Answer turns a request for the address of a port elsewhere into the owner's reply and sends it back, so that no
// request crosses the underlay. The order of actions matters: each reads what the ones before have not written yet.
func Answer(k tables.CookieKind, l Local, addr netip.Addr, mac api.MAC) Flow {
	if addr.Is6() {
		return answer6(k, l, addr, mac)
	}
	return Flow{
		Bridge:   tables.BridgeTun,
		Kind:     k,
		Table:    tables.ARPResponder,
		Priority: tables.PrioAnswer,
		Match:    Match{ARP(), DlVlan(l.VLAN), ArpTpa(Host(addr)), ArpOp(arpRequest)},
		Actions: []Action{
			Set(ArpOp(arpReply)),
			Move{FieldArpSha, FieldArpTha},
			Move{FieldArpSpa, FieldArpTpa},
			Set(ArpSha(mac)),
			Set(ArpSpa(Host(addr))),
			Move{FieldDlSrc, FieldDlDst},
			Set(DlSrc(mac)),
			InPortOut{},
		},
	}
}

// Keep ends requests for an address of this host: its owner has heard the broadcast already. When the owner tells its own
// address (a gratuitous request, as after a move) the others shall hear it; and when it asks whether the address is free,
// since somebody elsewhere may use it against the rules (RFC 5227).
func Keep(k tables.CookieKind, l Local, addr netip.Addr) []Flow {
	if addr.Is6() { // owners tell their addresses by advertisements, which are not looked at here
		return []Flow{{
			Bridge: tables.BridgeTun, Kind: k, Table: tables.ARPResponder, Priority: tables.PrioAnswer, Match: solicits(l, addr),
		}}
	}
	return []Flow{Gratuity(k, l, addr), fromSender(k, l, addr, netip.IPv4Unspecified()), {
		Bridge: tables.BridgeTun, Kind: k, Table: tables.ARPResponder, Priority: tables.PrioAnswer, Match: asksFor(l, addr),
	}}
}

func asksFor(l Local, addr netip.Addr) Match {
	return Match{ARP(), DlVlan(l.VLAN), ArpTpa(Host(addr)), ArpOp(arpRequest)}
}

// Gratuity lets the others hear when the owner of an address tells it.
func Gratuity(k tables.CookieKind, l Local, addr netip.Addr) Flow {
	return fromSender(k, l, addr, addr)
}

// fromSender lets the others hear requests for an address by a sender: the address itself, or nobody yet.
func fromSender(k tables.CookieKind, l Local, addr, sender netip.Addr) Flow {
	return Flow{
		Bridge: tables.BridgeTun, Kind: k, Table: tables.ARPResponder, Priority: tables.PrioGratuity,
		Match: append(Match{ArpSpa(Host(sender))}, asksFor(l, addr)...), Actions: []Action{Goto{tables.FloodToTun}},
	}
}

func answeredHere(l Local, p *api.Port) []Flow {
	return ofAddrs(p, func(a netip.Addr) []Flow { return Keep(tables.KindPort, l, a) })
}

// ofAddrs gives the flows of each address for which nobody but a port can answer: its own, and if it speaks IPv6 under port
// security the link-local one that its MAC makes, which is the only one that it may use, and that no other guest under port
// security may. A port that was given this one as its own, on a subnet of such addresses, comes first.
func ofAddrs(p *api.Port, flows func(netip.Addr) []Flow) []Flow {
	var out []Flow
	six := false
	for _, f := range p.FixedIPs {
		out = append(out, flows(f.Addr)...)
		six = six || f.Addr.Is6()
	}
	if !six || p.Unguarded() {
		return out
	}
	for _, f := range flows(p.MAC.LinkLocal()) {
		f.Priority = tables.PrioLinkLocal
		out = append(out, f)
	}
	return out
}
