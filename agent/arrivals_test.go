package agent

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/agent/run"
	"weft/plan"
)

// watch is arrivals whose clock is set by hand, and how often there was news.
type watch struct {
	*arrivals
	at   time.Time
	news int
}

func newWatch(items ...plan.Spec) *watch {
	w := &watch{at: time.Unix(1e9, 0)}
	w.arrivals = newArrivals(func() { w.news++ })
	w.now = func() time.Time { return w.at }
	w.Apply(context.Background(), run.Step{Kind: plan.KindArrival, Put: items})
	return w
}

func TestAGuestThatArrivesIsToldOnce(t *testing.T) {
	w := newWatch(plan.Arrival{PortID: "p", OFPort: 7, Changed: 3}, plan.Arrival{PortID: "q", OFPort: 8, Changed: 4})
	if got := w.all(); len(got) != 0 {
		t.Fatalf("before any frame: %v", got)
	}
	for range 3 {
		if !w.heard(7) {
			t.Error("a frame of the guest counts as somebody else's")
		}
	}
	if w.heard(9) {
		t.Error("a frame from another port counts as a guest's that may arrive")
	}
	if diff := cmp.Diff([]plan.Arrived{{PortID: "p", Changed: 3}}, w.all()); diff != "" || w.news != 1 {
		t.Errorf("news %d times; -want +got:\n%s", w.news, diff)
	}
}

func TestANewBindingIsWatchedAnew(t *testing.T) {
	w := newWatch(plan.Arrival{PortID: "p", OFPort: 7, Changed: 3})
	w.heard(7)
	w.Apply(t.Context(), run.Step{Kind: plan.KindArrival, Put: []plan.Spec{plan.Arrival{PortID: "p", OFPort: 9, Changed: 5}}})
	if got := w.all(); len(got) != 0 || w.heard(7) {
		t.Errorf("what was heard of an older binding counts: %v", got)
	}
	w.heard(9)
	if diff := cmp.Diff([]plan.Arrived{{PortID: "p", Changed: 5}}, w.all()); diff != "" {
		t.Error(diff)
	}
	w.Apply(t.Context(), run.Step{Kind: plan.KindArrival, Drop: []plan.Spec{plan.Arrival{PortID: "p", OFPort: 9, Changed: 5}}})
	have, err := w.List(t.Context(), nil, run.Everywhere)
	if err != nil || len(have) != 0 || len(w.all()) != 0 {
		t.Errorf("after it was dropped: %v, %v, %v", have, w.all(), err)
	}
}

func TestTheLastFramesOfAGuestThatLeftAreNoArrival(t *testing.T) {
	w := newWatch(plan.Arrival{PortID: "p", OFPort: 7, Changed: 3, Left: true})
	w.heard(7)
	if w.news != 0 {
		t.Error("a frame at once after the guest left brings it back")
	}
	w.at = w.at.Add(settled)
	w.heard(7)
	if w.news != 1 {
		t.Error("a guest that comes back later is not noticed")
	}
}
