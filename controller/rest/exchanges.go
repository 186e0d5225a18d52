package rest

import (
	"cmp"
	"maps"
	"net/http"

	"weft/controller/rest/neutron"
	"weft/controller/rest/operator"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// exchanges are those of every such route, by the method and the route's name: the declarations of resources say the rest.
func (s *server) exchanges() map[string]request.Exchange {
	out := publicExchanges()
	for _, part := range []map[string]request.Exchange{
		neutron.Exchanges(), operator.Exchanges(), request.TagExchanges(s.routes),
	} {
		maps.Copy(out, part)
	}
	return out
}

func publicExchanges() map[string]request.Exchange {
	links := wire.ArrayOf(wire.Shape(wire.Must("rel", wire.Word), wire.Must("href", wire.Word)))
	alias := wire.Shape(wire.Must("alias", wire.Word), wire.Must("name", wire.Word), wire.Must("description", wire.Word), wire.Must("updated", wire.Word), wire.Must("links", wire.ArrayOf(wire.Word)))
	ready := request.PlainObject(wire.Must("ready", wire.Flag), wire.May("reason", wire.Word))
	return map[string]request.Exchange{
		"GET /":                        request.Gives(request.PlainObject(wire.Must("versions", wire.ArrayOf(wire.Shape(wire.Must("id", wire.Word), wire.Must("status", wire.Word), wire.Must("links", links)))))),
		"GET /openapi.json":            request.Gives(wire.Row{{"type", "object"}}),
		"GET /healthz":                 request.Gives(request.PlainObject(wire.Must("healthy", wire.Flag))),
		"GET /readyz":                  {Status: "200", Gives: ready, Unready: ready},
		"GET /metrics":                 {Status: "200", Media: "text/plain", Gives: wire.Word.OpenAPI()},
		"GET /v2.0":                    request.Gives(request.PlainObject(wire.Must("resources", wire.ArrayOf(wire.Shape(wire.Must("name", wire.Word), wire.Must("collection", wire.Word), wire.Must("links", links)))))),
		"GET /v2.0/extensions":         request.Gives(request.PlainObject(wire.Must("extensions", wire.ArrayOf(alias)))),
		"GET /v2.0/extensions/{alias}": request.Gives(request.PlainObject(wire.Must("extension", alias))),
		"GET /v1/resources":            request.Gives(request.PlainObject(wire.Must("resources", wire.ArrayOf(wire.Schema{Type: "object"})))),
		"GET /v1/status": request.Gives(request.PlainObject(wire.Must("ready", wire.Flag), wire.Must("revision", wire.Whole), wire.Must("hosts", wire.Shape(wire.Must("total", wire.Whole), wire.Must("alive", wire.Whole))),
			wire.Must("problems", wire.ArrayOf(wire.Shape(wire.Must("host", wire.Word), wire.Must("problem", wire.Word)))), wire.Must("objects", wire.Schema{Type: "object"}))),
	}
}

// requestBody is what a method takes, if it takes anything.
func requestBody(e request.Exchange) wire.Row {
	body := wire.Row{{"schema", e.Takes}}
	if e.Example != nil {
		body = append(body, wire.Member{"example", e.Example})
	}
	return wire.Row{{"required", true}, {"content", wire.Row{{cmp.Or(e.Sent, "application/json"), body}}}}
}

// responses are what a method answers, errors included.
func responses(e request.Exchange) wire.Row {
	done := wire.Row{{"description", "done"}}
	switch {
	case e.Media != "":
		done = append(done, wire.Member{"content", wire.Row{{e.Media, wire.Row{{"schema", e.Gives}}}}})
	case e.Gives != nil:
		done = append(done, wire.Member{"content", request.Content(e.Gives)})
	}
	out := wire.Row{{e.Status, done}}
	if e.Unready != nil {
		code := http.StatusText(http.StatusServiceUnavailable)
		out = append(out, wire.Member{"503", wire.Row{{"description", code}, {"content", request.Content(e.Unready)}}})
	}
	return append(out, faults()...)
}
