package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"weft/test/differential/exchange"
)

// sweep asks for values of the attributes of a resource, one after another, in POST or in PUT, which takes a Neutron
// half the time.
type sweep struct {
	one, many string
	before    []string                      // what must be there
	base      func(n int) map[string]string // members that the nth object has beside the attribute
	change    string                        // body of the object to change; it is called "it"
	values    map[string]string             // attribute → JSON values, one a line
	posted    string                        // attributes to ask for in POST; the others in PUT
	closed    string                        // attributes that nobody may give, or that are not there
}

// common are values that are wrong for most attributes, and legal for some.
const common = `null
""
"x"
7
-1
true
[]
{}
["x"]`

// texts, numbers and booleans are what some attributes take.
var (
	texts    = strings.Join([]string{`"Ünï☃"`, `"` + manyLetters(255) + `"`, `"` + manyLetters(256) + `"`}, "\n")
	booleans = strings.Join([]string{"false", `"True"`, `"false"`, `"0"`, "1", `"no"`}, "\n")
)

func (s sweep) stories() (out []exchange.Story) {
	for _, attr := range slices.Sorted(maps.Keys(s.values)) {
		if slices.Contains(strings.Fields(s.posted), attr) {
			out = append(out, s.posts(attr))
		} else {
			out = append(out, s.puts(attr))
		}
	}
	return append(out, s.refused())
}

// refused gives attributes that nobody may give.
func (s sweep) refused() exchange.Story {
	st := exchange.Tell(fmt.Sprintf("give a %s what it does not take", s.one), s.before...)
	st.Steps = append(st.Steps, exchange.Do(fmt.Sprintf(`admin POST %s {"%s":%s} => it`, s.many, s.one, s.change)))
	for _, attr := range strings.Fields(s.closed) {
		members := maps.Clone(s.base(0))
		members[attr] = `"x"`
		st.Steps = append(st.Steps, exchange.Do(fmt.Sprintf(`admin POST %s {"%s":%s}`, s.many, s.one, object(members))),
			exchange.Do(fmt.Sprintf(`admin PUT %s/{it} {"%s":{"%s":"x"}}`, s.many, s.one, attr)))
	}
	return st
}

func (s sweep) all(attr string) []string {
	out := strings.Split(common, "\n")
	for _, v := range strings.Split(s.values[attr], "\n") {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (s sweep) posts(attr string) exchange.Story {
	st := exchange.Tell(fmt.Sprintf("make a %s with %s", s.one, attr), s.before...)
	for i, v := range s.all(attr) {
		members := maps.Clone(s.base(i))
		members[attr] = v
		st.Steps = append(st.Steps, exchange.Do(fmt.Sprintf(`admin POST %s {"%s":%s}`, s.many, s.one, object(members))))
	}
	return st
}

func (s sweep) puts(attr string) exchange.Story {
	st := exchange.Tell(fmt.Sprintf("change %s of a %s", attr, s.one), s.before...)
	st.Steps = append(st.Steps, exchange.Do(fmt.Sprintf(`admin POST %s {"%s":%s} => it`, s.many, s.one, s.change)))
	for _, v := range s.all(attr) {
		st.Steps = append(st.Steps, exchange.Do(fmt.Sprintf(`admin PUT %s/{it} {"%s":{"%s":%s}}`, s.many, s.one, attr, v)))
	}
	return st
}

// object is a JSON object of members that are JSON.
func object(members map[string]string) string {
	raw := map[string]json.RawMessage{}
	for k, v := range members {
		raw[k] = json.RawMessage(v)
	}
	b, err := json.Marshal(raw)
	if err != nil {
		panic(err) // they are written in this package
	}
	return string(b)
}
