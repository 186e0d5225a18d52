package request

import (
	"strings"

	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// Exchange is what a method of a route that is no resource's own takes and gives, as JSON schemas.
type Exchange struct {
	Status string   // of the answer, like "200"
	Takes  wire.Row // nil: no body
	Gives  wire.Row // nil: an empty body
	// Example is a body that it takes. Optional.
	Example wire.Row
	// Media is the type of an answer that is no JSON. Optional.
	Media string
	// Sent is the type of a body that is no JSON. Optional.
	Sent string
	// Unready is what it gives with status 503. Optional.
	Unready wire.Row
}

// Gives and takes are short for the exchanges that there are most of.
func Gives(schema wire.Row) Exchange { return Exchange{Status: "200", Gives: schema} }

// Takes is the exchange of a body for an answer.
func Takes(body, answer wire.Row) Exchange {
	return Exchange{Status: "200", Takes: body, Gives: answer}
}

// PlainObject is the JSON schema of an object with these members.
func PlainObject(as ...wire.Part) wire.Row { return wire.Shape(as...).OpenAPI() }

// TagExchanges are those of each resource that has tags.
func TagExchanges(routes []Route) map[string]Exchange {
	out := map[string]Exchange{}
	all := PlainObject(wire.Must("tags", noun.TagList().Schema))
	for _, rt := range routes {
		switch {
		case strings.HasSuffix(rt.Name, "/tags"):
			out["GET "+rt.Name], out["PUT "+rt.Name], out["DELETE "+rt.Name] = Gives(all), Takes(all, all), Exchange{Status: "204"}
		case strings.HasSuffix(rt.Name, "/tags/{tag}"):
			out["GET "+rt.Name], out["PUT "+rt.Name], out["DELETE "+rt.Name] = Exchange{Status: "204"}, Exchange{Status: "201"}, Exchange{Status: "204"}
		}
	}
	return out
}

// Content is a body of JSON with a schema, as OpenAPI says it.
func Content(schema wire.Row) wire.Row {
	return wire.Row{{"application/json", wire.Row{{"schema", schema}}}}
}

// Ref refers to the schema of a resource, like "router".
func Ref(name string) wire.Row { return wire.Row{{"$ref", "#/components/schemas/" + name}} }

// Wrapped is an object with one member, as Neutron's bodies are, and perhaps some more.
func Wrapped(key string, schema wire.Row, more ...wire.Member) wire.Row {
	return wire.Row{{"type", "object"}, {"required", []string{key}}, {"properties", append(wire.Row{{key, schema}}, more...)}}
}

// Many is the schema of an array.
func Many(schema wire.Row) wire.Row { return wire.Row{{"type", "array"}, {"items", schema}} }
