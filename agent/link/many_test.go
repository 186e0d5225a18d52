package link

import (
	"flag"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"weft/agent/hosttest"
	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

func TestLookingAgainRunsNoProgramUntilRulesChange(t *testing.T) {
	hosttest.Need(t)
	const id = "aaaaaaaaaa-looked-at"
	items := router(id)
	h, w := lookedAt(t, items)
	before := h.programs
	if have := list(t, h, w); len(have) != len(lasting(items)) {
		t.Errorf("%d items, want %d", len(have), len(lasting(items)))
	}
	if h.programs != before {
		t.Errorf("%d programs were run where nothing has changed", h.programs-before)
	}
	for program, table := range map[string]string{"iptables": "nat", "ip6tables": "filter"} {
		chain := map[string]string{"nat": "float-snat", "filter": "FORWARD"}[table]
		hosttest.Run(t, "ip", "netns", "exec", "qrouter-"+id, program, "-w", "-t", table, "-F", "weft-"+chain)
		have := list(t, h, w)
		for _, x := range items {
			n, ok := x.(plan.NAT)
			if _, there := have[x.Key()]; ok && there && n.Table == table && n.Chain == chain && n.Six == (program == "ip6tables") {
				t.Errorf("%s: a chain that somebody emptied looks as before", program)
			}
		}
	}
}

// lookedAt is a host that has these items and has looked at them.
func lookedAt(t *testing.T, items []plan.Spec) (*Host, *run.Wanted) {
	t.Helper()
	h, w := New(Options{}), wanted(items)
	t.Cleanup(h.Close)
	put(t, h, w, items...)
	t.Cleanup(func() { drop(t, h, w, items...) })
	list(t, h, w)
	return h, w
}

func TestANewNamespaceOfAnOldNameIsReadAnew(t *testing.T) {
	hosttest.Need(t)
	const id = "bbbbbbbbbb-made-anew"
	h, w := lookedAt(t, router(id))
	hosttest.Run(t, "ip", "netns", "delete", "qrouter-"+id)
	hosttest.Run(t, "ip", "netns", "add", "qrouter-"+id)
	for k := range list(t, h, w) {
		if k.Kind == plan.KindNAT && k.NS == "qrouter-"+id {
			t.Errorf("%v is said to be in an empty namespace", k)
		}
	}
}

// guest gives what one floating IP more brings to a router.
func guest(id string, n int) []plan.Spec {
	q, short := "qrouter-"+id, id[:10]
	fixed, outside := netip.AddrFrom4([4]byte{192, 168, 10, byte(n)}), netip.AddrFrom4([4]byte{2, 2, 3, byte(n)})
	return []plan.Spec{
		plan.Neighbour{NS: q, Dev: "qr-" + short, Addr: fixed, MAC: api.MACFromUint64(0xfa163e000100 + uint64(n))},
		plan.NAT{NS: q, Table: "nat", Chain: "PREROUTING", Order: 1,
			Rule: fmt.Sprintf("-d %s/32 -i rfp-%s -j DNAT --to-destination %s", outside, short, fixed)},
		plan.Rule{NS: q, Priority: uint32(50000 + n), From: netip.PrefixFrom(fixed, 32), Table: 16},
		plan.Route{NS: "fip-" + id, Table: 254, Dst: netip.PrefixFrom(outside, 32), Via: netip.MustParseAddr("169.254.64.0"), Dev: "fpr-" + short},
	}
}

var routersOf = flag.Int("routers", 200, "routers of BenchmarkRouters, which makes a quarter of that first")

// BenchmarkRouters makes routers with two floating IPs each on a bare host, and reports, of one host, how long all of them
// take, one more, a look at everything (which the agent does every 30 s) and the first look after a start of the agent, with
// how many programs are run for it.
func BenchmarkRouters(b *testing.B) {
	hosttest.Need(b)
	for _, routers := range []int{*routersOf / 4, *routersOf} {
		b.Run(fmt.Sprintf("routers=%d", routers), func(b *testing.B) {
			for b.Loop() {
				manyRouters(b, routers)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func manyRouters(b *testing.B, routers int) {
	h, w := New(Options{}), run.NewWanted()
	measure := func(what string, f func()) {
		start, before := time.Now(), h.programs
		f()
		b.ReportMetric(time.Since(start).Seconds()*1000, what+"-ms")
		b.ReportMetric(float64(h.programs-before), what+"-programs")
	}
	id := func(n int) string { return fmt.Sprintf("%010d-many", n) }
	var all []plan.Spec
	for n := range routers {
		all = append(append(all, router(id(n))...), guest(id(n), 7)...)
	}
	more := append(router(id(routers)), guest(id(routers), 7)...)
	for _, x := range append(all, more...) {
		w.Put(plan.Item{Spec: x})
	}
	look := func() {
		if _, err := h.List(b.Context(), w, run.Everywhere); err != nil {
			b.Fatal(err)
		}
	}
	measure("make", func() { put(b, h, w, all...) })
	measure("one-more", func() { put(b, h, w, more...) })
	look()
	measure("look", look)
	h.Close()
	h = New(Options{})
	measure("first-look", look)
	measure("remove", func() { drop(b, h, w, append(all, more...)...) })
	h.Close()
}
