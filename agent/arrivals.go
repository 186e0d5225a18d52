package agent

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"weft/agent/run"
	"weft/plan"
)

// settled is how long frames from a host that a guest has left may still be those from before.
const settled = 2 * time.Second

// arrivals watches for guests that may arrive: it is the driver of the plan's items of that kind, and remembers which
// have come. The switch tells it of frames, the reporter asks it.
type arrivals struct {
	now  func() time.Time
	news func() // called when there is something new to report; must not block

	mu    sync.Mutex
	ports map[uint32]*arriving // by OpenFlow port
}

type arriving struct {
	plan.Arrival
	since time.Time
	came  bool
}

func newArrivals(news func()) *arrivals {
	return &arrivals{now: time.Now, news: news, ports: map[uint32]*arriving{}}
}

// Kinds implements run.Driver.
func (a *arrivals) Kinds() []plan.Kind { return []plan.Kind{plan.KindArrival} }

// List implements run.Driver: what this process watches for.
func (a *arrivals) List(_ context.Context, _ *run.Wanted, scope string) (map[plan.Key]plan.Spec, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	have := map[plan.Key]plan.Spec{}
	for _, x := range a.ports {
		if k := x.Key(); scope == run.Everywhere || scope == k.NS {
			have[k] = x.Arrival
		}
	}
	return have, nil
}

// Apply implements run.Driver.
func (a *arrivals) Apply(_ context.Context, s run.Step) run.Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, x := range s.Drop {
		a.forget(x.Key())
	}
	for _, x := range s.Put {
		if item, ok := x.(plan.Arrival); ok {
			a.forget(item.Key())
			a.ports[item.OFPort] = &arriving{Arrival: item, since: a.now()}
		}
	}
	return run.Result{}
}

// forget stops watching for a port's guest. The caller holds mu.
func (a *arrivals) forget(k plan.Key) {
	maps.DeleteFunc(a.ports, func(_ uint32, x *arriving) bool { return x.Key() == k })
}

// heard takes note of a frame. It reports whether it is from a port whose guest may arrive.
func (a *arrivals) heard(ofport uint32) bool {
	a.mu.Lock()
	x := a.ports[ofport]
	isNew := x != nil && !x.came && (!x.Left || a.now().Sub(x.since) >= settled)
	if isNew {
		x.came = true
	}
	a.mu.Unlock()
	if isNew {
		a.news()
	}
	return x != nil
}

// all lists the guests that have come, in the order of their ports' ids.
func (a *arrivals) all() []plan.Arrived {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []plan.Arrived
	for _, x := range a.ports {
		if x.came {
			out = append(out, plan.Arrived{PortID: x.PortID, Changed: x.Changed})
		}
	}
	slices.SortFunc(out, func(a, b plan.Arrived) int { return cmp.Compare(a.PortID, b.PortID) })
	return out
}
