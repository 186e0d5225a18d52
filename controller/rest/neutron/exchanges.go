package neutron

import (
	"weft/controller/intent"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

func routerExchanges() map[string]request.Exchange {
	leg := request.PlainObject(wire.May("subnet_id", wire.ID), wire.May("port_id", wire.ID))
	done := request.PlainObject(wire.Must("id", wire.ID), wire.Must("tenant_id", wire.Word), wire.Must("project_id", wire.Word), wire.Must("port_id", wire.ID), wire.Must("network_id", wire.ID),
		wire.Must("subnet_id", wire.OrNothing(wire.ID)), wire.Must("subnet_ids", wire.ArrayOf(wire.ID)))
	some := request.PlainObject(wire.Must("router", wire.Shape(wire.Must("routes", routes(maxRoutes).Schema))))
	whole := request.Wrapped("router", request.Ref("router"))
	return map[string]request.Exchange{
		"PUT /v2.0/routers/{id}/add_router_interface":    request.Takes(leg, done),
		"PUT /v2.0/routers/{id}/remove_router_interface": request.Takes(leg, done),
		"PUT /v2.0/routers/{id}/add_extraroutes":         request.Takes(some, whole),
		"PUT /v2.0/routers/{id}/remove_extraroutes":      request.Takes(some, whole),
	}
}

func trunkExchanges() map[string]request.Exchange {
	path := "/v2.0/trunks/{id}/"
	without := wire.ArrayOf(wire.Shape(wire.Must("port_id", wire.ID), wire.May("segmentation_id", wire.Whole), wire.May("segmentation_type", wire.Word)))
	return map[string]request.Exchange{
		"PUT " + path + "add_subports":    request.Takes(request.PlainObject(wire.Must("sub_ports", subPorts().Schema)), request.Ref("trunk")),
		"PUT " + path + "remove_subports": request.Takes(request.PlainObject(wire.Must("sub_ports", without)), request.Ref("trunk")),
		"GET " + path + "get_subports":    request.Gives(request.PlainObject(wire.Must("sub_ports", subPorts().Schema))),
	}
}

func poolExchanges() map[string]request.Exchange {
	path := "/v2.0/subnetpools/{id}/"
	prefixes := request.PlainObject(wire.Must("prefixes", prefixList().Schema))
	moved := request.Many(request.PlainObject(wire.Must("id", wire.ID), wire.Must("cidr", wire.CIDR().Schema)))
	return map[string]request.Exchange{
		"PUT " + path + "add_prefixes":            request.Takes(prefixes, prefixes),
		"PUT " + path + "remove_prefixes":         request.Takes(prefixes, prefixes),
		"PUT " + path + "onboard_network_subnets": request.Takes(request.PlainObject(wire.Must("network_id", wire.ID)), moved),
	}
}

func agentExchanges() map[string]request.Exchange {
	agent := agents(nil).Describe().ShownSchema(wire.Member{"ha_state", wire.Row{{"type", "null"}}})
	of := request.Wrapped("agents", request.Many(agent))
	gone := request.Exchange{Status: "204"}
	return map[string]request.Exchange{
		"GET /v2.0/routers/{id}/l3-agents":                    request.Gives(of),
		"GET /v2.0/networks/{id}/dhcp-agents":                 request.Gives(of),
		"GET /v2.0/agents/{id}/l3-routers":                    request.Gives(request.Wrapped("routers", request.Many(request.Ref("router")))),
		"GET /v2.0/agents/{id}/dhcp-networks":                 request.Gives(request.Wrapped("networks", request.Many(request.Ref("network")))),
		"POST /v2.0/agents/{id}/l3-routers":                   {Status: "201", Takes: request.PlainObject(wire.Must("router_id", wire.ID)), Gives: wire.Row{{"type", "object"}}},
		"DELETE /v2.0/agents/{id}/l3-routers/{router_id}":     gone,
		"POST /v2.0/agents/{id}/dhcp-networks":                {Status: "201", Takes: request.PlainObject(wire.Must("network_id", wire.ID)), Gives: wire.Row{{"type", "object"}}},
		"DELETE /v2.0/agents/{id}/dhcp-networks/{network_id}": gone,
		"PUT /v2.0/ports/{port_id}/bindings/{id}/activate":    request.Gives(request.Ref("binding")),
	}
}

// quotaExchanges are those of the limits of projects.
func quotaExchanges() map[string]request.Exchange {
	var limits, used, asked []wire.Part
	for _, k := range intent.QuotaKinds() {
		limit := wire.Integer(intent.Unlimited, maxQuota).Schema
		limits, asked = append(limits, wire.Must(string(k), limit)), append(asked, wire.May(string(k), limit))
		used = append(used, wire.Must(string(k), wire.Shape(wire.Must("limit", limit), wire.Must("used", wire.Whole), wire.Must("reserved", wire.Whole))))
	}
	asked = append(asked, wire.May("check_limit", wire.Flag), wire.May("force", wire.Flag), wire.May("project_id", wire.Word), wire.May("tenant_id", wire.Word))
	whose := []wire.Part{wire.Must("project_id", wire.Word), wire.Must("tenant_id", wire.Word)}
	me := request.Gives(request.PlainObject(wire.Must("tenant", wire.Shape(whose...))))
	one := request.PlainObject(wire.Must("quota", wire.Shape(limits...)))
	return map[string]request.Exchange{
		"GET /v2.0/quotas":                   request.Gives(request.PlainObject(wire.Must("quotas", wire.ArrayOf(wire.Shape(append(whose, limits...)...))))),
		"POST /v2.0/quotas":                  {Status: "501", Gives: request.Ref("error")},
		"GET /v2.0/quotas/tenant":            me,
		"GET /v2.0/quotas/project":           me,
		"GET /v2.0/quotas/{project}":         request.Gives(one),
		"PUT /v2.0/quotas/{project}":         request.Takes(request.PlainObject(wire.Must("quota", wire.Shape(asked...))), one),
		"DELETE /v2.0/quotas/{project}":      {Status: "204"},
		"GET /v2.0/quotas/{project}/default": request.Gives(one),
		"GET /v2.0/quotas/{project}/details": request.Gives(request.PlainObject(wire.Must("quota", wire.Shape(used...)))),
	}
}

func topologyExchanges() map[string]request.Exchange {
	path := "/v2.0/auto-allocated-topology/{project}"
	return map[string]request.Exchange{
		"GET " + path:    request.Gives(request.PlainObject(wire.Must("auto_allocated_topology", wire.Shape(wire.Must("id", wire.Word), wire.Must("tenant_id", wire.Word), wire.Must("project_id", wire.Word))))),
		"DELETE " + path: {Status: "204"},
	}
}
