package rest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pair is one key=value of a query, in the order in which it stood there.
type pair struct{ key, value string }

// query is what a list request asks for.
type query struct {
	pairs   []pair
	filters []filter
	fields  []string
	sorts   []order
	limit   int // 0: no pages
	marker  string
	reverse bool
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

// parseQuery reads a raw query string.
func parseQuery(raw string) ([]pair, error) {
	var out []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		if err != nil {
			return nil, badRequest("Malformed query: %v", err)
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			return nil, badRequest("Malformed query: %v", err)
		}
		out = append(out, pair{key, strings.ToValidUTF8(value, "\uFFFD")})
	}
	return out, nil
}

// readQuery sorts the pairs of a list request into their roles. Whether names exist is for the resource to say.
func readQuery(pairs []pair) (*query, error) {
	q := &query{pairs: pairs}
	var keys, dirs []string
	for _, p := range pairs {
		var err error
		switch p.key {
		case "fields":
			q.fields = append(q.fields, p.value)
		case "sort_key":
			keys = append(keys, p.value)
		case "sort_dir":
			dirs = append(dirs, p.value)
		case "limit":
			q.limit, err = readLimit(p.value)
		case "marker":
			q.marker = p.value
		case "page_reverse":
			q.reverse = strings.EqualFold(p.value, "true")
		case "wait":
		default:
			q.filter(p)
		}
		if err != nil {
			return nil, err
		}
	}
	q.fields = slices.DeleteFunc(q.fields, func(f string) bool { return f == "" })
	return q, q.sortBy(keys, dirs)
}

func (q *query) filter(p pair) {
	i := slices.IndexFunc(q.filters, func(f filter) bool { return f.name == p.key })
	if i < 0 {
		q.filters = append(q.filters, filter{name: p.key})
		i = len(q.filters) - 1
	}
	q.filters[i].values = append(q.filters[i].values, p.value)
}

func (q *query) sortBy(keys, dirs []string) error {
	if len(dirs) != 0 && len(dirs) != len(keys) {
		return badRequest("The number of sort_keys and sort_dirs must be same")
	}
	for i, k := range keys {
		if slices.ContainsFunc(q.sorts, func(o order) bool { return o.name == k }) {
			continue // the first one decides
		}
		o := order{name: k}
		if len(dirs) > 0 {
			if dirs[i] != "asc" && dirs[i] != "desc" {
				return badRequest("%s is invalid value for sort_dirs, valid value is 'asc' and 'desc'", show([]string{dirs[i]}))
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
		return 0, badResource("limit", "Limit must be an integer 0 or greater and not '%s'", shorten(s))
	}
	return n, nil
}

// onward reports whether the query asks for a page in the order of ids, so that no more has to be looked at than that.
func (q *query) onward() bool { return q.limit > 0 && !q.reverse && len(q.sorts) == 0 }

// link gives the address of the page before or after one, as Neutron writes it.
func (q *query) link(base, marker string, reverse bool) string {
	var b strings.Builder
	add := func(k, v string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		fmt.Fprintf(&b, "%s=%s", url.QueryEscape(k), url.QueryEscape(v))
	}
	for _, p := range q.pairs {
		if p.key != "marker" && p.key != "page_reverse" {
			add(p.key, p.value)
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

// allows reports whether the query has no filter of a name, or one with this value.
func (q *query) allows(name, value string) bool {
	if q == nil {
		return true
	}
	i := slices.IndexFunc(q.filters, func(f filter) bool { return f.name == name })
	return i < 0 || slices.Contains(q.filters[i].values, value)
}
