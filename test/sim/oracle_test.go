package sim_test

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/compile"
	"weft/pipeline"
	"weft/plan"
	"weft/test/cloud"
	"weft/test/sim"
)

// bench is a random cloud, switched on.
type bench struct {
	*rapid.T
	world
	net *sim.Net
}

func switchOn(t *rapid.T, s *api.Snapshot) bench {
	c := &compile.Compiler{Strict: true}
	var plans []*plan.Plan
	for h := range s.Hosts() {
		p, err := c.Host(s, h.ID)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	n, err := sim.New(s, plans)
	if err != nil {
		t.Fatal(err)
	}
	return bench{t, world{s}, n}
}

func (b bench) send(from place, p sim.Packet) sim.Result {
	b.Helper()
	if _, sub, ok := b.TrunkOfSubPort(from.ID); ok {
		p.VLAN, p.Inner = 0x1000|sub.SegmentationID, p.VLAN
	}
	r, err := b.net.Send(from.host.ID, from.ofport, p)
	if err != nil {
		b.Fatalf("send %+v from %s on %s: %v", p, from.ID, from.host.ID, err)
	}
	return r
}

// everywhere runs a check for each two guests of each network of random clouds.
func everyTwo(t *testing.T, check func(b bench, from, to place)) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for n := range b.Networks() {
			all := guests(b.places(n.ID))
			for _, from := range all {
				for _, to := range all {
					if from.ID != to.ID {
						check(b, from, to)
					}
				}
			}
		}
	})
}

func ip(from, to place) sim.Packet {
	return sim.Packet{
		Src: from.MAC, Dst: to.MAC, Type: pipeline.EthIPv4, Proto: pipeline.ProtoICMP, ICMPType: 8,
		NwSrc: from.FixedIPs[0].Addr, NwDst: to.FixedIPs[0].Addr,
	}
}

func request(from place, target netip.Addr) sim.Packet {
	return sim.Packet{
		Src: from.MAC, Dst: api.Broadcast, Type: pipeline.EthARP, Op: 1, Sha: from.MAC, Spa: from.FixedIPs[0].Addr, Tpa: target,
	}
}

type at struct {
	host api.HostID
	port api.PortID
}

func copies(r sim.Result) map[at]int {
	out := map[at]int{}
	for _, d := range r.Delivered {
		out[at{d.Host, d.Port}]++
	}
	return out
}

func TestGuestsOfOneNetworkReachEachOtherAndNobodyElseHears(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		r := b.send(from, ip(from, to))
		got := copies(r)
		want := 0
		if b.connected(from.host, to.host, from.NetworkID) {
			want = 1
		}
		if got[at{to.host.ID, to.ID}] != want && !(want == 0 && acceptsAnyMAC(to.Port)) {
			b.Fatalf("%s on %s → %s on %s: delivered %d times, want %d: %+v",
				from.ID, from.host.ID, to.ID, to.host.ID, got[at{to.host.ID, to.ID}], want, r)
		}
		delete(got, at{to.host.ID, to.ID})
		net, _ := b.Network(from.NetworkID)
		for a, n := range got {
			p, _ := b.Port(a.port)
			if (want == 0 || !net.Tunnelled()) && n == 1 && acceptsAnyMAC(p) {
				continue // an unknown MAC, or a wire that floods
			}
			b.Fatalf("%s → %s: %d copies came out at %v", from.ID, to.ID, n, a)
		}
		for _, d := range r.Delivered {
			if d.Packet.VLAN != 0 {
				b.Fatalf("delivered with tag %#x", d.Packet.VLAN)
			}
		}
		for _, x := range r.Underlay {
			if want == 1 && (x.To != to.host.ID && !b.mayArrive(to.ID, x.To) || x.VNI != net.SegmentationID) {
				b.Fatalf("crossed to %s in VNI %d", x.To, x.VNI)
			}
		}
	})
}

func TestBroadcastReachesEachPortOfTheNetworkOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for n := range b.Networks() {
			all := b.places(n.ID)
			for _, from := range guests(all) {
				p := ip(from, from)
				p.Dst, p.NwDst = api.Broadcast, netip.AddrFrom4([4]byte{255, 255, 255, 255})
				got := copies(b.send(from, p))
				for _, to := range all {
					want := 0
					if to.ID != from.ID && b.connected(from.host, to.host, n.ID) {
						want = 1
					}
					if got[at{to.host.ID, to.ID}] != want {
						b.Fatalf("broadcast of %s on %s: %d copies at %s on %s, want %d",
							from.ID, from.host.ID, got[at{to.host.ID, to.ID}], to.ID, to.host.ID, want)
					}
					delete(got, at{to.host.ID, to.ID})
				}
				if len(got) > 0 {
					b.Fatalf("broadcast of %s came out at %v", from.ID, got)
				}
			}
		}
	})
}

func TestSpoofedFramesGoNowhere(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		if !from.PortSecurityEnabled {
			return
		}
		mac, addr := from.MAC, from.FixedIPs[0].Addr
		other := to.FixedIPs[0].Addr
		for name, s := range map[string]struct {
			mac  api.MAC
			addr netip.Addr
		}{"address": {mac, other}, "MAC": {to.MAC, addr}, "both": {to.MAC, other}, "nobody's": {mac, netip.MustParseAddr("172.31.0.1")}} {
			if maySend(from.Port, s.mac, s.addr) {
				continue
			}
			p := ip(from, to)
			p.Src, p.NwSrc = s.mac, s.addr
			q := request(from, other)
			q.Src, q.Sha, q.Spa = s.mac, s.mac, s.addr
			x := request(from, other) // only the claim inside is false
			x.Sha, x.Spa = s.mac, s.addr
			for _, f := range []sim.Packet{p, q, x} {
				if r := b.send(from, f); len(r.Delivered)+len(r.Underlay)+len(r.Wire) > 0 {
					b.Fatalf("spoofed %s by %s got through: %+v gave %+v", name, from.ID, f, r)
				}
			}
		}
	})
}

func TestARPForKnownRemoteGuestsIsAnsweredOnTheSpot(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		net, _ := b.Network(from.NetworkID)
		if !net.Tunnelled() || from.host.ID == to.host.ID || !b.connected(from.host, to.host, net.ID) {
			return
		}
		r := b.send(from, request(from, to.FixedIPs[0].Addr))
		if len(r.Underlay) > 0 {
			b.Fatalf("%s asked for %s: the underlay saw %+v", from.ID, to.ID, r.Underlay)
		}
		answers := 0
		for _, d := range r.Delivered {
			if d.Packet.Op == 2 {
				answers++
				want := sim.Packet{
					Src: to.MAC, Dst: from.MAC, Type: pipeline.EthARP, Op: 2, Sha: to.MAC, Spa: to.FixedIPs[0].Addr,
					Tha: from.MAC, Tpa: from.FixedIPs[0].Addr,
				}
				if d.Port != from.ID || d.Host != from.host.ID || d.Packet != want {
					b.Fatalf("answer %+v at %s on %s, want %+v at %s", d.Packet, d.Port, d.Host, want, from.ID)
				}
			}
		}
		if answers != 1 {
			b.Fatalf("%s on %s asked for %s on %s: %d answers in %+v", from.ID, from.host.ID, to.ID, to.host.ID, answers, r)
		}
	})
}

func TestGratuitousARPReachesTheWholeNetwork(t *testing.T) {
	everyTwo(t, func(b bench, from, to place) {
		if !b.connected(from.host, to.host, from.NetworkID) {
			return
		}
		got := copies(b.send(from, request(from, from.FixedIPs[0].Addr)))
		if got[at{to.host.ID, to.ID}] != 1 {
			b.Fatalf("%s told its address: %s on %s heard it %d times", from.ID, to.ID, to.host.ID, got[at{to.host.ID, to.ID}])
		}
	})
}

func TestFramesOfDeadPortsGoNowhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		alive := map[at]bool{}
		for n := range b.Networks() {
			for _, p := range b.places(n.ID) {
				alive[at{p.host.ID, p.ID}] = true
			}
		}
		for o := range b.All(api.KindBinding) {
			bind := o.(*api.Binding)
			h, ok := b.Host(bind.HostID)
			p, known := b.Port(bind.PortID)
			if !ok || !known || bind.OFPort == 0 || bind.Standby || alive[at{h.ID, p.ID}] {
				continue
			}
			from := place{p, h, bind.OFPort}
			if r := b.send(from, request(from, from.FixedIPs[0].Addr)); len(r.Delivered)+len(r.Underlay)+len(r.Wire) > 0 {
				b.Fatalf("dead %s on %s sent %+v", p.ID, h.ID, r)
			}
		}
	})
}
