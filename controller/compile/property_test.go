package compile_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/api"
	"weft/plan"
	"weft/test/cloud"
)

// apply does to a plan what a switch and an agent would do.
func apply(p *plan.Plan, d *plan.Delta) *plan.Plan {
	out := &plan.Plan{Host: p.Host}
	for _, f := range p.Flows {
		gone := slices.Contains(d.DropFlows, f.FlowKey)
		replaced := slices.ContainsFunc(d.PutFlows, func(g plan.Flow) bool { return g.FlowKey == f.FlowKey })
		if !gone && !replaced {
			out.Flows = append(out.Flows, f)
		}
	}
	for _, i := range p.Items {
		gone := slices.Contains(d.DropItems, i.Key())
		replaced := slices.ContainsFunc(d.PutItems, func(j plan.Item) bool { return j.Key() == i.Key() })
		if !gone && !replaced {
			out.Items = append(out.Items, i)
		}
	}
	out.Flows = append(out.Flows, d.PutFlows...)
	out.Items = append(out.Items, d.PutItems...)
	out.Sort()
	return out
}

func TestCompilingWhatAChangeAffectsEqualsCompilingAll(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, c := cloud.World{T: rt}, strict()
		old := w.Start()
		for range rapid.IntRange(1, 6).Draw(rt, "changes") {
			next, changes := w.Change(old)
			affected := c.Affected(old, next, changes)
			for h := range next.Hosts() {
				want := planOf(rt, next, h.ID)
				got := want
				if _, known := old.Host(h.ID); known {
					got = step(rt, old, next, h.ID, affected[h.ID])
				}
				if diff := difference(want, got); diff != "" {
					rt.Fatalf("host %s after %s, affected %v:\n%s", h.ID, describe(changes), affected[h.ID], diff)
				}
			}
			old = next
		}
	})
}

// step turns the old plan into the next by the affected subjects alone.
func step(t fataler, old, next *api.Snapshot, h api.HostID, refs []api.Ref) *plan.Plan {
	t.Helper()
	before, err := strict().Some(old, h, refs)
	if err != nil {
		t.Fatalf("%v", err)
	}
	after, err := strict().Some(next, h, refs)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return apply(planOf(t, old, h), plan.Between(before, after))
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

// difference compares what a switch and an agent would hold. A flow's subject may differ from its cookie's point of view
// only, and does not.
func difference(want, got *plan.Plan) string {
	byAddr := cmp.Comparer(func(a, b plan.Item) bool { return a.Spec == b.Spec && a.Subject == b.Subject })
	return cmp.Diff(want.Flows, got.Flows) + cmp.Diff(want.Items, got.Items, byAddr)
}

func TestEqualStatesGiveEqualPlans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := cloud.World{T: rt}.Start()
		for h := range s.Hosts() {
			if diff := difference(planOf(rt, s, h.ID), planOf(rt, s, h.ID)); diff != "" {
				rt.Fatalf("host %s:\n%s", h.ID, diff)
			}
		}
	})
}
