package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
)

// names are what one server calls the objects of a story.
type names struct {
	url     string
	objects map[string]map[string]any // by their name
	byID    map[string]string
	asked   string // all that the story asks for, literally
	words   map[string]bool
}

func newNames(url string, s Story) *names {
	n := &names{url: url, objects: map[string]map[string]any{}, byID: map[string]string{}}
	var asked strings.Builder
	for _, step := range s.Steps {
		asked.WriteString(strings.ToLower(step.Path + " " + step.Body + "\n"))
	}
	n.asked, n.words = asked.String(), map[string]bool{}
	for _, w := range words.FindAllString(n.asked, -1) {
		n.words[w] = true
	}
	return n
}

// words are what addresses are made of.
var words = regexp.MustCompile(`[0-9a-z:.]+`)

// gave reports whether the story asks for a number for an attribute.
func (n *names) gave(attr, number string) bool {
	return regexp.MustCompile(regexp.QuoteMeta(attr) + `"?[:=]"?` + number + `\b`).MatchString(n.asked)
}

// decode reads JSON; numbers stay as they are written. What is none is nil.
func decode(text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// learn gives the object in an answer a name.
func (n *names) learn(name string, body any) {
	members, _ := body.(map[string]any)
	for _, v := range members {
		if o, ok := v.(map[string]any); ok {
			members = o
		}
		if many, ok := v.([]any); ok && len(many) > 0 { // of many objects, the first
			if o, ok := many[0].(map[string]any); ok {
				members = o
			}
		}
	}
	id, ok := members["id"].(string)
	if !ok {
		return
	}
	if old, ok := n.objects[name]; ok { // one that was made before under the name
		delete(n.byID, fmt.Sprint(old["id"]))
	}
	n.objects[name], n.byID[id] = members, name
}

// fill puts ids and attributes in the place of names.
func (n *names) fill(s Step) Step {
	s.Path, s.Body = n.fillText(s.Path), n.fillText(s.Body)
	s.Headers = slices.Clone(s.Headers)
	for i, h := range s.Headers {
		s.Headers[i] = n.fillText(h)
	}
	return s
}

func (n *names) fillText(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		name, attr := m[1], m[2]
		if attr == "" {
			attr = "id"
		}
		if v, ok := n.objects[name][attr]; ok {
			return fmt.Sprint(v)
		}
		return nobody(name)
	})
}

// nobody is the id of an object that was not made.
func nobody(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return fmt.Sprintf("%08x-dead-4ead-8ead-deaddeaddead", h.Sum32())
}

var (
	uuids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	times  = regexp.MustCompile(`^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ| \d\d:\d\d:\d\d)$`)
	guests = regexp.MustCompile(`^host-[0-9a-f-]+`) // named after their address
	macs   = regexp.MustCompile(`^fa:16:3e(:[0-9a-f]{2}){3}$`)
)

// chosen are attributes whose value a server chooses by itself if a story does not ask for one.
var chosen = []string{"ip_address", "fixed_ip_address", "floating_ip_address", "provider:segmentation_id"}

// unordered are attributes whose value is a set.
var unordered = []string{"subnets", "tags", "security_groups", "allocation_pools", "subnet_ip_availability"}

// counted are attributes that count what a server did, in steps of its own.
var counted = []string{"revision_number"}

// value makes the value of an attribute plain.
func (n *names) value(attr string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = n.value(k, e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = n.value(attr, e)
		}
		if slices.Contains(unordered, attr) {
			sortByText(out)
		}
		return out
	case string:
		return n.text(attr, v)
	case json.Number:
		if slices.Contains(counted, attr) || slices.Contains(chosen, attr) && !n.gave(attr, v.String()) {
			return "{number}"
		}
	}
	return v
}

func (n *names) text(attr, s string) string {
	switch {
	case times.MatchString(s):
		return "{time}"
	case macs.MatchString(s) && !strings.Contains(n.asked, s):
		return "{mac}"
	case slices.Contains(chosen, attr) && !n.words[s]:
		return "{address}"
	}
	s = guests.ReplaceAllString(strings.ReplaceAll(s, n.url, "http://HOST"), "host-{address}")
	return uuids.ReplaceAllStringFunc(s, func(id string) string {
		if name, ok := n.byID[id]; ok {
			return "{" + name + "}"
		}
		if strings.HasSuffix(id, "-dead-4ead-8ead-deaddeaddead") || strings.Contains(n.asked, id) {
			return id
		}
		return "{id}"
	})
}

func sortByText(vs []any) {
	slices.SortFunc(vs, func(a, b any) int { return strings.Compare(asText(a), asText(b)) })
}

func asText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error() // it came from JSON
	}
	return string(b)
}
