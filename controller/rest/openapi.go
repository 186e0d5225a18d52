package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"weft/controller/intent"
)

// openAPI describes every route in OpenAPI 3.1. All of it is made from the declarations that serve the requests.
func (s *server) openAPI() row {
	schemas := row{{"error", errorSchema()}}
	byPath := map[string]Resource{}
	for _, res := range s.declared() {
		d := res.describe()
		byPath[d.Path], byPath[d.Path+"/{id}"] = d, d
		schemas = append(schemas, member{d.Singular, d.shownSchema()})
		if d.Creatable {
			schemas = append(schemas, member{d.Singular + "-create", d.givenSchema(func(a Attribute) bool { return a.OnCreate }, true)})
		}
		if d.Updatable {
			schemas = append(schemas, member{d.Singular + "-update", d.givenSchema(func(a Attribute) bool { return a.OnUpdate }, false)})
		}
	}
	paths := row{}
	for _, rt := range s.routes {
		paths = append(paths, member{rt.name, rt.openAPI(byPath[rt.name])})
	}
	return row{
		{"openapi", "3.1.0"},
		{"info", row{
			{"title", "weft"}, {"version", "2.0"},
			{"description", "OpenStack Networking v2.0 under /v2.0, weft's own resources under /v1."},
		}},
		{"security", []row{{{"token", empty()}}}},
		{"paths", paths},
		{"components", row{
			{"securitySchemes", row{{"token", row{{"type", "apiKey"}, {"in", "header"}, {"name", "X-Auth-Token"}}}}},
			{"schemas", schemas},
		}},
	}
}

// declared are the resources with those that are parts of others.
func (s *server) declared() []resource { return slices.Concat(s.resources, parts(s.Ops)) }

// parts are the resources whose collections are below the objects of others.
func parts(ops *intent.Ops) []resource {
	return []resource{portBindings(ops, ""), portForwardings(ops, "")}
}

// openAPI describes what the methods of a path do; d is the resource of the path, if it is one's.
func (rt route) openAPI(d Resource) row {
	out := row{}
	if params := rt.parameters(); len(params) > 0 {
		out = append(out, member{"parameters", params})
	}
	for _, m := range slices.Sorted(maps.Keys(rt.methods)) {
		op := row{{"summary", rt.summary(m, d)}}
		if rt.open {
			op = append(op, member{"security", empty()})
		}
		if m == http.MethodGet && d.Path == rt.name {
			op = append(op, member{"parameters", listParameters(d)})
		}
		if body := requestBody(m, d); body != nil {
			op = append(op, member{"requestBody", body})
		}
		op = append(op, member{"responses", responses(m, rt.name, d)})
		out = append(out, member{strings.ToLower(m), op})
	}
	return out
}

// parameters are the words in braces of a path.
func (rt route) parameters() []row {
	var out []row
	for part := range strings.SplitSeq(rt.name, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			out = append(out, row{
				{"name", strings.TrimSuffix(name, "}")}, {"in", "path"}, {"required", true}, {"schema", row{{"type", "string"}}},
			})
		}
	}
	return out
}

func (rt route) summary(method string, d Resource) string {
	switch {
	case d.Path == "":
		return method + " " + rt.name
	case method == http.MethodGet && d.Path == rt.name:
		return "List " + d.words(d.Plural)
	}
	verb := map[string]string{
		http.MethodGet: "Show a ", http.MethodPost: "Make one or many of: ", http.MethodPut: "Change a ", http.MethodDelete: "Delete a ",
	}[method]
	return verb + d.words(d.Singular)
}

func (Resource) words(name string) string {
	return strings.NewReplacer("_", " ", "-", " ").Replace(name)
}

// listParameters are the filters of a list, and how it is cut and sorted.
func listParameters(d Resource) []row {
	var out []row
	query := func(name, doc string, schema row) {
		out = append(out, row{
			{"name", name}, {"in", "query"}, {"description", doc}, {"schema", row{{"type", "array"}, {"items", schema}}}, {"explode", true},
		})
	}
	word := row{{"type", "string"}}
	for _, a := range d.Attributes {
		if a.Filterable {
			query(a.Name, "only those with one of the values; "+a.Doc, word)
		}
	}
	query("fields", "attributes to show; left out: all", word)
	query("sort_key", "attribute to sort by", word)
	query("sort_dir", "direction of the sort_key at the same place", row{{"type", "string"}, {"enum", []string{"asc", "desc"}}})
	return append(out,
		row{{"name", "limit"}, {"in", "query"}, {"schema", row{{"type", "integer"}, {"minimum", 0}}}},
		row{{"name", "marker"}, {"in", "query"}, {"schema", word}},
		row{{"name", "page_reverse"}, {"in", "query"}, {"schema", row{{"type", "boolean"}}}},
	)
}

func content(schema row) row { return row{{"application/json", row{{"schema", schema}}}} }

func ref(name string) row { return row{{"$ref", "#/components/schemas/" + name}} }

// wrapped is an object with one member, as Neutron's bodies are.
func wrapped(key string, schema row) row {
	return row{{"type", "object"}, {"required", []string{key}}, {"properties", row{{key, schema}}}}
}

func many(schema row) row { return row{{"type", "array"}, {"items", schema}} }

func requestBody(method string, d Resource) row {
	switch {
	case method == http.MethodPost && d.Creatable:
		one := ref(d.Singular + "-create")
		return row{{"required", true}, {"content", content(row{{"oneOf", []row{wrapped(d.Singular, one), wrapped(d.Plural, many(one))}}})}}
	case method == http.MethodPut && d.Updatable:
		return row{{"required", true}, {"content", content(wrapped(d.Singular, ref(d.Singular+"-update")))}}
	}
	return nil
}

func responses(method, path string, d Resource) row {
	fault := row{{"description", "an error"}, {"content", content(ref("error"))}}
	if d.Path == "" {
		return row{{"2XX", row{{"description", "done"}}}, {"default", fault}}
	}
	code, done := "200", wrapped(d.Singular, ref(d.Singular))
	switch {
	case method == http.MethodDelete:
		return row{{"204", row{{"description", "it is gone"}}}, {"default", fault}}
	case method == http.MethodGet && path == d.Path:
		done = wrapped(d.Plural, many(ref(d.Singular)))
	case method == http.MethodPost:
		code, done = "201", row{{"oneOf", []row{done, wrapped(d.Plural, many(ref(d.Singular)))}}}
	}
	return row{{code, row{{"description", "done"}, {"content", content(done)}}}, {"default", fault}}
}

func errorSchema() row {
	word := row{{"type", "string"}}
	return wrapped("NeutronError", row{
		{"type", "object"}, {"properties", row{{"type", word}, {"message", word}, {"detail", word}}},
	})
}

// shownSchema is an object as answers show it.
func (d Resource) shownSchema() row {
	props := row{}
	for _, a := range d.Attributes {
		if a.Shown {
			props = append(props, member{a.Name, a.openAPI()})
		}
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

func (s *server) showOpenAPI(*call) (answer, error) { return ok(s.openAPI()), nil }

// markdown is the reference of the API for people, docs/api.md.
func (s *server) markdown() string {
	var b strings.Builder
	b.WriteString(`# The REST API

Made from the declarations in controller/rest by its tests: do not edit. The same is served as OpenAPI 3.1 at
` + "`/openapi.json`" + `. Every request but those of health needs the header X-Auth-Token.

Extensions of OpenStack Networking: `)
	for i, e := range extensions() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.alias)
	}
	b.WriteString(".\n\n## Paths\n\n| path | methods |\n|---|---|\n")
	for _, rt := range s.routes {
		fmt.Fprintf(&b, "| `%s` | %s |\n", rt.name, strings.Join(slices.Sorted(maps.Keys(rt.methods)), ", "))
	}
	for _, res := range s.declared() {
		res.describe().markdown(&b)
	}
	return b.String()
}

func (d Resource) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n`%s`, in bodies `%s` and `%s`; C: may be given in POST (**C**: must), U: in PUT, F: a filter.\n\n",
		d.words(d.Plural), d.Path, d.Singular, d.Plural)
	b.WriteString("| attribute | type | | meaning |\n|---|---|---|---|\n")
	for _, a := range d.Attributes {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", a.Name, a.words(), a.access(), strings.ReplaceAll(a.Doc, "|", "\\|"))
	}
}

func (a Attribute) words() string {
	out := a.Type
	switch {
	case len(a.Enum) > 0:
		out = strings.Join(a.Enum, ", ")
	case a.Format != "":
		out += ": " + a.Format
	}
	if a.Nullable {
		out += " or null"
	}
	return out
}

func (a Attribute) access() string {
	var out []string
	switch {
	case a.Required:
		out = append(out, "**C**")
	case a.OnCreate:
		out = append(out, "C")
	}
	if a.OnUpdate {
		out = append(out, "U")
	}
	if a.Filterable {
		out = append(out, "F")
	}
	return strings.Join(out, " ")
}
