package noun

import (
	"cmp"
	"encoding/json"
	"iter"
	"math/big"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/rest/wire"
)

// List implements Resource.
func (n *Noun[O, R]) List(s Scope, q *Query) (Page, error) {
	keep, err := n.filters(s, q)
	if err != nil {
		return Page{}, err
	}
	if q.Limit > 0 && n.View == nil {
		return n.paged(s, q, keep)
	}
	var found []O
	all, _ := n.narrowed(s, q)
	for o := range all {
		if n.visible(s.Policy, s.View, o) && keep(o) {
			found = append(found, o)
		}
	}
	if found, err = n.marked(s, q, found); err != nil {
		return Page{}, err
	}
	r, err := n.ranking(s, q.sorts)
	if err != nil {
		return Page{}, err
	}
	r.sort(found)
	return n.cut(s, found, q), nil
}

// marked puts the marker among the objects that the filters keep, if it is none of them: the page begins beside its place.
func (n *Noun[O, R]) marked(s Scope, q *Query, found []O) ([]O, error) {
	if q.Limit == 0 || q.marker == "" {
		return found, nil
	}
	marker, err := n.found(s.Policy, s.View, q.marker)
	if err != nil || slices.ContainsFunc(found, func(o O) bool { return o.Ref().ID == q.marker }) {
		return found, err
	}
	place := n.places(s.View, marker)
	at := slices.IndexFunc(found, func(o O) bool { return place(o) })
	if at < 0 {
		at = len(found)
	}
	return slices.Insert(found, at, marker), nil
}

// places tells which objects a view has after one, if nothing is said about its order.
func (n *Noun[O, R]) places(v api.View, one O) (after func(O) bool) {
	id := one.Ref().ID
	later, seen := map[string]bool{}, false
	for o := range n.View.All(v) {
		later[o.Ref().ID] = seen
		seen = seen || o.Ref().ID == id
	}
	return func(o O) bool { return later[o.Ref().ID] }
}

// filters gives one test for all filters of a query.
func (n *Noun[O, R]) filters(s Scope, q *Query) (func(O) bool, error) {
	type test struct {
		get func(Scope, O) any
		OK  func(any) bool
	}
	var (
		tests   []test
		unknown []string
		project int
	)
	for _, f := range q.filters {
		if ok, known := tagFilter(f); known && n.hasTags() {
			tests = append(tests, test{func(_ Scope, o O) any { return n.Meta(o).Tags }, func(v any) bool { return ok(v.([]string)) }})
			continue
		}
		a, ok := n.attribute(f.name)
		if !ok || !a.filters(s.Policy) {
			unknown = append(unknown, wire.Shorten(f.name))
			continue
		}
		if f.name == "project_id" || f.name == "tenant_id" {
			project++
		}
		values := usable(f.values, a.typ.Type)
		if len(values) == 0 {
			continue
		}
		match, err := a.Match(values)
		if err != nil {
			return nil, wire.InvalidValue(f.name, err)
		}
		tests = append(tests, test{a.get, match})
	}
	switch {
	case len(unknown) > 0:
		slices.Sort(unknown)
		return nil, wire.BadRequest("%s is invalid attribute for filtering", wire.Show(unknown))
	case project > 1:
		return nil, wire.BadRequest("'project_id' and 'tenant_id' may not both be filtered on")
	}
	return func(o O) bool {
		for _, t := range tests {
			if !t.OK(t.get(s, o)) {
				return false
			}
		}
		return true
	}, nil
}

// usable drops empty values, which say nothing, except of text, where they ask for the empty one.
func usable(values []string, typ string) []string {
	if typ == "string" {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// narrowed yields a superset of what the filters keep, in the order of ids. It reports whether that is from an index, which
// leaves some out.
func (n *Noun[O, R]) narrowed(s Scope, q *Query) (iter.Seq[O], bool) {
	if found, ok := n.indexed(s.View, q.filters); ok {
		return found, true
	}
	switch {
	case n.View != nil:
		return n.View.All(s.View), false
	case n.Reach != nil && !s.Policy.Admin:
		return n.Reach(s.View, s.Policy.ProjectID), true
	}
	return of[O](s.View.All(n.Kind)), false
}

// asText gives a rendered scalar as it is compared with others of its kind that are no numbers.
func asText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return wire.Show(v)
}

// compare orders rendered scalars of one attribute; null comes first.
func compare(a, b sortValue) int {
	y := b.value
	switch x := a.value.(type) {
	case int:
		if y, ok := y.(int); ok {
			return cmp.Compare(x, y)
		}
	case json.Number: // too large for an int
		if a, b, ok := bigInts(x, y); ok {
			return a.Cmp(b)
		}
	case nil:
		if y == nil {
			return 0
		}
		return -1
	}
	if y == nil {
		return 1
	}
	return strings.Compare(a.text, b.text)
}

func bigInts(x json.Number, other any) (a, b *big.Int, ok bool) {
	y, ok := other.(json.Number)
	if !ok {
		return nil, nil, false
	}
	a, isA := new(big.Int).SetString(string(x), 10)
	b, isB := new(big.Int).SetString(string(y), 10)
	return a, b, isA && isB
}

// cut takes the page that the query asks for and renders it.
func (n *Noun[O, R]) cut(s Scope, objects []O, q *Query) Page {
	if q.Limit > 0 {
		start, end := n.window(objects, q)
		objects = objects[start:end]
	}
	return n.rendered(s, q, objects)
}

func (n *Noun[O, R]) rendered(s Scope, q *Query, objects []O) Page {
	p := Page{Rows: make([]wire.Row, len(objects)), More: q.Limit > 0 && len(objects) == q.Limit}
	shown := n.shown(s.Policy, q.Fields)
	for i, o := range objects {
		p.Rows[i] = shown.row(s, o)
	}
	if len(objects) > 0 {
		p.First, p.Last = objects[0].Ref().ID, objects[len(objects)-1].Ref().ID
	}
	return p
}

func (n *Noun[O, R]) window(objects []O, q *Query) (start, end int) {
	at := -1
	if q.marker != "" {
		at = slices.IndexFunc(objects, func(o O) bool { return o.Ref().ID == q.marker })
	}
	limit := min(q.Limit, len(objects)) // so that no sum overflows
	switch {
	case !q.Reverse:
		return at + 1, min(at+1+limit, len(objects))
	case at < 0:
		return len(objects) - limit, len(objects)
	}
	return max(at-limit, 0), at
}
