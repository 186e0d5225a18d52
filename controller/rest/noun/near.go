package noun

import (
	"iter"
	"slices"
	"strings"

	"weft/api"
)

// Near finds objects by the value of an attribute, by the attribute's name. What it gives is a superset of what a filter
// by the value keeps; nil means that it cannot tell.
type Near[O any] map[string]func(api.View, string) iter.Seq[O]

// Index adapts a lookup by a typed id.
func Index[V ~string, O any](f func(api.View, V) iter.Seq[O]) func(api.View, string) iter.Seq[O] {
	return func(v api.View, id string) iter.Seq[O] { return f(v, V(strings.ToLower(id))) }
}

// indexed yields a superset of what the filters keep, in the order of ids and each once, by the index that promises
// least. It reports false if there is none for these filters.
func (n *Noun[O, R]) indexed(v api.View, filters []filter) (iter.Seq[O], bool) {
	for _, f := range filters {
		if f.name == n.Key && (n.View == nil || len(f.values) == 1) { // a view has an order of its own
			return n.picked(v, f.values), true
		}
	}
	for _, lookups := range []Near[O]{n.Near, n.named(), n.owned()} {
		for _, f := range filters {
			look := lookups[f.name]
			if look == nil || len(f.values) == 0 || slices.Contains(f.values, "") { // what is empty is in no index
				continue
			}
			if found, ok := union(v, look, f.values); ok {
				return found, true
			}
		}
	}
	return nil, false
}

// named and owned are the lookups of every stored kind that has a name and a project.
func (n *Noun[O, R]) named() Near[O] { return Near[O]{"name": n.described(api.View.Named)} }

func (n *Noun[O, R]) owned() Near[O] {
	ofProject := n.described(api.View.OfProject)
	return Near[O]{"project_id": ofProject, "tenant_id": ofProject}
}

// described adapts a lookup of described objects; nil if the noun's are none.
func (n *Noun[O, R]) described(f func(api.View, api.Kind, string) iter.Seq[api.Object]) func(api.View, string) iter.Seq[O] {
	var none O
	if _, ok := any(none).(api.Described); !ok || n.View != nil {
		return nil
	}
	return func(v api.View, value string) iter.Seq[O] { return of[O](f(v, n.Kind, value)) }
}

// union yields what is found for any of the values.
func union[O api.Object](v api.View, look func(api.View, string) iter.Seq[O], values []string) (iter.Seq[O], bool) {
	var found []O
	for _, value := range values {
		some := look(v, value)
		if some == nil {
			return nil, false
		}
		found = slices.AppendSeq(found, some)
	}
	slices.SortFunc(found, func(a, b O) int { return strings.Compare(a.Ref().ID, b.Ref().ID) })
	found = slices.CompactFunc(found, func(a, b O) bool { return a.Ref() == b.Ref() })
	return slices.Values(found), true
}

func (n *Noun[O, R]) picked(v api.View, ids []string) iter.Seq[O] {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return func(yield func(O) bool) {
		for _, id := range ids {
			if o, err := n.find(v, id); err == nil && !yield(o) {
				return
			}
		}
	}
}
