package pipeline

import (
	"net/netip"
	"slices"

	"weft/api"
	"weft/tables"
)

// guardBase holds of every guest: it may not pose as a router or as a DHCP server, and IP that no flow of its port allows
// is dropped before the flow for other protocols could take it. IPv6 whose headers end before they say what they carry
// shows 0 as its protocol: a first fragment that leaves that to the second one, say, which the machine that puts them
// together again would understand (RFC 7112).
func guardBase() []Flow {
	at := func(prio uint16, m ...Field) Flow { return base(tables.BridgeInt, tables.MACSpoof, prio, m) }
	return []Flow{
		at(tables.PrioGuardNever, IPv6(), NwProto(ProtoICMPv6), ICMPType(routerAdvertisement)),
		at(tables.PrioGuardNever, IP(), NwProto(ProtoUDP), TpSrc(67), TpDst(68)),
		at(tables.PrioGuardNever, IPv6(), NwProto(ProtoUDP), TpSrc(547), TpDst(546)),
		at(tables.PrioGuardNever, IPv6(), NwProto(0)),
		at(tables.PrioGuardTake, icmp6(neighbourSolicitation, NwSrc(Host(netip.IPv6Unspecified())))...),
		at(tables.PrioGuardIP, IP()),
		at(tables.PrioGuardIP, IPv6()),
	}
}

// identity is one source that a guest may use.
type identity struct {
	mac  api.MAC
	addr netip.Prefix
}

// identities lists what a port may send as: its fixed IPs, its allowed pairs, and for each of its MACs the link-local
// address that IPv6 makes of it. Sorted, each once; what a wider prefix covers is left out.
func identities(p *api.Port) []identity {
	var all []identity
	macs := []api.MAC{p.MAC}
	for _, f := range p.FixedIPs {
		all = append(all, identity{p.MAC, Host(f.Addr)})
	}
	for _, ap := range p.AllowedAddressPairs {
		all = append(all, identity{ap.MAC, ap.Prefix.Masked()})
		macs = append(macs, ap.MAC)
	}
	for _, m := range macs {
		all = append(all, identity{m, Host(m.LinkLocal())})
	}
	slices.SortFunc(all, func(a, b identity) int {
		if a.mac != b.mac {
			return slices.Compare(a.mac[:], b.mac[:])
		}
		return a.addr.Compare(b.addr)
	})
	return slices.Compact(all)
}

// guard lets a guest send as itself and nobody else. from is what tells its frames from others'.
func guard(p *api.Port, from Match) []Flow {
	var out []Flow
	macs := map[api.MAC]bool{}
	for _, id := range identities(p) {
		if !macs[id.mac] {
			macs[id.mac] = true
			out = append(out, beforeAddress(id.mac, from)...)
		}
		if id.addr.Addr().Is4() {
			out = append(out, speaksARP(id, from)...)
		} else {
			out = append(out, advertises(id, from), probes(id, from))
		}
		out = append(out, sendsFrom(id, from))
	}
	return dedupe(out)
}

func guardFlow(t tables.ID, prio uint16, m Match, next tables.ID) Flow {
	return portFlow(tables.BridgeInt, t, prio, m, Goto{next})
}

// speaksARP lets a guest ask and answer with its own address, and probe for it before it takes it (RFC 5227).
func speaksARP(id identity, from Match) []Flow {
	own := slices.Concat(from, Match{ARP(), DlSrc(id.mac), ArpSha(id.mac)})
	probe := append(slices.Clone(own), ArpSpa(Host(netip.IPv4Unspecified())), ArpOp(arpRequest))
	return []Flow{
		guardFlow(tables.ARPSpoof, tables.PrioGuardOwn, within(own, ArpSpa, id.addr), tables.Transient),
		guardFlow(tables.ARPSpoof, tables.PrioGuardOwn, within(probe, ArpTpa, id.addr), tables.Transient),
	}
}

// advertises lets a guest speak for its own IPv6 address; the source of the packet is looked at next.
func advertises(id identity, from Match) Flow {
	m := slices.Concat(from, Match{IPv6(), NwProto(ProtoICMPv6), ICMPType(neighbourAdvertisement)})
	return guardFlow(tables.ARPSpoof, tables.PrioGuardOwn, within(m, ndTarget, id.addr), tables.MACSpoof)
}

// sendsFrom lets a guest send IP from its own address.
func sendsFrom(id identity, from Match) Flow {
	family := IP()
	if !id.addr.Addr().Is4() {
		family = IPv6()
	}
	m := within(slices.Concat(from, Match{DlSrc(id.mac), family}), NwSrc, id.addr)
	return guardFlow(tables.MACSpoof, tables.PrioGuardOwn, m, tables.Transient)
}

// beforeAddress lets a guest do what comes before it has an address, and speak protocols other than IP, as its own MAC.
func beforeAddress(mac api.MAC, from Match) []Flow {
	own := func(more ...Field) Match { return slices.Concat(from, Match{DlSrc(mac)}, more) }
	none4, all4 := Host(netip.IPv4Unspecified()), Host(netip.AddrFrom4([4]byte{255, 255, 255, 255}))
	dhcp := own(IP(), NwProto(ProtoUDP), NwSrc(none4), NwDst(all4), TpSrc(68), TpDst(67))
	discovery := own(IPv6(), NwProto(ProtoICMPv6), NwSrc(Host(netip.IPv6Unspecified())))
	return []Flow{
		guardFlow(tables.MACSpoof, tables.PrioGuardOwn, dhcp, tables.Transient),
		guardFlow(tables.MACSpoof, tables.PrioGuardOwn, discovery, tables.Transient),
		guardFlow(tables.MACSpoof, tables.PrioGuardOther, own(), tables.Transient),
	}
}

// within adds the condition that a field lies in a prefix; a prefix of everything is no condition.
func within(m Match, field func(netip.Prefix) Field, p netip.Prefix) Match {
	if p.Bits() == 0 {
		return m
	}
	return append(slices.Clone(m), field(p))
}

// dedupe drops flows of an earlier table, priority and match: an allowed pair may name what the port has anyway.
func dedupe(fs []Flow) []Flow {
	seen := func(f Flow, before []Flow) bool {
		return slices.ContainsFunc(before, func(g Flow) bool {
			return g.Table == f.Table && g.Priority == f.Priority && slices.Equal(g.Match, f.Match)
		})
	}
	var out []Flow
	for _, f := range fs {
		if !seen(f, out) {
			out = append(out, f)
		}
	}
	return out
}
