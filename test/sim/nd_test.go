package sim_test

import (
	"net/netip"
	"testing"

	"weft/api"
	"weft/pipeline"
	"weft/test/sim"
)

// solicit asks from an address who has another one.
func solicit(from place, src, target netip.Addr) sim.Packet {
	return sim.Packet{
		Src: from.MAC, Dst: api.MustMAC("33:33:ff:00:00:01"), Type: pipeline.EthIPv6, Proto: pipeline.ProtoICMPv6, ICMPType: 135,
		NwSrc: src, NwDst: netip.MustParseAddr("ff02::1:ff00:1"), NDTarget: target, NDOption: 1,
	}
}

// six gives a port's first IPv6 address.
func six(p *api.Port) (netip.Addr, bool) {
	for _, f := range p.FixedIPs {
		if f.Addr.Is6() {
			return f.Addr, true
		}
	}
	return netip.Addr{}, false
}

func TestNeighbourSolicitationsForKnownRemoteGuestsAreAnsweredOnTheSpot(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		net, _ := b.Network(from.NetworkID)
		src, ok := six(from.Port)
		target, ok2 := six(to.Port)
		if !ok || !ok2 || !net.Tunnelled() || from.host.ID == to.host.ID || !b.connected(from.host, to.host, net.ID) {
			return
		}
		answeredOnTheSpot(b, from, to, src, target)
		if own := to.MAC.LinkLocal(); to.PortSecurityEnabled && to.IsGuest() {
			answeredOnTheSpot(b, from, to, from.MAC.LinkLocal(), own)
		}
	})
}

// answeredOnTheSpot checks that a guest's question for an address of one on another host is answered once, on its own host.
func answeredOnTheSpot(b bench, from, to place, src, target netip.Addr) {
	r := b.send(from, solicit(from, src, target))
	if len(r.Underlay) > 0 {
		b.Fatalf("%s asked for %s of %s: the underlay saw %+v", from.ID, target, to.ID, r.Underlay)
	}
	want := sim.Packet{
		Src: to.MAC, Dst: from.MAC, Type: pipeline.EthIPv6, Proto: pipeline.ProtoICMPv6, ICMPType: 136, NwSrc: target, NwDst: src,
		NDTarget: target, NDTll: to.MAC, NDOption: 2, NDFlags: 0x60000000,
	}
	answers := 0
	for _, d := range r.Delivered {
		if d.Packet.ICMPType != 136 {
			continue
		}
		if answers++; d.Port != from.ID || d.Packet != want {
			b.Fatalf("answer %+v at %s, want %+v at %s", d.Packet, d.Port, want, from.ID)
		}
	}
	if answers != 1 {
		b.Fatalf("%s asked for %s of %s on %s: %d answers in %+v", from.ID, target, to.ID, to.host.ID, answers, r)
	}
}

// Of a port without port security nobody knows which link-local address it has, and a guest that is about to take one must
// be heard by whoever has it, against the rules or not.
func TestQuestionsThatOnlyTheAskedCanAnswerReachThem(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		if _, known := six(to.Port); !known || !b.connected(from.host, to.host, from.NetworkID) {
			return
		}
		hears := func(what string, p sim.Packet) {
			if n := copies(b.send(from, p))[at{to.host.ID, to.ID}]; n != 1 {
				b.Fatalf("%s on %s %s: %s on %s hears it %d times", from.ID, from.host.ID, what, to.ID, to.host.ID, n)
			}
		}
		if own := to.MAC.LinkLocal(); !to.PortSecurityEnabled {
			hears("asks for "+own.String(), solicit(from, from.MAC.LinkLocal(), own))
		}
		hears("takes its own address", solicit(from, netip.IPv6Unspecified(), from.MAC.LinkLocal()))
	})
}

func TestAGuestMayTakeItsOwnIPv6AddressesAlone(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		if !from.PortSecurityEnabled || from.MAC == to.MAC {
			return
		}
		heard := func(target netip.Addr) bool {
			r := b.send(from, solicit(from, netip.IPv6Unspecified(), target))
			return len(r.Delivered)+len(r.Underlay)+len(r.Wire) > 0
		}
		if near := from.host.ID == to.host.ID; near && !heard(from.MAC.LinkLocal()) {
			b.Fatalf("%s asks whether its own address is taken, and %s does not hear it", from.ID, to.ID)
		}
		if other := to.MAC.LinkLocal(); !maySend(from.Port, from.MAC, other) && heard(other) {
			b.Fatalf("%s asks for the address of %s as if it were its own", from.ID, to.ID)
		}
	})
}
