package rest

import (
	"net/http"

	"weft/api"
	"weft/controller/intent"
)

// interfaceAction is add_router_interface or remove_router_interface.
type interfaceAction func(*api.Txn, api.RouterID, intent.InterfaceRequest) (intent.InterfaceAnswer, error)

func (s *actions) actionRoutes() []route {
	action := func(name string, op interfaceAction, both bool) route {
		return route{
			pattern: []string{"v2.0", "routers", "*", name},
			name:    "/v2.0/routers/{id}/" + name,
			methods: map[string]handler{http.MethodPut: s.routerInterface(name, op, both)},
		}
	}
	return []route{
		action("add_router_interface", s.Ops.AddRouterInterface, false),
		action("remove_router_interface", s.Ops.RemoveRouterInterface, true),
		s.extraRoutes("add_extraroutes", s.Ops.AddExtraRoutes),
		s.extraRoutes("remove_extraroutes", s.Ops.RemoveExtraRoutes),
	}
}

// extraRoutes adds or removes some of a router's routes, whatever else changes them at the same time.
func (s *actions) extraRoutes(name string, op func(*api.Txn, api.RouterID, []api.HostRoute) (*api.Router, error)) route {
	do := func(c *call) (answer, error) {
		body, err := readBody(c.w, c.r)
		if err != nil {
			return answer{}, err
		}
		given, err := fields("router", body["router"], []string{"routes"})
		if err != nil {
			return answer{}, badRequest("%v", err)
		}
		wanted, err := extraRoutes().accept(given["routes"])
		if err != nil {
			return answer{}, invalidValue("routes", err)
		}
		res := routers(s.Ops)
		act := deed{verb: updating, rule: name}
		snap, header, err := s.commit(c, s.matching(c, res, act, func(tx *api.Txn) error {
			_, err := op(tx, api.RouterID(c.vars[0]), wanted.V)
			return err
		}))
		if err != nil {
			return answer{}, err
		}
		r, err := res.show(s.scope(c, snap), c.vars[0], nil)
		return answer{http.StatusOK, row{{"router", r}}, header}, err
	}
	return route{
		pattern: []string{"v2.0", "routers", "*", name},
		name:    "/v2.0/routers/{id}/" + name,
		methods: map[string]handler{http.MethodPut: do},
	}
}

// routerInterface serves an action; both says whether subnet and port may be given together.
func (s *actions) routerInterface(name string, op interfaceAction, both bool) handler {
	res := routers(s.Ops)
	return func(c *call) (answer, error) {
		body, err := readBody(c.w, c.r)
		if err != nil {
			return answer{}, err
		}
		req, err := readInterface(body, both)
		if err != nil {
			return answer{}, err
		}
		var done intent.InterfaceAnswer
		plugged := namedBy(req)
		if both { // whoever owns the router may unplug whatever is in it
			plugged = demands{}
		}
		act := deed{verb: updating, rule: name, demands: plugged}
		_, header, err := s.commit(c, s.matching(c, res, act, func(tx *api.Txn) (err error) {
			done, err = op(tx, api.RouterID(c.vars[0]), req)
			return err
		}))
		if err != nil {
			return answer{}, err
		}
		return answer{http.StatusOK, interfaceRow(done), header}, nil
	}
}

// namedBy are the objects of which a caller must know to plug them into a router; a port must be its own, too.
func namedBy(req intent.InterfaceRequest) (d demands) {
	if req.SubnetID != "" {
		d.named = append(d.named, mention{resource: "subnet", id: string(req.SubnetID), plugged: true, strangers: notYoursToPlug})
	}
	if req.PortID != "" {
		d.named = append(d.named, mention{resource: "port", id: string(req.PortID)})
	}
	return d
}

func readInterface(body map[string]any, both bool) (req intent.InterfaceRequest, err error) {
	subnet, bySubnet := body["subnet_id"]
	port, byPort := body["port_id"]
	switch {
	case !bySubnet && !byPort:
		return req, badResource("router", "Either subnet_id or port_id must be specified")
	case bySubnet && byPort && !both:
		return req, badResource("router", "Cannot specify both subnet-id and port-id")
	}
	if bySubnet {
		if req.SubnetID, err = uuid[api.SubnetID]().parse(subnet); err != nil {
			return req, badResource("router", "%v", err)
		}
	}
	if byPort {
		if req.PortID, err = uuid[api.PortID]().parse(port); err != nil {
			return req, badResource("router", "%v", err)
		}
	}
	return req, nil
}

func interfaceRow(a intent.InterfaceAnswer) row {
	var subnet any
	if len(a.SubnetIDs) > 0 {
		subnet = a.SubnetIDs[0]
	}
	return row{
		{"id", a.RouterID}, {"tenant_id", a.ProjectID}, {"project_id", a.ProjectID}, {"port_id", a.PortID},
		{"network_id", a.NetworkID}, {"subnet_id", subnet}, {"subnet_ids", append([]api.SubnetID{}, a.SubnetIDs...)},
	}
}
