package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

// engine compares what is wanted with what is there and lets the drivers change the difference. The loop alone uses it.
type engine struct {
	drivers []run.Driver
	of      map[plan.Kind]run.Driver
	check   func(plan.Spec) error // refuses items that are not weft's
	now     func() time.Time
	log     *logrus.Entry

	want     *run.Wanted
	have     map[plan.Key]plan.Spec
	subjects map[plan.Key]api.Ref // of items that were wanted and may still be there
	fails    map[plan.Key]*failure
	away     map[run.Away]int // how many items wait for what is away
	loaded   bool             // a plan is known: what it does not name may be removed
	revision api.Revision
	// traceless is called with what was done of kinds that leave no trace on the host.
	traceless func(put []plan.Spec, drop []plan.Key)
	// stepped is called after a kind was changed.
	stepped func(plan.Kind)
	mended  *plan.Mended // what others had changed and was put right last
}

func newEngine(log *logrus.Entry, check func(plan.Spec) error, drivers ...run.Driver) *engine {
	e := &engine{
		drivers: drivers, of: map[plan.Kind]run.Driver{}, check: check, now: time.Now, log: log,
		want: run.NewWanted(), have: map[plan.Key]plan.Spec{}, subjects: map[plan.Key]api.Ref{},
		fails: map[plan.Key]*failure{}, away: map[run.Away]int{}, traceless: func([]plan.Spec, []plan.Key) {},
		stepped: func(plan.Kind) {},
	}
	for _, d := range drivers {
		for _, k := range d.Kinds() {
			e.of[k] = d
		}
	}
	return e
}

// leavesNoTrace reports whether the host does not show that an item was applied; the agent remembers it instead.
func leavesNoTrace(k plan.Kind) bool { return k == plan.KindTracked || k == plan.KindAnnounce }

// restore takes up what a cache held.
func (e *engine) restore(k kept) {
	e.want, e.loaded, e.revision = k.want, k.found, k.revision
	for i := range e.want.All() {
		e.subjects[i.Key()] = i.Subject
	}
	maps.Copy(e.have, k.done)
}

// take changes what is wanted by a message, and applies the difference. A delta costs what it names.
func (e *engine) take(ctx context.Context, m plan.Message) {
	touched := map[plan.Key]bool{}
	if m.Type == typeSnapshot {
		for i := range e.want.All() {
			touched[i.Key()] = true
		}
		e.want, e.loaded = run.NewWanted(), true
		for k := range e.have {
			touched[k] = true
		}
	}
	for _, k := range m.Drop {
		e.want.Drop(k)
		touched[k] = true
	}
	for _, i := range m.Put {
		e.want.Put(i)
		e.subjects[i.Key()] = i.Subject
		touched[i.Key()] = true
	}
	e.converge(ctx, maps.Keys(touched))
	e.revision = m.Revision
}

// relist reads what is there anew from the given drivers and applies the difference.
func (e *engine) relist(ctx context.Context, drivers ...run.Driver) {
	before := maps.Clone(e.have)
	for _, d := range drivers {
		have, err := d.List(ctx, e.want, run.Everywhere)
		if err != nil {
			e.log.WithField("err", err).Debug("host cannot be read as a whole")
		}
		if have == nil {
			continue // what was known stays known
		}
		kinds := d.Kinds()
		maps.DeleteFunc(e.have, func(k plan.Key, _ plan.Spec) bool {
			return slices.Contains(kinds, k.Kind) && !leavesNoTrace(k.Kind)
		})
		maps.Copy(e.have, have)
	}
	keys := e.keysOf(drivers)
	e.miss(before, keys)
	e.converge(ctx, slices.Values(keys))
}

// keysOf gives every key, wanted or there, that the drivers serve.
func (e *engine) keysOf(drivers []run.Driver) []plan.Key {
	kinds := map[plan.Kind]bool{}
	for _, d := range drivers {
		for _, k := range d.Kinds() {
			kinds[k] = true
		}
	}
	var keys []plan.Key
	for i := range e.want.All() {
		if k := i.Key(); kinds[k.Kind] {
			keys = append(keys, k)
		}
	}
	for k := range e.have {
		if kinds[k.Kind] {
			keys = append(keys, k)
		}
	}
	return keys
}

// work is what has to be done, by kind.
type work struct {
	put, drop map[plan.Kind][]plan.Spec
	seen      map[plan.Key]bool
}

// converge applies the difference of the given keys. What a change took along is read again and made good, a few times.
func (e *engine) converge(ctx context.Context, keys func(func(plan.Key) bool)) {
	doubt := e.apply(ctx, e.difference(keys))
	for range 3 {
		if len(doubt) == 0 || ctx.Err() != nil {
			return
		}
		doubt = e.apply(ctx, e.difference(e.reread(ctx, doubt)))
	}
}

func (e *engine) difference(keys func(func(plan.Key) bool)) work {
	w := work{map[plan.Kind][]plan.Spec{}, map[plan.Kind][]plan.Spec{}, map[plan.Key]bool{}}
	for k := range keys {
		if w.seen[k] {
			continue
		}
		w.seen[k] = true
		want, wanted := e.want.Get(k)
		have, there := e.have[k]
		switch {
		case wanted && (!there || have != want):
			if err := e.check(want); err != nil {
				e.failed(k, err)
				continue
			}
			w.put[k.Kind] = append(w.put[k.Kind], want)
		case !wanted && there && e.loaded:
			w.drop[k.Kind] = append(w.drop[k.Kind], have)
		default:
			e.held(k, "")
		}
	}
	for _, m := range []map[plan.Kind][]plan.Spec{w.put, w.drop} {
		for _, xs := range m {
			slices.SortFunc(xs, func(a, b plan.Spec) int { return a.Key().Compare(b.Key()) })
		}
	}
	return w
}

// apply adds in the order of kinds, removes in the reverse order, and tries once more what could not be added while what
// is removed was in its way. It gives the namespaces that must be read again.
func (e *engine) apply(ctx context.Context, w work) map[string]bool {
	doubt := map[string]bool{}
	leaving := map[string]bool{}
	for _, x := range w.drop[plan.KindNamespace] {
		leaving[x.Key().NS] = true
	}
	dropped := false
	for _, k := range plan.Kinds {
		s := run.Step{Kind: k, Put: w.put[k]}
		if k == plan.KindNAT { // whole chains: rules come and go in one transaction, before connections are forgotten
			s.Drop = e.staying(w.drop[k], leaving)
		}
		e.step(ctx, s, doubt)
	}
	for _, k := range slices.Backward(plan.Kinds[:]) {
		if k == plan.KindNAT {
			continue
		}
		drop := w.drop[k]
		if goesWithNamespace(k) {
			drop = e.staying(drop, leaving)
		}
		dropped = dropped || len(drop) > 0
		e.step(ctx, run.Step{Kind: k, Drop: drop}, doubt)
	}
	if dropped {
		e.again(ctx, w, doubt)
	}
	for ns := range leaving {
		delete(doubt, ns)
	}
	return doubt
}

// again tries once more the additions that failed.
func (e *engine) again(ctx context.Context, w work, doubt map[string]bool) {
	for _, k := range plan.Kinds {
		var put []plan.Spec
		for _, x := range w.put[k] {
			if e.fails[x.Key()] != nil {
				put = append(put, x)
			}
		}
		e.step(ctx, run.Step{Kind: k, Put: put}, doubt)
	}
}

// goesWithNamespace reports whether items of a kind vanish with their namespace, so that they need not be removed before.
func goesWithNamespace(k plan.Kind) bool {
	switch k {
	case plan.KindSysctl, plan.KindDevSysctl, plan.KindAddress, plan.KindNeighbour, plan.KindRoute, plan.KindNAT,
		plan.KindRule, plan.KindTracked, plan.KindAnnounce:
		return true
	}
	return false
}

// staying leaves out, and takes for gone, the items of namespaces that are removed as a whole.
func (e *engine) staying(xs []plan.Spec, leaving map[string]bool) []plan.Spec {
	var out []plan.Spec
	for _, x := range xs {
		if !leaving[x.Key().NS] {
			out = append(out, x)
			continue
		}
		delete(e.have, x.Key())
		e.held(x.Key(), "")
		if leavesNoTrace(x.Key().Kind) {
			e.traceless(nil, []plan.Key{x.Key()})
		}
	}
	return out
}

// step lets a driver make the changes of one kind and takes down what holds afterwards.
func (e *engine) step(ctx context.Context, s run.Step, doubt map[string]bool) {
	if len(s.Put)+len(s.Drop) == 0 {
		return
	}
	d := e.of[s.Kind]
	if d == nil {
		return
	}
	s.Want = e.want
	r := d.Apply(ctx, s)
	e.stepped(s.Kind)
	maps.Copy(doubt, r.Doubt)
	var told []plan.Spec
	var undone []plan.Key
	for _, x := range s.Put {
		if err := r.Errors[x.Key()]; err != nil {
			e.failed(x.Key(), err)
			continue
		}
		e.have[x.Key()] = x
		told = append(told, x)
		e.held(x.Key(), "made")
	}
	for _, x := range s.Drop {
		if err := r.Errors[x.Key()]; err != nil {
			e.failed(x.Key(), fmt.Errorf("remove: %w", err))
			continue
		}
		delete(e.have, x.Key())
		undone = append(undone, x.Key())
		e.held(x.Key(), "removed")
	}
	if leavesNoTrace(s.Kind) {
		e.traceless(told, undone)
	}
}

// reread reads namespaces again and gives the keys that may differ.
func (e *engine) reread(ctx context.Context, doubt map[string]bool) func(func(plan.Key) bool) {
	var keys []plan.Key
	for ns := range doubt {
		for _, d := range e.drivers {
			have, err := d.List(ctx, e.want, ns)
			if have == nil || err != nil {
				continue // the next full reading will tell
			}
			kinds := d.Kinds()
			maps.DeleteFunc(e.have, func(k plan.Key, _ plan.Spec) bool {
				return k.NS == ns && slices.Contains(kinds, k.Kind) && !leavesNoTrace(k.Kind)
			})
			maps.Copy(e.have, have)
		}
		for k := range e.have {
			if k.NS == ns {
				keys = append(keys, k)
			}
		}
		for _, k := range plan.Kinds {
			for _, x := range e.want.Of(k, ns) {
				keys = append(keys, x.Key())
			}
		}
	}
	return slices.Values(keys)
}
