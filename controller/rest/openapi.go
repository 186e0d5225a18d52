package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"weft/controller/rest/neutron"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// openAPI describes every route in OpenAPI 3.1. All of it is made from the declarations that serve the requests.
func (s *server) openAPI() wire.Row {
	schemas := wire.Row{{"error", errorSchema()}, {"unauthorized", unauthorizedSchema()}}
	byPath := map[string]noun.Description{}
	for _, res := range s.declared() {
		d := res.Describe()
		byPath[d.Path], byPath[d.Path+"/{id}"] = d, d
		schemas = append(schemas, wire.Member{d.Singular, d.ShownSchema()})
		if d.Creatable {
			schemas = append(schemas, wire.Member{d.Singular + "-create", d.GivenSchema(func(a noun.Attribute) bool { return a.OnCreate }, true)})
		}
		if d.Updatable {
			schemas = append(schemas, wire.Member{d.Singular + "-update", d.GivenSchema(func(a noun.Attribute) bool { return a.OnUpdate || a.Repeatable }, false)})
		}
	}
	paths := wire.Row{}
	apart := s.exchanges()
	for _, rt := range s.routes {
		paths = append(paths, wire.Member{rt.Name, operations(rt, byPath[rt.Name], apart)})
	}
	return wire.Row{
		{"openapi", "3.1.0"},
		{"info", wire.Row{
			{"title", "weft"}, {"version", "2.0"},
			{"description", "OpenStack Networking v2.0 under /v2.0, weft's own resources under /v1."},
		}},
		{"security", []wire.Row{{{"token", wire.Empty()}}}},
		{"paths", paths},
		{"components", wire.Row{
			{"securitySchemes", wire.Row{{"token", wire.Row{{"type", "apiKey"}, {"in", "header"}, {"name", "X-Auth-Token"}}}}},
			{"schemas", schemas},
		}},
	}
}

// declared are the resources with those that are parts of others.
func (s *server) declared() []noun.Resource { return slices.Concat(s.resources, neutron.Parts(s.Ops)) }

// operations describes what the methods of a path do; d is the resource of the path, if it is one's, and apart are the
// exchanges of those that are not.
func operations(rt request.Route, d noun.Description, apart map[string]request.Exchange) wire.Row {
	out := wire.Row{}
	if params := parameters(rt); len(params) > 0 {
		out = append(out, wire.Member{"parameters", params})
	}
	for _, m := range slices.Sorted(maps.Keys(rt.Methods)) {
		op := wire.Row{{"summary", summary(rt, m, d)}}
		if rt.Open {
			op = append(op, wire.Member{"security", wire.Empty()})
		}
		if m == http.MethodGet && d.Path == rt.Name {
			op = append(op, wire.Member{"parameters", listParameters(d)})
		}
		e, isApart := apart[m+" "+rt.Name]
		if !isApart {
			e = exchangeOf(m, rt.Name, d)
		}
		if e.Takes != nil {
			op = append(op, wire.Member{"requestBody", requestBody(e)})
		}
		op = append(op, wire.Member{"responses", responses(e)})
		out = append(out, wire.Member{strings.ToLower(m), op})
	}
	return out
}

// parameters are the words in braces of a path.
func parameters(rt request.Route) []wire.Row {
	var out []wire.Row
	for part := range strings.SplitSeq(rt.Name, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			out = append(out, wire.Row{
				{"name", strings.TrimSuffix(name, "}")}, {"in", "path"}, {"required", true}, {"schema", wire.Row{{"type", "string"}}},
			})
		}
	}
	return out
}

func summary(rt request.Route, method string, d noun.Description) string {
	switch {
	case d.Path == "":
		return method + " " + rt.Name
	case method == http.MethodGet && d.Path == rt.Name:
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
func listParameters(d noun.Description) []wire.Row {
	var out []wire.Row
	query := func(name, doc string, schema wire.Row) {
		out = append(out, wire.Row{
			{"name", name}, {"in", "query"}, {"description", doc}, {"schema", wire.Row{{"type", "array"}, {"items", schema}}}, {"explode", true},
		})
	}
	word := wire.Row{{"type", "string"}}
	for _, a := range d.Attributes {
		if a.Filterable {
			query(a.Name, "only those with one of the values; "+a.Doc, word)
		}
	}
	query("fields", "attributes to show; left out: all", word)
	query("sort_key", "attribute to sort by", word)
	query("sort_dir", "direction of the sort_key at the same place", wire.Row{{"type", "string"}, {"enum", []string{"asc", "desc"}}})
	return append(out,
		wire.Row{{"name", "limit"}, {"in", "query"}, {"schema", wire.Row{{"type", "integer"}, {"minimum", 0}}}},
		wire.Row{{"name", "marker"}, {"in", "query"}, {"schema", word}},
		wire.Row{{"name", "page_reverse"}, {"in", "query"}, {"schema", wire.Row{{"type", "boolean"}}}},
	)
}

// exchangeOf is what a method of a resource's path takes and gives.
func exchangeOf(method, path string, d noun.Description) request.Exchange {
	one, body := request.Ref(d.Singular), func(what string) wire.Row { return request.Wrapped(d.Singular, request.Ref(d.Singular+what)) }
	switch {
	case d.Path == "":
		return request.Exchange{Status: "2XX"}
	case method == http.MethodDelete:
		return request.Exchange{Status: "204"}
	case method == http.MethodPost:
		either := func(what string) wire.Row {
			return wire.Row{{"oneOf", []wire.Row{body(what), request.Wrapped(d.Plural, request.Many(request.Ref(d.Singular+what)))}}}
		}
		return request.Exchange{Status: "201", Takes: either("-create"), Gives: either(""), Example: wire.Row{{d.Singular, d.Example}}}
	case method == http.MethodPut:
		return request.Exchange{Status: "200", Takes: body("-update"), Gives: body("")}
	case path == d.Path:
		return request.Gives(request.Wrapped(d.Plural, request.Many(one), wire.Member{d.Plural + "_links", pageLinks()}))
	}
	return request.Gives(body(""))
}

// pageLinks lead to the pages around one.
func pageLinks() wire.Row {
	return wire.ArrayOf(wire.Shape(wire.Must("rel", wire.OneOf("next", "previous").Schema), wire.Must("href", wire.Word))).OpenAPI()
}

// faults are the answers that are errors.
func faults() wire.Row {
	fault := func(what, schema string) wire.Row {
		return wire.Row{{"description", what}, {"content", request.Content(request.Ref(schema))}}
	}
	return wire.Row{{"401", fault("no valid token", "unauthorized")}, {"default", fault("an error", "error")}}
}

func errorSchema() wire.Row {
	return request.PlainObject(wire.Must("NeutronError", wire.Shape(wire.Must("type", wire.Word), wire.Must("message", wire.Word), wire.Must("detail", wire.Word))))
}

// unauthorizedSchema is the error as Keystone tells it.
func unauthorizedSchema() wire.Row {
	return request.PlainObject(wire.Must("error", wire.Shape(wire.Must("code", wire.Whole), wire.Must("title", wire.Word), wire.Must("message", wire.Word))))
}

func (s *server) showOpenAPI(*request.Call) (request.Answer, error) {
	return request.OK(s.openAPI()), nil
}

// markdown is the reference of the API for people, docs/api.md.
func (s *server) markdown() string {
	var b strings.Builder
	b.WriteString(`# The REST API

Made from the declarations in controller/rest by its tests: do not edit. The same is served as OpenAPI 3.1 at
` + "`/openapi.json`" + `. Every request but those of health needs the header X-Auth-Token.

Extensions of OpenStack Networking: `)
	for i, e := range neutron.Extensions() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.Alias)
	}
	b.WriteString(".\n\n## Paths\n\n| path | methods |\n|---|---|\n")
	for _, rt := range s.routes {
		fmt.Fprintf(&b, "| `%s` | %s |\n", rt.Name, strings.Join(slices.Sorted(maps.Keys(rt.Methods)), ", "))
	}
	for _, res := range s.declared() {
		markdownOf(&b, res.Describe())
	}
	return b.String()
}

func markdownOf(b *strings.Builder, d noun.Description) {
	fmt.Fprintf(b, "\n## %s\n\n`%s`, in bodies `%s` and `%s`; C: may be given in POST (**C**: must), U: in PUT, F: a filter.\n\n",
		words(d.Plural), d.Path, d.Singular, d.Plural)
	if raw, err := wire.AppendJSON(nil, wire.Row{{d.Singular, d.Example}}); err == nil && d.Creatable {
		fmt.Fprintf(b, "    POST %s\n    %s\n\n", d.Path, raw)
	}
	b.WriteString("| attribute | type | | meaning |\n|---|---|---|---|\n")
	for _, a := range d.Attributes {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", a.Name, typeOf(a), uses(a), strings.ReplaceAll(a.Doc, "|", "\\|"))
	}
}

func typeOf(a noun.Attribute) string {
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

func uses(a noun.Attribute) string {
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
