package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const maxShown = 300 // bytes of hostile text in a message

// Shorten cuts text that came from outside to what a message can bear.
func Shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}

// Show writes a JSON value as Neutron's messages do: as Python prints it, the outermost string without quotes.
func Show(v any) string {
	if s, ok := v.(string); ok {
		return Shorten(s)
	}
	var b strings.Builder
	showInto(&b, v)
	return Shorten(b.String())
}

func showInto(b *strings.Builder, v any) {
	if b.Len() > maxShown {
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case string:
		fmt.Fprintf(b, "'%s'", Shorten(v))
	case json.Number:
		b.WriteString(Shorten(string(v)))
	case []any:
		showList(b, v)
	case []string:
		a := make([]any, len(v))
		for i, s := range v {
			a[i] = s
		}
		showList(b, a)
	case map[string]any:
		showMap(b, v)
	default:
		fmt.Fprintf(b, "%v", v)
	}
}

func showList(b *strings.Builder, v []any) {
	b.WriteByte('[')
	for i, e := range v {
		if i > 0 {
			b.WriteString(", ")
		}
		showInto(b, e)
	}
	b.WriteByte(']')
}

func showMap(b *strings.Builder, m map[string]any) {
	b.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b.WriteString(", ")
		}
		showInto(b, k)
		b.WriteString(": ")
		showInto(b, m[k])
	}
	b.WriteByte('}')
}

// JSONType names the JSON type of a value.
func JSONType(v any) string {
	switch v.(type) {
	case bool:
		return "boolean"
	case int:
		return "integer"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "string"
}

// IsEmpty reports whether a JSON value says nothing.
func IsEmpty(v any) bool {
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
