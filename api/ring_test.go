package api

import (
	"fmt"
	"slices"
	"testing"
)

// ringOf is a cloud of so many hosts, with names that follow each other.
func ringOf(hosts int) *Snapshot {
	tx := NewSnapshot().Txn()
	for i := range hosts {
		tx.Put(&Host{ID: ringHost(i)})
	}
	return tx.Commit(tx.Next())
}

func ringHost(i int) HostID { return HostID(fmt.Sprintf("h%04d", i)) }

func near(v View, h HostID) (ids []HostID) {
	for _, host := range v.NeighboursOf(h) {
		ids = append(ids, host.ID)
	}
	return ids
}

func TestWhoIsAHostsNeighbourHasItAsOneToo(t *testing.T) {
	for _, hosts := range []int{0, 1, 2, Near, Near + 1, Near + 2, 2 * Near, 2*Near + 1, 2*Near + 2, 300} {
		v := ringOf(hosts).View
		of := map[HostID][]HostID{}
		for h := range v.Hosts() {
			of[h.ID] = near(v, h.ID)
			if len(of[h.ID]) != min(hosts-1, 2*Near) || slices.Contains(of[h.ID], h.ID) {
				t.Errorf("%d hosts: %s has the neighbours %v", hosts, h.ID, of[h.ID])
			}
		}
		for h, all := range of {
			for i, other := range all {
				if !slices.Contains(of[other], h) || slices.Contains(all[:i], other) {
					t.Fatalf("%d hosts: %s has %s as a neighbour, twice or not the other way round", hosts, h, other)
				}
			}
		}
	}
}

func TestAHostThatIsNotThereHasTheNeighboursThatItWouldHave(t *testing.T) {
	before := ringOf(200)
	tx := before.Txn()
	tx.Put(&Host{ID: "new"})
	after := tx.Commit(tx.Next())
	if got, want := near(before.View, "new"), near(after.View, "new"); !slices.Equal(got, want) {
		t.Errorf("%v before, %v with it", got, want)
	}
}

func TestNeighboursAreNotThoseOfTheSameRack(t *testing.T) {
	v := ringOf(3000).View
	for _, i := range []int{0, 1500, 2999} {
		rack := 0
		for _, h := range near(v, ringHost(i)) {
			for j := max(0, i-Near); j <= i+Near; j++ {
				if h == ringHost(j) {
					rack++
				}
			}
		}
		if rack > Near/4 {
			t.Errorf("%d neighbours of %s have names next to it", rack, ringHost(i))
		}
	}
}
