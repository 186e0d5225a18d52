package rest

import (
	"fmt"
	"net/http"

	"weft/api"
	"weft/controller/intent"
)

const maxSubPorts = 500

// What tells a sub-port's frames: a tag that the request gives, or that of the VLAN network which the sub-port is on.
const (
	vlanTag    = "vlan"
	inheritTag = "inherit"
)

func trunks(ops *intent.Ops) resource {
	type R = intent.TrunkRequest
	type T = *api.Trunk
	meta := func(t T) *api.Meta { return &t.Meta }
	return &noun[T, R]{
		kind: api.KindTrunk, one: "trunk", many: "trunks", prefix: "v2.0", key: "id", meta: meta,
		example:  row{{"name", "vlans"}, {"port_id", sampleID}},
		identity: [][]string{{"port_id"}},

		missing: notFound("TrunkNotFound", "Trunk %s could not be found."),
		create:  ops.CreateTrunk,
		update:  byID(ops.UpdateTrunk),
		remove:  dropID(ops.DeleteTrunk),
		attributes: standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			once("port_id", "port that carries the others: its own frames have no tag", uuid[api.PortID](),
				func(_ scope, t T) api.PortID { return t.PortID }, func(r *R, v opt[api.PortID]) { r.PortID = v.V }).need(),
			rw("admin_state_up", "whether the sub-ports carry traffic", boolean(),
				func(_ scope, t T) bool { return t.AdminStateUp }, func(r *R, v opt[bool]) { r.AdminStateUp = v }).or(true),
			once("sub_ports", "ports behind that one, each with the VLAN tag of its frames", subPorts(),
				func(_ scope, t T) []api.SubPort { return t.SubPorts }, func(r *R, v opt[[]api.SubPort]) { r.SubPorts = v }).or(empty()).by("add_subports", "remove_subports"),
			read("status", "ACTIVE while the parent and every sub-port are", text(maxName), trunkStatus),
		),
	}
}

// trunkStatus is DOWN while the parent is not plugged, BUILD until all of the trunk works.
func trunkStatus(s scope, t *api.Trunk) string {
	const active, build, down = "ACTIVE", "BUILD", "DOWN"
	if !t.AdminStateUp || s.status.Port(t.PortID) != active {
		return down
	}
	for _, sub := range t.SubPorts {
		if s.status.Port(sub.PortID) != active {
			return build
		}
	}
	return active
}

// subPorts are ports with their tags.
func subPorts() kind[[]api.SubPort] {
	k := listOf("sub-port", maxSubPorts, toSubPort, func(p api.SubPort) any { return subPortRow(p) })
	parse := k.parse
	k.parse = func(v any) ([]api.SubPort, error) {
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
	kinds := oneOf(vlanTag, inheritTag).schema
	kinds.Asks = []string{inheritTag}
	return k.of(shape(must("port_id", uuid[api.PortID]().schema), may("segmentation_id", integer(1, 4094).schema), may("segmentation_type", kinds)))
}

func subPortRow(p api.SubPort) row {
	return row{{"port_id", p.PortID}, {"segmentation_type", vlanTag}, {"segmentation_id", int(p.SegmentationID)}}
}

func toSubPort(v any) (p api.SubPort, err error) {
	m, err := fields("sub-port", v, []string{"port_id"}, "segmentation_id", "segmentation_type")
	if err != nil {
		return p, err
	}
	if p.PortID, err = uuid[api.PortID]().parse(m["port_id"]); err != nil {
		return p, err
	}
	tag, tagged := m["segmentation_id"]
	switch t, given := m["segmentation_type"]; {
	case t == inheritTag:
		p.SegmentationID = intent.InheritTag
		return p, nil
	case given && t != vlanTag:
		return p, fmt.Errorf("Invalid segmentation_type '%s': weft has %s and %s only", show(t), vlanTag, inheritTag) //nolint:staticcheck // Neutron's words
	case !tagged:
		return p, fmt.Errorf("Invalid data format for sub-port: '%s' lacks 'segmentation_id'", show(v)) //nolint:staticcheck // Neutron's words
	}
	p.SegmentationID, err = number[uint16](1, 4094).parse(tag)
	return p, err
}

// trunkRoutes are the actions of trunks.
func (s *actions) trunkRoutes() []route {
	type change = func(*api.Txn, api.TrunkID) (*api.Trunk, error)
	at := func(name, method string, h handler) route {
		return route{
			pattern: []string{"v2.0", "trunks", "*", name},
			name:    "/v2.0/trunks/{id}/" + name,
			methods: map[string]handler{method: h},
		}
	}
	return []route{
		at("add_subports", http.MethodPut, s.subPortAction("add_subports", func(given any) (change, error) {
			subs, err := subPorts().given().accept(given)
			return func(tx *api.Txn, id api.TrunkID) (*api.Trunk, error) { return s.Ops.AddSubPorts(tx, id, subs.V) }, err
		})),
		at("remove_subports", http.MethodPut, s.subPortAction("remove_subports", func(given any) (change, error) {
			ports, err := listOf("sub-port", maxSubPorts, toSubPortID, func(p api.PortID) any { return p }).given().accept(given)
			return func(tx *api.Txn, id api.TrunkID) (*api.Trunk, error) { return s.Ops.RemoveSubPorts(tx, id, ports.V) }, err
		})),
		at("get_subports", http.MethodGet, s.getSubPorts),
	}
}

// toSubPortID reads the port of a sub-port that is to be removed; clients may give its tag too.
func toSubPortID(v any) (api.PortID, error) {
	m, err := fields("sub-port", v, []string{"port_id"}, "segmentation_id", "segmentation_type")
	if err != nil {
		return "", err
	}
	return uuid[api.PortID]().parse(m["port_id"])
}

// subPortAction serves a change of a trunk's sub-ports, which read makes of the request, and answers with the trunk.
func (s *actions) subPortAction(name string, read func(given any) (func(*api.Txn, api.TrunkID) (*api.Trunk, error), error)) handler {
	return func(c *call) (answer, error) {
		body, err := readBody(c.w, c.r)
		if err != nil {
			return answer{}, err
		}
		given, ok := body["sub_ports"]
		if !ok || len(body) != 1 {
			return answer{}, badResource("trunk", "sub_ports must be specified, and nothing else")
		}
		op, err := read(given)
		if err != nil {
			return answer{}, invalidInput("sub_ports: %v", err)
		}
		res := trunks(s.Ops)
		act := deed{verb: updating, rule: name}
		if name == "add_subports" { // whoever owns the trunk may take out whatever is in it
			act.demands = res.demands(body, onCreate)
		}
		snap, header, err := s.commit(c, s.matching(c, res, act, func(tx *api.Txn) error {
			_, err := op(tx, api.TrunkID(c.vars[0]))
			return err
		}))
		if err != nil {
			return answer{}, err
		}
		r, err := res.show(s.scope(c, snap), c.vars[0], nil)
		return answer{http.StatusOK, r, header}, err
	}
}

func (s *actions) getSubPorts(c *call) (answer, error) {
	v := s.State.Snapshot().View
	if err := trunks(s.Ops).permit(c.policy(), v, c.vars[0], deed{verb: seeing}); err != nil {
		return answer{}, err
	}
	t, _ := v.Trunk(api.TrunkID(c.vars[0]))
	rows := make([]row, 0, len(t.SubPorts))
	for _, p := range t.SubPorts {
		rows = append(rows, subPortRow(p))
	}
	return answer{http.StatusOK, row{{"sub_ports", rows}}, nil}, nil
}

// trunkDetails is what a parent's port shows of its trunk; null for other ports.
func trunkDetails(s scope, p *api.Port) map[string]any {
	t, ok := s.view.TrunkOf(p.ID)
	if !ok {
		return nil
	}
	subs := make([]any, 0, len(t.SubPorts))
	for _, sub := range t.SubPorts {
		item := map[string]any{"port_id": sub.PortID, "segmentation_type": vlanTag, "segmentation_id": int(sub.SegmentationID)}
		if q, ok := s.view.Port(sub.PortID); ok {
			item["mac_address"] = q.MAC.String()
		}
		subs = append(subs, item)
	}
	return map[string]any{"trunk_id": t.ID, "sub_ports": subs}
}
