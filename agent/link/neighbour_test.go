package link

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/plan"
)

// The kernel has one neighbour table for all namespaces, of which what it has learned itself may fill gc_thresh3 entries.
// What weft tells it is permanent, and counts for nothing there, so a router may have any number of guests.
func TestARouterKnowsMoreNeighboursThanTheKernelWouldLearn(t *testing.T) {
	const many = 3000 // gc_thresh3 is 1024 unless somebody has set it
	for family, addr := range map[string]string{"ipv4": "192.168.11.0", "ipv6": "fd00::1:0"} {
		t.Run(family, func(t *testing.T) {
			h, xs, w := setup(t)
			leg := xs[3].(plan.Veth)
			a := netip.MustParseAddr(addr)
			for i := range many {
				a = a.Next()
				n := plan.Neighbour{NS: leg.NS, Dev: leg.Dev, Addr: a, MAC: api.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)}}
				w.Put(plan.Item{Spec: n})
				xs = append(xs, n)
			}
			put(t, h, w, xs...)
			if d := cmp.Diff(lasting(xs), list(t, h, w), compare); d != "" {
				t.Errorf("asked for and listed differ:\n%s", d)
			}
		})
	}
}
