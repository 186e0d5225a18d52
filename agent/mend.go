package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"weft/plan"
)

// reexamine reads namespaces again in which something was heard, and puts right what others have changed.
func (e *engine) reexamine(ctx context.Context, where map[string]bool) {
	if len(where) == 0 {
		return
	}
	before := maps.Clone(e.have)
	keys := slices.Collect(e.reread(ctx, where))
	e.miss(before, keys)
	e.converge(ctx, slices.Values(keys))
}

// miss takes down which items held as they were wanted, and do not now: weft has not changed them in between.
func (e *engine) miss(before map[plan.Key]plan.Spec, keys []plan.Key) {
	lost := map[plan.Key]bool{}
	for _, k := range keys {
		want, wanted := e.want.Get(k)
		if was, there := before[k]; wanted && there && was == want && e.have[k] != want {
			lost[k] = true
		}
	}
	if len(lost) == 0 {
		return
	}
	first := slices.MinFunc(slices.Collect(maps.Keys(lost)), plan.Key.Compare)
	what := first.String()
	if n := len(lost) - 1; n > 0 {
		what += fmt.Sprintf(" and %d more", n)
	}
	e.mended = &plan.Mended{What: what, At: e.now().UTC()}
	e.log.WithField("items", what).Warn("somebody changed what is weft's; it is made as it was")
}

// Pauses of looking at what was heard: what comes together is looked at once, and looking takes a tenth of the time at most.
const (
	stirSettles = 200 * time.Millisecond
	stirRest    = 2 * time.Second
)

// hearing says when to look at namespaces in which something was heard.
type hearing struct {
	due   time.Time // zero: there is nothing to look at
	after time.Time // not before
}

func (h *hearing) heard(now time.Time) {
	if h.due.IsZero() {
		h.due = now.Add(stirSettles)
		if h.due.Before(h.after) {
			h.due = h.after
		}
	}
}

func (h *hearing) looked(began, now time.Time) {
	h.due, h.after = time.Time{}, now.Add(max(stirRest, 10*now.Sub(began)))
}

// look looks at what was heard.
func (a *agent) look(ctx context.Context) {
	began := time.Now()
	a.engine.reexamine(ctx, a.host.TakeStirred(a.engine.want))
	a.hearing.looked(began, time.Now())
}
