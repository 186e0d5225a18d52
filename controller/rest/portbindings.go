package rest

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
)

// portBinding is a port on a host, as Neutron shows it: where the port is, or where a migration may lead.
type portBinding struct {
	port     *api.Port
	host     api.HostID
	active   bool
	vnicType string
	profile  map[string]any
}

// Ref implements api.Object. Among those of its port a binding is known by its host.
func (b *portBinding) Ref() api.Ref { return api.Ref{Kind: api.KindBinding, ID: string(b.host)} }

func (b *portBinding) status() string {
	if b.active {
		return "ACTIVE"
	}
	return "INACTIVE"
}

const bindingsPath = "ports/{port_id}/bindings"

// portBindings declares the bindings of one port.
func portBindings(ops *intent.Ops, id api.PortID) resource {
	type R = intent.PortBindingRequest
	type B = *portBinding
	find := func(v api.View, host string) (B, bool) { return findPortBinding(v, id, api.HostID(host)) }
	missing := func(host string) error {
		return api.Faultf(api.NotFound, "PortBindingNotFound", "Binding for port %s for host %s could not be found.", shorten(string(id)), host)
	}
	// made gives the binding that an operation has made or changed.
	made := func(tx *api.Txn, host string, err error) (B, error) {
		if err != nil {
			return nil, err
		}
		if b, ok := find(tx.View, host); ok {
			return b, nil
		}
		return nil, missing(host)
	}
	return &noun[B, R]{
		kind: api.KindBinding, one: "binding", many: "bindings", prefix: "v2.0", path: bindingsPath, parent: "port", key: "host",
		example: row{{"host", "host1"}, {"vnic_type", "normal"}},
		meta:    func(b B) *api.Meta { return &b.port.Meta }, missing: missing, who: onlyAdmins(), apart: true,
		view: &view[B]{all: func(v api.View) iter.Seq[B] { return allPortBindings(v, id) }, find: find},
		create: func(tx *api.Txn, r R) (B, error) {
			return made(tx, string(r.HostID.V), ops.CreatePortBinding(tx, id, r))
		},
		update: func(tx *api.Txn, host string, r R) (B, error) {
			return made(tx, host, ops.UpdatePortBinding(tx, id, api.HostID(host), r))
		},
		remove: func(tx *api.Txn, host string) error { return ops.DeletePortBinding(tx, id, api.HostID(host)) },
		attributes: []attribute[B]{
			rw("host", "host; cannot be changed", named[api.HostID](text(maxName)),
				func(_ scope, b B) api.HostID { return b.host }, func(r *R, v opt[api.HostID]) { r.HostID = v }).need(),
			rw("vnic_type", "kind of interface", oneOf("normal"),
				func(_ scope, b B) string { return cmp.Or(b.vnicType, "normal") }, func(r *R, v opt[string]) { r.VNICType = v }),
			rw("profile", "for the hypervisor's use", object().orNull(),
				func(_ scope, b B) map[string]any { return b.profile }, func(r *R, v opt[map[string]any]) { r.Profile = zeroForNull(v) }),
			read("status", "ACTIVE: the port's traffic goes here; INACTIVE: the guest may arrive, or has left", text(maxName),
				func(_ scope, b B) string { return b.status() }),
			read("vif_type", "how the hypervisor plugs the port", text(maxName),
				func(s scope, b B) string { return vifTypeOn(s, b.port, b.host) }),
			read("vif_details", "details of that", object(),
				func(s scope, b B) map[string]any { return vifDetailsOn(s, b.port, b.host) }),
			read("weft:status", "ACTIVE once the port is plugged there and the host has confirmed it; DOWN while it is not plugged", text(maxName),
				func(s scope, b B) string { return s.status.PortOn(b.port.ID, b.host) }),
		},
	}
}

// allPortBindings yields the bindings of a port in the order of their hosts.
func allPortBindings(v api.View, id api.PortID) iter.Seq[*portBinding] {
	var out []*portBinding
	if p, ok := v.Port(id); ok {
		if h := intent.ActiveHost(v, p); h != "" {
			out = append(out, &portBinding{p, h, true, p.VNICType, p.Profile})
		}
		for _, b := range p.Others {
			out = append(out, &portBinding{p, b.HostID, false, b.VNICType, b.Profile})
		}
	}
	slices.SortFunc(out, func(a, b *portBinding) int { return strings.Compare(string(a.host), string(b.host)) })
	return slices.Values(out)
}

func findPortBinding(v api.View, id api.PortID, h api.HostID) (*portBinding, bool) {
	for b := range allPortBindings(v, id) {
		if b.host == h {
			return b, true
		}
	}
	return nil, false
}

// portBindingRoutes are the bindings of ports: a collection for each port.
func (s *actions) portBindingRoutes() []route {
	declared := portBindings(s.Ops, "")
	return append(s.partRoutes(declared, true, s.bindingsOf), route{
		pattern: []string{"v2.0", "ports", "*", "bindings", "*", "activate"}, name: declared.describe().Path + "/{id}/activate", admin: true,
		methods: map[string]handler{http.MethodPut: s.activateBinding},
	})
}

func (s *actions) bindingsOf(c *call) (resource, error) {
	if _, err := ports(s.Ops).revision(s.State.Snapshot().View, c.vars[0]); err != nil {
		return nil, err
	}
	return portBindings(s.Ops, api.PortID(c.vars[0])), nil
}

// activateBinding answers with the binding itself, as Neutron does. A body is not looked at: some clients send one.
func (s *actions) activateBinding(c *call) (answer, error) {
	res, err := s.bindingsOf(c)
	if err != nil {
		return answer{}, err
	}
	inner := *c
	inner.vars = c.vars[1:]
	snap, header, err := s.commit(&inner, s.matching(&inner, res, deed{verb: updating, rule: "activate_port_binding"}, func(tx *api.Txn) error {
		return s.Ops.ActivatePortBinding(tx, api.PortID(c.vars[0]), api.HostID(c.vars[1]))
	}))
	if err != nil {
		return answer{}, err
	}
	r, err := res.show(s.scope(c, snap), c.vars[1], nil)
	return answer{http.StatusOK, r, header}, err
}
