package neutron

import (
	"iter"
	"net/http"
	"net/netip"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// forwarding is a port forwarding as an object of its own; it is stored with its floating IP.
type forwarding struct{ api.PortForwarding }

// Ref implements api.Object. Among those of its floating IP a port forwarding is known by its id.
func (f *forwarding) Ref() api.Ref { return api.Ref{Kind: "port_forwarding", ID: f.ID} }

const forwardingsPath = "floatingips/{floatingip_id}/port_forwardings"

// portForwardings declares the port forwardings of one floating IP.
func portForwardings(ops *intent.Ops, id api.FloatingIPID) noun.Resource {
	type R = intent.PortForwardingRequest
	type F = *forwarding
	meta := func(f F) *api.Meta { return &f.Meta }
	made := func(pf api.PortForwarding, err error) (F, error) { return &forwarding{pf}, err }
	external, internal := func(f F) api.PortRange { return f.External }, func(f F) api.PortRange { return f.Internal }
	to, from := func(r *R) *intent.Opt[api.PortRange] { return &r.External }, func(r *R) *intent.Opt[api.PortRange] { return &r.Internal }
	return &noun.Noun[F, R]{
		Kind: "port_forwarding", One: "port_forwarding", Many: "port_forwardings", Prefix: "v2.0", Path: forwardingsPath, Parent: "floatingip", Key: "id",
		Example: wire.Row{{"protocol", "tcp"}, {"external_port", 8080}, {"internal_port", 80}, {"internal_port_id", noun.SampleID}},
		Meta:    meta, Missing: wire.NotFound("PortForwardingNotFound", "Port Forwarding %s could not be found."),
		Identity: [][]string{{"protocol", "external_port"}, {"protocol", "external_port_range"}}, After: []string{"router"},
		View: &noun.View[F]{
			All: func(v api.View) iter.Seq[F] { return forwardingsOf(v, id) },
			Find: func(v api.View, pf string) (F, bool) {
				for f := range forwardingsOf(v, id) {
					if f.ID == pf {
						return f, true
					}
				}
				return nil, false
			},
		},
		Create: func(tx *api.Txn, r R) (F, error) { return made(ops.CreatePortForwarding(tx, id, r)) },
		Update: func(tx *api.Txn, pf string, r R) (F, error) { return made(ops.UpdatePortForwarding(tx, id, pf, r)) },
		Remove: func(tx *api.Txn, pf string) error { return ops.DeletePortForwarding(tx, id, pf) },
		Attributes: []noun.Attr[F]{
			noun.Read("id", "id", wire.UUID[string](), func(_ noun.Scope, f F) string { return f.ID }),
			noun.RW("protocol", "protocol of the ports", wire.OneOf(api.ForwardedProtocols()...),
				func(_ noun.Scope, f F) string { return f.Protocol }, func(r *R, v intent.Opt[string]) { r.Protocol = v }).Need(),
			portOf("external_port", "port of the floating IP; null: there are several", external, to),
			rangeOf("external_port_range", "ports of the floating IP, 80:90 say; external_port goes before it", external, to),
			portOf("internal_port", "port of the guest; null: there are several", internal, from),
			rangeOf("internal_port_range", "ports of the guest: as many as of the floating IP, or one; internal_port goes before it", internal, from),
			noun.RW("internal_port_id", "port of the network that is the guest's", wire.UUID[api.PortID](),
				func(_ noun.Scope, f F) api.PortID { return f.PortID }, func(r *R, v intent.Opt[api.PortID]) { r.PortID = v }).Need(),
			noun.RW("internal_ip_address", "which of its addresses", wire.Address(),
				func(_ noun.Scope, f F) netip.Addr { return f.Addr }, func(r *R, v intent.Opt[netip.Addr]) { r.Addr = v }),
			noun.RW("description", "words for people", wire.Text(noun.MaxName),
				func(_ noun.Scope, f F) string { return f.Description }, func(r *R, v intent.Opt[string]) { r.Description = v }).Or(""),
		},
	}
}

func forwardingsOf(v api.View, id api.FloatingIPID) iter.Seq[*forwarding] {
	return func(yield func(*forwarding) bool) {
		f, ok := v.FloatingIP(id)
		if !ok {
			return
		}
		for _, pf := range f.Forwards {
			if !yield(&forwarding{pf}) {
				return
			}
		}
	}
}

// forwardsIn is what a floating IP shows of its port forwardings: a port, or, where there are several, their range.
func forwardsIn(_ noun.Scope, f *api.FloatingIP) []wire.Row {
	out := []wire.Row{}
	for _, pf := range f.Forwards {
		row := wire.Row{{"id", pf.ID}, {"protocol", pf.Protocol}, {"internal_ip_address", pf.Addr.String()}, {"internal_port_id", pf.PortID}}
		out = append(out, append(row, portsIn("external_port", pf.External), portsIn("internal_port", pf.Internal)))
	}
	return out
}

func portsIn(name string, ports api.PortRange) wire.Member {
	if n, alone := onlyPort(ports); alone {
		return wire.Member{Name: name, Value: int(n)}
	}
	return wire.Member{Name: name + "_range", Value: ports.String()}
}

// portForwardingRoutes are the port forwardings of floating IPs: a collection for each, for whoever may change it.
func (s *actions) portForwardingRoutes() []request.Route {
	return s.PartRoutes(portForwardings(s.Ops, ""), false, func(c *request.Call) (noun.Resource, error) {
		act := access.Deed{Verb: access.Updating, Rule: "update_floatingip"}
		if c.Request.Method == http.MethodGet {
			act = access.Deed{Verb: access.Seeing, Rule: "get_floatingip"}
		}
		err := floatingIPs(s.Ops).Permit(c.Policy(), s.State.Snapshot().View, c.Vars[0], act)
		return portForwardings(s.Ops, api.FloatingIPID(c.Vars[0])), err
	})
}
