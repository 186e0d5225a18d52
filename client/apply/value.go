package apply

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"weft/api"
	"weft/client"
)

// value reads a value as its declaration says: as JSON has it, with a *reference where an object is named. A fault is
// written down, and the value is nil.
func (r *reader) value(at string, s client.Schema, n *yaml.Node, depth int) any {
	n = resolved(n)
	r.nodes++
	switch {
	case r.nodes == maxNodes:
		r.fault(n, "the files hold more than %d values", maxNodes)
	case depth == maxDepth:
		r.fault(n, "%s: it is nested deeper than %d levels", at, maxDepth)
	}
	if isNull(n) || r.nodes >= maxNodes || depth >= maxDepth {
		return nil
	}
	switch s.Type {
	case "array":
		return r.array(at, s, n, depth)
	case "object":
		return r.object(at, s, n, depth)
	}
	return r.scalar(at, s, n)
}

func (r *reader) array(at string, s client.Schema, n *yaml.Node, depth int) any {
	items := r.items(n, at)
	out := make([]any, 0, len(items))
	element := client.Schema{Type: "object"}
	if s.Items != nil {
		element = *s.Items
	}
	for i, item := range items {
		out = append(out, r.value(fmt.Sprintf("%s[%d]", at, i), element, item, depth+1))
	}
	return out
}

// object reads a mapping. Where one member is all that is needed, its value alone does.
func (r *reader) object(at string, s client.Schema, n *yaml.Node, depth int) any {
	if len(s.Members) == 0 {
		return r.free(at, n, depth)
	}
	if only, ok := needed(s); ok && n.Kind == yaml.ScalarNode {
		return map[string]any{only.Name: r.value(at, only.Schema, n, depth+1)}
	}
	out := map[string]any{}
	for _, p := range r.pairs(n, at) {
		m, ok := memberOf(p.key, s.Members)
		if !ok {
			r.fault(p.at, "%s: there is no %q; there are %s", at, p.key, labels(s.Members))
			continue
		}
		out[m.Name] = r.value(at+"."+p.key, m.Schema, p.value, depth+1)
	}
	for _, m := range s.Members {
		if _, given := out[m.Name]; m.Required && !given {
			r.fault(n, "%s: %q is missing", at, label(m, s.Members))
		}
	}
	return out
}

// needed gives the one member that an object must have, if there is just one.
func needed(s client.Schema) (only client.Member, ok bool) {
	for _, m := range s.Members {
		if m.Required {
			if ok {
				return only, false
			}
			only, ok = m, true
		}
	}
	return only, ok
}

func (r *reader) scalar(at string, s client.Schema, n *yaml.Node) any {
	if ref, isLeg := r.leg(at, s, n); isLeg {
		return ref
	}
	if n.Kind != yaml.ScalarNode {
		r.fault(n, "%s: want one value, not %s", at, written(n))
		return nil
	}
	switch s.Type {
	case "integer":
		i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
		if err != nil {
			r.fault(n, "%s: want a whole number, not %s", at, written(n))
		} else if s.Min != nil && i < int64(*s.Min) || s.Max != nil && i > int64(*s.Max) {
			r.fault(n, "%s: want a number%s, not %d", at, between(s), i)
		}
		return json.Number(strconv.FormatInt(i, 10))
	case "boolean":
		var b bool
		if err := n.Decode(&b); err != nil {
			r.fault(n, "%s: want true or false, not %s", at, written(n))
		}
		return b
	}
	if k, ok := client.KindOf(r.doc.kinds, s.Ref); ok {
		return &reference{kind: k, text: n.Value, at: r.at(n)}
	}
	if wrong := misspelt(s, n.Value); wrong != "" {
		r.fault(n, "%s: want %s, not %s", at, wrong, written(n))
	}
	return n.Value
}

func between(s client.Schema) string {
	out := ""
	if s.Min != nil {
		out += fmt.Sprintf(" from %d", *s.Min)
	}
	if s.Max != nil {
		out += fmt.Sprintf(" to %d", *s.Max)
	}
	return out
}

// misspelt says what is wanted in place of a text that the API would refuse whatever else is there.
func misspelt(s client.Schema, v string) string {
	addr, notAddr := netip.ParseAddr(v)
	p, notPrefix := netip.ParsePrefix(v)
	isAddr, isPrefix := notAddr == nil && addr.Zone() == "", notPrefix == nil && p == p.Masked()
	_, notMAC := api.ParseMAC(v)
	switch {
	case v == "" && len(s.Enum) == 0:
		return ""
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, v):
		return "one of " + strings.Join(s.Enum, ", ")
	case s.Type == "string" && s.Max != nil && utf8.RuneCountInString(v) > *s.Max:
		return fmt.Sprintf("at most %d characters", *s.Max)
	case s.Format == "ip" && !isAddr:
		return "an IP address"
	case s.Format == "cidr" && notPrefix == nil && !isPrefix:
		return "a range without host bits, such as " + p.Masked().String()
	case s.Format == "cidr" && !isPrefix:
		return "a range of addresses such as 192.168.10.0/24"
	case s.Format == "ip or cidr" && !isAddr && !isPrefix:
		return "an IP address or a range of them"
	case s.Format == "mac" && notMAC != nil:
		return "a MAC address"
	}
	return ""
}

func resolved(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool {
	n = resolved(n)
	return n.Kind == 0 || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// written shows a value in a message.
func written(n *yaml.Node) string {
	const most = 60
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if len(n.Value) > most {
		return strconv.Quote(n.Value[:most]) + "…"
	}
	return strconv.Quote(n.Value)
}
