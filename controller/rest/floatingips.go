package rest

import (
	"net/netip"

	"weft/api"
	"weft/controller/intent"
)

func floatingIPs(ops *intent.Ops) resource {
	type R = intent.FloatingIPRequest
	type F = *api.FloatingIP
	meta := func(f F) *api.Meta { return &f.Meta }
	return &noun[F, R]{
		kind: api.KindFloatingIP, one: "floatingip", many: "floatingips", prefix: "v2.0", key: "id", meta: meta,
		example: row{{"floating_network_id", sampleID}, {"description", "www"}},
		after:   []string{"router"}, identity: [][]string{{"floating_network_id", "floating_ip_address"}, {"port_id"}},

		reach:   ownedBy[F](api.KindFloatingIP),
		missing: notFound("FloatingIPNotFound", "Floating IP %s could not be found"),
		create:  ops.CreateFloatingIP,
		update:  byID(ops.UpdateFloatingIP),
		remove:  dropID(ops.DeleteFloatingIP),
		near: near[F]{
			"floating_network_id": index(api.View.FloatingIPsOf), "port_id": index(api.View.FloatingIPsOfPort),
			"router_id": index(api.View.FloatingIPsOfRouter), "floating_ip_address": nearFloating,
		},
		attributes: standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			once("floating_network_id", "external network of the address", uuid[api.NetworkID](),
				func(_ scope, f F) api.NetworkID { return f.NetworkID }, func(r *R, v opt[api.NetworkID]) { r.NetworkID = v.V }).need(),
			once("floating_ip_address", "the external address; left out: weft chooses", address().orNull(),
				func(_ scope, f F) netip.Addr { return f.Addr }, func(r *R, v opt[netip.Addr]) { r.Addr = v }).onlyByUnless(admins, func(v any) bool { return v == nil }),
			hidden(once("subnet_id", "subnet to choose the address from", nullWhenEmpty(uuid[api.SubnetID]()),
				func(scope, F) api.SubnetID { return "" }, func(r *R, v opt[api.SubnetID]) { r.SubnetID = v })).ofUnseen(),
			rw("port_id", "port that the address stands for; null: none", nullWhenEmpty(uuid[api.PortID]()),
				func(_ scope, f F) api.PortID { return f.PortID }, func(r *R, v opt[api.PortID]) { r.PortID = v }).or(nil).after("router").
				ofStrangers(func(id string) error {
					return badResource("floatingip", "Cannot process floating IP association with Port %s, since that port is owned by a "+
						"different tenant", id)
				}),
			rw("fixed_ip_address", "which of the port's addresses", address().orNull(),
				func(_ scope, f F) netip.Addr { return f.FixedIP }, func(r *R, v opt[netip.Addr]) { r.FixedIP = v }).after("router"),
			read("router_id", "router that translates", nullWhenEmpty(uuid[api.RouterID]()),
				func(_ scope, f F) api.RouterID { return f.RouterID }),
			read("status", "ACTIVE only while associated and confirmed by the host that serves it", text(maxName),
				func(s scope, f F) string { return s.status.FloatingIP(f.ID) }),
			read("port_details", "the port that the address stands for", orNone(object().of(shape(must("name", aWord),
				must("network_id", anID), must("mac_address", mac().schema), must("admin_state_up", aSwitch), must("status", aWord), must("device_id", aWord),
				must("device_owner", aWord)))), portDetails),
			read("port_forwardings", "ports of the address that lead to ports of guests", list[row]().of(shape(must("id", anID), must("protocol", aWord),
				must("external_port", orNoNumber), must("internal_port", orNoNumber), must("internal_ip_address", address().schema), must("internal_port_id", anID),
				must("external_port_range", aWord), must("internal_port_range", aWord))), forwardsIn),
			once("dns_name", "what the address is to be called outside; weft keeps it for who publishes names", dnsName(),
				func(_ scope, f F) string { return f.DNSName }, func(r *R, v opt[string]) { r.DNSName = v }).or(""),
			once("dns_domain", "what that name ends with, with a dot at its end", dnsName(),
				func(_ scope, f F) string { return f.DNSDomain }, func(r *R, v opt[string]) { r.DNSDomain = v }).or(""),
			fixed[F]("qos_policy_id", "not used by weft", nil),
			problem[F](),
		),
	}
}

func portDetails(s scope, f *api.FloatingIP) map[string]any {
	p, ok := s.view.Port(f.PortID)
	if !ok {
		return nil
	}
	return map[string]any{
		"name": p.Name, "network_id": p.NetworkID, "mac_address": p.MAC.String(), "admin_state_up": p.AdminStateUp,
		"status": portStatus(s, p), "device_id": p.DeviceID, "device_owner": p.DeviceOwner,
	}
}
