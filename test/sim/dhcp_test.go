package sim_test

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"weft/api"
	"weft/pipeline"
	"weft/test/cloud"
	"weft/test/sim"
)

func discover(from place) sim.Packet {
	return sim.Packet{
		Src: from.MAC, Dst: api.Broadcast, Type: pipeline.EthIPv4, Proto: pipeline.ProtoUDP, TpSrc: 68, TpDst: 67,
		NwSrc: netip.IPv4Unspecified(), NwDst: netip.AddrFrom4([4]byte{255, 255, 255, 255}),
	}
}

// answered says from the intent alone whether weft answers a port's DHCP.
func (b bench) answered(p place) bool {
	for _, f := range p.FixedIPs {
		if s, ok := b.Subnet(f.SubnetID); ok && s.EnableDHCP && f.Addr.Is4() {
			return true
		}
	}
	return false
}

func TestDHCPReachesTheAgentAloneOrEverybody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for n := range b.Networks() {
			all := guests(b.places(n.ID))
			for i, from := range all {
				b.asksItsAgentAlone(from, all)
				b.isNoServer(from, all[(i+1)%len(all)])
				b.hasOthersBehindIt(from)
			}
		}
	})
}

// asksItsAgentAlone: what a guest asks of DHCP servers reaches its agent alone, or, with DHCP off, everybody.
func (b bench) asksItsAgentAlone(from place, all []place) {
	r := b.send(from, discover(from))
	if !b.answered(from) {
		if len(r.ToAgent) != 0 {
			b.Errorf("%s has no DHCP, and its request went to the agent", from.ID)
		}
		for _, to := range all {
			if to.ID != from.ID && to.host.ID == from.host.ID && len(r.Delivered) == 0 {
				b.Errorf("%s has no DHCP, and %s on its host did not hear its request", from.ID, to.ID)
			}
		}
		return
	}
	if len(r.Delivered)+len(r.Underlay)+len(r.Wire) != 0 {
		b.Errorf("request of %s was heard by others: %+v", from.ID, r)
	}
	if len(r.ToAgent) != 1 || r.ToAgent[0].Host != from.host.ID || r.ToAgent[0].Port != from.ID || r.ToAgent[0].Packet.VLAN != 0 {
		b.Errorf("request of %s on %s: %+v went to an agent", from.ID, from.host.ID, r.ToAgent)
	}
}

// isNoServer: only guests without port security can be DHCP servers, or routers that announce themselves.
func (b bench) isNoServer(from, to place) {
	if to.ID == from.ID {
		return
	}
	four := ip(from, to)
	four.Proto, four.ICMPType, four.TpSrc, four.TpDst = pipeline.ProtoUDP, 0, 67, 68
	six := sim.Packet{
		Src: from.MAC, Dst: to.MAC, Type: pipeline.EthIPv6, Proto: pipeline.ProtoUDP, TpSrc: 547, TpDst: 546,
		NwSrc: from.MAC.LinkLocal(), NwDst: to.MAC.LinkLocal(),
	}
	router := sim.Packet{
		Src: from.MAC, Dst: api.MustMAC("33:33:00:00:00:01"), Type: pipeline.EthIPv6, Proto: pipeline.ProtoICMPv6, ICMPType: 134,
		NwSrc: from.MAC.LinkLocal(), NwDst: netip.MustParseAddr("ff02::1"),
	}
	for what, p := range map[string]sim.Packet{"DHCPv4 answer": four, "DHCPv6 answer": six, "router advertisement": router} {
		r := b.send(from, p)
		passed := len(r.Delivered)+len(r.Underlay)+len(r.Wire) > 0
		reachable := from.host.ID == to.host.ID // others depend on tunnels
		if from.PortSecurityEnabled && passed || !from.PortSecurityEnabled && reachable && !passed {
			b.Errorf("%s of %s (port security %t) to %s: %+v", what, from.ID, from.PortSecurityEnabled, to.ID, r)
		}
	}
}

// hasOthersBehindIt: other MACs behind a guest are not taken for it.
func (b bench) hasOthersBehindIt(from place) {
	p := discover(from)
	p.Src = api.MustMAC("52:54:00:99:99:99")
	if r := b.send(from, p); len(r.ToAgent) != 0 {
		b.Errorf("a MAC behind %s was taken for it", from.ID)
	}
}
