package rest

import (
	"cmp"
	"maps"
	"net/http"
	"strings"

	"weft/controller/intent"
)

// exchange is what a method of a route that is no resource's own takes and gives, as JSON schemas.
type exchange struct {
	status string // of the answer, like "200"
	takes  row    // nil: no body
	gives  row    // nil: an empty body
	// example is a body that it takes. Optional.
	example row
	// media is the type of an answer that is no JSON. Optional.
	media string
	// sent is the type of a body that is no JSON. Optional.
	sent string
	// unready is what it gives with status 503. Optional.
	unready row
}

// exchanges are those of every such route, by the method and the route's name: the declarations of resources say the rest.
func (s *server) exchanges() map[string]exchange {
	out := publicExchanges()
	for _, part := range []map[string]exchange{
		neutronExchanges(), hostExchanges(), tagExchanges(s.routes),
	} {
		maps.Copy(out, part)
	}
	return out
}

// gives and takes are short for the exchanges that there are most of.
func gives(schema row) exchange { return exchange{status: "200", gives: schema} }

func takes(body, answer row) exchange { return exchange{status: "200", takes: body, gives: answer} }

// plainObject is the JSON schema of an object with these members.
func plainObject(as ...part) row { return shape(as...).openAPI() }

var (
	aWord      = schema{Type: "string"}
	aNumber    = schema{Type: "integer"}
	orNoNumber = schema{Type: "integer", Nullable: true}
	aSwitch    = schema{Type: "boolean"}
	anID       = schema{Type: "string", Format: "uuid"}
)

func anArray(of schema) schema { return schema{Type: "array", Items: &of} }

func orNothing(s schema) schema {
	s.Nullable = true
	return s
}

func publicExchanges() map[string]exchange {
	links := anArray(shape(must("rel", aWord), must("href", aWord)))
	alias := shape(must("alias", aWord), must("name", aWord), must("description", aWord), must("updated", aWord), must("links", anArray(aWord)))
	ready := plainObject(must("ready", aSwitch), may("reason", aWord))
	return map[string]exchange{
		"GET /":                        gives(plainObject(must("versions", anArray(shape(must("id", aWord), must("status", aWord), must("links", links)))))),
		"GET /openapi.json":            gives(row{{"type", "object"}}),
		"GET /healthz":                 gives(plainObject(must("healthy", aSwitch))),
		"GET /readyz":                  {status: "200", gives: ready, unready: ready},
		"GET /metrics":                 {status: "200", media: "text/plain", gives: aWord.openAPI()},
		"GET /v2.0":                    gives(plainObject(must("resources", anArray(shape(must("name", aWord), must("collection", aWord), must("links", links)))))),
		"GET /v2.0/extensions":         gives(plainObject(must("extensions", anArray(alias)))),
		"GET /v2.0/extensions/{alias}": gives(plainObject(must("extension", alias))),
		"GET /v1/resources":            gives(plainObject(must("resources", anArray(schema{Type: "object"})))),
		"GET /v1/status": gives(plainObject(must("ready", aSwitch), must("revision", aNumber), must("hosts", shape(must("total", aNumber), must("alive", aNumber))),
			must("problems", anArray(shape(must("host", aWord), must("problem", aWord)))), must("objects", schema{Type: "object"}))),
	}
}

func routerExchanges() map[string]exchange {
	leg := plainObject(may("subnet_id", anID), may("port_id", anID))
	done := plainObject(must("id", anID), must("tenant_id", aWord), must("project_id", aWord), must("port_id", anID), must("network_id", anID),
		must("subnet_id", orNothing(anID)), must("subnet_ids", anArray(anID)))
	some := plainObject(must("router", shape(must("routes", routes(maxRoutes).schema))))
	whole := wrapped("router", ref("router"))
	return map[string]exchange{
		"PUT /v2.0/routers/{id}/add_router_interface":    takes(leg, done),
		"PUT /v2.0/routers/{id}/remove_router_interface": takes(leg, done),
		"PUT /v2.0/routers/{id}/add_extraroutes":         takes(some, whole),
		"PUT /v2.0/routers/{id}/remove_extraroutes":      takes(some, whole),
	}
}

func trunkExchanges() map[string]exchange {
	path := "/v2.0/trunks/{id}/"
	without := anArray(shape(must("port_id", anID), may("segmentation_id", aNumber), may("segmentation_type", aWord)))
	return map[string]exchange{
		"PUT " + path + "add_subports":    takes(plainObject(must("sub_ports", subPorts().schema)), ref("trunk")),
		"PUT " + path + "remove_subports": takes(plainObject(must("sub_ports", without)), ref("trunk")),
		"GET " + path + "get_subports":    gives(plainObject(must("sub_ports", subPorts().schema))),
	}
}

func poolExchanges() map[string]exchange {
	path := "/v2.0/subnetpools/{id}/"
	prefixes := plainObject(must("prefixes", prefixList().schema))
	moved := many(plainObject(must("id", anID), must("cidr", cidr().schema)))
	return map[string]exchange{
		"PUT " + path + "add_prefixes":            takes(prefixes, prefixes),
		"PUT " + path + "remove_prefixes":         takes(prefixes, prefixes),
		"PUT " + path + "onboard_network_subnets": takes(plainObject(must("network_id", anID)), moved),
	}
}

func agentExchanges() map[string]exchange {
	agent := agents(nil).describe().shownSchema(member{"ha_state", row{{"type", "null"}}})
	of := wrapped("agents", many(agent))
	gone := exchange{status: "204"}
	return map[string]exchange{
		"GET /v2.0/routers/{id}/l3-agents":                    gives(of),
		"GET /v2.0/networks/{id}/dhcp-agents":                 gives(of),
		"GET /v2.0/agents/{id}/l3-routers":                    gives(wrapped("routers", many(ref("router")))),
		"GET /v2.0/agents/{id}/dhcp-networks":                 gives(wrapped("networks", many(ref("network")))),
		"POST /v2.0/agents/{id}/l3-routers":                   {status: "201", takes: plainObject(must("router_id", anID)), gives: row{{"type", "object"}}},
		"DELETE /v2.0/agents/{id}/l3-routers/{router_id}":     gone,
		"POST /v2.0/agents/{id}/dhcp-networks":                {status: "201", takes: plainObject(must("network_id", anID)), gives: row{{"type", "object"}}},
		"DELETE /v2.0/agents/{id}/dhcp-networks/{network_id}": gone,
		"PUT /v2.0/ports/{port_id}/bindings/{id}/activate":    gives(ref("binding")),
	}
}

func hostExchanges() map[string]exchange {
	thing := schema{Type: "object"}
	things := anArray(thing)
	kept := schema{Type: "string", Format: "binary"}.openAPI()
	return map[string]exchange{
		"GET /v1/hosts/{name}/plan":         gives(plainObject(must("revision", aNumber), must("flows", things), must("items", things))),
		"GET /v1/hosts/{name}/diff":         gives(plainObject(must("revision", aNumber), must("missing_flows", things), must("extra_flows", things), must("item_errors", things))),
		"GET /v1/hosts/{name}/flows":        gives(plainObject(must("flows", things))),
		"PUT /v1/routers/{id}/gateway-host": takes(plainObject(must("host", aWord)), wrapped("router", ref("router"))),
		"GET /v1/trace":                     gives(plainObject(must("trace", thing))),
		"GET /v1/check/tunnels":             gives(plainObject(must("tunnels", things))),
		"GET /v1/backup":                    {status: "200", media: octets, gives: kept},
		"PUT /v1/backup": {status: "200", sent: octets, takes: kept,
			gives: plainObject(must("dry_run", aSwitch), must("revision", aNumber), must("objects", thing))},
	}
}

// tagExchanges are those of each resource that has tags.
func tagExchanges(routes []route) map[string]exchange {
	out := map[string]exchange{}
	all := plainObject(must("tags", tagList().schema))
	for _, rt := range routes {
		switch {
		case strings.HasSuffix(rt.name, "/tags"):
			out["GET "+rt.name], out["PUT "+rt.name], out["DELETE "+rt.name] = gives(all), takes(all, all), exchange{status: "204"}
		case strings.HasSuffix(rt.name, "/tags/{tag}"):
			out["GET "+rt.name], out["PUT "+rt.name], out["DELETE "+rt.name] = exchange{status: "204"}, exchange{status: "201"}, exchange{status: "204"}
		}
	}
	return out
}

// octets is the media type of a backup.
const octets = "application/octet-stream"

// quotaExchanges are those of the limits of projects.
func quotaExchanges() map[string]exchange {
	var limits, used, asked []part
	for _, k := range intent.QuotaKinds() {
		limit := integer(intent.Unlimited, maxQuota).schema
		limits, asked = append(limits, must(string(k), limit)), append(asked, may(string(k), limit))
		used = append(used, must(string(k), shape(must("limit", limit), must("used", aNumber), must("reserved", aNumber))))
	}
	asked = append(asked, may("check_limit", aSwitch), may("force", aSwitch), may("project_id", aWord), may("tenant_id", aWord))
	whose := []part{must("project_id", aWord), must("tenant_id", aWord)}
	me := gives(plainObject(must("tenant", shape(whose...))))
	one := plainObject(must("quota", shape(limits...)))
	return map[string]exchange{
		"GET /v2.0/quotas":                   gives(plainObject(must("quotas", anArray(shape(append(whose, limits...)...))))),
		"POST /v2.0/quotas":                  {status: "501", gives: ref("error")},
		"GET /v2.0/quotas/tenant":            me,
		"GET /v2.0/quotas/project":           me,
		"GET /v2.0/quotas/{project}":         gives(one),
		"PUT /v2.0/quotas/{project}":         takes(plainObject(must("quota", shape(asked...))), one),
		"DELETE /v2.0/quotas/{project}":      {status: "204"},
		"GET /v2.0/quotas/{project}/default": gives(one),
		"GET /v2.0/quotas/{project}/details": gives(plainObject(must("quota", shape(used...)))),
	}
}

// requestBody is what a method takes, if it takes anything.
func requestBody(e exchange) row {
	body := row{{"schema", e.takes}}
	if e.example != nil {
		body = append(body, member{"example", e.example})
	}
	return row{{"required", true}, {"content", row{{cmp.Or(e.sent, "application/json"), body}}}}
}

// responses are what a method answers, errors included.
func responses(e exchange) row {
	done := row{{"description", "done"}}
	switch {
	case e.media != "":
		done = append(done, member{"content", row{{e.media, row{{"schema", e.gives}}}}})
	case e.gives != nil:
		done = append(done, member{"content", content(e.gives)})
	}
	out := row{{e.status, done}}
	if e.unready != nil {
		code := http.StatusText(http.StatusServiceUnavailable)
		out = append(out, member{"503", row{{"description", code}, {"content", content(e.unready)}}})
	}
	return append(out, faults()...)
}
