package rest

import (
	"errors"
	"fmt"
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
	ports := portNumber()
	return &noun[F, R]{
		kind: "port_forwarding", one: "port_forwarding", many: "port_forwardings", prefix: "v2.0", path: forwardingsPath, parent: "floatingip", key: "id",
		example: row{{"protocol", "tcp"}, {"external_port", 8080}, {"internal_port", 80}, {"internal_port_id", sampleID}},
		meta:    meta, missing: notFound("PortForwardingNotFound", "Port Forwarding %s could not be found."),
		identity: [][]string{{"protocol", "external_port"}}, after: []string{"router"},
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
			rw("protocol", "protocol of the ports", oneOf("tcp", "udp"),
				func(_ scope, f F) string { return f.Protocol }, func(r *R, v opt[string]) { r.Protocol = v }).need(),
			rw("external_port", "port of the floating IP", ports,
				func(_ scope, f F) uint16 { return f.External }, func(r *R, v opt[uint16]) { r.External = v }).need(),
			rw("internal_port", "port of the guest", ports,
				func(_ scope, f F) uint16 { return f.Internal }, func(r *R, v opt[uint16]) { r.Internal = v }).need(),
			rw("internal_port_id", "port of the network that is the guest's", uuid[api.PortID](),
				func(_ scope, f F) api.PortID { return f.PortID }, func(r *R, v opt[api.PortID]) { r.PortID = v }).need(),
			rw("internal_ip_address", "which of its addresses", address(),
				func(_ scope, f F) netip.Addr { return f.Addr }, func(r *R, v opt[netip.Addr]) { r.Addr = v }),
			read("external_port_range", "the same port as the range that it is", text(maxName), func(_ scope, f F) string { return alone(f.External) }),
			read("internal_port_range", "the same port as the range that it is", text(maxName), func(_ scope, f F) string { return alone(f.Internal) }),
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

// portNumber is a port of TCP or UDP. What is no number is an invalid value of the attribute, as in Neutron.
func portNumber() kind[uint16] {
	k := number[uint16](1, 65535)
	parse := k.parse
	k.parse = func(v any) (uint16, error) {
		n, err := parse(v)
		if f := (*api.Fault)(nil); errors.As(err, &f) {
			err = fmt.Errorf("'%s' is not an integer", show(v))
		}
		return n, err
	}
	return k
}

// alone is the range that a port is, as Neutron shows it: the first and the last.
func alone(port uint16) string { return fmt.Sprintf("%d:%d", port, port) }

// forwardsIn is what a floating IP shows of its port forwardings.
func forwardsIn(_ scope, f *api.FloatingIP) []row {
	out := []row{}
	for _, pf := range f.Forwards {
		out = append(out, row{
			{"id", pf.ID}, {"protocol", pf.Protocol}, {"external_port", int(pf.External)}, {"internal_port", int(pf.Internal)},
			{"internal_ip_address", pf.Addr.String()}, {"internal_port_id", pf.PortID},
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
