package neutron

import (
	"encoding/json"
	"iter"
	"math/big"
	"slices"
	"strconv"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// available is a network seen by its addresses.
type available struct{ *api.Network }

func ipAvailabilities() noun.Resource {
	type A = available
	all := func(v api.View) iter.Seq[A] {
		return func(yield func(A) bool) {
			for n := range v.Networks() {
				if !yield(A{n}) {
					return
				}
			}
		}
	}
	find := func(v api.View, id string) (A, bool) {
		n, ok := v.Network(api.NetworkID(id))
		return A{n}, ok
	}
	return &noun.Noun[A, struct{}]{
		One: "network_ip_availability", Many: "network_ip_availabilities", Path: "network-ip-availabilities",
		Prefix: "v2.0", Key: "network_id",
		Missing: wire.NotFound("NetworkNotFound", "Network %s could not be found."),
		View:    &noun.View[A]{All: all, Find: find},
		Attributes: []noun.Attr[A]{
			noun.Read("network_id", "id of the network", wire.UUID[api.NetworkID](), func(_ noun.Scope, a A) api.NetworkID { return a.ID }),
			noun.Read("network_name", "its name", wire.Text(noun.MaxName), func(_ noun.Scope, a A) string { return a.Name }),
			noun.Read("project_id", "project that owns it", wire.Text(noun.MaxName), func(_ noun.Scope, a A) string { return a.ProjectID }),
			noun.Read("tenant_id", "old name of project_id", wire.Text(noun.MaxName), func(_ noun.Scope, a A) string { return a.ProjectID }),
			noun.Read("total_ips", "addresses in the allocation pools of its subnets", bigNumber(),
				func(s noun.Scope, a A) *big.Int { total, _ := addressesOf(s, a); return total }),
			noun.Read("used_ips", "addresses that ports have", bigNumber(),
				func(s noun.Scope, a A) *big.Int { _, used := addressesOf(s, a); return used }),
			noun.Read("subnet_ip_availability", "the same of each subnet", wire.List[wire.Row]().Of(wire.Shape(wire.Must("subnet_id", wire.ID), wire.Must("subnet_name", wire.Word),
				wire.Must("cidr", wire.CIDR().Schema), wire.Must("ip_version", wire.Whole), wire.Must("total_ips", wire.Whole), wire.Must("used_ips", wire.Whole))), subnetAvailability),
			countedVersions(),
		},
	}
}

// bigNumber is a count: an IPv6 subnet has more addresses than an int.
func bigNumber() wire.Kind[*big.Int] {
	return wire.Kind[*big.Int]{
		Schema: wire.Schema{Type: "integer"},
		Parse: func(v any) (*big.Int, error) {
			if n, ok := new(big.Int).SetString(wire.Show(v), 10); ok {
				return n, nil
			}
			return nil, wire.InvalidInput("'%s' is not an integer", wire.Show(v))
		},
		Render: func(n *big.Int) any { return json.Number(n.String()) },
	}
}

// countedVersions is the filter ip_version: only networks with subnets of the version, and only these are counted.
func countedVersions() noun.Attr[available] {
	a := noun.Read("ip_version", "filter: count only the subnets of this version", wire.List[int](), func(s noun.Scope, a available) []int {
		var out []int
		for sub := range s.View.SubnetsOf(a.ID) {
			out = append(out, sub.IPVersion())
		}
		return out
	})
	a = noun.FilterOnly(a)
	a.Match = func(values []string) (func(any) bool, error) {
		if slices.ContainsFunc(values, func(v string) bool { return v != "4" && v != "6" }) {
			return nil, wire.InvalidInput("'%s' is not in [4, 6]", wire.Show(values[0]))
		}
		return func(have any) bool {
			return slices.ContainsFunc(have.([]int), func(n int) bool { return slices.Contains(values, strconv.Itoa(n)) })
		}, nil
	}
	return a
}

// counted yields the subnets of a network that the query asks about.
func counted(s noun.Scope, a available) iter.Seq[*api.Subnet] {
	return func(yield func(*api.Subnet) bool) {
		for sub := range s.View.SubnetsOf(a.ID) {
			if s.Query.Allows("ip_version", strconv.Itoa(sub.IPVersion())) && !yield(sub) {
				return
			}
		}
	}
}

func addressesOf(s noun.Scope, a available) (total, used *big.Int) {
	total, used = new(big.Int), new(big.Int)
	for sub := range counted(s, a) {
		total.Add(total, intent.PoolSize(sub))
		used.Add(used, big.NewInt(int64(s.View.AddressesOn(sub.ID))))
	}
	return total, used
}

func subnetAvailability(s noun.Scope, a available) []wire.Row {
	var out []wire.Row
	for sub := range counted(s, a) {
		out = append(out, wire.Row{
			{"subnet_id", sub.ID}, {"subnet_name", sub.Name}, {"cidr", sub.CIDR.String()}, {"ip_version", sub.IPVersion()},
			{"total_ips", json.Number(intent.PoolSize(sub).String())}, {"used_ips", s.View.AddressesOn(sub.ID)},
		})
	}
	return out
}
