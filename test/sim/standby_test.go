package sim_test

import (
	"testing"

	"pgregory.net/rapid"

	"weft/api"
	"weft/test/cloud"
)

// mayArrive reports whether a port's guest may arrive on a host, to which copies of what is sent to it then go.
func (w world) mayArrive(p api.PortID, h api.HostID) bool {
	b, ok := w.Binding(p, h)
	return ok && b.Standby && b.Problem == ""
}

// interfaceOf names the port whose interface carries a port.
func (w world) interfaceOf(p api.PortID) api.PortID {
	if t, _, ok := w.TrunkOfSubPort(p); ok {
		return t.PortID
	}
	return p
}

// arrivals lists where guests of a network may arrive.
func (w world) arrivals(n api.NetworkID) []place {
	var out []place
	net, ok := w.Network(n)
	if !ok || !net.AdminStateUp {
		return nil
	}
	for p := range w.PortsOf(n) {
		for b := range w.BindingsOf(p.ID) {
			if h, ok := w.Host(b.HostID); ok && p.AdminStateUp && b.OFPort != 0 && w.mayArrive(p.ID, b.HostID) {
				out = append(out, place{p, h, b.OFPort})
			}
		}
	}
	return out
}

func TestAGuestThatArrivesGetsWhatIsSentToItBeforeAnybodyPlansForIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := cloud.World{T: rt}.Start()
		b := switchOn(rt, s)
		for n := range b.Networks() {
			for _, came := range b.arrivals(n.ID) {
				b = switchOn(rt, s) // nobody else has arrived
				b.comes(came)
			}
		}
	})
}

func TestAFrameFromAnyPortOfATrunkLetsInTheGuest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := cloud.World{T: rt}
		s := w.TrunksMove(w.Start())
		b := switchOn(rt, s)
		var all []place
		for n := range b.Networks() {
			for _, came := range b.arrivals(n.ID) {
				if _, parent := b.TrunkOf(came.ID); parent || b.interfaceOf(came.ID) != came.ID {
					all = append(all, came)
				}
			}
		}
		if len(all) > 0 {
			b.comes(rapid.SampledFrom(all).Draw(rt, "who speaks first"))
		}
	})
}

// comes lets a guest speak from one of its ports where it may arrive, and others speak to all of them before and after.
func (b bench) comes(came place) {
	b.Helper()
	var mates []place
	for n := range b.Networks() {
		for _, p := range b.arrivals(n.ID) {
			if p.host.ID == came.host.ID && b.interfaceOf(p.ID) == b.interfaceOf(came.ID) {
				mates = append(mates, p)
			}
		}
	}
	for _, m := range mates {
		for from, n := range b.heard(m) {
			if n != 0 {
				b.Fatalf("%s → %s: %d copies on %s before the guest is there", from, m.ID, n, m.host.ID)
			}
		}
	}
	first := b.send(came, request(came, came.FixedIPs[0].Addr))
	if len(first.ToAgent) != 1 || first.ToAgent[0].Host != came.host.ID {
		b.Fatalf("the first frame of %s on %s goes to agents %+v", came.ID, came.host.ID, first.ToAgent)
	}
	if again := b.send(came, request(came, came.FixedIPs[0].Addr)); len(again.ToAgent) != 0 || len(again.Delivered) != len(first.Delivered) {
		b.Fatalf("the second frame of %s: %+v, the first %+v", came.ID, again, first)
	}
	for _, m := range mates {
		b.letIn(m)
	}
}

// heard says how many copies a guest gets, where it may arrive, of what each other guest of its network sends to it. Ports
// behind its own interface are not asked: they move with it.
func (b bench) heard(to place) map[api.PortID]int {
	out := map[api.PortID]int{}
	for _, from := range guests(b.places(to.NetworkID)) {
		if b.interfaceOf(from.ID) != b.interfaceOf(to.ID) {
			out[from.ID] = copies(b.send(from, ip(from, to)))[at{to.host.ID, to.ID}]
		}
	}
	return out
}

// letIn wants a guest that has spoken to get what is sent to one of its ports.
func (b bench) letIn(to place) {
	b.Helper()
	carrier, _ := b.Port(b.interfaceOf(to.ID))
	other, _ := carrier.Other(to.host.ID)
	net, _ := b.Network(to.NetworkID)
	for from, n := range b.heard(to) {
		sender, _ := b.BoundOn(from)
		h, _ := b.Host(sender.HostID)
		bound, carried := b.BoundOn(to.ID)
		want := 0
		if b.connected(h, to.host, to.NetworkID) && !other.Left && (net.Tunnelled() || h.ID == to.host.ID) {
			want = 1
		}
		if !net.Tunnelled() && want == 0 && (!carried || bound.HostID == h.ID) {
			continue // the wire floods what its switches do not know
		}
		if n != want && net.Tunnelled() {
			b.Fatalf("%s on %s → %s: %d copies on %s after its first frame there, want %d", from, h.ID, to.ID, n, to.host.ID, want)
		}
	}
}

func TestAGuestThatMayArriveIsHeldToItsAddresses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := switchOn(rt, cloud.World{T: rt}.Start())
		for n := range b.Networks() {
			for _, came := range b.arrivals(n.ID) {
				p := request(came, came.FixedIPs[0].Addr)
				p.Sha, p.Src = api.MustMAC("02:00:00:00:00:99"), api.MustMAC("02:00:00:00:00:99")
				r := b.send(came, p)
				if len(r.ToAgent) > 0 {
					b.Fatalf("a frame from another MAC than that of %s counts as its arrival", came.ID)
				}
				if came.PortSecurityEnabled && len(r.Delivered)+len(r.Underlay)+len(r.Wire) > 0 {
					b.Fatalf("%s spoofs: %+v", came.ID, r)
				}
			}
		}
	})
}
