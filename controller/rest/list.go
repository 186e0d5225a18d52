package rest

import (
	"cmp"
	"encoding/json"
	"iter"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"weft/api"
)

func (n *noun[O, R]) list(s scope, q *query) (page, error) {
	keep, err := n.filters(s, q)
	if err != nil {
		return page{}, err
	}
	if q.limit > 0 && n.view == nil {
		return n.paged(s, q, keep)
	}
	var found []O
	all, _ := n.narrowed(s, q)
	for o := range all {
		if n.visible(s.policy, s.view, o) && keep(o) {
			found = append(found, o)
		}
	}
	if found, err = n.marked(s, q, found); err != nil {
		return page{}, err
	}
	r, err := n.ranking(s, q.sorts)
	if err != nil {
		return page{}, err
	}
	r.sort(found)
	return n.cut(s, found, q), nil
}

// marked puts the marker among the objects that the filters keep, if it is none of them: the page begins beside its place.
func (n *noun[O, R]) marked(s scope, q *query, found []O) ([]O, error) {
	if q.limit == 0 || q.marker == "" {
		return found, nil
	}
	marker, err := n.found(s.policy, s.view, q.marker)
	if err != nil || slices.ContainsFunc(found, func(o O) bool { return o.Ref().ID == q.marker }) {
		return found, err
	}
	place := n.places(s.view, marker)
	at := slices.IndexFunc(found, func(o O) bool { return place(o) })
	if at < 0 {
		at = len(found)
	}
	return slices.Insert(found, at, marker), nil
}

// places tells which objects a view has after one, if nothing is said about its order.
func (n *noun[O, R]) places(v api.View, one O) (after func(O) bool) {
	id := one.Ref().ID
	later, seen := map[string]bool{}, false
	for o := range n.view.all(v) {
		later[o.Ref().ID] = seen
		seen = seen || o.Ref().ID == id
	}
	return func(o O) bool { return later[o.Ref().ID] }
}

// filters gives one test for all filters of a query.
func (n *noun[O, R]) filters(s scope, q *query) (func(O) bool, error) {
	type test struct {
		get func(scope, O) any
		ok  func(any) bool
	}
	var (
		tests   []test
		unknown []string
		project int
	)
	for _, f := range q.filters {
		if ok, known := tagFilter(f); known && n.hasTags() {
			tests = append(tests, test{func(_ scope, o O) any { return n.meta(o).Tags }, func(v any) bool { return ok(v.([]string)) }})
			continue
		}
		a, ok := n.attribute(f.name)
		if !ok || !a.filters(s.policy) {
			unknown = append(unknown, shorten(f.name))
			continue
		}
		if f.name == "project_id" || f.name == "tenant_id" {
			project++
		}
		values := usable(f.values, a.typ.Type)
		if len(values) == 0 {
			continue
		}
		match, err := a.match(values)
		if err != nil {
			return nil, invalidValue(f.name, err)
		}
		tests = append(tests, test{a.get, match})
	}
	switch {
	case len(unknown) > 0:
		slices.Sort(unknown)
		return nil, badRequest("%s is invalid attribute for filtering", show(unknown))
	case project > 1:
		return nil, badRequest("'project_id' and 'tenant_id' may not both be filtered on")
	}
	return func(o O) bool {
		for _, t := range tests {
			if !t.ok(t.get(s, o)) {
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
func (n *noun[O, R]) narrowed(s scope, q *query) (iter.Seq[O], bool) {
	if found, ok := n.indexed(s.view, q.filters); ok {
		return found, true
	}
	switch {
	case n.view != nil:
		return n.view.all(s.view), false
	case n.reach != nil && !s.policy.Admin:
		return n.reach(s.view, s.policy.ProjectID), true
	}
	return of[O](s.view.All(n.kind)), false
}

// measure gives numbers that are shown as text, and ranges of them, their own order.
func (t schema) measure(v any) any {
	if text, ok := v.(string); ok && t.numeric {
		first, _, _ := strings.Cut(text, ":")
		if n, err := strconv.Atoi(first); err == nil {
			return n
		}
	}
	return v
}

// asText gives a rendered scalar as it is compared with others of its kind that are no numbers.
func asText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return show(v)
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
func (n *noun[O, R]) cut(s scope, objects []O, q *query) page {
	if q.limit > 0 {
		start, end := n.window(objects, q)
		objects = objects[start:end]
	}
	return n.rendered(s, q, objects)
}

func (n *noun[O, R]) rendered(s scope, q *query, objects []O) page {
	p := page{rows: make([]row, len(objects)), more: q.limit > 0 && len(objects) == q.limit}
	shown := n.shown(s.policy, q.fields)
	for i, o := range objects {
		p.rows[i] = shown.row(s, o)
	}
	if len(objects) > 0 {
		p.first, p.last = objects[0].Ref().ID, objects[len(objects)-1].Ref().ID
	}
	return p
}

func (n *noun[O, R]) window(objects []O, q *query) (start, end int) {
	at := -1
	if q.marker != "" {
		at = slices.IndexFunc(objects, func(o O) bool { return o.Ref().ID == q.marker })
	}
	limit := min(q.limit, len(objects)) // so that no sum overflows
	switch {
	case !q.reverse:
		return at + 1, min(at+1+limit, len(objects))
	case at < 0:
		return len(objects) - limit, len(objects)
	}
	return max(at-limit, 0), at
}
