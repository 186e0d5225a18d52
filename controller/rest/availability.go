package rest

import (
	"encoding/json"
	"iter"
	"math/big"
	"slices"
	"strconv"

	"weft/api"
	"weft/controller/intent"
)

// available is a network seen by its addresses.
type available struct{ *api.Network }

func ipAvailabilities() resource {
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
	return &noun[A, struct{}]{
		one: "network_ip_availability", many: "network_ip_availabilities", path: "network-ip-availabilities",
		prefix: "v2.0", key: "network_id",
		missing: notFound("NetworkNotFound", "Network %s could not be found."),
		view:    &view[A]{all, find},
		attributes: []attribute[A]{
			read("network_id", "id of the network", uuid[api.NetworkID](), func(_ scope, a A) api.NetworkID { return a.ID }),
			read("network_name", "its name", text(maxName), func(_ scope, a A) string { return a.Name }),
			read("project_id", "project that owns it", text(maxName), func(_ scope, a A) string { return a.ProjectID }),
			read("tenant_id", "old name of project_id", text(maxName), func(_ scope, a A) string { return a.ProjectID }),
			read("total_ips", "addresses in the allocation pools of its subnets", bigNumber(),
				func(s scope, a A) *big.Int { total, _ := addressesOf(s, a); return total }),
			read("used_ips", "addresses that ports have", bigNumber(),
				func(s scope, a A) *big.Int { _, used := addressesOf(s, a); return used }),
			read("subnet_ip_availability", "the same of each subnet", list[row]().of(shape(must("subnet_id", anID), must("subnet_name", aWord),
				must("cidr", cidr().schema), must("ip_version", aNumber), must("total_ips", aNumber), must("used_ips", aNumber))), subnetAvailability),
			countedVersions(),
		},
	}
}

// bigNumber is a count: an IPv6 subnet has more addresses than an int.
func bigNumber() kind[*big.Int] {
	return kind[*big.Int]{
		schema: schema{Type: "integer"},
		parse: func(v any) (*big.Int, error) {
			if n, ok := new(big.Int).SetString(show(v), 10); ok {
				return n, nil
			}
			return nil, invalidInput("'%s' is not an integer", show(v))
		},
		render: func(n *big.Int) any { return json.Number(n.String()) },
	}
}

// countedVersions is the filter ip_version: only networks with subnets of the version, and only these are counted.
func countedVersions() attribute[available] {
	a := read("ip_version", "filter: count only the subnets of this version", list[int](), func(s scope, a available) []int {
		var out []int
		for sub := range s.view.SubnetsOf(a.ID) {
			out = append(out, sub.IPVersion())
		}
		return out
	})
	a = filterOnly(a)
	a.match = func(values []string) (func(any) bool, error) {
		if slices.ContainsFunc(values, func(v string) bool { return v != "4" && v != "6" }) {
			return nil, invalidInput("'%s' is not in [4, 6]", show(values[0]))
		}
		return func(have any) bool {
			return slices.ContainsFunc(have.([]int), func(n int) bool { return slices.Contains(values, strconv.Itoa(n)) })
		}, nil
	}
	return a
}

// counted yields the subnets of a network that the query asks about.
func counted(s scope, a available) iter.Seq[*api.Subnet] {
	return func(yield func(*api.Subnet) bool) {
		for sub := range s.view.SubnetsOf(a.ID) {
			if s.query.allows("ip_version", strconv.Itoa(sub.IPVersion())) && !yield(sub) {
				return
			}
		}
	}
}

func addressesOf(s scope, a available) (total, used *big.Int) {
	total, used = new(big.Int), new(big.Int)
	for sub := range counted(s, a) {
		total.Add(total, intent.PoolSize(sub))
		used.Add(used, big.NewInt(int64(s.view.AddressesOn(sub.ID))))
	}
	return total, used
}

func subnetAvailability(s scope, a available) []row {
	var out []row
	for sub := range counted(s, a) {
		out = append(out, row{
			{"subnet_id", sub.ID}, {"subnet_name", sub.Name}, {"cidr", sub.CIDR.String()}, {"ip_version", sub.IPVersion()},
			{"total_ips", json.Number(intent.PoolSize(sub).String())}, {"used_ips", s.view.AddressesOn(sub.ID)},
		})
	}
	return out
}
