package noun

import (
	"cmp"
	"container/heap"
	"iter"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/rest/wire"
)

// Page is a part of a list.
type Page struct {
	Rows        []wire.Row
	First, Last string // ids
	More        bool   // the page is full, so there may be more in the direction of reading
}

// paged gives a page of stored objects: by an index that is in the order that is asked for, and else as those that come
// first of what an index for the filters gives, or of all. Only what is on the page is put in order and rendered.
func (n *Noun[O, R]) paged(s Scope, q *Query, keep func(O) bool) (Page, error) {
	var after *O
	if q.marker != "" {
		o, err := n.found(s.Policy, s.View, q.marker)
		if err != nil {
			return Page{}, err
		}
		after = &o
	}
	r, err := n.ranking(s, q.sorts)
	if err != nil {
		return Page{}, err
	}
	wanted := func(o O) bool { return n.visible(s.Policy, s.View, o) && keep(o) }
	some, narrow := n.narrowed(s, q)
	if order, ok := n.order(q); ok && !narrow {
		return n.pageOf(s, q, take(n.walk(s.View, order, after), q.Limit, wanted)), nil
	}
	lead := leading[O]{ranking: r, limit: q.Limit, back: q.Reverse}
	if after != nil {
		lead.after = lead.ranked(*after)
	}
	for o := range some {
		if wanted(o) && !lead.offer(o) && q.onward() {
			break
		}
	}
	return n.pageOf(s, q, lead.inOrder()), nil
}

// pageOf renders a page whose objects are in the order of reading.
func (n *Noun[O, R]) pageOf(s Scope, q *Query, objects []O) Page {
	if q.Reverse {
		slices.Reverse(objects)
	}
	return n.rendered(s, q, objects)
}

func take[O any](from iter.Seq[O], limit int, wanted func(O) bool) (out []O) {
	for o := range from {
		if !wanted(o) {
			continue
		}
		if out = append(out, o); len(out) == limit {
			break
		}
	}
	return out
}

// walk yields all objects in an order, from one on.
func (n *Noun[O, R]) walk(v api.View, order api.Order, after *O) iter.Seq[O] {
	var from api.Described
	if after != nil {
		from = any(*after).(api.Described)
	}
	return of[O](v.Walk(n.Kind, order, from))
}

func of[O api.Object](objects iter.Seq[api.Object]) iter.Seq[O] {
	return func(yield func(O) bool) {
		for o := range objects {
			if !yield(o.(O)) {
				return
			}
		}
	}
}

// order is the order that a query asks for, if it is one that an index has.
func (n *Noun[O, R]) order(q *Query) (o api.Order, ok bool) {
	var none O
	if _, described := any(none).(api.Described); !described || n.Key != "id" {
		return o, false
	}
	o.Back = q.Reverse
	sorts := q.sorts
	if len(sorts) > 0 && sorts[0].name == "name" {
		o.ByName, o.Down, sorts = true, sorts[0].desc, sorts[1:]
	}
	switch { // after the id nothing counts
	case len(sorts) == 0:
		return o, true
	case sorts[0].name != "id":
		return o, false
	case !o.ByName:
		o.Down = sorts[0].desc
	}
	return o, !o.ByName || !sorts[0].desc
}

// ranking puts objects in the order of a query's keys.
type ranking[O any] []sortKey[O]

type sortKey[O any] struct {
	get  func(O) any
	desc bool
}

// ranked is an object with what it is sorted by, of which each is made once: there may be a hundred thousand.
type ranked[O any] struct {
	object O
	by     []sortValue
	id     string
	seq    int // its place in a view, where it counts instead of the id
}

type sortValue struct {
	value any
	text  string
}

// ranking reads the keys to sort by.
func (n *Noun[O, R]) ranking(s Scope, keys []order) (ranking[O], error) {
	out := make(ranking[O], len(keys))
	for i, k := range keys {
		a, ok := n.attribute(k.name)
		if !ok || a.get == nil || a.private && !s.Policy.Admin || a.typ.Type == "array" || a.typ.Type == "object" {
			return nil, wire.BadRequest("%s is invalid attribute for sort_keys", wire.Show([]string{wire.Shorten(k.name)}))
		}
		out[i] = sortKey[O]{func(o O) any { return a.typ.Measure(a.get(s, o)) }, k.desc}
	}
	return out, nil
}

func (r ranking[O]) values(o O) []sortValue {
	out := make([]sortValue, len(r))
	for i, k := range r {
		v := k.get(o)
		out[i] = sortValue{v, strings.ToLower(asText(v))} // as Neutron's database compares
	}
	return out
}

// compare orders two objects: by the keys, and then by id, or by their places in a view.
func (r ranking[O]) compare(x, y ranked[O]) int {
	for i, k := range r {
		if c := compare(x.by[i], y.by[i]); c != 0 {
			if k.desc {
				return -c
			}
			return c
		}
	}
	return cmp.Or(cmp.Compare(x.seq, y.seq), strings.Compare(x.id, y.id))
}

// sort puts objects in order; those that are alike stay as they are.
func (r ranking[O]) sort(objects []O) {
	if len(r) == 0 {
		return
	}
	all := make([]ranked[O], len(objects))
	for i, o := range objects {
		all[i] = ranked[O]{object: o, by: r.values(o), seq: i}
	}
	slices.SortFunc(all, r.compare)
	for i := range all {
		objects[i] = all[i].object
	}
}

// leading keeps, of all objects that it is offered, those that come first after one, or last before it. It is a heap with
// the worst of them on top.
type leading[O api.Object] struct {
	ranking[O]
	limit int
	after *ranked[O] // nil: anywhere
	back  bool
	kept  []ranked[O]
}

func (f *leading[O]) ranked(o O) *ranked[O] {
	return &ranked[O]{object: o, by: f.values(o), id: o.Ref().ID}
}

// offer reports whether more can follow of objects that come in the order of reading.
func (f *leading[O]) offer(o O) (more bool) {
	r := *f.ranked(o)
	switch {
	case f.after != nil && !f.before(*f.after, r):
	case len(f.kept) < f.limit:
		heap.Push(f, r)
	case f.before(r, f.kept[0]):
		f.kept[0] = r
		heap.Fix(f, 0)
	}
	return len(f.kept) < f.limit
}

// before reports whether one object is read before another.
func (f *leading[O]) before(x, y ranked[O]) bool {
	c := f.compare(x, y)
	return c < 0 && !f.back || c > 0 && f.back
}

// inOrder gives what is kept in the order of reading, and ends the use of the heap.
func (f *leading[O]) inOrder() []O {
	out := make([]O, len(f.kept))
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = heap.Pop(f).(ranked[O]).object
	}
	return out
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (f *leading[O]) Len() int { return len(f.kept) }

func (f *leading[O]) Less(i, j int) bool { return f.before(f.kept[j], f.kept[i]) }

func (f *leading[O]) Swap(i, j int) { f.kept[i], f.kept[j] = f.kept[j], f.kept[i] }

func (f *leading[O]) Push(x any) { f.kept = append(f.kept, x.(ranked[O])) }

func (f *leading[O]) Pop() any {
	last := len(f.kept) - 1
	r := f.kept[last]
	f.kept = f.kept[:last]
	return r
}
