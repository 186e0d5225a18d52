package rest

import (
	"fmt"

	"weft/api"
	"weft/controller/intent"
)

var noRouter = notFound("RouterNotFound", "Router %s could not be found")

func routers(ops *intent.Ops) resource {
	type R = intent.RouterRequest
	type O = *api.Router
	meta := func(r O) *api.Meta { return &r.Meta }
	return &noun[O, R]{
		kind: api.KindRouter, one: "router", many: "routers", prefix: "v2.0", key: "id", meta: meta,
		example: row{{"name", "out"}, {"external_gateway_info", row{{"network_id", sampleID}, {"enable_snat", true}}}},
		reach:   ownedBy[O](api.KindRouter),
		missing: noRouter,
		create:  ops.CreateRouter,
		update:  byID(ops.UpdateRouter),
		remove:  dropID(ops.DeleteRouter),
		attributes: standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			rw("admin_state_up", "whether the router routes", boolean(),
				func(_ scope, o O) bool { return o.AdminStateUp }, func(r *R, v opt[bool]) { r.AdminStateUp = v }).or(true),
			read("status", "ACTIVE only while every host that matters has confirmed the router", text(maxName),
				func(s scope, o O) string { return s.status.Router(o.ID) }),
			rw("external_gateway_info", "connection to an external network; null or {}: none", gatewayInfo(),
				gatewayOf, func(r *R, v opt[intent.GatewayRequest]) { r.Gateway = noneIsNull(v) }).
				inside(admins, "enable_snat").inside(admins, "external_fixed_ips").or(nil),
			rw("weft:interfaces", "subnets that it routes for; an address that is left out is the subnet's gateway address", legs(),
				legsOf, func(r *R, v opt[[]intent.LegRequest]) { r.Legs = v }).or(empty()).emptyFirst().toPlug(notYoursToPlug),
			later("routes", "further routes", extraRoutes(),
				func(_ scope, o O) []api.HostRoute { return o.Routes }, func(r *R, v opt[[]api.HostRoute]) { r.Routes = v }).or(empty()).emptyFirst(),
			read("weft:gateway_host", "host by which guests without a floating IP leave; null: none", nullWhenEmpty(named[api.HostID](text(maxName))),
				func(_ scope, o O) api.HostID { return o.GatewayHost() }).internal(),
			fixed[O]("distributed", "every router is on every host that needs it", true).internal(),
			fixed[O]("ha", "a distributed router needs no stand-by", false).internal(),
			zoneHints(func(o O) []string { return o.ZoneHints }, func(r *R, v opt[[]string]) { r.ZoneHints = v }),
			zonesOf("zones of the hosts that route for it", func(v api.View, o O) bool { return len(routerHosts(v, o)) > 0 }),
			fixed[O]("flavor_id", "not used by weft", nil),
			fixed[O]("conntrack_helpers", "not used by weft", empty()),
			fixed[O]("enable_ndp_proxy", "not used by weft", false),
			problem[O](),
		),
	}
}

// gatewayInfo is a router's connection to an external network.
func gatewayInfo() kind[intent.GatewayRequest] {
	return kind[intent.GatewayRequest]{
		schema: schema{Type: "object", Format: "external gateway", Nullable: true, Members: []part{
			must("network_id", uuid[api.NetworkID]().schema), may("external_fixed_ips", fixedIPs().schema),
			may("enable_snat", boolean().schema),
		}},
		parse: toGateway,
		render: func(g intent.GatewayRequest) any {
			if g.NetworkID == "" {
				return nil
			}
			return row{
				{"network_id", g.NetworkID},
				{"external_fixed_ips", fixedIPs().render(g.FixedIPs.V)},
				{"enable_snat", g.EnableSNAT.V},
			}
		},
	}
}

func toGateway(v any) (g intent.GatewayRequest, err error) {
	if m, ok := v.(map[string]any); ok && len(m) == 0 {
		return g, nil
	}
	m, err := fields("external_gateway_info", v, []string{"network_id"}, "enable_snat", "external_fixed_ips")
	if err != nil {
		return g, err
	}
	if g.NetworkID, err = uuid[api.NetworkID]().parse(m["network_id"]); err != nil {
		return g, err
	}
	if v, ok := m["enable_snat"]; ok {
		if g.EnableSNAT, err = boolean().accept(v); err != nil {
			return g, err
		}
	}
	if v, ok := m["external_fixed_ips"]; ok {
		if g.FixedIPs, err = fixedIPs().accept(v); err != nil {
			return g, fmt.Errorf("external_fixed_ips: %w", err)
		}
	}
	return g, nil
}

// noneIsNull lets {} clear the gateway, as null does.
func noneIsNull(v opt[intent.GatewayRequest]) opt[intent.GatewayRequest] {
	v.Null = v.Null || v.V.NetworkID == ""
	return v
}

func gatewayOf(s scope, r *api.Router) intent.GatewayRequest {
	if r.Gateway == nil {
		return intent.GatewayRequest{}
	}
	g := intent.GatewayRequest{NetworkID: r.Gateway.NetworkID, EnableSNAT: intent.Some(r.Gateway.EnableSNAT)}
	if p, ok := s.view.Port(r.Gateway.PortID); ok {
		g.FixedIPs = intent.Some(fixedIPsOf(p))
	}
	return g
}
