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

// stranger is a MAC behind a VTEP that nobody told weft of.
var stranger = api.MustMAC("52:54:00:aa:bb:cc")

// eachVTEP runs a check for each VTEP of random clouds on each host that has its network and tunnels.
func eachVTEP(t *testing.T, check func(b bench, v *api.VTEP, n *api.Network, h *api.Host)) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for v := range b.VTEPs() {
			n, _ := b.Network(v.NetworkID)
			for h := range b.Hosts() {
				_, there := b.Segment(h.ID, n.ID)
				if there && n.AdminStateUp && n.Tunnelled() && b.tunnels(h) && v.Addr.Is4() == h.TunnelIP.Is4() {
					check(b, v, n, h)
				}
			}
		}
	})
}

func (b bench) from(a netip.Addr, vni uint32, h *api.Host, p sim.Packet) sim.Result {
	b.Helper()
	r, err := b.net.SendFrom(a, vni, h.ID, p)
	if err != nil {
		b.Fatalf("send %+v from %s to %s: %v", p, a, h.ID, err)
	}
	return r
}

func shout(src api.MAC) sim.Packet {
	return sim.Packet{
		Src: src, Dst: api.Broadcast, Type: pipeline.EthIPv4, Proto: pipeline.ProtoICMP, ICMPType: 8,
		NwSrc: netip.MustParseAddr("10.0.0.250"), NwDst: netip.MustParseAddr("255.255.255.255"),
	}
}

func TestBroadcastOfAVTEPReachesEachPortOfTheHostItIsSentToOnce(t *testing.T) {
	eachVTEP(t, func(b bench, v *api.VTEP, n *api.Network, h *api.Host) {
		r := b.from(v.Addr, n.SegmentationID, h, shout(stranger))
		if len(r.Underlay)+len(r.Wire) > 0 {
			b.Fatalf("what came from VTEP %s went on to %+v", v.ID, r.Underlay)
		}
		got := copies(r)
		for _, to := range b.places(n.ID) {
			want := 0
			if to.host.ID == h.ID {
				want = 1
			}
			if got[at{to.host.ID, to.ID}] != want {
				b.Fatalf("broadcast of VTEP %s to %s: %d copies at %s on %s, want %d",
					v.ID, h.ID, got[at{to.host.ID, to.ID}], to.ID, to.host.ID, want)
			}
			delete(got, at{to.host.ID, to.ID})
		}
		if len(got) > 0 {
			b.Fatalf("broadcast of VTEP %s came out at %v", v.ID, got)
		}
	})
}

func TestOnlyAVTEPsOwnAddressAndVNIAreLetIn(t *testing.T) {
	eachVTEP(t, func(b bench, v *api.VTEP, n *api.Network, h *api.Host) {
		own := map[uint32]bool{}
		for w := range b.VTEPsAt(v.Addr) {
			if net, ok := b.Network(w.NetworkID); ok {
				own[net.SegmentationID] = true
			}
		}
		for net := range b.Networks() {
			if own[net.SegmentationID] {
				continue
			}
			if r := b.from(v.Addr, net.SegmentationID, h, shout(stranger)); len(r.Delivered)+len(r.Underlay) > 0 {
				b.Fatalf("VTEP %s got into VNI %d: %+v", v.ID, net.SegmentationID, r)
			}
		}
		foreign := netip.MustParseAddr("10.99.0.1")
		if r := b.from(foreign, n.SegmentationID, h, shout(stranger)); len(r.Delivered)+len(r.Underlay) > 0 {
			b.Fatalf("a stranger got into VNI %d: %+v", n.SegmentationID, r)
		}
		for _, src := range []string{"fa:16:3f:00:00:01", "01:00:5e:00:00:01"} {
			if r := b.from(v.Addr, n.SegmentationID, h, shout(api.MustMAC(src))); len(r.Delivered) > 0 {
				b.Fatalf("a frame of VTEP %s with source %s came out at %+v", v.ID, src, r.Delivered)
			}
		}
	})
}

func TestUnicastForAVTEPGoesThereOnceItIsKnown(t *testing.T) {
	eachVTEP(t, func(b bench, v *api.VTEP, n *api.Network, h *api.Host) {
		for _, from := range guests(b.places(n.ID)) {
			if from.host.ID != h.ID || from.PortSecurityEnabled && !maySend(from.Port, from.MAC, from.FixedIPs[0].Addr) {
				continue
			}
			p := ip(from, from)
			p.Dst, p.NwDst = api.MustMAC("52:54:00:dd:0"+string(v.ID[1:])+":01"), netip.MustParseAddr("10.0.0.251")
			before := toVTEPs(b.send(from, p))
			if want := v.Flood == api.FloodAll && !n.DropUnknown; before[v.Addr] == 1 != want || before[v.Addr] > 1 {
				b.Fatalf("unknown unicast of %s went to VTEP %s (%s) %d times", from.ID, v.ID, v.Flood, before[v.Addr])
			}
			b.from(v.Addr, n.SegmentationID, h, shout(p.Dst))
			r := b.send(from, p)
			after := toVTEPs(r)
			if v.Learning && (after[v.Addr] != 1 || len(r.Underlay) != 1) {
				b.Fatalf("unicast of %s for a learned MAC of VTEP %s crossed to %+v", from.ID, v.ID, r.Underlay)
			}
			if !v.Learning && after[v.Addr] != before[v.Addr] {
				b.Fatalf("VTEP %s does not learn, and yet %+v", v.ID, r.Underlay)
			}
			return // one guest a host: the next finds the MAC learned
		}
	})
}

func toVTEPs(r sim.Result) map[netip.Addr]int {
	out := map[netip.Addr]int{}
	for _, x := range r.Underlay {
		if x.VTEP.IsValid() {
			out[x.VTEP]++
		}
	}
	return out
}

func TestMachinesThatWeftWasToldOfAreAnsweredForAndSentTo(t *testing.T) {
	eachVTEP(t, func(b bench, v *api.VTEP, n *api.Network, h *api.Host) {
		for _, from := range b.places(n.ID) {
			if from.host.ID != h.ID || !from.IsGuest() {
				continue
			}
			for _, e := range v.Entries {
				p := ip(from, from)
				p.Dst = e.MAC
				if r := b.send(from, p); toVTEPs(r)[v.Addr] != 1 || len(r.Underlay) != 1 {
					b.Fatalf("frame of %s for %s behind VTEP %s crossed to %+v", from.ID, e.MAC, v.ID, r.Underlay)
				}
				if !e.Addr.IsValid() {
					continue
				}
				r := b.send(from, request(from, e.Addr))
				answers := 0
				for _, d := range r.Delivered {
					if d.Packet.Op == 2 && d.Port == from.ID && d.Packet.Sha == e.MAC && d.Packet.Spa == e.Addr {
						answers++
					}
				}
				if answers != 1 || len(r.Underlay) > 0 {
					b.Fatalf("%s asked for %s behind VTEP %s: %d answers, underlay %+v", from.ID, e.Addr, v.ID, answers, r.Underlay)
				}
			}
		}
	})
}

// asks is a stranger's question for a leg's address, and what it answers to the leg's own.
func asks(leg place) (question, answer sim.Packet) {
	addr := leg.FixedIPs[0].Addr
	if addr.Is4() {
		q := sim.Packet{Src: stranger, Dst: api.Broadcast, Type: pipeline.EthARP, Op: 1, Sha: stranger,
			Spa: netip.MustParseAddr("10.0.0.250"), Tpa: addr}
		a := q
		a.Op, a.Dst, a.Tha = 2, leg.MAC, leg.MAC
		return q, a
	}
	q := solicit(leg, netip.MustParseAddr("fd00::250"), addr)
	q.Src, q.NDTll = stranger, stranger
	a := q
	a.Dst, a.NwDst, a.ICMPType, a.NDOption, a.NDTarget = leg.MAC, addr, 136, 2, q.NwSrc // of its own address: not the leg's
	return q, a
}

func TestOneHostRoutesForAVTEP(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for v := range b.VTEPs() {
			n, _ := b.Network(v.NetworkID)
			packets, requests := map[api.PortID]int{}, map[api.PortID]int{}
			for h := range b.Hosts() {
				for _, leg := range b.places(n.ID) {
					if leg.host.ID != h.ID || !leg.IsRouterInterface() || !b.tunnels(h) || v.Addr.Is4() != h.TunnelIP.Is4() {
						continue
					}
					p := shout(stranger)
					p.Dst = leg.MAC
					packets[leg.ID] += copies(b.from(v.Addr, n.SegmentationID, h, p))[at{h.ID, leg.ID}]
					q, answer := asks(leg)
					requests[leg.ID] += copies(b.from(v.Addr, n.SegmentationID, h, q))[at{h.ID, leg.ID}]
					if copies(b.from(v.Addr, n.SegmentationID, h, answer))[at{h.ID, leg.ID}] != 1 {
						b.Fatalf("leg %s on %s did not hear an answer from VTEP %s", leg.ID, h.ID, v.ID)
					}
				}
			}
			for id, times := range packets {
				if times > 1 || requests[id] != times {
					b.Fatalf("leg %s took a packet of VTEP %s %d times, and a request %d times", id, v.ID, times, requests[id])
				}
			}
		}
	})
}

func TestUnicastThatNobodyKnowsCrossesNoTunnelOfANetworkThatDropsIt(t *testing.T) {
	nobody := api.MustMAC("52:54:00:99:99:99")
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for n := range b.Networks() {
			for _, from := range guests(b.places(n.ID)) {
				p := ip(from, from)
				p.Dst = nobody
				r := b.send(from, p)
				others := map[string]bool{}
				for seg := range b.SegmentsOf(n.ID) {
					h, ok := b.Host(seg.HostID)
					if ok && h.ID != from.host.ID && n.Tunnelled() && b.tunnels(from.host) && h.TunnelIP.IsValid() &&
						h.TunnelIP.Is4() == from.host.TunnelIP.Is4() {
						others[h.TunnelIP.String()] = true
					}
				}
				for v := range b.VTEPsOf(n.ID) {
					if b.tunnels(from.host) && v.Flood == api.FloodAll && v.Addr.Is4() == from.host.TunnelIP.Is4() {
						others[v.Addr.String()] = true
					}
				}
				want := len(others)
				if n.DropUnknown {
					want = 0
				}
				if len(r.Underlay) != want {
					b.Fatalf("unknown unicast of %s on network %s (drop: %t) crossed to %+v, want %d copies", from.ID, n.ID, n.DropUnknown, r.Underlay, want)
				}
			}
		}
	})
}
