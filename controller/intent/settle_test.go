package intent_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestRouterAndItsNetworksAreOnlyWhereItsGuestsAre(t *testing.T) {
	l := newLab(t)
	l.plug(t, "h1", l.guest.ID)
	p, ok := l.Placement("h1", l.router.ID)
	if !ok || p.LinkLocal != 0 {
		t.Fatalf("placement %+v", p)
	}
	for i, n := range []api.NetworkID{l.net1.ID, l.net2.ID} {
		if s, ok := l.Segment("h1", n); !ok || s.LocalVLAN != uint16(i+1) {
			t.Errorf("segment of network %d: %+v", i+1, s)
		}
	}
	if _, ok := l.Placement("h2", l.router.ID); ok {
		t.Error("the router is where no guest is")
	}
	l.plug(t, "h1")
	if got := slices.Collect(l.SegmentsOn("h1")); got != nil {
		t.Errorf("segments %v stay", got)
	}
}

func TestLegsThatGoWithTheGuestTakeTheirNetworksAlong(t *testing.T) {
	l := newLab(t)
	l.plug(t, "h1", l.guest.ID)
	if err := l.do(func(tx *api.Txn) error {
		for _, s := range []api.SubnetID{l.sub1.ID, l.sub2.ID} {
			if err := l.removeLeg(l.router.ID, intent.InterfaceRequest{SubnetID: s})(tx); err != nil {
				return err
			}
		}
		return l.ops.DeletePort(tx, l.guest.ID)
	}); err != nil {
		t.Fatal(err)
	}
	for _, k := range []api.Kind{api.KindSegment, api.KindPlacement, api.KindBinding} {
		for o := range l.All(k) {
			t.Errorf("%s stays", o.Ref())
		}
	}
}

func TestNumbersStayWhileTheThingLivesAndAreFreeAfterwards(t *testing.T) {
	l := newLab(t)
	on := func(h api.HostID, n api.NetworkID) *api.Port {
		return l.port(t, intent.PortRequest{NetworkID: n, HostID: intent.Some(h)})
	}
	first := on("h2", l.net1.ID)
	on("h2", l.net2.ID)
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeletePort(tx, first.ID) }); err != nil {
		t.Fatal(err)
	}
	if s, _ := l.Segment("h2", l.net2.ID); s.LocalVLAN != 2 {
		t.Errorf("local VLAN became %d, want 2 as before", s.LocalVLAN)
	}
	on("h2", l.ext.ID)
	if s, _ := l.Segment("h2", l.ext.ID); s.LocalVLAN != 1 {
		t.Errorf("local VLAN %d, want 1, which is free again", s.LocalVLAN)
	}
}

// hostFull reports ports of n networks on one host, each created straight in the state.
func hostFull(t *testing.T, w *world, networks int) []api.NetworkID {
	t.Helper()
	var ids []api.NetworkID
	w.host(t, "h1")
	if err := w.do(func(tx *api.Txn) error {
		for range networks {
			n, err := w.ops.CreateNetwork(tx, intent.NetworkRequest{})
			if err != nil {
				return err
			}
			ids = append(ids, n.ID)
			if _, err := w.ops.CreatePort(tx, intent.PortRequest{NetworkID: n.ID, HostID: intent.Some(api.HostID("h1"))}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestHostTakesAsManyNetworksAsThereAreVLANs(t *testing.T) {
	w := newWorld()
	hostFull(t, w, 4094)
	one := w.network(t, intent.NetworkRequest{})
	msg := refused(t, w, "NoLocalVlanAvailable", func(tx *api.Txn) error {
		_, err := w.ops.CreatePort(tx, intent.PortRequest{NetworkID: one.ID, HostID: intent.Some(api.HostID("h1"))})
		return err
	})
	if msg == "" || len(faults(w.View)) > 0 {
		t.Errorf("message %q, broken %q", msg, faults(w.View))
	}
}

// TestEverythingCanBeDeletedInAnyOrderThatIsAllowed deletes in random order; what is refused is tried again later.
func TestEverythingCanBeDeletedInAnyOrderThatIsAllowed(t *testing.T) {
	for seed := range uint64(20) {
		l := newLab(t)
		l.floatingIP(t, l.ext.ID, l.guest.ID)
		l.floatingIP(t, l.ext.ID, "")
		l.plug(t, "h1", l.guest.ID)
		rnd := rand.New(rand.NewPCG(seed, 1))
		for round := 0; len(l.objects()) > 0; round++ {
			if round == 20 {
				t.Fatalf("seed %d: %v cannot be deleted", seed, l.objects())
			}
			for _, i := range rnd.Perm(len(l.deletions())) {
				if all := l.deletions(); i < len(all) {
					_ = l.do(all[i]) // refused while in use
				}
				if wrong := faults(l.View); wrong != nil {
					t.Fatalf("seed %d: broken: %q", seed, wrong)
				}
			}
		}
	}
}

func (w *world) objects() (out []string) {
	for _, k := range api.Kinds {
		for o := range w.All(k) {
			out = append(out, o.Ref().String())
		}
	}
	return out
}

// deletions are the requests that delete what there is.
func (w *world) deletions() (out []func(*api.Txn) error) {
	for r := range w.Routers() {
		for p := range w.LegsOf(r.ID) {
			out = append(out, w.removeLeg(r.ID, intent.InterfaceRequest{PortID: p.ID}))
		}
		out = append(out, func(tx *api.Txn) error { return w.ops.DeleteRouter(tx, r.ID) })
	}
	for n := range w.Networks() {
		out = append(out, func(tx *api.Txn) error { return w.ops.DeleteNetwork(tx, n.ID) })
	}
	for s := range w.Subnets() {
		out = append(out, func(tx *api.Txn) error { return w.ops.DeleteSubnet(tx, s.ID) })
	}
	for p := range w.Ports() {
		out = append(out, func(tx *api.Txn) error { return w.ops.DeletePort(tx, p.ID) })
	}
	for f := range w.FloatingIPs() {
		out = append(out, func(tx *api.Txn) error { return w.ops.DeleteFloatingIP(tx, f.ID) })
	}
	for h := range w.Hosts() {
		out = append(out, func(tx *api.Txn) error { return w.ops.DeleteHost(tx, h.ID) })
	}
	return out
}

// BenchmarkCreatePort creates one bound port among many, with all that follows; its time must not grow with them.
func BenchmarkCreatePort(b *testing.B) {
	for _, present := range []int{100, 1000, 5000, 50000} {
		b.Run(fmt.Sprint(present), func(b *testing.B) {
			w := newWorld()
			n := w.network(b, intent.NetworkRequest{})
			s := w.subnet(b, n.ID, "10.0.0.0/8")
			w.router(b, "", s.ID)
			w.host(b, "h1")
			create := func(tx *api.Txn) error {
				p, err := w.ops.CreatePort(tx, intent.PortRequest{NetworkID: n.ID, HostID: intent.Some(api.HostID("h1"))})
				if err == nil {
					tx.Put(&api.Binding{PortID: p.ID, HostID: "h1", NetworkID: n.ID, OFPort: 1, Since: w.now})
				}
				return err
			}
			for left := present; left > 0; left -= 1000 {
				if err := w.do(func(tx *api.Txn) error {
					for range min(left, 1000) {
						if err := create(tx); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for range b.N {
				tx := w.Txn()
				if err := create(tx); err != nil {
					b.Fatal(err)
				}
				if err := w.ops.Settle(tx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
