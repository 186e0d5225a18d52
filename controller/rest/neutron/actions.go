package neutron

import (
	"net/http"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// interfaceAction is add_router_interface or remove_router_interface.
type interfaceAction func(*api.Txn, api.RouterID, intent.InterfaceRequest) (intent.InterfaceAnswer, error)

func (s *actions) actionRoutes() []request.Route {
	action := func(name string, op interfaceAction, both bool) request.Route {
		return request.Route{
			Pattern: []string{"v2.0", "routers", "*", name},
			Name:    "/v2.0/routers/{id}/" + name,
			Methods: map[string]request.Handler{http.MethodPut: s.routerInterface(name, op, both)},
		}
	}
	return []request.Route{
		action("add_router_interface", s.Ops.AddRouterInterface, false),
		action("remove_router_interface", s.Ops.RemoveRouterInterface, true),
		s.extraRoutes("add_extraroutes", s.Ops.AddExtraRoutes),
		s.extraRoutes("remove_extraroutes", s.Ops.RemoveExtraRoutes),
	}
}

// extraRoutes adds or removes some of a router's routes, whatever else changes them at the same time.
func (s *actions) extraRoutes(name string, op func(*api.Txn, api.RouterID, []api.HostRoute) (*api.Router, error)) request.Route {
	do := func(c *request.Call) (request.Answer, error) {
		body, err := request.ReadBody(c.Writer, c.Request)
		if err != nil {
			return request.Answer{}, err
		}
		given, err := wire.Fields("router", body["router"], []string{"routes"})
		if err != nil {
			return request.Answer{}, wire.BadRequest("%v", err)
		}
		wanted, err := extraRoutes().Accept(given["routes"])
		if err != nil {
			return request.Answer{}, wire.InvalidValue("routes", err)
		}
		res := routers(s.Ops)
		act := access.Deed{Verb: access.Updating, Rule: name}
		snap, header, err := s.Commit(c, s.Matching(c, res, act, func(tx *api.Txn) error {
			_, err := op(tx, api.RouterID(c.Vars[0]), wanted.V)
			return err
		}))
		if err != nil {
			return request.Answer{}, err
		}
		r, err := res.Show(s.Scope(c, snap), c.Vars[0], nil)
		return request.Answer{Status: http.StatusOK, Body: wire.Row{{"router", r}}, Header: header}, err
	}
	return request.Route{
		Pattern: []string{"v2.0", "routers", "*", name},
		Name:    "/v2.0/routers/{id}/" + name,
		Methods: map[string]request.Handler{http.MethodPut: do},
	}
}

// routerInterface serves an action; both says whether subnet and port may be given together.
func (s *actions) routerInterface(name string, op interfaceAction, both bool) request.Handler {
	res := routers(s.Ops)
	return func(c *request.Call) (request.Answer, error) {
		body, err := request.ReadBody(c.Writer, c.Request)
		if err != nil {
			return request.Answer{}, err
		}
		req, err := readInterface(body, both)
		if err != nil {
			return request.Answer{}, err
		}
		var done intent.InterfaceAnswer
		plugged := namedBy(req)
		if both { // whoever owns the router may unplug whatever is in it
			plugged = access.Demands{}
		}
		act := access.Deed{Verb: access.Updating, Rule: name, Demands: plugged}
		_, header, err := s.Commit(c, s.Matching(c, res, act, func(tx *api.Txn) (err error) {
			done, err = op(tx, api.RouterID(c.Vars[0]), req)
			return err
		}))
		if err != nil {
			return request.Answer{}, err
		}
		return request.Answer{Status: http.StatusOK, Body: interfaceRow(done), Header: header}, nil
	}
}

// namedBy are the objects of which a caller must know to plug them into a router; a port must be its own, too.
func namedBy(req intent.InterfaceRequest) (d access.Demands) {
	if req.SubnetID != "" {
		d.Named = append(d.Named, access.Mention{Resource: "subnet", ID: string(req.SubnetID), Plugged: true, Strangers: notYoursToPlug})
	}
	if req.PortID != "" {
		d.Named = append(d.Named, access.Mention{Resource: "port", ID: string(req.PortID)})
	}
	return d
}

func readInterface(body map[string]any, both bool) (req intent.InterfaceRequest, err error) {
	subnet, bySubnet := body["subnet_id"]
	port, byPort := body["port_id"]
	switch {
	case !bySubnet && !byPort:
		return req, wire.BadResource("router", "Either subnet_id or port_id must be specified")
	case bySubnet && byPort && !both:
		return req, wire.BadResource("router", "Cannot specify both subnet-id and port-id")
	}
	if bySubnet {
		if req.SubnetID, err = wire.UUID[api.SubnetID]().Parse(subnet); err != nil {
			return req, wire.BadResource("router", "%v", err)
		}
	}
	if byPort {
		if req.PortID, err = wire.UUID[api.PortID]().Parse(port); err != nil {
			return req, wire.BadResource("router", "%v", err)
		}
	}
	return req, nil
}

func interfaceRow(a intent.InterfaceAnswer) wire.Row {
	var subnet any
	if len(a.SubnetIDs) > 0 {
		subnet = a.SubnetIDs[0]
	}
	return wire.Row{
		{"id", a.RouterID}, {"tenant_id", a.ProjectID}, {"project_id", a.ProjectID}, {"port_id", a.PortID},
		{"network_id", a.NetworkID}, {"subnet_id", subnet}, {"subnet_ids", append([]api.SubnetID{}, a.SubnetIDs...)},
	}
}
