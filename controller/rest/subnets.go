package rest

import (
	"fmt"
	"net/netip"

	"weft/api"
	"weft/controller/intent"
)

func subnets(ops *intent.Ops) resource {
	type R = intent.SubnetRequest
	type S = *api.Subnet
	meta := func(s S) *api.Meta { return &s.Meta }
	return &noun[S, R]{
		kind: api.KindSubnet, one: "subnet", many: "subnets", prefix: "v2.0", key: "id", meta: meta,
		example: row{{"name", "web4"}, {"network_id", sampleID}, {"ip_version", 4}, {"cidr", "10.10.0.0/24"}, {"gateway_ip", "10.10.0.1"},
			{"dns_nameservers", []string{"192.0.2.53"}}},
		identity: [][]string{{"network_id", "cidr"}},

		who: rights{
			see: either(owners, networkUsers), create: networkOwners, update: either(owners, networkOwners), delete: either(owners, networkOwners),
			plug: either(owners, networkOwners, networkGuests),
		},
		network: func(s S) api.NetworkID { return s.NetworkID },
		missing: notFound("SubnetNotFound", "Subnet %s could not be found."),
		create:  createSubnet(ops),
		update:  byID(ops.UpdateSubnet),
		remove:  dropID(ops.DeleteSubnet),
		near:    near[S]{"network_id": index(api.View.SubnetsOf), "subnetpool_id": index(api.View.SubnetsOfPool)},
		attributes: standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			once("network_id", "network that the subnet is on", uuid[api.NetworkID](),
				func(_ scope, s S) api.NetworkID { return s.NetworkID }, func(r *R, v opt[api.NetworkID]) { r.NetworkID = v.V }).need(),
			once("ip_version", "4 or 6; may be left out with subnetpool_id", ipVersion(),
				func(_ scope, s S) int { return s.IPVersion() }, func(r *R, v opt[int]) { r.IPVersion = v.V }),
			once("cidr", "range of the subnet; left out: a part of the subnet pool", cidr().orNull(),
				func(_ scope, s S) netip.Prefix { return s.CIDR }, func(r *R, v opt[netip.Prefix]) { r.CIDR = v }),
			rw("gateway_ip", "address of the router; null: none; left out: the first address", address().orNull(),
				func(_ scope, s S) netip.Addr { return s.GatewayIP }, func(r *R, v opt[netip.Addr]) { r.GatewayIP = v }),
			rw("allocation_pools", "addresses that ports get by themselves; left out: all but the gateway", pools(),
				func(_ scope, s S) []api.AddrRange { return s.AllocationPools }, func(r *R, v opt[[]api.AddrRange]) { r.AllocationPools = v }),
			rw("enable_dhcp", "whether guests get their address by DHCP", boolean(),
				func(_ scope, s S) bool { return s.EnableDHCP }, func(r *R, v opt[bool]) { r.EnableDHCP = v }).or(true),
			rw("dns_nameservers", "DNS servers that guests are told", nameservers(),
				func(_ scope, s S) []netip.Addr { return s.DNSNameservers }, func(r *R, v opt[[]netip.Addr]) { r.DNSNameservers = v }).or(empty()),
			rw("host_routes", "routes that guests are told", hostRoutes(),
				func(_ scope, s S) []api.HostRoute { return s.HostRoutes }, func(r *R, v opt[[]api.HostRoute]) { r.HostRoutes = v }).or(empty()),
			once("ipv6_ra_mode", "who announces the IPv6 prefix and how", ipv6Mode(),
				func(_ scope, s S) string { return s.IPv6RAMode }, func(r *R, v opt[string]) { r.IPv6RAMode = v }).or(nil),
			once("ipv6_address_mode", "how guests get their IPv6 address", ipv6Mode(),
				func(_ scope, s S) string { return s.IPv6AddressMode }, func(r *R, v opt[string]) { r.IPv6AddressMode = v }).or(nil),
			once("subnetpool_id", "subnet pool that the subnet is cut from", nullWhenEmpty(uuid[api.SubnetPoolID]()),
				func(_ scope, s S) api.SubnetPoolID { return s.SubnetPoolID }, func(r *R, v opt[api.SubnetPoolID]) { r.SubnetPoolID = v }).or(nil),
			hidden(once("prefixlen", "without cidr: how large a part of the subnet pool", integer(0, maxPrefixLen),
				func(scope, S) int { return 0 }, func(r *R, v opt[int]) { r.PrefixLen = v })),
			hidden(once("use_default_subnetpool", "whether to cut it from the default pool of the IP version", boolean(),
				func(scope, S) bool { return false }, func(r *R, v opt[bool]) { r.UseDefaultPool = v })),
			filterOnly(read("shared", "whether the subnet's network is shared, with everyone or with who asks", boolean(), sharedSubnet)),
			rw("service_types", "device_owner of the ports that get addresses of the subnet; []: all of them", serviceTypes(),
				func(_ scope, s S) []string { return s.ServiceTypes }, func(r *R, v opt[[]string]) { r.ServiceTypes = v }).onlyBy(admins).or(empty()),
			fixed[S]("segment_id", "not used by weft", nil).internal(),
			fixed[S]("dns_publish_fixed_ip", "not used by weft", false),
		),
	}
}

// sharedSubnet is what the subnet's network says: Neutron filters subnets by it and does not show it.
func sharedSubnet(s scope, sub *api.Subnet) bool {
	n, ok := s.view.Network(sub.NetworkID)
	return ok && s.policy.shares(s.view, n)
}

func ipVersion() kind[int] {
	k := integer(4, 6)
	parse := k.parse
	k.parse = func(v any) (int, error) {
		if _, err := toInt(v); err != nil {
			return 0, err
		}
		if n, err := parse(v); err == nil && n != 5 {
			return n, nil
		}
		return 0, fmt.Errorf("'%s' is not in [4, 6]", show(v))
	}
	return k
}

func serviceTypes() kind[[]string] {
	t := text(maxName)
	return listOf("service type", maxServiceTypes, t.parse, func(s string) any { return s }).of(t.schema)
}

// maxServiceTypes bounds a list that is judged by intent.
const maxServiceTypes = 64

func ipv6Mode() kind[string] {
	return nullWhenEmpty(oneOf("slaac", "dhcpv6-stateful", "dhcpv6-stateless"))
}
