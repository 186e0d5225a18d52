package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"weft/test/differential/exchange"
)

// dice draws the parts of requests.
type dice struct{ *rand.Rand }

func pick[V any](d dice, of ...V) V { return of[d.IntN(len(of))] }

// some is one of n objects of a kind, whether it was made or not.
func (d dice) some(kind string, n int) string { return fmt.Sprintf("%s%d", kind, 1+d.IntN(n)) }

const (
	fewest = 12 // requests of a random story
	most   = 30
)

// coreRandom is a random story about few networks, subnets, ports and pools, so that requests meet.
func coreRandom(r *rand.Rand) (s exchange.Story) {
	d := dice{r}
	s.Steps = append(s.Steps, d.makeNetwork("n1"), d.makeSubnet("s1"))
	for range fewest + d.IntN(most-fewest) {
		s.Steps = append(s.Steps, pick(d, d.network, d.subnet, d.subnet, d.port, d.port, d.port, d.pool, d.share, d.look)())
	}
	for _, all := range []string{"networks", "subnets", "ports", "subnetpools", "address-scopes", "rbac-policies"} {
		s.Steps = append(s.Steps, exchange.Do("admin GET "+all))
	}
	return s
}

// do is a request of anybody who may answer for it: Neutron lets readers change things, after which nothing is alike.
func (d dice) do(format string, args ...any) exchange.Step {
	who := pick(d, "a", "a", "a", "a", "admin", "b")
	if strings.HasPrefix(format, "GET ") {
		who = pick(d, "a", "a", "admin", "b", "a-reads")
	}
	return exchange.Do(who + " " + fmt.Sprintf(format, args...))
}

func (d dice) makeNetwork(name string) exchange.Step {
	return exchange.Do(fmt.Sprintf(`a POST networks {"network":{"name":%q}}`, name)).As(name)
}

func (d dice) network() exchange.Step {
	n := d.some("n", 3)
	switch d.IntN(5) {
	case 0:
		return d.makeNetwork(n)
	case 1:
		return d.do("DELETE networks/{%s}", n)
	case 2:
		return d.do(`PUT networks/{%s} {"network":{%s}}`, n, pick(d, `"admin_state_up":false`, `"name":"x"`, `"shared":true`, `"shared":false`,
			`"router:external":true`, `"router:external":false`, `"port_security_enabled":false`, `"mtu":1400`, `"tags":["x"]`))
	case 3:
		return d.do("GET networks/{%s}", n)
	}
	return exchange.Do(fmt.Sprintf(`admin POST networks {"network":{"name":%q,"shared":true,"project_id":%q}}`, n, exchange.ProjectA)).As(n)
}

func (d dice) makeSubnet(name string) exchange.Step {
	where := fmt.Sprintf(`"network_id":"{%s}"`, d.some("n", 2))
	what := pick(d, `"ip_version":4,"cidr":"10.0.0.0/28"`, `"ip_version":4,"cidr":"10.0.0.0/24"`, `"ip_version":4,"cidr":"10.0.1.0/29"`,
		`"ip_version":6,"cidr":"2001:db8::/64"`, `"ip_version":6,"cidr":"2001:db8:1::/64","ipv6_address_mode":"slaac","ipv6_ra_mode":"slaac"`,
		`"ip_version":4,"subnetpool_id":"{pool1}"`, `"ip_version":4,"subnetpool_id":"{pool1}","prefixlen":29`,
		`"ip_version":4,"cidr":"172.16.0.0/28","subnetpool_id":"{pool1}"`)
	more := pick(d, "", "", `,"gateway_ip":null`, `,"enable_dhcp":false`, `,"allocation_pools":[{"start":"10.0.0.5","end":"10.0.0.6"}]`,
		`,"gateway_ip":"10.0.0.14"`)
	who := pick(d, "a", "a", "a", "admin") // others may with Neutron alone, after which nothing is alike
	return exchange.Do(fmt.Sprintf(`%s POST subnets {"subnet":{%s,%s%s,"project_id":%q}}`, who, where, what, more, exchange.ProjectA)).As(name)
}

func (d dice) subnet() exchange.Step {
	s := d.some("s", 3)
	switch d.IntN(6) {
	case 0, 1:
		return d.makeSubnet(s)
	case 2:
		return d.do("DELETE subnets/{%s}", s)
	case 3:
		return d.do("GET subnets/{%s}", s)
	}
	return d.do(`PUT subnets/{%s} {"subnet":{%s}}`, s, pick(d, `"gateway_ip":null`, `"gateway_ip":"10.0.0.14"`, `"gateway_ip":"10.0.0.5"`,
		`"enable_dhcp":false`, `"enable_dhcp":true`, `"allocation_pools":[{"start":"10.0.0.10","end":"10.0.0.12"}]`,
		`"allocation_pools":[]`, `"name":"x"`, `"dns_nameservers":["8.8.8.8"]`, `"host_routes":[{"destination":"10.9.0.0/24","nexthop":"10.0.0.9"}]`))
}

func (d dice) port() exchange.Step {
	p := d.some("p", 3)
	address := pick(d, "10.0.0.12", "10.0.0.13", "10.0.0.14", "10.0.0.1", "10.0.1.5", "2001:db8::99")
	fixed := pick(d, fmt.Sprintf(`[{"ip_address":%q}]`, address), `[]`, fmt.Sprintf(`[{"subnet_id":"{%s}","ip_address":%q}]`, d.some("s", 3), address),
		fmt.Sprintf(`[{"subnet_id":"{%s}"}]`, d.some("s", 3)))
	mac := fmt.Sprintf("fa:16:3e:00:00:0%d", d.IntN(3))
	switch d.IntN(6) {
	case 0, 1:
		return d.do(`POST ports {"port":{"network_id":"{%s}","fixed_ips":%s%s}}`, d.some("n", 2), fixed,
			pick(d, "", "", fmt.Sprintf(`,"mac_address":%q`, mac), `,"port_security_enabled":false`, `,"device_owner":"network:dhcp"`,
				`,"device_owner":"compute:nova","device_id":"vm"`, `,"allowed_address_pairs":[{"ip_address":"10.9.9.9"}]`)).As(p)
	case 2:
		return d.do("DELETE ports/{%s}", p)
	case 3:
		return d.do("GET ports/{%s}", p)
	}
	return d.do(`PUT ports/{%s} {"port":{%s}}`, p, pick(d, `"fixed_ips":`+fixed, `"fixed_ips":`+fixed, fmt.Sprintf(`"mac_address":%q`, mac),
		`"admin_state_up":false`, `"device_id":"vm"`, `"device_owner":"compute:nova"`, `"name":"x"`, `"port_security_enabled":false`,
		`"port_security_enabled":true`, `"allowed_address_pairs":[{"ip_address":"10.9.9.9"}]`, `"allowed_address_pairs":[]`,
		`"extra_dhcp_opts":[{"opt_name":"mtu","opt_value":"1400"}]`, `"extra_dhcp_opts":[{"opt_name":"mtu","opt_value":null}]`))
}

func (d dice) pool() exchange.Step {
	switch d.IntN(7) {
	case 0:
		return d.do("DELETE subnetpools/{pool1}")
	case 1:
		return d.do(`POST address-scopes {"address_scope":{"name":"scope","ip_version":4}}`).As("scope1")
	case 2:
		return d.do("DELETE address-scopes/{scope1}")
	case 3:
		return d.do(`PUT subnetpools/{pool1} {"subnetpool":{%s}}`, pick(d, `"address_scope_id":"{scope1}"`, `"address_scope_id":null`,
			`"prefixes":["172.16.0.0/22","172.16.4.0/24"]`, `"prefixes":["172.17.0.0/24"]`, `"default_prefixlen":30`, `"min_prefixlen":29`))
	case 4:
		return d.do(`PUT subnetpools/{pool1}/%s {"prefixes":[%q]}`, pick(d, "add_prefixes", "remove_prefixes"), pick(d, "172.16.0.0/24", "172.18.0.0/24"))
	case 5:
		return d.do(`PUT subnetpools/{pool1}/onboard_network_subnets {"network_id":"{%s}"}`, d.some("n", 2))
	}
	return d.do(`POST subnetpools {"subnetpool":{"name":"pool","prefixes":["172.16.0.0/24"],"default_prefixlen":28%s}}`,
		pick(d, "", `,"address_scope_id":"{scope1}"`, `,"default_quota":32`)).As("pool1")
}

// share makes and deletes policies by which others may use what belongs to one.
func (d dice) share() exchange.Step {
	switch d.IntN(4) {
	case 0:
		return d.do("DELETE rbac-policies/{r1}")
	case 1:
		return d.do(`PUT rbac-policies/{r1} {"rbac_policy":{"target_tenant":%q}}`, pick(d, exchange.ProjectB, "*"))
	}
	kind := pick(d, `"network","object_id":"{n1}"`, `"network","object_id":"{n2}"`, `"subnetpool","object_id":"{pool1}"`, `"address_scope","object_id":"{scope1}"`)
	return d.do(`POST rbac-policies {"rbac_policy":{"object_type":%s,"action":%q,"target_tenant":%q}}`, kind,
		pick(d, "access_as_shared", "access_as_shared", "access_as_external"), pick(d, exchange.ProjectB, exchange.ProjectA, "*")).As("r1")
}

func (d dice) look() exchange.Step {
	return d.do("GET %s", pick(d, "networks", "subnets", "ports?network_id={n1}", "subnetpools", "rbac-policies", "networks?shared=True",
		"ports?device_owner=network:dhcp", "subnets?ip_version=4&sort_key=cidr&fields=cidr", "networks?sort_key=name&fields=name", "networks/{n1}", "ports/{p1}"))
}
