package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

var compare = cmp.Comparer(func(a, b plan.Spec) bool { return a == b })

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func engineOn(f *run.Fake) (*engine, *clock) {
	c := &clock{time.Unix(1000, 0)}
	e := newEngine(quiet(), check, f)
	e.now = c.now
	return e, c
}

// leg gives the items of one router leg; variant changes what can change.
func leg(router, n, variant int) []plan.Spec {
	q := fmt.Sprintf("qrouter-%d", router)
	dev, peer := fmt.Sprintf("qr-%d-%d", router, n), fmt.Sprintf("tqr-%d-%d", router, n)
	mac := api.MAC{2, 0, 0, 0, byte(router), byte(n)}
	net := netip.AddrFrom4([4]byte{10, byte(router), byte(n), 1})
	return []plan.Spec{
		plan.Bridge{Name: "br-int", DatapathID: 1}, plan.Namespace{Name: q},
		plan.Veth{NS: q, Dev: dev, MAC: mac, PeerDev: peer, MTU: 1400 + variant},
		plan.OVSPort{Bridge: "br-int", Dev: peer, IfaceID: "p", MAC: mac},
		plan.Address{NS: q, Dev: dev, Prefix: netip.PrefixFrom(net, 24)},
		plan.Neighbour{NS: q, Dev: dev, Addr: net.Next(), MAC: api.MAC{2, 1, byte(variant)}},
		plan.Route{NS: q, Table: 16, Dst: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(n), 0}), 24), Dev: dev},
		plan.NAT{NS: q, Table: "nat", Chain: "PREROUTING", Order: n, Rule: fmt.Sprintf("-i %s -j ACCEPT", dev)},
		plan.Rule{NS: q, Priority: uint32(40000 + n), From: netip.PrefixFrom(net, 32), Table: uint32(16 + variant)},
		plan.Tracked{NS: q, Addr: net, Fixed: net.Next()},
		plan.Announce{NS: q, Dev: dev, Addr: net},
	}
}

func union(legs ...[]plan.Spec) map[plan.Key]plan.Spec {
	m := map[plan.Key]plan.Spec{}
	for _, l := range legs {
		for _, x := range l {
			m[x.Key()] = x
		}
	}
	return m
}

func message(rev int, m map[plan.Key]plan.Spec) plan.Message {
	return snapshot(uint64(rev), slices.Collect(maps.Values(m))...)
}

// between gives the delta from one set of items to another.
func between(rev int, old, next map[plan.Key]plan.Spec) plan.Message {
	put, drop := plan.Diff(old, next, func(a, b plan.Spec) bool { return a == b })
	m := snapshot(uint64(rev), put...)
	m.Type, m.Drop = typeDelta, drop
	return m
}

// seen leaves out what leaves no trace.
func seen(m map[plan.Key]plan.Spec) map[plan.Key]plan.Spec {
	m = maps.Clone(m)
	maps.DeleteFunc(m, func(k plan.Key, _ plan.Spec) bool { return leavesNoTrace(k.Kind) })
	return m
}

func TestEveryHistoryEndsInThePlan(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		f := run.NewFake()
		e, c := engineOn(f)
		now := map[plan.Key]plan.Spec{}
		e.take(ctx, message(0, now))
		for rev := range rapid.IntRange(1, 8).Draw(t, "changes") {
			next := union()
			for range rapid.IntRange(0, 4).Draw(t, "legs") {
				maps.Copy(next, union(leg(rapid.IntRange(1, 2).Draw(t, "router"), rapid.IntRange(1, 3).Draw(t, "n"),
					rapid.IntRange(0, 2).Draw(t, "variant"))))
			}
			breakOne(t, f, next)
			switch rapid.SampledFrom([]string{"delta", "snapshot", "restart", "damage"}).Draw(t, "how") {
			case "delta":
				e.take(ctx, between(rev, now, next))
			case "restart":
				done := maps.Clone(e.have)
				maps.DeleteFunc(done, func(k plan.Key, _ plan.Spec) bool { return !leavesNoTrace(k.Kind) })
				want := e.want
				e, c = engineOn(f)
				e.restore(kept{want: want, done: done, found: true})
				e.relist(ctx, f)
				e.take(ctx, message(rev, next))
			case "damage":
				damage(t, f)
				fallthrough
			default:
				e.take(ctx, message(rev, next))
			}
			now = next
		}
		clear(f.Broken)
		for range 4 { // what failed is due by and by; what was damaged is found by reading
			c.at = c.at.Add(time.Minute)
			e.retry(ctx)
			e.relist(ctx, f)
		}
		if d := cmp.Diff(seen(now), seen(f.Items), compare); d != "" {
			t.Fatalf("plan and host differ:\n%s\n%s", d, strings.Join(f.Log, "\n"))
		}
		if es := e.errors(); len(es) > 0 {
			t.Fatalf("errors remain: %v", es)
		}
	})
}

func breakOne(t *rapid.T, f *run.Fake, next map[plan.Key]plan.Spec) {
	keys := slices.SortedFunc(maps.Keys(next), plan.Key.Compare)
	clear(f.Broken)
	if len(keys) > 0 && rapid.Bool().Draw(t, "break") {
		f.Broken[rapid.SampledFrom(keys).Draw(t, "broken")] = errors.New("broken")
	}
}

// damage takes something away behind the engine's back.
func damage(t *rapid.T, f *run.Fake) {
	keys := slices.SortedFunc(maps.Keys(seen(f.Items)), plan.Key.Compare)
	if len(keys) > 0 {
		k := rapid.SampledFrom(keys).Draw(t, "damaged")
		broken := f.Broken
		f.Broken = nil
		f.Apply(context.Background(), run.Step{Kind: k.Kind, Drop: []plan.Spec{f.Items[k]}})
		f.Broken = broken
	}
}

func TestTheSamePlanAgainChangesNothing(t *testing.T) {
	f := run.NewFake()
	e, _ := engineOn(f)
	m := message(1, union(leg(1, 1, 0), leg(1, 2, 0), leg(2, 1, 0)))
	e.take(context.Background(), m)
	f.Log = nil
	e.take(context.Background(), m)
	e.relist(context.Background(), f)
	if len(f.Log) > 0 {
		t.Errorf("changed: %s", f.Log)
	}
}

func TestADeltaCostsWhatItTouches(t *testing.T) {
	f := run.NewFake()
	e, _ := engineOn(f)
	l := leg(1, 1, 0)
	e.take(context.Background(), message(1, union(l)))
	n := l[5].(plan.Neighbour)
	n.Addr = netip.MustParseAddr("10.1.1.77")
	f.Log = nil
	counting := &lister{Fake: f}
	for k := range e.of {
		e.of[k] = counting
	}
	e.drivers = []run.Driver{counting}
	e.take(context.Background(), plan.Message{Type: typeDelta, Revision: 2, Put: []plan.Item{{Spec: n}}})
	if want := []string{"put " + n.Key().String()}; !slices.Equal(f.Log, want) || counting.lists != 0 {
		t.Errorf("changes %q and %d readings of the host, want %q and none", f.Log, counting.lists, want)
	}
}

// lister counts the readings of a host.
type lister struct {
	*run.Fake
	lists int
}

func (l *lister) List(ctx context.Context, w *run.Wanted, scope string) (map[plan.Key]plan.Spec, error) {
	l.lists++
	return l.Fake.List(ctx, w, scope)
}

func TestNothingIsRemovedBeforeAPlanIsKnown(t *testing.T) {
	f := run.NewFake()
	e, _ := engineOn(f)
	e.take(context.Background(), message(1, union(leg(1, 1, 0))))
	before := f.String()
	fresh, _ := engineOn(f)
	fresh.relist(context.Background(), f)
	if d := cmp.Diff(before, f.String()); d != "" {
		t.Errorf("an agent without a plan changed its host:\n%s", d)
	}
	fresh.take(context.Background(), message(2, nil))
	if f.String() != "" {
		t.Errorf("the empty plan leaves:\n%s", f)
	}
}

func TestAFailureStopsNothingElseAndIsToldWithItsSubject(t *testing.T) {
	f := run.NewFake()
	e, c := engineOn(f)
	bad := plan.Namespace{Name: "qrouter-1"}
	f.Broken[bad.Key()] = errors.New("no space left on device")
	m := message(1, union(leg(1, 1, 0), leg(2, 1, 0)))
	for i := range m.Put {
		m.Put[i].Subject = api.Ref{Kind: api.KindRouter, ID: m.Put[i].Key().NS}
	}
	e.take(context.Background(), m)
	if f.Items[plan.Namespace{Name: "qrouter-2"}.Key()] == nil {
		t.Error("the other router was not made")
	}
	es := e.errors()
	if len(es) == 0 || es[0].Key != bad.Key() || es[0].Error != "no space left on device" ||
		es[0].Subject.ID != "qrouter-1" {
		t.Errorf("errors: %+v", es)
	}
	clear(f.Broken)
	f.Log = nil
	e.retry(context.Background())
	if len(f.Log) > 0 {
		t.Error("tried again at once")
	}
	c.at = c.at.Add(retryFirst)
	e.retry(context.Background())
	if es := e.errors(); len(es) > 0 {
		t.Errorf("after the retry: %+v", es)
	}
}

func TestConnectionsAreForgottenAfterTheTranslationIsGone(t *testing.T) {
	f := run.NewFake()
	e, _ := engineOn(f)
	l := leg(1, 1, 0)
	e.take(context.Background(), message(1, union(l)))
	f.Log = nil
	e.take(context.Background(), plan.Message{Type: typeDelta, Revision: 2, Drop: []plan.Key{l[9].Key(), l[7].Key()}})
	if want := []string{"drop " + l[7].Key().String(), "drop " + l[9].Key().String()}; !slices.Equal(f.Log, want) {
		t.Errorf("order %q, want %q", f.Log, want)
	}
}
