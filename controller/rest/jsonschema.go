package rest

// openAPI is the JSON schema of an attribute's values.
func (a Attribute) openAPI() row {
	out := append(row{{"description", a.Doc}}, a.schema.openAPI()...)
	if a.Default != nil {
		out = append(out, member{"default", *a.Default})
	}
	return out
}

// openAPI is the JSON schema. Formats are JSON schema's own or words for people.
func (s schema) openAPI() row {
	out := row{{"type", s.Type}}
	if s.Nullable {
		out = row{{"type", []string{s.Type, "null"}}}
	}
	if s.Format != "" {
		out = append(out, member{"format", s.Format})
	}
	if len(s.Enum) > 0 {
		out = append(out, member{"enum", s.values()})
	}
	if s.Items != nil {
		out = append(out, member{"items", s.Items.openAPI()})
	}
	if len(s.Members) > 0 {
		out = append(out, s.properties()...)
	}
	return append(out, s.limits()...)
}

// values are what an attribute with an enumeration may be.
func (s schema) values() []any {
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
func (s schema) properties() row {
	props, required := row{}, []string{}
	for _, m := range s.Members {
		props = append(props, member{m.Name, m.openAPI()})
		if m.Required {
			required = append(required, m.Name)
		}
	}
	out := row{{"properties", props}}
	if len(required) > 0 {
		out = append(out, member{"required", required})
	}
	return out
}

func (s schema) limits() (out row) {
	names := map[string][2]string{
		"string": {"minLength", "maxLength"}, "array": {"minItems", "maxItems"}, "integer": {"minimum", "maximum"},
	}[s.Type]
	if s.Min != nil && names[0] != "" {
		out = append(out, member{names[0], *s.Min})
	}
	if s.Max != nil && names[1] != "" {
		out = append(out, member{names[1], *s.Max})
	}
	return out
}

// shownSchema is an object as answers show it, with more members if an answer has more.
func (d Resource) shownSchema(more ...member) row {
	props := append(row{}, more...)
	for _, a := range d.Attributes {
		if a.Shown {
			props = append(props, member{a.Name, a.openAPI()})
		}
	}
	for _, p := range d.Extra {
		props = append(props, member{p.Name, p.openAPI()})
	}
	return row{{"type", "object"}, {"properties", props}}
}

// givenSchema is an object as requests give it.
func (d Resource) givenSchema(may func(Attribute) bool, creating bool) row {
	props, required := row{}, []string{}
	for _, a := range d.Attributes {
		if !may(a) {
			continue
		}
		props = append(props, member{a.Name, a.openAPI()})
		if creating && a.Required {
			required = append(required, a.Name)
		}
	}
	out := row{{"type", "object"}, {"additionalProperties", false}, {"properties", props}}
	if len(required) > 0 {
		out = append(out, member{"required", required})
	}
	return out
}
