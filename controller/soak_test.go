package controller_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"weft/api"
	"weft/controller/intent"
	"weft/test/standin"
)

var (
	soak      = flag.Duration("soak", 0, "how long TestChurnLeavesNothingBehind goes on after its first rounds")
	soakHosts = flag.Int("soak-hosts", 8, "hosts of TestChurnLeavesNothingBehind")
)

// churn makes and removes ports, networks, and legs of one router, and remembers what there is.
type churn struct {
	*crowd
	rng    *rand.Rand
	router api.RouterID
	nets   []api.NetworkID
	legs   map[api.NetworkID]bool
	ports  map[api.PortID]*standin.Host
	ofport uint32
}

func newChurn(c *crowd, seed uint64) *churn {
	x := &churn{crowd: c, rng: rand.New(rand.NewPCG(seed, 0)), legs: map[api.NetworkID]bool{}, ports: map[api.PortID]*standin.Host{}}
	c.update(func(tx *api.Txn) error {
		r, err := c.ops.CreateRouter(tx, intent.RouterRequest{})
		if err == nil {
			x.router = r.ID
		}
		return err
	})
	for range 4 {
		x.nets = append(x.nets, c.network())
	}
	return x
}

// change does one thing at random.
func (x *churn) change() {
	n := x.nets[x.rng.IntN(len(x.nets))]
	switch x.rng.IntN(8) {
	case 0:
		x.leg(n)
	case 1, 2, 3:
		for id := range x.ports {
			x.remove(id)
			break
		}
	default:
		h := x.hosts[x.rng.IntN(len(x.hosts))]
		x.ofport++
		x.ports[x.port(n, h, 10+x.ofport%60000)] = h
	}
}

// leg adds the router's leg on a network, or takes it away.
func (x *churn) leg(n api.NetworkID) {
	x.update(func(tx *api.Txn) error {
		for s := range tx.SubnetsOf(n) {
			r := intent.InterfaceRequest{SubnetID: s.ID}
			change := x.ops.AddRouterInterface
			if x.legs[n] {
				change = x.ops.RemoveRouterInterface
			}
			_, err := change(tx, x.router, r)
			return err
		}
		return nil
	})
	x.legs[n] = !x.legs[n]
}

func (x *churn) remove(id api.PortID) {
	x.update(func(tx *api.Txn) error { return x.ops.DeletePort(tx, id) })
	x.ports[id].Plug(id, 0)
	delete(x.ports, id)
}

// settle waits until every host is in line, and compares it with its plan.
func (x *churn) settle() {
	for id, h := range x.ports {
		x.eventually("port is plugged in", func() bool { _, ok := x.store.Snapshot().Binding(id, h.ID); return ok })
	}
	ctx, cancel := context.WithTimeout(x.t.Context(), 2*time.Minute)
	defer cancel()
	if err := x.Wait(ctx, x.store.Snapshot().Revision()); err != nil {
		x.t.Fatal(err)
	}
	for _, h := range x.hosts {
		x.eventually("host is in line", func() bool { return x.inLine(h) })
		x.equalToACompile(h)
	}
}

// round makes changes, settles, and removes everything again.
func (x *churn) round(changes int) {
	for range changes {
		x.change()
	}
	x.settle()
	for id := range x.ports {
		x.remove(id)
	}
	for n, has := range x.legs {
		if has {
			x.leg(n)
		}
	}
	x.settle()
}

// With -soak it does so for as long as one likes.
func TestChurnLeavesNothingBehind(t *testing.T) {
	c := newCrowd(t, *soakHosts)
	c.connect(c.hosts...)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	x := newChurn(c, seed)
	changes := 5 * *soakHosts
	for range 2 { // connections and caches come to be
		x.round(changes)
	}
	heap, goroutines := settledHeap(), runtime.NumGoroutine()
	rounds := 0
	for end := time.Now().Add(*soak); rounds < 2 || time.Now().Before(end); rounds++ {
		x.round(changes)
	}
	after, left := settledHeap(), runtime.NumGoroutine()
	t.Logf("%d rounds of %d changes: heap %d → %d KiB, goroutines %d → %d", rounds, changes, heap>>10, after>>10, goroutines, left)
	if left > goroutines+len(c.hosts) { // a connection that is just made anew
		t.Errorf("%d goroutines became %d", goroutines, left)
	}
	if perChange := (after - heap) / int64(rounds*changes); after > 2*heap && perChange > 1<<10 {
		t.Errorf("the heap grew from %d to %d bytes, %d a change", heap, after, perChange)
	}
}

func settledHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
