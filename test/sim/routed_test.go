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

// routedPairs runs a check for each two guests behind legs of one router on the first one's host.
func routedPairs(t *testing.T, check func(b bench, from, to place, in, out place, known api.MAC)) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		var all []place
		for n := range b.Networks() {
			all = append(all, guests(b.places(n.ID))...)
		}
		for _, from := range all {
			for _, to := range all {
				in, _, ok := b.legOf(from.Port, from.host.ID)
				out, _, also := b.legOf(to.Port, from.host.ID)
				_, known, there := b.legOf(to.Port, to.host.ID)
				if ok && also && there && in.DeviceID == out.DeviceID && from.NetworkID != to.NetworkID {
					check(b, from, to, in, out, known)
				}
			}
		}
	})
}

func TestFramesForTheRouterStopAtTheLegOfTheirOwnHost(t *testing.T) {
	routedPairs(t, func(b bench, from, to place, in, _ place, _ api.MAC) {
		p := ip(from, to)
		p.Dst = in.MAC
		r := b.send(from, p)
		if len(r.Delivered) != 1 || r.Delivered[0].Port != in.ID || r.Delivered[0].Host != from.host.ID || len(r.Underlay)+len(r.Wire) > 0 {
			b.Fatalf("%s sent to its gateway %s: %+v", from.ID, in.ID, r)
		}
		r = b.send(from, request(from, in.FixedIPs[0].Addr))
		if len(r.Underlay)+len(r.Wire) > 0 || copies(r)[at{from.host.ID, in.ID}] != 1 {
			b.Fatalf("%s asked for its gateway %s: %+v", from.ID, in.ID, r)
		}
	})
}

func TestRoutedFramesCrossWithTheHostsMACAndArriveWithTheLegs(t *testing.T) {
	routedPairs(t, func(b bench, from, to place, _, out place, known api.MAC) {
		p := ip(from, to)
		p.Src = out.MAC
		r := b.send(out, p)
		want := 0
		if b.connected(from.host, to.host, to.NetworkID) {
			want = 1
		}
		if got := copies(r)[at{to.host.ID, to.ID}]; got != want && !(want == 0 && acceptsAnyMAC(to.Port)) {
			b.Fatalf("routed from %s on %s to %s on %s: %d copies, want %d: %+v", out.ID, out.host.ID, to.ID, to.host.ID, got, want, r)
		}
		for _, d := range r.Delivered {
			if d.Port == to.ID && to.host.ID != from.host.ID && d.Packet.Src != known {
				b.Fatalf("%s sees the router as %s, want %s", to.ID, d.Packet.Src, known)
			}
		}
		net, _ := b.Network(to.NetworkID)
		for _, x := range append(r.Underlay, r.Wire...) {
			if x.Packet.Src != from.host.MAC {
				b.Fatalf("crossed from %s with source %s, want %s", x.From, x.Packet.Src, from.host.MAC)
			}
			if want == 1 && x.To != "" && (x.To != to.host.ID && !b.mayArrive(to.ID, x.To) || x.VNI != net.SegmentationID) {
				b.Fatalf("routed from %s on %s to %s on %s: crossed to %s in VNI %d: %+v", out.ID, out.host.ID, to.ID, to.host.ID, x.To, x.VNI, r)
			}
		}
	})
}

func TestALegsOwnRequestIsAnsweredToTheLeg(t *testing.T) {
	routedPairs(t, func(b bench, from, to place, _, out place, _ api.MAC) {
		net, _ := b.Network(to.NetworkID)
		if from.host.ID == to.host.ID || !net.Tunnelled() || !b.connected(from.host, to.host, net.ID) {
			return
		}
		r := b.send(out, request(out, to.FixedIPs[0].Addr))
		var answers []sim.Delivery
		for _, d := range r.Delivered {
			if d.Packet.Op == 2 {
				answers = append(answers, d)
			}
		}
		if len(answers) != 1 || answers[0].Port != out.ID || answers[0].Packet.Dst != out.MAC || answers[0].Packet.Sha != to.MAC {
			b.Fatalf("leg %s asked for %s: %+v", out.ID, to.ID, r)
		}
		if len(r.Underlay) > 0 {
			b.Fatalf("leg %s asked for %s: the underlay saw %+v", out.ID, to.ID, r.Underlay)
		}
	})
}

func TestRoutedFramesReachTheMACOfAnAllowedPair(t *testing.T) {
	vip, addr := api.MustMAC("00:00:5e:00:01:01"), netip.MustParseAddr("10.10.10.100")
	b := cloud.On(cloud.Seed())
	old, _ := b.View.Port(cloud.SeedPeer)
	p := *old
	p.AllowedAddressPairs = []api.AddressPair{{MAC: vip, Prefix: netip.PrefixFrom(addr, 32)}}
	b.Put(&p)
	s, _ := b.Done()
	rapid.Check(t, func(rt *rapid.T) { // one cloud; rapid only gives the T that switchOn wants
		n := switchOn(rt, s)
		for _, leg := range n.places("net-10") {
			if !leg.IsRouterInterface() || leg.host.ID != "server-233" {
				continue
			}
			r := n.send(leg, sim.Packet{Src: leg.MAC, Dst: vip, Type: pipeline.EthIPv4, NwSrc: leg.FixedIPs[0].Addr, NwDst: addr})
			if len(r.Delivered) != 1 || r.Delivered[0].Port != p.ID || r.Delivered[0].Packet.Src != leg.MAC {
				rt.Fatalf("routed frame for the pair's MAC: %+v", r)
			}
		}
	})
}
