package exchange

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Difference is one thing in which two servers do not answer the same.
type Difference struct {
	On           string // the request, without ids and values
	At           string // the attribute; "status" is the answer as a whole
	Theirs, Ours string
}

// String is the difference in one line.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: %s, weft: %s", d.On, d.At, d.Theirs, d.Ours)
}

// Compare gives what differs between the answers of a Neutron and of weft to a step.
func Compare(step Step, theirs, ours Answer) []Difference {
	d := differ{on: shape(step)}
	if theirs.Status != ours.Status || theirs.Type != ours.Type {
		d.add("status", verdict(theirs), verdict(ours))
		return d.out
	}
	if step.Method != http.MethodHead {
		equalsInOrder(step, theirs.Body)
		equalsInOrder(step, ours.Body)
		d.compare("", theirs.Body, ours.Body)
	}
	return d.out
}

// equalsInOrder does to lists what may have become plain since a recording was made.
func equalsInOrder(step Step, body any) {
	_, query, _ := strings.Cut(step.Path, "?")
	asked, err := url.ParseQuery(query)
	members, _ := body.(map[string]any)
	for _, list := range members {
		if items, ok := list.([]any); ok && err == nil && asked.Has("sort_key") {
			sortEquals(items, asked["sort_key"])
		}
	}
}

func verdict(a Answer) string { return Answer{Status: a.Status, Type: a.Type}.String() }

// shape is a request without what tells it from others of its kind.
func shape(s Step) string {
	path, _, _ := strings.Cut(s.Path, "?")
	path = uuids.ReplaceAllString(placeholder.ReplaceAllString(path, "ID"), "ID")
	path = strings.NewReplacer(Operators, "PROJECT", ProjectA, "PROJECT", ProjectB, "PROJECT").Replace(path)
	return s.Method + " " + path
}

type differ struct {
	on  string
	out []Difference
}

func (d *differ) add(at, theirs, ours string) {
	d.out = append(d.out, Difference{d.on, strings.TrimPrefix(at, "."), theirs, ours})
}

const absent = "(absent)"

func (d *differ) compare(at string, theirs, ours any) {
	switch t := theirs.(type) {
	case map[string]any:
		if o, ok := ours.(map[string]any); ok {
			d.objects(at, t, o)
			return
		}
	case []any:
		if o, ok := ours.([]any); ok {
			if slices.Contains(unordered, at[strings.LastIndex(at, ".")+1:]) { // recordings may be older than this
				sortByText(t)
				sortByText(o)
			}
			d.lists(at, t, o)
			return
		}
	}
	if x, y := asText(theirs), asText(ours); x != y {
		d.add(at, x, y)
	}
}

func (d *differ) objects(at string, theirs, ours map[string]any) {
	all := maps.Clone(theirs)
	maps.Copy(all, ours)
	for _, k := range slices.Sorted(maps.Keys(all)) {
		t, known := theirs[k]
		o, have := ours[k]
		switch {
		case !have:
			d.add(at+"."+k, asText(t), absent)
		case !known:
			d.add(at+"."+k, absent, asText(o))
		default:
			d.compare(at+"."+k, t, o)
		}
	}
}

func (d *differ) lists(at string, theirs, ours []any) {
	if len(theirs) != len(ours) {
		d.add(at+"[]", fmt.Sprintf("%d: %s", len(theirs), asText(theirs)), fmt.Sprintf("%d: %s", len(ours), asText(ours)))
		return
	}
	for i := range theirs {
		d.compare(at+"[]", theirs[i], ours[i])
	}
}

// Reason is why a difference stays.
type Reason struct {
	On   string `json:"on"`   // a regular expression for the request, as Difference has it
	If   string `json:"if"`   // and one for a part of the request with its values; "": any
	Is   string `json:"is"`   // and one for "attribute: Neutron's value, weft: weft's"
	What string `json:"what"` // for people
	Why  string `json:"why"`
}

// Explains reports whether a difference is the one that a reason is for.
func (r Reason) Explains(step Step, d Difference) bool {
	return fits(r.On, d.On) && regexp.MustCompile(r.If).MatchString(step.String()) && fits(r.Is, strings.TrimPrefix(d.String(), d.On+": "))
}

func fits(expression, s string) bool {
	return regexp.MustCompile("^(?:" + expression + ")$").MatchString(s)
}
