package neutron

import (
	"net/netip"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

func floatingIPs(ops *intent.Ops) noun.Resource {
	type R = intent.FloatingIPRequest
	type F = *api.FloatingIP
	meta := func(f F) *api.Meta { return &f.Meta }
	return &noun.Noun[F, R]{
		Kind: api.KindFloatingIP, One: "floatingip", Many: "floatingips", Prefix: "v2.0", Key: "id", Meta: meta,
		Example: wire.Row{{"floating_network_id", noun.SampleID}, {"description", "www"}},
		After:   []string{"router"}, Identity: [][]string{{"floating_network_id", "floating_ip_address"}, {"port_id"}},

		Reach:   noun.OwnedBy[F](api.KindFloatingIP),
		Missing: wire.NotFound("FloatingIPNotFound", "Floating IP %s could not be found"),
		Create:  ops.CreateFloatingIP,
		Update:  noun.ByID(ops.UpdateFloatingIP),
		Remove:  noun.DropID(ops.DeleteFloatingIP),
		Near: noun.Near[F]{
			"floating_network_id": noun.Index(api.View.FloatingIPsOf), "port_id": noun.Index(api.View.FloatingIPsOfPort),
			"router_id": noun.Index(api.View.FloatingIPsOfRouter), "floating_ip_address": nearFloating,
		},
		Attributes: noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.Once("floating_network_id", "external network of the address", wire.UUID[api.NetworkID](),
				func(_ noun.Scope, f F) api.NetworkID { return f.NetworkID }, func(r *R, v intent.Opt[api.NetworkID]) { r.NetworkID = v.V }).Need(),
			noun.Once("floating_ip_address", "the external address; left out: weft chooses", wire.Address().OrNull(),
				func(_ noun.Scope, f F) netip.Addr { return f.Addr }, func(r *R, v intent.Opt[netip.Addr]) { r.Addr = v }).OnlyByUnless(access.Admins, func(v any) bool { return v == nil }),
			noun.Hidden(noun.Once("subnet_id", "subnet to choose the address from", wire.NullWhenEmpty(wire.UUID[api.SubnetID]()),
				func(noun.Scope, F) api.SubnetID { return "" }, func(r *R, v intent.Opt[api.SubnetID]) { r.SubnetID = v })).OfUnseen(),
			noun.RW("port_id", "port that the address stands for; null: none", wire.NullWhenEmpty(wire.UUID[api.PortID]()),
				func(_ noun.Scope, f F) api.PortID { return f.PortID }, func(r *R, v intent.Opt[api.PortID]) { r.PortID = v }).Or(nil).After("router").
				OfStrangers(func(id string) error {
					return wire.BadResource("floatingip", "Cannot process floating IP association with Port %s, since that port is owned by a "+
						"different tenant", id)
				}),
			noun.RW("fixed_ip_address", "which of the port's addresses", wire.Address().OrNull(),
				func(_ noun.Scope, f F) netip.Addr { return f.FixedIP }, func(r *R, v intent.Opt[netip.Addr]) { r.FixedIP = v }).After("router"),
			noun.Read("router_id", "router that translates", wire.NullWhenEmpty(wire.UUID[api.RouterID]()),
				func(_ noun.Scope, f F) api.RouterID { return f.RouterID }),
			noun.Read("status", "ACTIVE only while associated and confirmed by the host that serves it", wire.Text(noun.MaxName),
				func(s noun.Scope, f F) string { return s.Status.FloatingIP(f.ID) }),
			noun.Read("port_details", "the port that the address stands for", wire.OrNone(wire.Object().Of(wire.Shape(wire.Must("name", wire.Word),
				wire.Must("network_id", wire.ID), wire.Must("mac_address", wire.MAC().Schema), wire.Must("admin_state_up", wire.Flag), wire.Must("status", wire.Word), wire.Must("device_id", wire.Word),
				wire.Must("device_owner", wire.Word)))), portDetails),
			noun.Read("port_forwardings", "ports of the address that lead to ports of guests", wire.List[wire.Row]().Of(wire.Shape(wire.Must("id", wire.ID), wire.Must("protocol", wire.Word),
				wire.May("external_port", wire.Number[int](1, 65535).Schema), wire.May("internal_port", wire.Number[int](1, 65535).Schema), wire.Must("internal_ip_address", wire.Address().Schema), wire.Must("internal_port_id", wire.ID),
				wire.May("external_port_range", wire.Word), wire.May("internal_port_range", wire.Word))), forwardsIn),
			noun.Once("dns_name", "what the address is to be called outside; weft keeps it for who publishes names", dnsName(),
				func(_ noun.Scope, f F) string { return f.DNSName }, func(r *R, v intent.Opt[string]) { r.DNSName = v }).Or(""),
			noun.Once("dns_domain", "what that name ends with, with a dot at its end", dnsName(),
				func(_ noun.Scope, f F) string { return f.DNSDomain }, func(r *R, v intent.Opt[string]) { r.DNSDomain = v }).Or(""),
			noun.Fixed[F]("qos_policy_id", "not used by weft", nil),
			noun.Problem[F](),
		),
	}
}

func portDetails(s noun.Scope, f *api.FloatingIP) map[string]any {
	p, ok := s.View.Port(f.PortID)
	if !ok {
		return nil
	}
	return map[string]any{
		"name": p.Name, "network_id": p.NetworkID, "mac_address": p.MAC.String(), "admin_state_up": p.AdminStateUp,
		"status": portStatus(s, p), "device_id": p.DeviceID, "device_owner": p.DeviceOwner,
	}
}
