package apply

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"weft/client"
)

// same reports whether what is there is as it is wanted. What a wanted object does not say of its members does not count,
// nor, unless the declaration says so, does the order of a list. A word that leaves the choice to weft is as whatever was chosen.
func same(s client.Schema, want, have any) bool {
	if ref, ok := want.(*reference); ok {
		return ref.id != "" && ref.id == have
	}
	if empty(want) || empty(have) {
		return empty(want) && empty(have)
	}
	switch want := want.(type) {
	case []any:
		have, ok := have.([]any)
		return ok && sameLists(s, want, have)
	case map[string]any:
		have, ok := have.(map[string]any)
		return ok && sameObjects(s, want, have)
	}
	return plain(s, want) == plain(s, have) || slices.Contains(s.Asks, plain(s, want))
}

func sameLists(s client.Schema, want, have []any) bool {
	if len(want) != len(have) {
		return false
	}
	element := client.Schema{}
	if s.Items != nil {
		element = *s.Items
	}
	left := slices.Clone(have)
	for _, w := range fullest(want, s.Ordered) {
		i := slices.IndexFunc(left, func(h any) bool { return same(element, w, h) })
		if i < 0 || s.Ordered && i > 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// fullest puts first what says most of itself, so that it finds its like before something vague takes it.
func fullest(list []any, ordered bool) []any {
	if ordered {
		return list
	}
	size := func(v any) int {
		m, _ := v.(map[string]any)
		return len(m)
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b any) int { return size(b) - size(a) })
	return out
}

func sameObjects(s client.Schema, want, have map[string]any) bool {
	if len(s.Members) == 0 {
		return reflect.DeepEqual(want, have)
	}
	for name, w := range want {
		m, _ := memberOf(name, s.Members)
		if !same(m.Schema, w, have[name]) {
			return false
		}
	}
	return true
}

// empty reports whether a value is one of those that stand for nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// plain writes a scalar in one way, however it was spelt.
func plain(s client.Schema, v any) string {
	switch v := v.(type) {
	case json.Number:
		return spelling(s.Format, string(v))
	case string:
		return spelling(s.Format, v)
	}
	return fmt.Sprint(v)
}

func spelling(format, v string) string {
	switch {
	case strings.Contains(format, "ip") || format == "cidr":
		if a, err := netip.ParseAddr(v); err == nil {
			return a.String()
		}
		if p, err := netip.ParsePrefix(v); err == nil && p.IsSingleIP() && format != "cidr" {
			return p.Addr().String()
		} else if err == nil {
			return p.String()
		}
	case format == "port-range" && !strings.Contains(v, ":"):
		return v + ":" + v
	case format == "mac" || format == "uuid":
		return strings.ToLower(v)
	}
	return v
}
