package neutron

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
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
func portBindings(ops *intent.Ops, id api.PortID) noun.Resource {
	type R = intent.PortBindingRequest
	type B = *portBinding
	find := func(v api.View, host string) (B, bool) { return findPortBinding(v, id, api.HostID(host)) }
	missing := func(host string) error {
		return api.Faultf(api.NotFound, "PortBindingNotFound", "Binding for port %s for host %s could not be found.", wire.Shorten(string(id)), host)
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
	return &noun.Noun[B, R]{
		Kind: api.KindBinding, One: "binding", Many: "bindings", Prefix: "v2.0", Path: bindingsPath, Parent: "port", Key: "host",
		Example: wire.Row{{"host", "host1"}, {"vnic_type", "normal"}},
		Meta:    func(b B) *api.Meta { return &b.port.Meta }, Missing: missing, Who: access.OnlyAdmins(), Apart: true,
		View: &noun.View[B]{All: func(v api.View) iter.Seq[B] { return allPortBindings(v, id) }, Find: find},
		Create: func(tx *api.Txn, r R) (B, error) {
			return made(tx, string(r.HostID.V), ops.CreatePortBinding(tx, id, r))
		},
		Update: func(tx *api.Txn, host string, r R) (B, error) {
			return made(tx, host, ops.UpdatePortBinding(tx, id, api.HostID(host), r))
		},
		Remove: func(tx *api.Txn, host string) error { return ops.DeletePortBinding(tx, id, api.HostID(host)) },
		Attributes: []noun.Attr[B]{
			noun.RW("host", "host; cannot be changed", wire.Named[api.HostID](wire.Text(noun.MaxName)),
				func(_ noun.Scope, b B) api.HostID { return b.host }, func(r *R, v intent.Opt[api.HostID]) { r.HostID = v }).Need(),
			noun.RW("vnic_type", "kind of interface", wire.OneOf("normal"),
				func(_ noun.Scope, b B) string { return cmp.Or(b.vnicType, "normal") }, func(r *R, v intent.Opt[string]) { r.VNICType = v }),
			noun.RW("profile", "for the hypervisor's use", wire.Object().OrNull(),
				func(_ noun.Scope, b B) map[string]any { return b.profile }, func(r *R, v intent.Opt[map[string]any]) { r.Profile = wire.ZeroForNull(v) }),
			noun.Read("status", "ACTIVE: the port's traffic goes here; INACTIVE: the guest may arrive, or has left", wire.Text(noun.MaxName),
				func(_ noun.Scope, b B) string { return b.status() }),
			noun.Read("vif_type", "how the hypervisor plugs the port", wire.Text(noun.MaxName),
				func(s noun.Scope, b B) string { return vifTypeOn(s, b.port, b.host) }),
			noun.Read("vif_details", "details of that", wire.Object(),
				func(s noun.Scope, b B) map[string]any { return vifDetailsOn(s, b.port, b.host) }),
			noun.Read("weft:status", "ACTIVE once the port is plugged there and the host has confirmed it; DOWN while it is not plugged", wire.Text(noun.MaxName),
				func(s noun.Scope, b B) string { return s.Status.PortOn(b.port.ID, b.host) }),
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
func (s *actions) portBindingRoutes() []request.Route {
	declared := portBindings(s.Ops, "")
	return append(s.PartRoutes(declared, true, s.bindingsOf), request.Route{
		Pattern: []string{"v2.0", "ports", "*", "bindings", "*", "activate"}, Name: declared.Describe().Path + "/{id}/activate", Admin: true,
		Methods: map[string]request.Handler{http.MethodPut: s.activateBinding},
	})
}

func (s *actions) bindingsOf(c *request.Call) (noun.Resource, error) {
	if _, err := ports(s.Ops).Revision(s.State.Snapshot().View, c.Vars[0]); err != nil {
		return nil, err
	}
	return portBindings(s.Ops, api.PortID(c.Vars[0])), nil
}

// activateBinding answers with the binding itself, as Neutron does. A body is not looked at: some clients send one.
func (s *actions) activateBinding(c *request.Call) (request.Answer, error) {
	res, err := s.bindingsOf(c)
	if err != nil {
		return request.Answer{}, err
	}
	inner := *c
	inner.Vars = c.Vars[1:]
	snap, header, err := s.Commit(&inner, s.Matching(&inner, res, access.Deed{Verb: access.Updating, Rule: "activate_port_binding"}, func(tx *api.Txn) error {
		return s.Ops.ActivatePortBinding(tx, api.PortID(c.Vars[0]), api.HostID(c.Vars[1]))
	}))
	if err != nil {
		return request.Answer{}, err
	}
	r, err := res.Show(s.Scope(c, snap), c.Vars[1], nil)
	return request.Answer{Status: http.StatusOK, Body: r, Header: header}, err
}
