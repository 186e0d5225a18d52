package api

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// everyEntry lists all indexes of all tables.
func everyEntry(s *Snapshot) (out []string) {
	for k, t := range s.tables {
		for ix, tree := range t.trees {
			if tree == nil {
				continue
			}
			tree.Scan(func(e entry) bool {
				what := fmt.Sprintf("%p", e.object)
				if t, ok := e.object.(*tally); ok {
					what = fmt.Sprint(t.n)
				}
				out = append(out, fmt.Sprintf("%s/%d: %q %q %s", k, ix, e.key, e.id, what))
				return true
			})
		}
	}
	slices.Sort(out)
	return out
}

// portsAndNetworks are n ports of a few networks, with one or two addresses on one subnet, and networks.
func portsAndNetworks(n int) map[Kind][]Object {
	out := map[Kind][]Object{}
	for i := range n {
		p := &Port{
			ID: PortID(fmt.Sprintf("p%05d", i)), Meta: Meta{Name: fmt.Sprint("P", i%7), ProjectID: fmt.Sprint(i % 3)},
			NetworkID: NetworkID(fmt.Sprint("n", i%10)), MAC: MACFromUint64(uint64(i)), HostID: HostID(fmt.Sprint("h", i%5)),
		}
		for j := range 1 + i%2 {
			p.FixedIPs = append(p.FixedIPs, FixedIP{SubnetID(fmt.Sprint("s", i%10)), netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(j)})})
		}
		out[KindPort] = append(out[KindPort], p)
	}
	for i := range 10 {
		id := NetworkID(fmt.Sprint("n", i))
		out[KindNetwork] = append(out[KindNetwork], &Network{ID: id, Type: NetworkVXLAN, SegmentationID: uint32(i), MTU: 1500})
		out[KindSegment] = append(out[KindSegment], &Segment{HostID: "h1", NetworkID: id, LocalVLAN: uint16(i)})
		out[KindRouter] = append(out[KindRouter], &Router{ID: RouterID(id), Gateway: &Gateway{HostID: "h1"}})
	}
	return out
}

func inTurn(work []func()) {
	for _, f := range work {
		f()
	}
}

func putOneByOne(objects map[Kind][]Object) *Snapshot {
	tx := NewSnapshot().Txn()
	for _, some := range objects {
		for _, o := range some {
			tx.Put(o)
		}
	}
	return tx.Commit(7)
}

func TestALoadedStateIsTheOneThatIsPutTogether(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		objects := portsAndNetworks(rapid.IntRange(0, 200).Draw(rt, "ports"))
		s, want := Load(7, objects, inTurn), putOneByOne(objects)
		if got, want := everyEntry(s), everyEntry(want); !slices.Equal(got, want) {
			rt.Fatalf("got %q\nwant %q", got, want)
		}
		if s.Revision() != 7 {
			rt.Fatalf("the revision is %d, want 7", s.Revision())
		}
		tx, after := s.Txn(), want.Txn() // and it goes on as the other does
		for range rapid.IntRange(0, 100).Draw(rt, "changes") {
			id := PortID(fmt.Sprintf("p%05d", rapid.IntRange(0, 250).Draw(rt, "id")))
			p := &Port{ID: id, Meta: Meta{Name: rapid.SampledFrom([]string{"", "a", "P1"}).Draw(rt, "name")}}
			put := rapid.Bool().Draw(rt, "put")
			for _, tx := range []*Txn{tx, after} {
				if put {
					tx.Put(p)
				} else {
					tx.Delete(p)
				}
			}
		}
		if got, want := everyEntry(tx.Commit(8)), everyEntry(after.Commit(8)); !slices.Equal(got, want) {
			rt.Fatalf("after changes got %q\nwant %q", got, want)
		}
		if got := everyEntry(s); !slices.Equal(got, everyEntry(want)) {
			rt.Fatal("the loaded state has changed")
		}
	})
}
