package neutron

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/wire"
)

// Neutron's limits where it has them, and generous ones where it has none.
const (
	maxFixedIPs   = 64
	maxPools      = 64
	maxNameserver = 5
	maxHostRoutes = 20
	maxRoutes     = 30
	maxPairs      = 10
)

// fixedIPs are addresses on subnets.
func fixedIPs() wire.Kind[[]intent.FixedIPRequest] {
	k := wire.ListOf("fixed IP", maxFixedIPs, toFixedIP, func(f intent.FixedIPRequest) any {
		return wire.Row{{"subnet_id", f.SubnetID}, {"ip_address", f.Addr.String()}}
	}).Of(wire.Shape(wire.May("subnet_id", wire.UUID[api.SubnetID]().Schema), wire.May("ip_address", wire.Address().Schema)))
	render := k.Render
	k.Render = func(fs []intent.FixedIPRequest) any { return render(inOrder(fs)) }
	parse := k.Parse
	k.Parse = func(v any) ([]intent.FixedIPRequest, error) {
		if v == nil {
			return nil, fmt.Errorf("Invalid data format for fixed IP: 'None'") //nolint:staticcheck // Neutron's words
		}
		if many, ok := v.([]any); ok && sameSubnets(many) { // "any address, twice" is no duplicate
			return repeatFixedIPs(many)
		}
		return parse(v)
	}
	k.Match = matchFixedIPs
	return k
}

// inOrder sorts addresses as texts: so they come out of Neutron's database, and some clients look at the first only.
func inOrder(fs []intent.FixedIPRequest) []intent.FixedIPRequest {
	return slices.SortedFunc(slices.Values(fs), func(a, b intent.FixedIPRequest) int { return strings.Compare(a.Addr.String(), b.Addr.String()) })
}

// sameSubnets reports whether no entry asks for a certain address.
func sameSubnets(given []any) bool {
	for _, g := range given {
		if m, ok := g.(map[string]any); !ok || m["ip_address"] != nil {
			return false
		}
	}
	return len(given) <= maxFixedIPs
}

func repeatFixedIPs(given []any) ([]intent.FixedIPRequest, error) {
	out := make([]intent.FixedIPRequest, 0, len(given))
	for _, g := range given {
		f, err := toFixedIP(g)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func toFixedIP(v any) (f intent.FixedIPRequest, err error) {
	m, err := wire.Fields("fixed IP", v, nil, "subnet_id", "ip_address")
	if err != nil {
		return f, err
	}
	if id, ok := m["subnet_id"]; ok {
		if f.SubnetID, err = wire.UUID[api.SubnetID]().Parse(id); err != nil {
			return f, err
		}
	}
	if a, ok := m["ip_address"]; ok {
		f.Addr, err = wire.ToAddr(a)
	}
	return f, err
}

// matchFixedIPs reads filters like fixed_ips=ip_address=10.0.0.5 and fixed_ips=subnet_id=…: one of the addresses given
// and one of the subnets given.
func matchFixedIPs(values []string) (func(any) bool, error) {
	want := map[string][]string{}
	for _, v := range values {
		key, value, ok := strings.Cut(v, "=")
		if !ok || key != "ip_address" && key != "subnet_id" && key != "ip_address_substr" {
			return nil, wire.InvalidInput("'%s' is not of the form <key>=[value] with key ip_address, ip_address_substr or subnet_id", wire.Shorten(v))
		}
		want[key] = append(want[key], value)
	}
	return func(have any) bool {
		for _, part := range []struct {
			key, member string
			OK          func(want []string, have string) bool
		}{
			{"ip_address", "ip_address", sameAddress},
			{"ip_address_substr", "ip_address", containsAny},
			{"subnet_id", "subnet_id", slices.Contains[[]string]},
		} {
			if w := want[part.key]; w != nil && !anyMember(have, part.member, func(h string) bool { return part.OK(w, h) }) {
				return false
			}
		}
		return true
	}, nil
}

func sameAddress(want []string, have string) bool {
	for _, w := range want {
		if a, err := netip.ParseAddr(w); err == nil && a.String() == have {
			return true
		}
	}
	return false
}

func containsAny(want []string, have string) bool {
	for _, w := range want {
		if strings.Contains(have, w) {
			return true
		}
	}
	return false
}

// anyMember reports whether a rendered list has an object whose member fits.
func anyMember(have any, name string, ok func(string) bool) bool {
	rows, _ := have.([]any)
	for _, r := range rows {
		for _, m := range r.(wire.Row) {
			if m.Name == name && ok(wire.Show(m.Value)) {
				return true
			}
		}
	}
	return false
}

// pools are runs of addresses.
func pools() wire.Kind[[]api.AddrRange] {
	return wire.ListOf("IP pool", maxPools, toPool, func(r api.AddrRange) any {
		return wire.Row{{"start", r.Start.String()}, {"end", r.End.String()}}
	}).Of(wire.Shape(wire.Must("start", wire.Address().Schema), wire.Must("end", wire.Address().Schema))).Given().Failing(overlapping)
}

// overlapping says of a pool that is given twice what is said of any two that overlap.
func overlapping(err error) error {
	if e := (wire.Twice{}); errors.As(err, &e) {
		return api.Faultf(api.Conflict, "OverlappingAllocationPools", "Found overlapping allocation pools: %s twice.", e.Value)
	}
	return err
}

func toPool(v any) (r api.AddrRange, err error) {
	m, err := wire.Fields("IP pool", v, []string{"start", "end"})
	if err != nil {
		return r, err
	}
	if r.Start, err = wire.ToAddr(m["start"]); err != nil {
		return r, err
	}
	r.End, err = wire.ToAddr(m["end"])
	return r, err
}

// nameservers are addresses of DNS servers.
func nameservers() wire.Kind[[]netip.Addr] {
	return wire.ListOf("nameserver", maxNameserver, func(v any) (netip.Addr, error) {
		a, err := wire.ToAddr(v)
		if err != nil {
			return a, fmt.Errorf("'%s' is not a valid nameserver. %w", wire.Show(v), err)
		}
		return a, nil
	}, func(a netip.Addr) any { return a.String() }).Of(wire.Address().Schema).Ordered().
		Failing(wire.Exhausted("DNSNameServersExhausted", "The number of DNS nameservers exceeds the limit %d."))
}

// hostRoutes are what guests are told, extraRoutes what routers have.
func hostRoutes() wire.Kind[[]api.HostRoute] {
	return routes(maxHostRoutes).Failing(wire.Exhausted("HostRoutesExhausted", "The number of host routes exceeds the limit %d."))
}

func extraRoutes() wire.Kind[[]api.HostRoute] {
	return routes(maxRoutes).Failing(wire.Exhausted("RoutesExhausted", "The number of routes exceeds the maximum %d."))
}

// routes are destinations with next hops.
func routes(limit int) wire.Kind[[]api.HostRoute] {
	return wire.ListOf("hostroute", limit, toRoute, func(r api.HostRoute) any {
		return wire.Row{{"destination", r.Destination.String()}, {"nexthop", r.NextHop.String()}}
	}).Of(wire.Shape(wire.Must("destination", wire.CIDR().Schema), wire.Must("nexthop", wire.Address().Schema)))
}

func toRoute(v any) (r api.HostRoute, err error) {
	m, err := wire.Fields("hostroute", v, []string{"destination", "nexthop"})
	if err != nil {
		return r, err
	}
	if r.Destination, err = wire.ToPrefix(m["destination"]); err != nil {
		return r, err
	}
	if net := r.Destination.Masked(); net != r.Destination {
		return r, fmt.Errorf("'%s' isn't a recognized IP subnet cidr, '%s' is recommended", wire.Show(m["destination"]), net)
	}
	r.NextHop, err = wire.ToAddr(m["nexthop"])
	return r, err
}

// addressPairs are further source addresses.
func addressPairs() wire.Kind[[]api.AddressPair] {
	return wire.ListOf("allowed address pair", maxPairs, toPair, func(p api.AddressPair) any {
		ip := p.Prefix.String()
		if p.Prefix.IsSingleIP() {
			ip = p.Prefix.Addr().String()
		}
		return wire.Row{{"mac_address", p.MAC.String()}, {"ip_address", ip}}
	}).Of(wire.Shape(wire.Must("ip_address", wire.Schema{Type: "string", Format: "ip or cidr"}), wire.May("mac_address", wire.MAC().Schema))).
		Failing(wire.Exhausted("AllowedAddressPairExhausted", "The number of allowed address pair exceeds the maximum %d.")).
		Failing(wire.Repeated("DuplicateAddressPairInRequest", "Request contains duplicate address pair: %s."))
}

func toPair(v any) (p api.AddressPair, err error) {
	if m, isObject := v.(map[string]any); isObject && m["ip_address"] == nil {
		return p, api.Faultf(api.BadRequest, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address")
	}
	m, err := wire.Fields("allowed address pair", v, []string{"ip_address"}, "mac_address")
	if err != nil {
		return p, err
	}
	if g, ok := m["mac_address"]; ok && g != nil {
		if p.MAC, err = wire.ToMAC(g); err != nil {
			return p, err
		}
	}
	s, _ := m["ip_address"].(string)
	if !strings.Contains(s, "/") {
		a, err := wire.ToAddr(m["ip_address"])
		if err != nil {
			return p, err
		}
		p.Prefix = netip.PrefixFrom(a, a.BitLen())
		return p, nil
	}
	p.Prefix, err = wire.CIDR().Parse(s)
	return p, err
}
