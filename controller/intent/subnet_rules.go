package intent

import (
	"net/netip"

	"weft/api"
)

const maxPools = 100

func checkCIDR(s *api.Subnet, version int) error {
	p := s.CIDR
	switch {
	case !p.IsValid() || p.Addr().Is4In6():
		return invalid("%s is not in a CIDR format", p)
	case version != 0 && version != s.IPVersion():
		return invalid("cidr %s does not match the ip_version %d", p, version)
	case p.Addr().IsUnspecified(), p.Addr().IsMulticast(), p.Addr().IsLoopback():
		return invalid("cidr %s cannot be a subnet: it is unspecified, loopback or multicast", p)
	case p.Addr().Is4() && p.Addr().As4()[0] >= 240:
		return invalid("cidr %s cannot be a subnet: it is reserved", p)
	}
	return nil
}

// defaultGateway is the first host address, or what is beyond the one address there is, as in Neutron.
func defaultGateway(p netip.Prefix) netip.Addr {
	if gw := p.Addr().Next(); usable(gw) {
		return gw
	}
	return netip.Addr{}
}

// defaultPools is the range of hosts without the gateway.
func defaultPools(p netip.Prefix, gw netip.Addr) []api.AddrRange {
	all := hosts(p)
	if !inRange(all, gw) {
		return []api.AddrRange{all}
	}
	var out []api.AddrRange
	if all.Start != gw {
		out = append(out, api.AddrRange{Start: all.Start, End: gw.Prev()})
	}
	if all.End != gw {
		out = append(out, api.AddrRange{Start: gw.Next(), End: all.End})
	}
	return out
}

// checkSubnet judges the whole subnet, new or changed.
func checkSubnet(tx *api.Txn, n *api.Network, s *api.Subnet) error {
	for other := range tx.SubnetsOf(n.ID) {
		if other.ID != s.ID && other.CIDR.Overlaps(s.CIDR) {
			return invalid("Requested subnet with cidr: %s for network: %s overlaps with another subnet", s.CIDR, n.ID)
		}
	}
	for _, check := range []func(*api.Subnet) error{checkModes, checkGateway, checkPools, checkOptions} {
		if err := check(s); err != nil {
			return err
		}
	}
	return checkSubnetMTU(n, s)
}

func checkSubnetMTU(n *api.Network, s *api.Subnet) error {
	if s.IPVersion() == 6 && n.MTU < minIPv6MTU {
		return api.Faultf(api.Conflict, "NetworkMTUSubnetConflict",
			"MTU of %d is not valid for network %s: it has an IPv6 subnet %s, which needs %d", n.MTU, n.ID, s.ID, minIPv6MTU)
	}
	return nil
}

func checkModes(s *api.Subnet) error {
	if s.EnableDHCP && s.CIDR.Addr().BitLen()-s.CIDR.Bits() < 2 {
		return invalid("Subnet has a prefix length that is incompatible with DHCP service enabled")
	}
	for _, m := range [...]struct{ field, mode string }{{"ipv6_ra_mode", s.IPv6RAMode}, {"ipv6_address_mode", s.IPv6AddressMode}} {
		switch {
		case m.mode == "":
			continue
		case m.mode != api.ModeSLAAC && m.mode != api.ModeStateful && m.mode != api.ModeStateless:
			return invalid("%s %q is not one of slaac, dhcpv6-stateful, dhcpv6-stateless", m.field, m.mode)
		case s.IPVersion() == 4:
			return invalid("%s is not valid when ip_version is 4", m.field)
		case !s.EnableDHCP:
			return invalid("%s cannot be set when enable_dhcp is set to False", m.field)
		}
	}
	if s.IPv6RAMode != "" && s.IPv6AddressMode != "" && s.IPv6RAMode != s.IPv6AddressMode {
		return invalid("ipv6_ra_mode set to %q with ipv6_address_mode set to %q is not valid. If both attributes are set, "+
			"they must be the same value", s.IPv6RAMode, s.IPv6AddressMode)
	}
	if automatic(s) && s.CIDR.Bits() != 64 {
		return invalid("Invalid CIDR %s for IPv6 address mode. The EUI-64 address format requires the prefix to be /64", s.CIDR)
	}
	return nil
}

// checkGateway accepts a gateway outside of the subnet: it is then reached by a route on the link.
func checkGateway(s *api.Subnet) error {
	gw := s.GatewayIP
	switch {
	case !gw.IsValid():
		return nil
	case gw.BitLen() != s.CIDR.Addr().BitLen() || gw.Is4In6() || gw.Zone() != "":
		return invalid("gateway_ip %s does not match the ip_version %d", gw, s.IPVersion())
	case gw.IsUnspecified(), gw.IsMulticast(), gw.IsLoopback(), s.CIDR.Contains(gw) && !inRange(hosts(s.CIDR), gw):
		return invalid("gateway_ip %s is not valid on subnet %s", gw, s.CIDR)
	}
	return nil
}

func checkPools(s *api.Subnet) error {
	if len(s.AllocationPools) > maxPools {
		return invalid("allocation_pools has %d entries, the maximum is %d", len(s.AllocationPools), maxPools)
	}
	all := hosts(s.CIDR)
	for i, p := range s.AllocationPools {
		if p.Start.BitLen() != s.CIDR.Addr().BitLen() || p.End.BitLen() != p.Start.BitLen() || p.End.Less(p.Start) {
			return api.Faultf(api.BadRequest, "InvalidAllocationPool", "The allocation pool %s-%s is not valid.", p.Start, p.End)
		}
		if !inRange(all, p.Start) || !inRange(all, p.End) {
			return api.Faultf(api.BadRequest, "OutOfBoundsAllocationPool",
				"The allocation pool %s-%s spans beyond the subnet cidr %s.", p.Start, p.End, s.CIDR)
		}
		if i > 0 && !s.AllocationPools[i-1].End.Less(p.Start) {
			q := s.AllocationPools[i-1]
			return api.Faultf(api.Conflict, "OverlappingAllocationPools", "Found overlapping allocation pools: %s-%s %s-%s for "+
				"subnet %s.", q.Start, q.End, p.Start, p.End, s.CIDR)
		}
		if inRange(p, s.GatewayIP) {
			return api.Faultf(api.Conflict, "GatewayConflictWithAllocationPools",
				"Gateway ip %s conflicts with allocation pool %s-%s.", s.GatewayIP, p.Start, p.End)
		}
	}
	return nil
}

// checkNameservers refuses those that guests of the subnet cannot be told. Of a subnet from before this rule they stay.
func checkNameservers(s *api.Subnet) error {
	for _, a := range s.DNSNameservers {
		if a.BitLen() != s.CIDR.Addr().BitLen() {
			return invalid("dns_nameserver %s does not match the ip_version %d", a, s.IPVersion())
		}
	}
	return nil
}

// checkHostRoutes is as checkNameservers.
func checkHostRoutes(s *api.Subnet) error {
	for _, r := range s.HostRoutes {
		if r.NextHop.BitLen() != s.CIDR.Addr().BitLen() {
			return invalid("host_routes: nexthop %s does not match the ip_version %d", r.NextHop, s.IPVersion())
		}
	}
	return nil
}

func checkOptions(s *api.Subnet) error {
	seen := map[netip.Addr]bool{}
	for _, a := range s.DNSNameservers {
		if !a.IsValid() || a.Zone() != "" || a.IsMulticast() || a.Is4In6() {
			return invalid("%s is not a valid nameserver", a)
		}
		if seen[a] {
			return invalid("nameserver %s is given twice", a)
		}
		seen[a] = true
	}
	return checkRoutes("host_routes", s.HostRoutes)
}

func checkRoutes(field string, rs []api.HostRoute) error {
	seen := map[api.HostRoute]bool{}
	for _, r := range rs {
		switch {
		case !r.Destination.IsValid() || !usable(r.NextHop) || r.Destination.Addr().Is4In6():
			return invalid("%s: destination %s by nexthop %s is not a valid route", field, r.Destination, r.NextHop)
		case r.Destination.Addr().BitLen() != r.NextHop.BitLen():
			return invalid("%s: destination %s and nexthop %s are not of the same IP version", field, r.Destination, r.NextHop)
		case seen[r]:
			return invalid("%s: the route to %s by %s is given twice", field, r.Destination, r.NextHop)
		}
		seen[r] = true
	}
	return nil
}

// usable reports whether an address can be somebody's own.
func usable(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && !a.Is4In6() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback()
}
