package wire

import (
	"strconv"
	"strings"
)

// What many values are.
var (
	Word  = Schema{Type: "string"}
	Whole = Schema{Type: "integer"}
	Flag  = Schema{Type: "boolean"}
	ID    = Schema{Type: "string", Format: "uuid"}
)

// ArrayOf is an array of values of a schema.
func ArrayOf(of Schema) Schema { return Schema{Type: "array", Items: &of} }

// OrNothing is a schema that has null too.
func OrNothing(s Schema) Schema {
	s.Nullable = true
	return s
}

// OpenAPI is the JSON schema. Formats are JSON schema's own or words for people.
func (s Schema) OpenAPI() Row {
	out := Row{{"type", s.Type}}
	if s.Nullable {
		out = Row{{"type", []string{s.Type, "null"}}}
	}
	if s.Format != "" {
		out = append(out, Member{"format", s.Format})
	}
	if len(s.Enum) > 0 {
		out = append(out, Member{"enum", s.values()})
	}
	if s.Items != nil {
		out = append(out, Member{"items", s.Items.OpenAPI()})
	}
	if len(s.Members) > 0 {
		out = append(out, s.properties()...)
	}
	return append(out, s.limits()...)
}

// values are what an attribute with an enumeration may be.
func (s Schema) values() []any {
	values := make([]any, 0, len(s.Enum)+1)
	for _, v := range s.Enum {
		values = append(values, v)
	}
	if s.Nullable {
		values = append(values, nil)
	}
	return values
}

// properties are the members of an object. Answers have all of them.
func (s Schema) properties() Row {
	props, required := Row{}, []string{}
	for _, m := range s.Members {
		props = append(props, Member{m.Name, m.OpenAPI()})
		if m.Required {
			required = append(required, m.Name)
		}
	}
	out := Row{{"properties", props}}
	if len(required) > 0 {
		out = append(out, Member{"required", required})
	}
	return out
}

func (s Schema) limits() (out Row) {
	names := map[string][2]string{
		"string": {"minLength", "maxLength"}, "array": {"minItems", "maxItems"}, "integer": {"minimum", "maximum"},
	}[s.Type]
	if s.Min != nil && names[0] != "" {
		out = append(out, Member{names[0], *s.Min})
	}
	if s.Max != nil && names[1] != "" {
		out = append(out, Member{names[1], *s.Max})
	}
	return out
}

// Schema describes values for people and for documents.
type Schema struct {
	Type     string   `json:"type"` // string, boolean, integer, array, object
	Format   string   `json:"format,omitempty"`
	Enum     []string `json:"enum,omitempty"`
	Asks     []string `json:"asks,omitempty"` // of Enum: what leaves the value to weft, which shows another then
	Nullable bool     `json:"nullable,omitempty"`
	Min      *int     `json:"minimum,omitempty"`
	Max      *int     `json:"maximum,omitempty"`
	Ref      string   `json:"references,omitempty"`    // the resource whose id a value is
	RefBy    string   `json:"references_by,omitempty"` // the attribute whose value is the resource whose id a value is
	Items    *Schema  `json:"items,omitempty"`         // of an array
	Ordered  bool     `json:"ordered,omitempty"`       // an array whose order means something
	Members  []Part   `json:"members,omitempty"`       // of an object; none: any
	Numeric  bool     // a number that is shown as text, or a range of them
}

// Part is one member of an object.
type Part struct {
	Name     string `json:"name"`
	Required bool   `json:"required,omitempty"`
	Schema
}

// Measure gives numbers that are shown as text, and ranges of them, their own order.
func (s Schema) Measure(v any) any {
	if text, ok := v.(string); ok && s.Numeric {
		first, _, _ := strings.Cut(text, ":")
		if n, err := strconv.Atoi(first); err == nil {
			return n
		}
	}
	return v
}
