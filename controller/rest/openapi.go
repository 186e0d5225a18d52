package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// openAPI describes every route in OpenAPI 3.1. All of it is made from the declarations that serve the requests.
func (s *server) openAPI() row {
	schemas := row{{"error", errorSchema()}, {"unauthorized", unauthorizedSchema()}}
	byPath := map[string]Resource{}
	for _, res := range s.declared() {
		d := res.describe()
		byPath[d.Path], byPath[d.Path+"/{id}"] = d, d
		schemas = append(schemas, member{d.Singular, d.shownSchema()})
		if d.Creatable {
			schemas = append(schemas, member{d.Singular + "-create", d.givenSchema(func(a Attribute) bool { return a.OnCreate }, true)})
		}
		if d.Updatable {
			schemas = append(schemas, member{d.Singular + "-update", d.givenSchema(func(a Attribute) bool { return a.OnUpdate || a.Repeatable }, false)})
		}
	}
	paths := row{}
	apart := s.exchanges()
	for _, rt := range s.routes {
		paths = append(paths, member{rt.name, operations(rt, byPath[rt.name], apart)})
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

// operations describes what the methods of a path do; d is the resource of the path, if it is one's, and apart are the
// exchanges of those that are not.
func operations(rt route, d Resource, apart map[string]exchange) row {
	out := row{}
	if params := parameters(rt); len(params) > 0 {
		out = append(out, member{"parameters", params})
	}
	for _, m := range slices.Sorted(maps.Keys(rt.methods)) {
		op := row{{"summary", summary(rt, m, d)}}
		if rt.open {
			op = append(op, member{"security", empty()})
		}
		if m == http.MethodGet && d.Path == rt.name {
			op = append(op, member{"parameters", listParameters(d)})
		}
		e, isApart := apart[m+" "+rt.name]
		if !isApart {
			e = exchangeOf(m, rt.name, d)
		}
		if e.takes != nil {
			op = append(op, member{"requestBody", requestBody(e)})
		}
		op = append(op, member{"responses", responses(e)})
		out = append(out, member{strings.ToLower(m), op})
	}
	return out
}

// parameters are the words in braces of a path.
func parameters(rt route) []row {
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

func summary(rt route, method string, d Resource) string {
	switch {
	case d.Path == "":
		return method + " " + rt.name
	case method == http.MethodGet && d.Path == rt.name:
		return "List " + words(d.Plural)
	}
	verb := map[string]string{
		http.MethodGet: "Show a ", http.MethodPost: "Make one or many of: ", http.MethodPut: "Change a ", http.MethodDelete: "Delete a ",
	}[method]
	return verb + words(d.Singular)
}

func words(name string) string {
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

// wrapped is an object with one member, as Neutron's bodies are, and perhaps some more.
func wrapped(key string, schema row, more ...member) row {
	return row{{"type", "object"}, {"required", []string{key}}, {"properties", append(row{{key, schema}}, more...)}}
}

func many(schema row) row { return row{{"type", "array"}, {"items", schema}} }

// exchangeOf is what a method of a resource's path takes and gives.
func exchangeOf(method, path string, d Resource) exchange {
	one, body := ref(d.Singular), func(what string) row { return wrapped(d.Singular, ref(d.Singular+what)) }
	switch {
	case d.Path == "":
		return exchange{status: "2XX"}
	case method == http.MethodDelete:
		return exchange{status: "204"}
	case method == http.MethodPost:
		either := func(what string) row {
			return row{{"oneOf", []row{body(what), wrapped(d.Plural, many(ref(d.Singular+what)))}}}
		}
		return exchange{status: "201", takes: either("-create"), gives: either(""), example: row{{d.Singular, d.example}}}
	case method == http.MethodPut:
		return exchange{status: "200", takes: body("-update"), gives: body("")}
	case path == d.Path:
		return gives(wrapped(d.Plural, many(one), member{d.Plural + "_links", pageLinks()}))
	}
	return gives(body(""))
}

// sampleID stands for the id of whatever an example names.
const sampleID = "5f1c8e0a-7d3b-4c52-9a64-0e2b7d918c36"

// pageLinks lead to the pages around one.
func pageLinks() row {
	return anArray(shape(must("rel", oneOf("next", "previous").schema), must("href", aWord))).openAPI()
}

// faults are the answers that are errors.
func faults() row {
	fault := func(what, schema string) row { return row{{"description", what}, {"content", content(ref(schema))}} }
	return row{{"401", fault("no valid token", "unauthorized")}, {"default", fault("an error", "error")}}
}

func errorSchema() row {
	return plainObject(must("NeutronError", shape(must("type", aWord), must("message", aWord), must("detail", aWord))))
}

// unauthorizedSchema is the error as Keystone tells it.
func unauthorizedSchema() row {
	return plainObject(must("error", shape(must("code", aNumber), must("title", aWord), must("message", aWord))))
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
		markdownOf(&b, res.describe())
	}
	return b.String()
}

func markdownOf(b *strings.Builder, d Resource) {
	fmt.Fprintf(b, "\n## %s\n\n`%s`, in bodies `%s` and `%s`; C: may be given in POST (**C**: must), U: in PUT, F: a filter.\n\n",
		words(d.Plural), d.Path, d.Singular, d.Plural)
	if raw, err := appendJSON(nil, row{{d.Singular, d.example}}); err == nil && d.Creatable {
		fmt.Fprintf(b, "    POST %s\n    %s\n\n", d.Path, raw)
	}
	b.WriteString("| attribute | type | | meaning |\n|---|---|---|---|\n")
	for _, a := range d.Attributes {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", a.Name, typeOf(a), uses(a), strings.ReplaceAll(a.Doc, "|", "\\|"))
	}
}

func typeOf(a Attribute) string {
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

func uses(a Attribute) string {
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
