package neutron

import (
	"fmt"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// notYoursToPlug is about a subnet that is shared with everyone: were anybody to put a router on it, that would have the
// address which all its guests send to.
func notYoursToPlug(id string) error {
	return wire.BadResource("router", "Cannot add interface to router because subnet %s is not owned by project making the request", id)
}

var noRouter = wire.NotFound("RouterNotFound", "Router %s could not be found")

func routers(ops *intent.Ops) noun.Resource {
	type R = intent.RouterRequest
	type O = *api.Router
	meta := func(r O) *api.Meta { return &r.Meta }
	return &noun.Noun[O, R]{
		Kind: api.KindRouter, One: "router", Many: "routers", Prefix: "v2.0", Key: "id", Meta: meta,
		Example: wire.Row{{"name", "out"}, {"external_gateway_info", wire.Row{{"network_id", noun.SampleID}, {"enable_snat", true}}}},
		Reach:   noun.OwnedBy[O](api.KindRouter),
		Missing: noRouter,
		Create:  ops.CreateRouter,
		Update:  noun.ByID(ops.UpdateRouter),
		Remove:  noun.DropID(ops.DeleteRouter),
		Attributes: noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.RW("admin_state_up", "whether the router routes", wire.Boolean(),
				func(_ noun.Scope, o O) bool { return o.AdminStateUp }, func(r *R, v intent.Opt[bool]) { r.AdminStateUp = v }).Or(true),
			noun.Read("status", "ACTIVE only while every host that matters has confirmed the router", wire.Text(noun.MaxName),
				func(s noun.Scope, o O) string { return s.Status.Router(o.ID) }),
			noun.RW("external_gateway_info", "connection to an external network; null or {}: none", gatewayInfo(),
				gatewayOf, func(r *R, v intent.Opt[intent.GatewayRequest]) { r.Gateway = noneIsNull(v) }).
				Inside(access.Admins, "enable_snat").Inside(access.Admins, "external_fixed_ips").Or(nil),
			noun.RW("weft:interfaces", "subnets that it routes for; an address that is left out is the subnet's gateway address", legs(),
				legsOf, func(r *R, v intent.Opt[[]intent.LegRequest]) { r.Legs = v }).Or(wire.Empty()).EmptyFirst().ToPlug(notYoursToPlug),
			noun.Later("routes", "further routes", extraRoutes(),
				func(_ noun.Scope, o O) []api.HostRoute { return o.Routes }, func(r *R, v intent.Opt[[]api.HostRoute]) { r.Routes = v }).Or(wire.Empty()).EmptyFirst(),
			noun.Read("weft:gateway_host", "host by which guests without a floating IP leave; null: none", wire.NullWhenEmpty(wire.Named[api.HostID](wire.Text(noun.MaxName))),
				func(_ noun.Scope, o O) api.HostID { return o.GatewayHost() }).Internal(),
			noun.Fixed[O]("distributed", "every router is on every host that needs it", true).Internal(),
			noun.Fixed[O]("ha", "a distributed router needs no stand-by", false).Internal(),
			zoneHints(func(o O) []string { return o.ZoneHints }, func(r *R, v intent.Opt[[]string]) { r.ZoneHints = v }),
			zonesOf("zones of the hosts that route for it", func(v api.View, o O) bool { return len(routerHosts(v, o)) > 0 }),
			noun.Fixed[O]("flavor_id", "not used by weft", nil),
			noun.Fixed[O]("conntrack_helpers", "not used by weft", wire.Empty()),
			noun.Fixed[O]("enable_ndp_proxy", "not used by weft", false),
			noun.Problem[O](),
		),
	}
}

// gatewayInfo is a router's connection to an external network.
func gatewayInfo() wire.Kind[intent.GatewayRequest] {
	return wire.Kind[intent.GatewayRequest]{
		Schema: wire.Schema{Type: "object", Format: "external gateway", Nullable: true, Members: []wire.Part{
			wire.Must("network_id", wire.UUID[api.NetworkID]().Schema), wire.May("external_fixed_ips", fixedIPs().Schema),
			wire.May("enable_snat", wire.Boolean().Schema),
		}},
		Parse: toGateway,
		Render: func(g intent.GatewayRequest) any {
			if g.NetworkID == "" {
				return nil
			}
			return wire.Row{
				{"network_id", g.NetworkID},
				{"external_fixed_ips", fixedIPs().Render(g.FixedIPs.V)},
				{"enable_snat", g.EnableSNAT.V},
			}
		},
	}
}

func toGateway(v any) (g intent.GatewayRequest, err error) {
	if m, ok := v.(map[string]any); ok && len(m) == 0 {
		return g, nil
	}
	m, err := wire.Fields("external_gateway_info", v, []string{"network_id"}, "enable_snat", "external_fixed_ips")
	if err != nil {
		return g, err
	}
	if g.NetworkID, err = wire.UUID[api.NetworkID]().Parse(m["network_id"]); err != nil {
		return g, err
	}
	if v, ok := m["enable_snat"]; ok {
		if g.EnableSNAT, err = wire.Boolean().Accept(v); err != nil {
			return g, err
		}
	}
	if v, ok := m["external_fixed_ips"]; ok {
		if g.FixedIPs, err = fixedIPs().Accept(v); err != nil {
			return g, fmt.Errorf("external_fixed_ips: %w", err)
		}
	}
	return g, nil
}

// noneIsNull lets {} clear the gateway, as null does.
func noneIsNull(v intent.Opt[intent.GatewayRequest]) intent.Opt[intent.GatewayRequest] {
	v.Null = v.Null || v.V.NetworkID == ""
	return v
}

func gatewayOf(s noun.Scope, r *api.Router) intent.GatewayRequest {
	if r.Gateway == nil {
		return intent.GatewayRequest{}
	}
	g := intent.GatewayRequest{NetworkID: r.Gateway.NetworkID, EnableSNAT: intent.Some(r.Gateway.EnableSNAT)}
	if p, ok := s.View.Port(r.Gateway.PortID); ok {
		g.FixedIPs = intent.Some(fixedIPsOf(p))
	}
	return g
}
