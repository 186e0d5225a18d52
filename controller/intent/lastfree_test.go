package intent

import (
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"weft/api"
)

// holder is a port that has the n-th address of 10.0.0.0/16.
func holder(n int) *api.Port {
	return &api.Port{ID: api.PortID(fmt.Sprint(n)), NetworkID: "n", FixedIPs: []api.FixedIP{{SubnetID: "s", Addr: nth(n)}}}
}

func nth(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}) }

func TestTheLowestFreeAddressOfAFullPoolIsFound(t *testing.T) {
	const most = 5 * 256
	tx := api.NewSnapshot().Txn()
	for n := range most {
		tx.Put(holder(n))
	}
	full := tx.Commit(tx.Next())
	rapid.Check(t, func(rt *rapid.T) {
		first := rapid.IntRange(0, most-1).Draw(rt, "first")
		end := rapid.IntRange(first, most-1).Draw(rt, "last")
		tx, want := full.Txn(), most
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, most-1), 0, 4).Draw(rt, "free") {
			tx.Delete(holder(n))
			if first <= n && n <= end {
				want = min(want, n)
			}
		}
		a := &addresses{v: tx.View, net: "n"}
		got, ok := a.lastFree("s", api.AddrRange{Start: nth(first), End: nth(end)})
		if ok != (want < most) || ok && got != nth(want) {
			rt.Fatalf("%s, %t; want %s of %s…%s", got, ok, nth(want), nth(first), nth(end))
		}
	})
}

func TestAFullIPv6PoolAtTheEndOfAllAddressesHasNone(t *testing.T) {
	end := netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
	tx := api.NewSnapshot().Txn()
	p := &api.Port{ID: "p", NetworkID: "n", FixedIPs: []api.FixedIP{{SubnetID: "s", Addr: end}}}
	tx.Put(p)
	a := &addresses{v: tx.View, net: "n"}
	if got, ok := a.lastFree("s", api.AddrRange{Start: end, End: end}); ok {
		t.Errorf("got %s of a full pool", got)
	}
	tx.Delete(p)
	if got, ok := a.lastFree("s", api.AddrRange{Start: end.Prev(), End: end}); !ok || got != end.Prev() {
		t.Errorf("got %s, %t; want %s", got, ok, end.Prev())
	}
}
