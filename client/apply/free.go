package apply

import (
	"encoding/json"
	"regexp"

	"go.yaml.in/yaml/v3"

	"weft/client"
)

// jsonNumber is what JSON takes for a number; YAML has more of them.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// free reads what the API keeps as it is: any JSON, with each number as it is written.
func (r *reader) free(at string, n *yaml.Node, depth int) any {
	anything := client.Schema{Type: "object"}
	switch n.Kind {
	case yaml.SequenceNode:
		return r.array(at, client.Schema{Items: &anything}, n, depth)
	case yaml.MappingNode:
		out := map[string]any{}
		for _, p := range r.pairs(n, at) {
			if p.at.ShortTag() == "!!merge" {
				r.fault(p.at, "%s: merge keys are not read here: write the members out, or put the key in quotes", at)
			}
			out[p.key] = r.value(at+"."+p.key, anything, p.value, depth+1)
		}
		return out
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return r.number(at, n)
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			r.fault(n, "%s: want true or false, not %s", at, written(n))
		}
		return b
	}
	return n.Value
}

// number reads a number that JSON has too.
func (r *reader) number(at string, n *yaml.Node) any {
	if jsonNumber.MatchString(n.Value) {
		return json.Number(n.Value)
	}
	var v any
	err := n.Decode(&v)
	raw, notJSON := json.Marshal(v)
	if err != nil || notJSON != nil {
		r.fault(n, "%s: JSON has no number %s", at, written(n))
	}
	return json.Number(raw)
}

// numeral writes a number so that it is read as one.
func numeral(v json.Number) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: string(v)}
	if tag := n.ShortTag(); tag != "!!int" && tag != "!!float" {
		n.Tag = "!!float" // more than fits one
	}
	return n
}
