package compile_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/compile"
	"weft/controller/ofp/wire"
	"weft/plan"
	"weft/test/cloud"
)

// apply does to a plan what a switch and an agent would do.
func apply(p *plan.Plan, d *plan.Delta) *plan.Plan {
	flows, items := map[plan.FlowKey]plan.Flow{}, map[plan.Key]plan.Item{}
	for _, f := range slices.Concat(p.Flows, d.PutFlows) {
		flows[f.FlowKey] = f
	}
	for _, i := range slices.Concat(p.Items, d.PutItems) {
		items[i.Key()] = i
	}
	for _, k := range d.DropFlows {
		delete(flows, k)
	}
	for _, k := range d.DropItems {
		delete(items, k)
	}
	out := &plan.Plan{Host: p.Host, Flows: slices.Collect(maps.Values(flows)), Items: slices.Collect(maps.Values(items))}
	out.Sort()
	return out
}

func TestCompilingWhatAChangeAffectsEqualsCompilingAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, c := cloud.World{T: rt}, strict()
		old := w.Start()
		plans := map[api.HostID]*plan.Plan{} // of the old state
		for h := range old.Hosts() {
			plans[h.ID] = planOf(rt, old, h.ID)
		}
		for range rapid.IntRange(1, 6).Draw(rt, "changes") {
			next, changes := w.Change(old)
			affected := c.Affected(old, next, changes)
			for h := range next.Hosts() {
				want := planOf(rt, next, h.ID)
				got := want
				if _, known := old.Host(h.ID); known {
					got = stepFrom(rt, plans[h.ID], old, next, affected[h.ID])
				}
				plans[h.ID] = want
				if diff := difference(want, got); diff != "" {
					rt.Fatalf("host %s after %s, affected %v:\n%s", h.ID, describe(changes), affected[h.ID], diff)
				}
			}
			old = next
		}
	})
}

// step turns the old plan into the next by the affected subjects alone.
func step(t fataler, old, next *api.Snapshot, h api.HostID, refs []compile.Subject) *plan.Plan {
	t.Helper()
	return stepFrom(t, planOf(t, old, h), old, next, refs)
}

func stepFrom(t fataler, p *plan.Plan, old, next *api.Snapshot, refs []compile.Subject) *plan.Plan {
	t.Helper()
	return apply(p, plan.Between(some(t, old, p.Host, refs), some(t, next, p.Host, refs)))
}

func some(t fataler, s *api.Snapshot, h api.HostID, refs []compile.Subject) *plan.Plan {
	t.Helper()
	return someOf(t, strict(), s, h, refs)
}

func someOf(t fataler, c *compile.Compiler, s *api.Snapshot, h api.HostID, refs []compile.Subject) *plan.Plan {
	t.Helper()
	p, err := c.Some(s, h, refs)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

func planOf(t fataler, s *api.Snapshot, h api.HostID) *plan.Plan {
	t.Helper()
	p, err := strict().Host(s, h)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

func describe(changes []api.Change) string {
	var s string
	for _, c := range changes {
		s += " " + c.Ref().String()
	}
	return s
}

// difference compares what a switch and an agent would hold. A switch does not know which object a flow is for: if an
// unguarded port takes over the OpenFlow port of another in one change, the flow stays.
func difference(want, got *plan.Plan) string {
	sameFlow := func(a, b plan.Flow) bool {
		return a.FlowKey == b.FlowKey && a.Cookie == b.Cookie && bytes.Equal(a.Instructions, b.Instructions)
	}
	if slices.EqualFunc(want.Flows, got.Flows, sameFlow) && slices.Equal(want.Items, got.Items) {
		return ""
	}
	return cmp.Diff(flowLines(want), flowLines(got)) + cmp.Diff(want.Items, got.Items, cmp.Comparer(func(a, b plan.Item) bool { return a == b }))
}

func flowLines(p *plan.Plan) []string {
	var out []string
	for _, f := range p.Flows {
		g, err := wire.Decode(f)
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		out = append(out, f.Subject.String()+": "+f.Bridge+" "+g.String())
	}
	return out
}
