package apply

import "weft/client"

// Schema gives the JSON schema of the files, by which editors complete and check them.
func Schema(all []client.Kind) map[string]any {
	ks := managed(all)
	props := map[string]any{"scope": map[string]any{"type": "string", "pattern": scopeName.String(),
		"description": "name of those who apply the file: with --prune, only what was applied under it is deleted"}}
	for _, k := range ks {
		ms, item := members(k), map[string]any{
			"handle": map[string]any{"type": "string", "description": "word by which the files' objects refer to this one, if its name does not do"},
			"id":     map[string]any{"type": "string", "description": "id of an object that is there"},
		}
		if k.Upsert {
			item[k.Key] = map[string]any{"type": "string"}
		}
		var required []string
		for _, m := range ms {
			v := ks.schema(m.Schema)
			if a, ok := k.Attribute(m.Name); ok {
				v["description"] = a.Doc
				if a.Default != nil {
					v["default"] = a.Default
				}
			}
			item[label(m, ms)] = v
			if m.Required {
				required = append(required, label(m, ms))
			}
		}
		props[k.Plural] = map[string]any{"type": "array", "items": mapping(item, required)}
	}
	out := mapping(props, nil)
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	out["title"] = "a cloud for weft apply"
	return out
}

func mapping(props map[string]any, required []string) map[string]any {
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": props}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// schema says what a value in a file may be.
func (ks kinds) schema(s client.Schema) map[string]any {
	out := map[string]any{"type": s.Type}
	if s.Nullable {
		out["type"] = []string{s.Type, "null"}
	}
	switch {
	case s.Items != nil:
		out["items"] = ks.schema(*s.Items)
	case len(s.Members) > 0:
		props, required := map[string]any{}, []string(nil)
		for _, m := range s.Members {
			props[label(m, s.Members)] = ks.schema(m.Schema)
			if m.Required {
				required = append(required, label(m, s.Members))
			}
		}
		object := mapping(props, required)
		object["type"] = out["type"]
		if only, ok := needed(s); ok {
			return map[string]any{"anyOf": []any{object, ks.schema(only.Schema)}}
		}
		return object
	case len(s.Enum) > 0:
		out["examples"] = s.Enum
	}
	return out
}
