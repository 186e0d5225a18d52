package run

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"weft/plan"
)

// Group is the items of one kind in one namespace (for OVS items: on one bridge).
type Group struct {
	Kind plan.Kind
	NS   string
}

// Wanted is the set of items that a host should hold, indexed by key and by group. The zero value is not ready: use
// NewWanted. It is not safe for concurrent use.
type Wanted struct {
	items  map[plan.Key]plan.Item
	groups map[Group]map[plan.Key]struct{}
	ends   map[end]map[plan.Key]struct{}
}

// end is one of a pair of devices.
type end struct{ ns, dev string }

func endsOf(i plan.Item) []end {
	v, ok := i.Spec.(plan.Veth)
	if !ok {
		return nil
	}
	return []end{{v.NS, v.Dev}, {v.PeerNS, v.PeerDev}}
}

// NewWanted makes an empty set.
func NewWanted() *Wanted {
	return &Wanted{items: map[plan.Key]plan.Item{}, groups: map[Group]map[plan.Key]struct{}{}, ends: map[end]map[plan.Key]struct{}{}}
}

// Put adds an item, or replaces the one with its key.
func (w *Wanted) Put(i plan.Item) {
	k := i.Key()
	g := Group{k.Kind, k.NS}
	if w.groups[g] == nil {
		w.groups[g] = map[plan.Key]struct{}{}
	}
	w.groups[g][k] = struct{}{}
	w.unuse(k)
	for _, e := range endsOf(i) {
		if w.ends[e] == nil {
			w.ends[e] = map[plan.Key]struct{}{}
		}
		w.ends[e][k] = struct{}{}
	}
	w.items[k] = i
}

// Drop removes an item; one that is not there is no error.
func (w *Wanted) Drop(k plan.Key) {
	g := Group{k.Kind, k.NS}
	w.unuse(k)
	delete(w.items, k)
	delete(w.groups[g], k)
	if len(w.groups[g]) == 0 {
		delete(w.groups, g)
	}
}

// unuse forgets the ends of an item that goes, or is replaced.
func (w *Wanted) unuse(k plan.Key) {
	for _, e := range endsOf(w.items[k]) {
		delete(w.ends[e], k)
		if len(w.ends[e]) == 0 {
			delete(w.ends, e)
		}
	}
}

// PairsAt gives the keys of the pairs of devices of which one end has this name in this namespace, in no order.
func (w *Wanted) PairsAt(ns, dev string) iter.Seq[plan.Key] { return maps.Keys(w.ends[end{ns, dev}]) }

// Uses reports whether there is such a pair.
func (w *Wanted) Uses(ns, dev string) bool { return len(w.ends[end{ns, dev}]) > 0 }

// Get gives the wanted content of a key.
func (w *Wanted) Get(k plan.Key) (plan.Spec, bool) {
	i, ok := w.items[k]
	return i.Spec, ok
}

// Len counts the items.
func (w *Wanted) Len() int { return len(w.items) }

// All goes through the items in no particular order.
func (w *Wanted) All() iter.Seq[plan.Item] { return maps.Values(w.items) }

// Items gives every item in the order of keys.
func (w *Wanted) Items() []plan.Item {
	return slices.SortedFunc(w.All(), func(a, b plan.Item) int { return a.Key().Compare(b.Key()) })
}

// Of gives the contents of one group in the order of keys.
func (w *Wanted) Of(k plan.Kind, ns string) []plan.Spec {
	keys := slices.SortedFunc(maps.Keys(w.groups[Group{k, ns}]), plan.Key.Compare)
	out := make([]plan.Spec, 0, len(keys))
	for _, k := range keys {
		out = append(out, w.items[k].Spec)
	}
	return out
}

// Groups gives the groups that have items, in order of kind and namespace.
func (w *Wanted) Groups() []Group {
	return slices.SortedFunc(maps.Keys(w.groups), func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Kind.Rank(), b.Kind.Rank()), cmp.Compare(a.NS, b.NS))
	})
}
