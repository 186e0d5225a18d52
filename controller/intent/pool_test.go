package intent

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"weft/api"
)

func TestPickFindsAFreeNumberIfThereIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(0, 300).Draw(t, "n")
		used := map[uint64]bool{}
		for range rapid.IntRange(0, 400).Draw(t, "allocations") {
			if rapid.IntRange(0, 3).Draw(t, "free") == 0 {
				delete(used, rapid.Uint64Range(0, 300).Draw(t, "which"))
			}
			asked := 0
			x, ok := pick(n, func(x uint64) bool { asked++; return used[x] })
			if full := uint64(len(used)) >= n; ok == full {
				t.Fatalf("pick(%d) with %d used: %t", n, len(used), ok)
			}
			if ok && (used[x] || x >= n) {
				t.Fatalf("pick(%d) gave %d, used: %t", n, x, used[x])
			}
			if ok {
				used[x] = true
			}
		}
	})
}

func TestPickIsQuickAndInOrderAmongMany(t *testing.T) {
	used := map[uint64]bool{}
	for i := range uint64(50000) {
		asked := 0
		x, ok := pick(1<<62, func(x uint64) bool { asked++; return used[x] })
		if !ok || x != i || asked > 64 {
			t.Fatalf("pick gave %d, %t after %d questions, want %d after at most 64", x, ok, asked, i)
		}
		used[x] = true
	}
}

func TestPickFindsTheLastFreeNumber(t *testing.T) {
	for _, hole := range []uint64{0, 1, 777, 65534} {
		if x, ok := pick(65535, func(x uint64) bool { return x != hole }); !ok || x != hole {
			t.Errorf("got %d, %t, want %d", x, ok, hole)
		}
	}
	if x, ok := pick(65535, func(uint64) bool { return true }); ok {
		t.Errorf("got %d of a full pool", x)
	}
}

func TestRangesCountAcrossBothVersions(t *testing.T) {
	cases := []struct {
		start, end string
		want       uint64
	}{
		{"10.0.0.1", "10.0.0.1", 1},
		{"10.0.0.255", "10.0.1.0", 2},
		{"0.0.0.0", "255.255.255.255", 1 << 32},
		{"fd00::", "fd00::ffff", 1 << 16},
		{"fd00::ffff:ffff:ffff:ffff", "fd00:0:0:1::", 2},
		{"fd00::", "fd00::ffff:ffff:ffff:ffff", 1<<64 - 1},
		{"fd00::", "fd01::", 1<<64 - 1},
	}
	for _, c := range cases {
		r := api.AddrRange{Start: netip.MustParseAddr(c.start), End: netip.MustParseAddr(c.end)}
		if got := rangeSize(r); got != c.want {
			t.Errorf("%s-%s has %d addresses, want %d", c.start, c.end, got, c.want)
		}
		if c.want < 1<<63 {
			if got := plus(r.Start, c.want-1); got != r.End {
				t.Errorf("%s plus %d is %s, want %s", r.Start, c.want-1, got, r.End)
			}
		}
	}
}

func TestHostsLeavesOutWhatNoHostCanHave(t *testing.T) {
	for cidr, want := range map[string][2]string{
		"10.0.0.0/24": {"10.0.0.1", "10.0.0.254"}, "10.0.0.4/30": {"10.0.0.5", "10.0.0.6"},
		"10.0.0.4/31": {"10.0.0.4", "10.0.0.5"}, "10.0.0.4/32": {"10.0.0.4", "10.0.0.4"},
		"fd00::/64": {"fd00::1", "fd00::ffff:ffff:ffff:ffff"}, "fd00::2/127": {"fd00::2", "fd00::3"},
	} {
		if r := hosts(netip.MustParsePrefix(cidr)); r.Start.String() != want[0] || r.End.String() != want[1] {
			t.Errorf("hosts of %s: %s-%s, want %s-%s", cidr, r.Start, r.End, want[0], want[1])
		}
	}
}
