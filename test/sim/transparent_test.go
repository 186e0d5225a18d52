package sim_test

import (
	"testing"

	"pgregory.net/rapid"

	"weft/api"
	"weft/pipeline"
	"weft/test/cloud"
	"weft/test/sim"
)

const guestTag = 0x1000 | 0x123

// tagged gives the frame a tag of the guest's own.
func tagged(p sim.Packet) sim.Packet {
	p.VLAN = guestTag
	return p
}

func (r run) silent() bool { return len(r.Delivered)+len(r.Underlay)+len(r.Wire)+len(r.ToAgent) == 0 }

// run is what became of a packet.
type run struct{ sim.Result }

func TestGuestsOwnTagsAreCarriedByTransparentNetworksAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for n := range b.Networks() {
			all := guests(b.places(n.ID))
			for i, from := range all {
				to := all[(i+1)%len(all)]
				if from.ID == to.ID {
					continue
				}
				if !n.VLANTransparent {
					if r := (run{b.send(from, tagged(ip(from, to)))}); !r.silent() {
						b.Fatalf("a tagged frame of %s got through: %+v", from.ID, r)
					}
					continue
				}
				b.reachesItsGuestAlone(from, to)
				b.reachesEveryGuest(from, to)
				b.mayNotLie(from, to)
			}
			b.fromOutside(n)
		}
	})
}

// reachesItsGuestAlone: a tagged frame arrives with its tag.
func (b bench) reachesItsGuestAlone(from, to place) {
	p := tagged(ip(from, to))
	r := b.send(from, p)
	got := copies(r)[at{to.host.ID, to.ID}]
	if want := b.connected(from.host, to.host, from.NetworkID); want && got != 1 || !want && got != 0 && !acceptsAnyMAC(to.Port) {
		b.Fatalf("%s on %s → %s on %s: %d copies, connected: %t: %+v", from.ID, from.host.ID, to.ID, to.host.ID, got, want, r)
	}
	for _, d := range r.Delivered {
		if d.Packet != p {
			b.Fatalf("%+v arrived at %s", d.Packet, d.Port)
		}
	}
}

// reachesEveryGuest: a tagged request for an address that another has without a tag is a broadcast as any other: what
// answers ARP must not take it for that.
func (b bench) reachesEveryGuest(from, to place) {
	p := tagged(request(from, to.FixedIPs[0].Addr))
	r := b.send(from, p)
	got := copies(r)
	for _, other := range b.places(from.NetworkID) {
		want := 0
		if other.ID != from.ID && other.IsGuest() && b.connected(from.host, other.host, from.NetworkID) {
			want = 1
		}
		if n := got[at{other.host.ID, other.ID}]; n != want {
			b.Fatalf("%s heard a tagged broadcast of %s %d times, want %d", other.ID, from.ID, n, want)
		}
	}
	for _, d := range r.Delivered {
		if d.Packet != p {
			b.Fatalf("%+v arrived at %s", d.Packet, d.Port)
		}
	}
	if len(r.ToAgent) > 0 {
		b.Fatalf("an agent heard it: %+v", r.ToAgent)
	}
}

// mayNotLie: with port security, tagged frames of other MACs and of DHCP servers go nowhere. Behind the two tags of a
// sub-port's frames the switch does not see the latter.
func (b bench) mayNotLie(from, to place) {
	if !from.PortSecurityEnabled {
		return
	}
	var frames []sim.Packet
	if _, _, sub := b.TrunkOfSubPort(from.ID); !sub {
		p := tagged(ip(from, to))
		p.Proto, p.ICMPType, p.TpSrc, p.TpDst = pipeline.ProtoUDP, 0, 67, 68
		frames = append(frames, p)
	}
	if !maySend(from.Port, to.MAC, from.FixedIPs[0].Addr) {
		p := tagged(ip(from, to))
		p.Src = to.MAC
		frames = append(frames, p)
	}
	for _, f := range frames {
		if r := (run{b.send(from, f)}); !r.silent() {
			b.Fatalf("%s sent %+v, which gave %+v", from.ID, f, r)
		}
	}
}

// fromOutside: a second tag from the wire or an only one from a VTEP is a guest's own, or nobody's.
func (b bench) fromOutside(n *api.Network) {
	for h := range b.Hosts() {
		if !n.AdminStateUp {
			continue
		}
		if _, there := b.Segment(h.ID, n.ID); there && n.Tunnelled() && b.tunnels(h) {
			for v := range b.VTEPsOf(n.ID) {
				if v.ReachedFrom(h) {
					b.arrives(n, h, b.from(v.Addr, n.SegmentationID, h, tagged(shout(stranger))))
					break
				}
			}
		}
		if n.Type == api.NetworkVLAN && b.mapped(h, n) {
			p := tagged(shout(stranger))
			p.VLAN, p.Inner = 0x1000|uint16(n.SegmentationID), p.VLAN
			r, err := b.net.SendFromWire(n.PhysicalNetwork, h.ID, p)
			if err != nil {
				b.Fatal(err)
			}
			b.arrives(n, h, r)
		}
	}
}

func (b bench) arrives(n *api.Network, h *api.Host, r sim.Result) {
	got := copies(r)
	for _, to := range guests(b.places(n.ID)) {
		want := 0
		if to.host.ID == h.ID && n.VLANTransparent {
			want = 1
		}
		if got[at{h.ID, to.ID}] != want && to.host.ID == h.ID {
			b.Fatalf("%d copies at %s, want %d: %+v", got[at{h.ID, to.ID}], to.ID, want, r)
		}
		delete(got, at{h.ID, to.ID})
	}
	if len(got) > 0 {
		b.Fatalf("it came out at %v", got)
	}
	for _, d := range r.Delivered {
		if d.Packet != tagged(shout(stranger)) {
			b.Fatalf("%+v arrived at %s", d.Packet, d.Port)
		}
	}
}
