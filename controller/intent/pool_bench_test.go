package intent_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// crowded is a network whose subnet has a /16 of addresses, of which the given ones are used.
func crowded(tb testing.TB, used []int) (*intent.Ops, *api.Snapshot) {
	tb.Helper()
	ops := newWorld().ops
	tx := api.NewSnapshot().Txn()
	n, err := ops.CreateNetwork(tx, intent.NetworkRequest{})
	if err != nil {
		tb.Fatal(err)
	}
	sub, err := ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: n.ID, IPVersion: 4, CIDR: intent.Some(netip.MustParsePrefix("10.7.0.0/16"))})
	if err != nil {
		tb.Fatal(err)
	}
	for _, i := range used {
		tx.Put(&api.Port{
			ID: api.PortID(fmt.Sprintf("p%05d", i)), NetworkID: n.ID, MAC: api.MACFromUint64(0xfa163f000000 + uint64(i)),
			FixedIPs: []api.FixedIP{{SubnetID: sub.ID, Addr: netip.AddrFrom4([4]byte{10, 7, byte(i >> 8), byte(i)})}},
		})
	}
	return ops, tx.Commit(tx.Next())
}

// poolOf16 is how many addresses the pool of a /16 has; the first is 10.7.0.2.
const poolOf16 = 1<<16 - 3

// upTo gives n addresses of the pool, the first ones or any.
func upTo(n int, scattered bool) []int {
	out := make([]int, poolOf16)
	for i := range out {
		out[i] = i + 2
	}
	if scattered {
		r := rand.New(rand.NewPCG(1, 2))
		r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	return out[:n]
}

// BenchmarkAddressOfALargePool gives one port more an address. What it costs must not grow with the ports that are there.
func BenchmarkAddressOfALargePool(b *testing.B) {
	for _, bm := range []struct {
		name      string
		used      int
		scattered bool
	}{
		{"used=1000", 1000, false}, {"used=60000", 60_000, false}, {"used=60000-scattered", 60_000, true},
		{"one-left", poolOf16 - 1, true}, {"full", poolOf16, false},
	} {
		b.Run(bm.name, func(b *testing.B) {
			ops, s := crowded(b, upTo(bm.used, bm.scattered))
			for b.Loop() {
				tx := s.Txn()
				for n := range s.Networks() {
					if _, err := ops.CreatePort(tx, intent.PortRequest{NetworkID: n.ID}); (err != nil) != (bm.used == poolOf16) {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
