package rest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
)

// address is an IPv4 or IPv6 address; the zero address is shown as null.
func address() kind[netip.Addr] {
	return kind[netip.Addr]{
		schema: schema{Type: "string", Format: "ip"},
		parse:  toAddr,
		render: func(a netip.Addr) any {
			if !a.IsValid() {
				return nil
			}
			return a.String()
		},
	}
}

func toAddr(v any) (netip.Addr, error) {
	s, _ := v.(string)
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}, fmt.Errorf("'%s' is not a valid IP address", show(v))
	}
	return a, nil
}

// mac is a unicast Ethernet address.
func mac() kind[api.MAC] {
	return kind[api.MAC]{
		schema: schema{Type: "string", Format: "mac"},
		parse:  toMAC,
		render: func(m api.MAC) any { return m.String() },
	}
}

func toMAC(v any) (api.MAC, error) {
	s, _ := v.(string)
	m, err := api.ParseMAC(s)
	if err != nil || m.IsZero() || m.IsMulticast() {
		return api.MAC{}, fmt.Errorf("'%s' is not a valid MAC address", show(v))
	}
	return m, nil
}

// fields reads an object of a list: it must have the required keys and may have the others.
func fields(what string, v any, must []string, may ...string) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("Invalid data format for %s: '%s'", what, show(v)) //nolint:staticcheck // Neutron's words
	}
	known := map[string]bool{}
	for _, k := range must {
		known[k] = true
		if _, ok := m[k]; !ok {
			return nil, fmt.Errorf("Invalid data format for %s: '%s' lacks '%s'", what, show(v), k) //nolint:staticcheck // Neutron's words
		}
	}
	for _, k := range may {
		known[k] = true
	}
	for k := range m {
		if !known[k] {
			return nil, fmt.Errorf("Invalid data format for %s: '%s' has the unknown key '%s'", what, show(v), shorten(k)) //nolint:staticcheck // Neutron's words
		}
	}
	return m, nil
}

// listOf is an array whose elements one function reads and another shows. Null is the empty array.
func listOf[E comparable](what string, limit int, parse func(any) (E, error), render func(E) any) kind[[]E] {
	k := kind[[]E]{schema: schema{Type: "array", Format: what, Max: &limit}}
	k.parse = func(v any) ([]E, error) {
		given, ok := v.([]any)
		switch {
		case v == nil:
			return []E{}, nil
		case !ok:
			return nil, fmt.Errorf("Invalid data format for %s: '%s'", what, show(v)) //nolint:staticcheck // Neutron's words
		case len(given) > limit:
			return nil, tooMany{len(given), limit}
		}
		out, seen := make([]E, 0, len(given)), map[E]bool{}
		for _, g := range given {
			e, err := parse(g)
			if err != nil {
				return nil, err
			}
			if seen[e] {
				return nil, twice{what, show(g)}
			}
			seen[e] = true
			out = append(out, e)
		}
		return out, nil
	}
	k.render = func(es []E) any {
		out := make([]any, len(es))
		for i, e := range es {
			out[i] = render(e)
		}
		return out
	}
	return k
}

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
func fixedIPs() kind[[]intent.FixedIPRequest] {
	k := listOf("fixed IP", maxFixedIPs, toFixedIP, func(f intent.FixedIPRequest) any {
		return row{{"subnet_id", f.SubnetID}, {"ip_address", f.Addr.String()}}
	}).of(shape(may("subnet_id", uuid[api.SubnetID]().schema), may("ip_address", address().schema)))
	render := k.render
	k.render = func(fs []intent.FixedIPRequest) any { return render(inOrder(fs)) }
	parse := k.parse
	k.parse = func(v any) ([]intent.FixedIPRequest, error) {
		if v == nil {
			return nil, fmt.Errorf("Invalid data format for fixed IP: 'None'") //nolint:staticcheck // Neutron's words
		}
		if many, ok := v.([]any); ok && sameSubnets(many) { // "any address, twice" is no duplicate
			return repeatFixedIPs(many)
		}
		return parse(v)
	}
	k.match = matchFixedIPs
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
	m, err := fields("fixed IP", v, nil, "subnet_id", "ip_address")
	if err != nil {
		return f, err
	}
	if id, ok := m["subnet_id"]; ok {
		if f.SubnetID, err = uuid[api.SubnetID]().parse(id); err != nil {
			return f, err
		}
	}
	if a, ok := m["ip_address"]; ok {
		f.Addr, err = toAddr(a)
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
			return nil, invalidInput("'%s' is not of the form <key>=[value] with key ip_address, ip_address_substr or subnet_id", shorten(v))
		}
		want[key] = append(want[key], value)
	}
	return func(have any) bool {
		for _, part := range []struct {
			key, member string
			ok          func(want []string, have string) bool
		}{
			{"ip_address", "ip_address", sameAddress},
			{"ip_address_substr", "ip_address", containsAny},
			{"subnet_id", "subnet_id", slices.Contains[[]string]},
		} {
			if w := want[part.key]; w != nil && !anyMember(have, part.member, func(h string) bool { return part.ok(w, h) }) {
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
		for _, m := range r.(row) {
			if m.Name == name && ok(show(m.Value)) {
				return true
			}
		}
	}
	return false
}

// pools are runs of addresses.
func pools() kind[[]api.AddrRange] {
	return listOf("IP pool", maxPools, toPool, func(r api.AddrRange) any {
		return row{{"start", r.Start.String()}, {"end", r.End.String()}}
	}).of(shape(must("start", address().schema), must("end", address().schema))).given().failing(overlapping)
}

// overlapping says of a pool that is given twice what is said of any two that overlap.
func overlapping(err error) error {
	if e := (twice{}); errors.As(err, &e) {
		return api.Faultf(api.Conflict, "OverlappingAllocationPools", "Found overlapping allocation pools: %s twice.", e.value)
	}
	return err
}

func toPool(v any) (r api.AddrRange, err error) {
	m, err := fields("IP pool", v, []string{"start", "end"})
	if err != nil {
		return r, err
	}
	if r.Start, err = toAddr(m["start"]); err != nil {
		return r, err
	}
	r.End, err = toAddr(m["end"])
	return r, err
}

// nameservers are addresses of DNS servers.
func nameservers() kind[[]netip.Addr] {
	return listOf("nameserver", maxNameserver, func(v any) (netip.Addr, error) {
		a, err := toAddr(v)
		if err != nil {
			return a, fmt.Errorf("'%s' is not a valid nameserver. %w", show(v), err)
		}
		return a, nil
	}, func(a netip.Addr) any { return a.String() }).of(address().schema).ordered().
		failing(exhausted("DNSNameServersExhausted", "The number of DNS nameservers exceeds the limit %d."))
}

// hostRoutes are what guests are told, extraRoutes what routers have.
func hostRoutes() kind[[]api.HostRoute] {
	return routes(maxHostRoutes).failing(exhausted("HostRoutesExhausted", "The number of host routes exceeds the limit %d."))
}

func extraRoutes() kind[[]api.HostRoute] {
	return routes(maxRoutes).failing(exhausted("RoutesExhausted", "The number of routes exceeds the maximum %d."))
}

// routes are destinations with next hops.
func routes(limit int) kind[[]api.HostRoute] {
	return listOf("hostroute", limit, toRoute, func(r api.HostRoute) any {
		return row{{"destination", r.Destination.String()}, {"nexthop", r.NextHop.String()}}
	}).of(shape(must("destination", cidr().schema), must("nexthop", address().schema)))
}

func toRoute(v any) (r api.HostRoute, err error) {
	m, err := fields("hostroute", v, []string{"destination", "nexthop"})
	if err != nil {
		return r, err
	}
	if r.Destination, err = toPrefix(m["destination"]); err != nil {
		return r, err
	}
	if net := r.Destination.Masked(); net != r.Destination {
		return r, fmt.Errorf("'%s' isn't a recognized IP subnet cidr, '%s' is recommended", show(m["destination"]), net)
	}
	r.NextHop, err = toAddr(m["nexthop"])
	return r, err
}

// addressPairs are further source addresses.
func addressPairs() kind[[]api.AddressPair] {
	return listOf("allowed address pair", maxPairs, toPair, func(p api.AddressPair) any {
		ip := p.Prefix.String()
		if p.Prefix.IsSingleIP() {
			ip = p.Prefix.Addr().String()
		}
		return row{{"mac_address", p.MAC.String()}, {"ip_address", ip}}
	}).of(shape(must("ip_address", schema{Type: "string", Format: "ip or cidr"}), may("mac_address", mac().schema))).
		failing(exhausted("AllowedAddressPairExhausted", "The number of allowed address pair exceeds the maximum %d.")).
		failing(repeated("DuplicateAddressPairInRequest", "Request contains duplicate address pair: %s."))
}

func toPair(v any) (p api.AddressPair, err error) {
	if m, isObject := v.(map[string]any); isObject && m["ip_address"] == nil {
		return p, api.Faultf(api.BadRequest, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address")
	}
	m, err := fields("allowed address pair", v, []string{"ip_address"}, "mac_address")
	if err != nil {
		return p, err
	}
	if g, ok := m["mac_address"]; ok && g != nil {
		if p.MAC, err = toMAC(g); err != nil {
			return p, err
		}
	}
	s, _ := m["ip_address"].(string)
	if !strings.Contains(s, "/") {
		a, err := toAddr(m["ip_address"])
		if err != nil {
			return p, err
		}
		p.Prefix = netip.PrefixFrom(a, a.BitLen())
		return p, nil
	}
	p.Prefix, err = cidr().parse(s)
	return p, err
}
