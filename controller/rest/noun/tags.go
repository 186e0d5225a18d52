package noun

import (
	"slices"
	"strings"

	"weft/controller/rest/wire"
)

// ErrTags is what is wrong with a body that gives no tags.
var ErrTags = wire.InvalidInput("Invalid tags body, want {\"tags\": [\"…\"]}")

// TagList is a set of labels.
func TagList() wire.Kind[[]string] {
	k := wire.List[string]()
	k.Parse = ToTags
	return k.Of(wire.Text(MaxName).Schema)
}

// ToTags reads a list of tags, each of which may be there once.
func ToTags(v any) ([]string, error) {
	given, ok := v.([]any)
	if !ok {
		return nil, ErrTags
	}
	out := make([]string, 0, len(given))
	for _, g := range given {
		t, ok := g.(string)
		switch {
		case !ok:
			return nil, wire.InvalidInput("'%s' is not a valid string", wire.Show(g))
		case slices.Contains(out, t):
			return nil, wire.InvalidInput("Duplicate items in the list: '%s'", wire.Show(t))
		}
		out = append(out, t)
	}
	return out, nil
}

// tagFilter gives the test of one of Neutron's four filters on tags; each takes a list with commas.
func tagFilter(f filter) (test func(tags []string) bool, known bool) {
	var want []string
	for _, v := range f.values {
		want = append(want, strings.Split(v, ",")...)
	}
	all := func(tags []string) bool {
		return !slices.ContainsFunc(want, func(t string) bool { return !slices.Contains(tags, t) })
	}
	one := func(tags []string) bool {
		return slices.ContainsFunc(want, func(t string) bool { return slices.Contains(tags, t) })
	}
	switch f.name {
	case "tags":
		return all, true
	case "tags-any":
		return one, true
	case "not-tags":
		return func(tags []string) bool { return !all(tags) }, true
	case "not-tags-any":
		return func(tags []string) bool { return !one(tags) }, true
	}
	return nil, false
}
