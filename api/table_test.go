package api

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryStateStaysAsItWasWhateverIsMadeOfIt grows a tree of states, each a few changes from one that was there before,
// and holds them all against plain maps. Tables are large enough for nodes to be split and joined.
func TestEveryStateStaysAsItWasWhateverIsMadeOfIt(t *testing.T) {
	type state struct {
		*Snapshot
		want map[PortID]*Port
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := func(below int, what string) int { return rapid.IntRange(0, below-1).Draw(rt, what) }
		port := func() *Port {
			return &Port{
				ID: PortID(fmt.Sprintf("p%02d", n(80, "id"))), DeviceID: []string{"", "d1", "d10"}[n(3, "device")],
				FixedIPs: []FixedIP{{SubnetID: SubnetID(fmt.Sprint(n(2, "subnet")))}, {SubnetID: SubnetID(fmt.Sprint(n(2, "subnet")))}},
			}
		}
		states := []state{{NewSnapshot(), map[PortID]*Port{}}}
		for range n(6, "states") + 1 {
			from := states[n(len(states), "from")]
			tx, want := from.Txn(), maps.Clone(from.want)
			for range n(60, "changes") {
				p := port()
				switch n(5, "what") {
				case 0, 1, 2:
					tx.Put(p)
					want[p.ID] = p
				case 3:
					tx.Delete(p)
					delete(want, p.ID)
				case 4: // what is walked through is what there was
					then := maps.Clone(want)
					var seen []*Port
					for p := range tx.PortsOfDevice("d1") {
						seen = append(seen, p)
						tx.Delete(p)
						delete(want, p.ID)
					}
					samePorts(rt, "walked through", seen, having(then, func(p *Port) bool { return p.DeviceID == "d1" }))
				}
			}
			checkPorts(rt, tx.View, want)
			states = append(states, state{tx.Commit(tx.Next()), want})
		}
		for _, s := range states {
			checkPorts(rt, s.View, s.want)
		}
	})
}

// having gives those that ok accepts, in the order of ids.
func having(ports map[PortID]*Port, ok func(*Port) bool) (out []*Port) {
	for _, id := range slices.Sorted(maps.Keys(ports)) {
		if ok(ports[id]) {
			out = append(out, ports[id])
		}
	}
	return out
}

func checkPorts(t *rapid.T, v View, want map[PortID]*Port) {
	t.Helper()
	samePorts(t, "all", slices.Collect(v.Ports()), having(want, func(*Port) bool { return true }))
	for _, d := range []string{"d1", "d10"} {
		samePorts(t, "of device "+d, slices.Collect(v.PortsOfDevice(d)), having(want, func(p *Port) bool { return p.DeviceID == d }))
	}
	for _, s := range []SubnetID{"0", "1"} {
		on := func(p *Port) bool { return p.FixedIPs[0].SubnetID == s || p.FixedIPs[1].SubnetID == s }
		samePorts(t, "on subnet "+string(s), slices.Collect(v.PortsOnSubnet(s)), having(want, on))
	}
	for i := range 80 {
		id := PortID(fmt.Sprintf("p%02d", i))
		if got, _ := v.Port(id); got != want[id] {
			t.Fatalf("port %s is %v, want %v", id, got, want[id])
		}
	}
}

// samePorts wants the very same objects.
func samePorts(t *rapid.T, what string, got, want []*Port) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("ports %s: %+v, want %+v", what, got, want)
	}
}

func TestSnapshotIsChangedAndReadByManyAtOnce(t *testing.T) {
	tx := NewSnapshot().Txn()
	for i := range 100 {
		tx.Put(&Port{ID: PortID(fmt.Sprintf("p%02d", i))})
	}
	s, done := tx.Commit(1), make(chan int)
	for i := range 4 {
		go func() {
			tx := s.Txn()
			for j := range 20 {
				tx.Delete(&Port{ID: PortID(fmt.Sprintf("p%02d", 20*i+j))})
			}
			done <- len(slices.Collect(tx.Commit(2).Ports()))
		}()
		go func() { done <- len(slices.Collect(s.Ports())) - 20 }()
	}
	for range 8 {
		if n := <-done; n != 80 {
			t.Errorf("got %d ports, want 80", n)
		}
	}
}
