package apply

import (
	"fmt"
	"strings"

	"weft/client"
)

// told finds objects by what tells them from all others, however many there are: the values of a set of attributes.
type told map[string][]*object

func newTold(k client.Kind, list []*object) told {
	t := told{}
	for n, set := range k.Identity {
		for _, o := range list {
			key := t.key(n, k, set, func(attr string) any { return o.Object[attr] })
			t[key] = append(t[key], o)
		}
	}
	return t
}

// like gives the objects that an entry may mean by its values of the n-th set, in their order.
func (t told) like(n int, k client.Kind, e *entry) []*object {
	return t[t.key(n, k, k.Identity[n], func(attr string) any { v, _ := e.wants(attr); return v })]
}

// key spells values so that those that are the same are spelt in one way; some that are not may be, too.
func (told) key(n int, k client.Kind, set []string, value func(attr string) any) string {
	var b strings.Builder
	fmt.Fprint(&b, n)
	for _, attr := range set {
		a, _ := k.Attribute(attr)
		fmt.Fprintf(&b, " %q", rough(a.Schema, value(attr)))
	}
	return b.String()
}

func rough(s client.Schema, v any) string {
	if ref, ok := v.(*reference); ok {
		return strings.ToLower(ref.id)
	}
	switch v.(type) {
	case nil, []any, map[string]any:
		return ""
	}
	return strings.ToLower(plain(s, v))
}

// isToldBy reports whether an object has what the entry says of a set of attributes.
func (e *entry) isToldBy(set []string, o *object) bool {
	for _, attr := range set {
		a, _ := e.kind.Attribute(attr)
		if want, _ := e.wants(attr); !same(a.Schema, want, o.Object[attr]) {
			return false
		}
	}
	return true
}
