package neutron

import (
	"fmt"
	"net/netip"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

func subnets(ops *intent.Ops) noun.Resource {
	type R = intent.SubnetRequest
	type S = *api.Subnet
	meta := func(s S) *api.Meta { return &s.Meta }
	return &noun.Noun[S, R]{
		Kind: api.KindSubnet, One: "subnet", Many: "subnets", Prefix: "v2.0", Key: "id", Meta: meta,
		Example: wire.Row{{"name", "web4"}, {"network_id", noun.SampleID}, {"ip_version", 4}, {"cidr", "10.10.0.0/24"}, {"gateway_ip", "10.10.0.1"},
			{"dns_nameservers", []string{"192.0.2.53"}}},
		Identity: [][]string{{"network_id", "cidr"}},

		Who: access.Rights{
			See: access.Either(access.Owners, access.NetworkUsers), Create: access.NetworkOwners, Update: access.Either(access.Owners, access.NetworkOwners), Delete: access.Either(access.Owners, access.NetworkOwners),
			Plug: access.Either(access.Owners, access.NetworkOwners, access.NetworkGuests),
		},
		Network: func(s S) api.NetworkID { return s.NetworkID },
		Missing: wire.NotFound("SubnetNotFound", "Subnet %s could not be found."),
		Create:  createSubnet(ops),
		Update:  noun.ByID(ops.UpdateSubnet),
		Remove:  noun.DropID(ops.DeleteSubnet),
		Near:    noun.Near[S]{"network_id": noun.Index(api.View.SubnetsOf), "subnetpool_id": noun.Index(api.View.SubnetsOfPool)},
		Attributes: noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.Once("network_id", "network that the subnet is on", wire.UUID[api.NetworkID](),
				func(_ noun.Scope, s S) api.NetworkID { return s.NetworkID }, func(r *R, v intent.Opt[api.NetworkID]) { r.NetworkID = v.V }).Need(),
			noun.Once("ip_version", "4 or 6; may be left out with subnetpool_id", ipVersion(),
				func(_ noun.Scope, s S) int { return s.IPVersion() }, func(r *R, v intent.Opt[int]) { r.IPVersion = v.V }),
			noun.Once("cidr", "range of the subnet; left out: a part of the subnet pool", wire.CIDR().OrNull(),
				func(_ noun.Scope, s S) netip.Prefix { return s.CIDR }, func(r *R, v intent.Opt[netip.Prefix]) { r.CIDR = v }),
			noun.RW("gateway_ip", "address of the router; null: none; left out: the first address", wire.Address().OrNull(),
				func(_ noun.Scope, s S) netip.Addr { return s.GatewayIP }, func(r *R, v intent.Opt[netip.Addr]) { r.GatewayIP = v }),
			noun.RW("allocation_pools", "addresses that ports get by themselves; left out: all but the gateway", pools(),
				func(_ noun.Scope, s S) []api.AddrRange { return s.AllocationPools }, func(r *R, v intent.Opt[[]api.AddrRange]) { r.AllocationPools = v }),
			noun.RW("enable_dhcp", "whether guests get their address by DHCP", wire.Boolean(),
				func(_ noun.Scope, s S) bool { return s.EnableDHCP }, func(r *R, v intent.Opt[bool]) { r.EnableDHCP = v }).Or(true),
			noun.RW("dns_nameservers", "DNS servers that guests are told", nameservers(),
				func(_ noun.Scope, s S) []netip.Addr { return s.DNSNameservers }, func(r *R, v intent.Opt[[]netip.Addr]) { r.DNSNameservers = v }).Or(wire.Empty()),
			noun.RW("host_routes", "routes that guests are told", hostRoutes(),
				func(_ noun.Scope, s S) []api.HostRoute { return s.HostRoutes }, func(r *R, v intent.Opt[[]api.HostRoute]) { r.HostRoutes = v }).Or(wire.Empty()),
			noun.Once("ipv6_ra_mode", "who announces the IPv6 prefix and how", ipv6Mode(),
				func(_ noun.Scope, s S) string { return s.IPv6RAMode }, func(r *R, v intent.Opt[string]) { r.IPv6RAMode = v }).Or(nil),
			noun.Once("ipv6_address_mode", "how guests get their IPv6 address", ipv6Mode(),
				func(_ noun.Scope, s S) string { return s.IPv6AddressMode }, func(r *R, v intent.Opt[string]) { r.IPv6AddressMode = v }).Or(nil),
			noun.Once("subnetpool_id", "subnet pool that the subnet is cut from", wire.NullWhenEmpty(wire.UUID[api.SubnetPoolID]()),
				func(_ noun.Scope, s S) api.SubnetPoolID { return s.SubnetPoolID }, func(r *R, v intent.Opt[api.SubnetPoolID]) { r.SubnetPoolID = v }).Or(nil),
			noun.Hidden(noun.Once("prefixlen", "without cidr: how large a part of the subnet pool", wire.Integer(0, maxPrefixLen),
				func(noun.Scope, S) int { return 0 }, func(r *R, v intent.Opt[int]) { r.PrefixLen = v })),
			noun.Hidden(noun.Once("use_default_subnetpool", "whether to cut it from the default pool of the IP version", wire.Boolean(),
				func(noun.Scope, S) bool { return false }, func(r *R, v intent.Opt[bool]) { r.UseDefaultPool = v })),
			noun.FilterOnly(noun.Read("shared", "whether the subnet's network is shared, with everyone or with who asks", wire.Boolean(), sharedSubnet)),
			noun.RW("service_types", "device_owner of the ports that get addresses of the subnet; []: all of them", serviceTypes(),
				func(_ noun.Scope, s S) []string { return s.ServiceTypes }, func(r *R, v intent.Opt[[]string]) { r.ServiceTypes = v }).OnlyBy(access.Admins).Or(wire.Empty()),
			noun.Fixed[S]("segment_id", "not used by weft", nil).Internal(),
			noun.Fixed[S]("dns_publish_fixed_ip", "not used by weft", false),
		),
	}
}

// sharedSubnet is what the subnet's network says: Neutron filters subnets by it and does not show it.
func sharedSubnet(s noun.Scope, sub *api.Subnet) bool {
	n, ok := s.View.Network(sub.NetworkID)
	return ok && s.Policy.Shares(s.View, n)
}

func ipVersion() wire.Kind[int] {
	k := wire.Integer(4, 6)
	parse := k.Parse
	k.Parse = func(v any) (int, error) {
		if _, err := wire.ToInt(v); err != nil {
			return 0, err
		}
		if n, err := parse(v); err == nil && n != 5 {
			return n, nil
		}
		return 0, fmt.Errorf("'%s' is not in [4, 6]", wire.Show(v))
	}
	return k
}

func serviceTypes() wire.Kind[[]string] {
	t := wire.Text(noun.MaxName)
	return wire.ListOf("service type", maxServiceTypes, t.Parse, func(s string) any { return s }).Of(t.Schema)
}

// maxServiceTypes bounds a list that is judged by intent.
const maxServiceTypes = 64

func ipv6Mode() wire.Kind[string] {
	return wire.NullWhenEmpty(wire.OneOf("slaac", "dhcpv6-stateful", "dhcpv6-stateless"))
}
