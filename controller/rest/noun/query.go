package noun

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"weft/controller/rest/wire"
)

// Pair is one key=value of a query, in the order in which it stood there.
type Pair struct{ Key, Value string }

// Query is what a list request asks for.
type Query struct {
	pairs   []Pair
	filters []filter
	Fields  []string
	sorts   []order
	Limit   int // 0: no pages
	marker  string
	Reverse bool
}

// filter keeps the objects whose attribute has one of the values.
type filter struct {
	name   string
	values []string
}

// order is one key to sort by.
type order struct {
	name string
	desc bool
}

// ParseQuery reads a raw query string.
func ParseQuery(raw string) ([]Pair, error) {
	var out []Pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		if err != nil {
			return nil, wire.BadRequest("Malformed query: %v", err)
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			return nil, wire.BadRequest("Malformed query: %v", err)
		}
		out = append(out, Pair{key, strings.ToValidUTF8(value, "\uFFFD")})
	}
	return out, nil
}

// ReadQuery sorts the pairs of a list request into their roles. Whether names exist is for the resource to say.
func ReadQuery(pairs []Pair) (*Query, error) {
	q := &Query{pairs: pairs}
	var keys, dirs []string
	for _, p := range pairs {
		var err error
		switch p.Key {
		case "fields":
			q.Fields = append(q.Fields, p.Value)
		case "sort_key":
			keys = append(keys, p.Value)
		case "sort_dir":
			dirs = append(dirs, p.Value)
		case "limit":
			q.Limit, err = readLimit(p.Value)
		case "marker":
			q.marker = p.Value
		case "page_reverse":
			q.Reverse = strings.EqualFold(p.Value, "true")
		case "wait":
		default:
			q.filter(p)
		}
		if err != nil {
			return nil, err
		}
	}
	q.Fields = slices.DeleteFunc(q.Fields, func(f string) bool { return f == "" })
	return q, q.sortBy(keys, dirs)
}

func (q *Query) filter(p Pair) {
	i := slices.IndexFunc(q.filters, func(f filter) bool { return f.name == p.Key })
	if i < 0 {
		q.filters = append(q.filters, filter{name: p.Key})
		i = len(q.filters) - 1
	}
	q.filters[i].values = append(q.filters[i].values, p.Value)
}

func (q *Query) sortBy(keys, dirs []string) error {
	if len(dirs) != 0 && len(dirs) != len(keys) {
		return wire.BadRequest("The number of sort_keys and sort_dirs must be same")
	}
	for i, k := range keys {
		if slices.ContainsFunc(q.sorts, func(o order) bool { return o.name == k }) {
			continue // the first one decides
		}
		o := order{name: k}
		if len(dirs) > 0 {
			if dirs[i] != "asc" && dirs[i] != "desc" {
				return wire.BadRequest("%s is invalid value for sort_dirs, valid value is 'asc' and 'desc'", wire.Show([]string{dirs[i]}))
			}
			o.desc = dirs[i] == "desc"
		}
		q.sorts = append(q.sorts, o)
	}
	return nil
}

func readLimit(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, wire.BadResource("limit", "Limit must be an integer 0 or greater and not '%s'", wire.Shorten(s))
	}
	return n, nil
}

// onward reports whether the query asks for a page in the order of ids, so that no more has to be looked at than that.
func (q *Query) onward() bool { return q.Limit > 0 && !q.Reverse && len(q.sorts) == 0 }

// Link gives the address of the page before or after one, as Neutron writes it.
func (q *Query) Link(base, marker string, reverse bool) string {
	var b strings.Builder
	add := func(k, v string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		fmt.Fprintf(&b, "%s=%s", url.QueryEscape(k), url.QueryEscape(v))
	}
	for _, p := range q.pairs {
		if p.Key != "marker" && p.Key != "page_reverse" {
			add(p.Key, p.Value)
		}
	}
	if marker != "" {
		add("marker", marker)
	}
	if reverse {
		add("page_reverse", "True")
	}
	return base + "?" + b.String()
}

// Allows reports whether the query has no filter of a name, or one with this value.
func (q *Query) Allows(name, value string) bool {
	if q == nil {
		return true
	}
	i := slices.IndexFunc(q.filters, func(f filter) bool { return f.name == name })
	return i < 0 || slices.Contains(q.filters[i].values, value)
}
