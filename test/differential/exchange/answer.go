package exchange

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Answer is what a server said, without what nobody can repeat.
type Answer struct {
	Status int
	Type   string // of an error
	Body   any    // of an answer that is no error
}

// String is the answer as a line of a file.
func (a Answer) String() string {
	line := strconv.Itoa(a.Status)
	if a.Type != "" {
		line += " " + a.Type
	}
	if a.Body != nil {
		line += " " + asText(a.Body)
	}
	return line
}

// plain makes an answer comparable.
func (n *names) plain(step Step, got raw) Answer {
	a := Answer{Status: got.status}
	body, _ := got.body.(map[string]any)
	if e, ok := body["NeutronError"].(map[string]any); ok {
		a.Type, _ = e["type"].(string)
		if text, _ := e["message"].(string); text == "" {
			a.Type += "(without-a-message)"
		}
		return a
	}
	switch {
	case got.status > 399:
		a.Type = "(" + mediaType(got) + ")"
	case got.body != nil:
		a.Body = decode([]byte(asText(n.listed(step, n.value("", got.body))))) // as it comes out of a file
	case got.text != "":
		a.Body = map[string]any{"text": mediaType(got)}
	}
	return a
}

func mediaType(got raw) string {
	t, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	return t
}

// listed puts lists into an order that does not depend on ids. Whoever asks for an order gets it, but for equals.
func (n *names) listed(step Step, v any) any {
	body, _ := v.(map[string]any)
	u, err := url.Parse(n.fillText(step.Path))
	if err != nil || step.Method != http.MethodGet {
		return v
	}
	limited := u.Query().Has("limit")
	for name, list := range body {
		items, ok := list.([]any)
		switch {
		case !ok:
		case strings.HasSuffix(name, "_links"):
			for _, l := range items {
				o := l.(map[string]any)
				o["href"] = placeholder.ReplaceAllString(o["href"].(string), "{id}")
			}
		case u.Query().Has("sort_key"):
			sortEquals(items, u.Query()["sort_key"])
		case limited && u.Query().Get("limit") != "0": // which ones is up to their ids
			body[name] = slices.Repeat([]any{"{one}"}, len(items))
		default:
			sortByText(items)
		}
	}
	return v
}

// sortEquals orders those who have the same values of the keys.
func sortEquals(items []any, keys []string) {
	values := func(item any) (out []any) {
		o, _ := item.(map[string]any)
		for _, k := range keys {
			out = append(out, strings.ToLower(asText(o[k]))) // a database may take them for equal
		}
		return out
	}
	for start := 0; start < len(items); {
		end := start + 1
		for end < len(items) && reflect.DeepEqual(values(items[start]), values(items[end])) {
			end++
		}
		sortByText(items[start:end])
		start = end
	}
}
