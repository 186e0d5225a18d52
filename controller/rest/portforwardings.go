package rest

import (
	"iter"
	"net/http"
	"net/netip"

	"weft/api"
	"weft/controller/intent"
)

// forwarding is a port forwarding as an object of its own; it is stored with its floating IP.
type forwarding struct{ api.PortForwarding }

// Ref implements api.Object. Among those of its floating IP a port forwarding is known by its id.
func (f *forwarding) Ref() api.Ref { return api.Ref{Kind: "port_forwarding", ID: f.ID} }

const forwardingsPath = "floatingips/{floatingip_id}/port_forwardings"

// portForwardings declares the port forwardings of one floating IP.
func portForwardings(ops *intent.Ops, id api.FloatingIPID) resource {
	type R = intent.PortForwardingRequest
	type F = *forwarding
	meta := func(f F) *api.Meta { return &f.Meta }
	made := func(pf api.PortForwarding, err error) (F, error) { return &forwarding{pf}, err }
	external, internal := func(f F) api.PortRange { return f.External }, func(f F) api.PortRange { return f.Internal }
	to, from := func(r *R) *opt[api.PortRange] { return &r.External }, func(r *R) *opt[api.PortRange] { return &r.Internal }
	return &noun[F, R]{
		kind: "port_forwarding", one: "port_forwarding", many: "port_forwardings", prefix: "v2.0", path: forwardingsPath, parent: "floatingip", key: "id",
		example: row{{"protocol", "tcp"}, {"external_port", 8080}, {"internal_port", 80}, {"internal_port_id", sampleID}},
		meta:    meta, missing: notFound("PortForwardingNotFound", "Port Forwarding %s could not be found."),
		identity: [][]string{{"protocol", "external_port"}, {"protocol", "external_port_range"}}, after: []string{"router"},
		view: &view[F]{
			all: func(v api.View) iter.Seq[F] { return forwardingsOf(v, id) },
			find: func(v api.View, pf string) (F, bool) {
				for f := range forwardingsOf(v, id) {
					if f.ID == pf {
						return f, true
					}
				}
				return nil, false
			},
		},
		create: func(tx *api.Txn, r R) (F, error) { return made(ops.CreatePortForwarding(tx, id, r)) },
		update: func(tx *api.Txn, pf string, r R) (F, error) { return made(ops.UpdatePortForwarding(tx, id, pf, r)) },
		remove: func(tx *api.Txn, pf string) error { return ops.DeletePortForwarding(tx, id, pf) },
		attributes: []attribute[F]{
			read("id", "id", uuid[string](), func(_ scope, f F) string { return f.ID }),
			rw("protocol", "protocol of the ports", oneOf(api.ForwardedProtocols()...),
				func(_ scope, f F) string { return f.Protocol }, func(r *R, v opt[string]) { r.Protocol = v }).need(),
			portOf("external_port", "port of the floating IP; null: there are several", external, to),
			rangeOf("external_port_range", "ports of the floating IP, 80:90 say; external_port goes before it", external, to),
			portOf("internal_port", "port of the guest; null: there are several", internal, from),
			rangeOf("internal_port_range", "ports of the guest: as many as of the floating IP, or one; internal_port goes before it", internal, from),
			rw("internal_port_id", "port of the network that is the guest's", uuid[api.PortID](),
				func(_ scope, f F) api.PortID { return f.PortID }, func(r *R, v opt[api.PortID]) { r.PortID = v }).need(),
			rw("internal_ip_address", "which of its addresses", address(),
				func(_ scope, f F) netip.Addr { return f.Addr }, func(r *R, v opt[netip.Addr]) { r.Addr = v }),
			rw("description", "words for people", text(maxName),
				func(_ scope, f F) string { return f.Description }, func(r *R, v opt[string]) { r.Description = v }).or(""),
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

// forwardsIn is what a floating IP shows of its port forwardings.
func forwardsIn(_ scope, f *api.FloatingIP) []row {
	out := []row{}
	for _, pf := range f.Forwards {
		out = append(out, row{
			{"id", pf.ID}, {"protocol", pf.Protocol}, {"external_port", numberIn(pf.External)}, {"internal_port", numberIn(pf.Internal)},
			{"internal_ip_address", pf.Addr.String()}, {"internal_port_id", pf.PortID},
			{"external_port_range", pf.External.String()}, {"internal_port_range", pf.Internal.String()},
		})
	}
	return out
}

// portForwardingRoutes are the port forwardings of floating IPs: a collection for each, for whoever may change it.
func (s *actions) portForwardingRoutes() []route {
	return s.partRoutes(portForwardings(s.Ops, ""), false, func(c *call) (resource, error) {
		act := deed{verb: updating, rule: "update_floatingip"}
		if c.r.Method == http.MethodGet {
			act = deed{verb: seeing, rule: "get_floatingip"}
		}
		err := floatingIPs(s.Ops).permit(c.policy(), s.State.Snapshot().View, c.vars[0], act)
		return portForwardings(s.Ops, api.FloatingIPID(c.vars[0])), err
	})
}
