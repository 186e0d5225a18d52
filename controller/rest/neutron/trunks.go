package neutron

import (
	"fmt"
	"net/http"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

const maxSubPorts = 500

// What tells a sub-port's frames: a tag that the request gives, or that of the VLAN network which the sub-port is on.
const (
	vlanTag    = "vlan"
	inheritTag = "inherit"
)

func trunks(ops *intent.Ops) noun.Resource {
	type R = intent.TrunkRequest
	type T = *api.Trunk
	meta := func(t T) *api.Meta { return &t.Meta }
	return &noun.Noun[T, R]{
		Kind: api.KindTrunk, One: "trunk", Many: "trunks", Prefix: "v2.0", Key: "id", Meta: meta,
		Example:  wire.Row{{"name", "vlans"}, {"port_id", noun.SampleID}},
		Identity: [][]string{{"port_id"}},

		Missing: wire.NotFound("TrunkNotFound", "Trunk %s could not be found."),
		Create:  ops.CreateTrunk,
		Update:  noun.ByID(ops.UpdateTrunk),
		Remove:  noun.DropID(ops.DeleteTrunk),
		Attributes: noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.Once("port_id", "port that carries the others: its own frames have no tag", wire.UUID[api.PortID](),
				func(_ noun.Scope, t T) api.PortID { return t.PortID }, func(r *R, v intent.Opt[api.PortID]) { r.PortID = v.V }).Need(),
			noun.RW("admin_state_up", "whether the sub-ports carry traffic", wire.Boolean(),
				func(_ noun.Scope, t T) bool { return t.AdminStateUp }, func(r *R, v intent.Opt[bool]) { r.AdminStateUp = v }).Or(true),
			noun.Once("sub_ports", "ports behind that one, each with the VLAN tag of its frames", subPorts(),
				func(_ noun.Scope, t T) []api.SubPort { return t.SubPorts }, func(r *R, v intent.Opt[[]api.SubPort]) { r.SubPorts = v }).Or(wire.Empty()).By("add_subports", "remove_subports"),
			noun.Read("status", "ACTIVE while the parent and every sub-port are", wire.Text(noun.MaxName), trunkStatus),
		),
	}
}

// trunkStatus is DOWN while the parent is not plugged, BUILD until all of the trunk works.
func trunkStatus(s noun.Scope, t *api.Trunk) string {
	const active, build, down = "ACTIVE", "BUILD", "DOWN"
	if !t.AdminStateUp || s.Status.Port(t.PortID) != active {
		return down
	}
	for _, sub := range t.SubPorts {
		if s.Status.Port(sub.PortID) != active {
			return build
		}
	}
	return active
}

// subPorts are ports with their tags.
func subPorts() wire.Kind[[]api.SubPort] {
	k := wire.ListOf("sub-port", maxSubPorts, toSubPort, func(p api.SubPort) any { return subPortRow(p) })
	parse := k.Parse
	k.Parse = func(v any) ([]api.SubPort, error) {
		subs, err := parse(v)
		tags, ports := map[uint16]bool{}, map[api.PortID]bool{}
		for _, p := range subs {
			if err == nil && ports[p.PortID] {
				err = fmt.Errorf("port %s is given twice", p.PortID)
			}
			ports[p.PortID] = true
			if err == nil && tags[p.SegmentationID] {
				err = fmt.Errorf("segmentation_id %d is given twice", p.SegmentationID)
			}
			tags[p.SegmentationID] = p.SegmentationID != intent.InheritTag
		}
		return subs, err
	}
	kinds := wire.OneOf(vlanTag, inheritTag).Schema
	kinds.Asks = []string{inheritTag}
	return k.Of(wire.Shape(wire.Must("port_id", wire.UUID[api.PortID]().Schema), wire.May("segmentation_id", wire.Integer(1, 4094).Schema), wire.May("segmentation_type", kinds)))
}

func subPortRow(p api.SubPort) wire.Row {
	return wire.Row{{"port_id", p.PortID}, {"segmentation_type", vlanTag}, {"segmentation_id", int(p.SegmentationID)}}
}

func toSubPort(v any) (p api.SubPort, err error) {
	m, err := wire.Fields("sub-port", v, []string{"port_id"}, "segmentation_id", "segmentation_type")
	if err != nil {
		return p, err
	}
	if p.PortID, err = wire.UUID[api.PortID]().Parse(m["port_id"]); err != nil {
		return p, err
	}
	tag, tagged := m["segmentation_id"]
	switch t, given := m["segmentation_type"]; {
	case t == inheritTag:
		p.SegmentationID = intent.InheritTag
		return p, nil
	case given && t != vlanTag:
		return p, fmt.Errorf("Invalid segmentation_type '%s': weft has %s and %s only", wire.Show(t), vlanTag, inheritTag) //nolint:staticcheck // Neutron's words
	case !tagged:
		return p, fmt.Errorf("Invalid data format for sub-port: '%s' lacks 'segmentation_id'", wire.Show(v)) //nolint:staticcheck // Neutron's words
	}
	p.SegmentationID, err = wire.Number[uint16](1, 4094).Parse(tag)
	return p, err
}

// trunkRoutes are the actions of trunks.
func (s *actions) trunkRoutes() []request.Route {
	type change = func(*api.Txn, api.TrunkID) (*api.Trunk, error)
	at := func(name, method string, h request.Handler) request.Route {
		return request.Route{
			Pattern: []string{"v2.0", "trunks", "*", name},
			Name:    "/v2.0/trunks/{id}/" + name,
			Methods: map[string]request.Handler{method: h},
		}
	}
	return []request.Route{
		at("add_subports", http.MethodPut, s.subPortAction("add_subports", func(given any) (change, error) {
			subs, err := subPorts().Given().Accept(given)
			return func(tx *api.Txn, id api.TrunkID) (*api.Trunk, error) { return s.Ops.AddSubPorts(tx, id, subs.V) }, err
		})),
		at("remove_subports", http.MethodPut, s.subPortAction("remove_subports", func(given any) (change, error) {
			ports, err := wire.ListOf("sub-port", maxSubPorts, toSubPortID, func(p api.PortID) any { return p }).Given().Accept(given)
			return func(tx *api.Txn, id api.TrunkID) (*api.Trunk, error) { return s.Ops.RemoveSubPorts(tx, id, ports.V) }, err
		})),
		at("get_subports", http.MethodGet, s.getSubPorts),
	}
}

// toSubPortID reads the port of a sub-port that is to be removed; clients may give its tag too.
func toSubPortID(v any) (api.PortID, error) {
	m, err := wire.Fields("sub-port", v, []string{"port_id"}, "segmentation_id", "segmentation_type")
	if err != nil {
		return "", err
	}
	return wire.UUID[api.PortID]().Parse(m["port_id"])
}

// subPortAction serves a change of a trunk's sub-ports, which read makes of the request, and answers with the trunk.
func (s *actions) subPortAction(name string, read func(given any) (func(*api.Txn, api.TrunkID) (*api.Trunk, error), error)) request.Handler {
	return func(c *request.Call) (request.Answer, error) {
		body, err := request.ReadBody(c.Writer, c.Request)
		if err != nil {
			return request.Answer{}, err
		}
		given, ok := body["sub_ports"]
		if !ok || len(body) != 1 {
			return request.Answer{}, wire.BadResource("trunk", "sub_ports must be specified, and nothing else")
		}
		op, err := read(given)
		if err != nil {
			return request.Answer{}, wire.InvalidInput("sub_ports: %v", err)
		}
		res := trunks(s.Ops)
		act := access.Deed{Verb: access.Updating, Rule: name}
		if name == "add_subports" { // whoever owns the trunk may take out whatever is in it
			act.Demands = res.Demands(body, noun.OnCreate)
		}
		snap, header, err := s.Commit(c, s.Matching(c, res, act, func(tx *api.Txn) error {
			_, err := op(tx, api.TrunkID(c.Vars[0]))
			return err
		}))
		if err != nil {
			return request.Answer{}, err
		}
		r, err := res.Show(s.Scope(c, snap), c.Vars[0], nil)
		return request.Answer{Status: http.StatusOK, Body: r, Header: header}, err
	}
}

func (s *actions) getSubPorts(c *request.Call) (request.Answer, error) {
	v := s.State.Snapshot().View
	if err := trunks(s.Ops).Permit(c.Policy(), v, c.Vars[0], access.Deed{Verb: access.Seeing}); err != nil {
		return request.Answer{}, err
	}
	t, _ := v.Trunk(api.TrunkID(c.Vars[0]))
	rows := make([]wire.Row, 0, len(t.SubPorts))
	for _, p := range t.SubPorts {
		rows = append(rows, subPortRow(p))
	}
	return request.Answer{Status: http.StatusOK, Body: wire.Row{{"sub_ports", rows}}, Header: nil}, nil
}

// trunkDetails is what a parent's port shows of its trunk; null for other ports.
func trunkDetails(s noun.Scope, p *api.Port) map[string]any {
	t, ok := s.View.TrunkOf(p.ID)
	if !ok {
		return nil
	}
	subs := make([]any, 0, len(t.SubPorts))
	for _, sub := range t.SubPorts {
		item := map[string]any{"port_id": sub.PortID, "segmentation_type": vlanTag, "segmentation_id": int(sub.SegmentationID)}
		if q, ok := s.View.Port(sub.PortID); ok {
			item["mac_address"] = q.MAC.String()
		}
		subs = append(subs, item)
	}
	return map[string]any{"trunk_id": t.ID, "sub_ports": subs}
}
