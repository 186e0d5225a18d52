package main

import (
	"fmt"
	"slices"
	"strings"

	"weft/test/differential/exchange"
)

// l3Area is about routers, floating IPs, port forwardings and trunks, and about what ports, subnets and networks answer while
// these need them.
func l3Area() area { return area{"l3", l3Stories, l3Random} }

// tale is a story after a common beginning.
func tale(name string, parts ...string) exchange.Story {
	s := exchange.Story{Name: name}
	for _, l := range strings.Split(strings.Join(parts, "\n"), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			s.Steps = append(s.Steps, exchange.Do(l))
		}
	}
	return s
}

// outside is an external network, inside a project's own, with a router between them.
const (
	outside = `admin POST networks {"network":{"name":"ext","router:external":true}} => ext
		admin POST subnets {"subnet":{"network_id":"{ext}","ip_version":4,"cidr":"203.0.113.0/24","enable_dhcp":false}} => exts`
	inside = `a POST networks {"network":{"name":"net"}} => net
		a POST subnets {"subnet":{"network_id":"{net}","ip_version":4,"cidr":"10.0.0.0/24"}} => sub
		a POST networks {"network":{"name":"far"}} => far
		a POST subnets {"subnet":{"network_id":"{far}","ip_version":4,"cidr":"10.2.0.0/24"}} => fars`
	between = `a POST routers {"router":{"name":"r"}} => r
		a PUT routers/{r} {"router":{"external_gateway_info":{"network_id":"{ext}"}}}
		a PUT routers/{r}/add_router_interface {"subnet_id":"{sub}"} => leg`
	others = `b POST networks {"network":{"name":"theirs"}} => theirs
		b POST subnets {"subnet":{"network_id":"{theirs}","ip_version":4,"cidr":"10.5.0.0/24"}} => theirsub
		b POST ports {"port":{"network_id":"{theirs}","name":"theirport"}} => theirport
		admin POST networks {"network":{"name":"all","shared":true}} => all
		admin POST subnets {"subnet":{"network_id":"{all}","ip_version":4,"cidr":"10.6.0.0/24"}} => alls`
	guests = `a POST ports {"port":{"network_id":"{net}","fixed_ips":[{"ip_address":"10.0.0.10"}]}} => p1
		a POST ports {"port":{"network_id":"{net}","fixed_ips":[{"ip_address":"10.0.0.20"},{"ip_address":"10.0.0.21"}]}} => p2
		a POST ports {"port":{"network_id":"{far}","fixed_ips":[{"ip_address":"10.2.0.10"}]}} => lone
		a POST ports {"port":{"network_id":"{net}","fixed_ips":[]}} => bare`
)

// ask gives a step for each value of a member.
func ask(format string, values ...string) string {
	var out []string
	for _, v := range values {
		out = append(out, fmt.Sprintf(format, v))
	}
	return strings.Join(out, "\n")
}

func l3Stories() []exchange.Story {
	return slices.Concat(routerStories(), interfaceStories(), floatingStories(), forwardStories(), trunkStories(), atOddsStories())
}

func routerStories() (out []exchange.Story) {
	s := sweep{
		one: "router", many: "routers", before: []string{`admin PUT quotas/` + exchange.Operators + ` {"quota":{"router":-1}}`}, base: noBase,
		change: `{"name":"it"}`, values: map[string]string{
			"name": texts, "description": texts, "admin_state_up": booleans, "distributed": `"true"`, "ha": `"false"`,
			"availability_zone_hints": `["a","a"]`, "tenant_id": `"` + exchange.ProjectA + `"`,
		},
		posted: "availability_zone_hints tenant_id",
		closed: "status id revision_number created_at updated_at availability_zones nonsense",
	}
	return append(s.stories(), gatewayStory(), gatewayAddressStory(), routesStory(), tale("a router for others", outside, inside, between, `
		b GET routers/{r}
		b PUT routers/{r} {"router":{"name":"x"}}
		b DELETE routers/{r}
		b PUT routers/{r}/add_router_interface {"subnet_id":"{sub}"}
		b GET routers
		admin GET routers?name=r
		a GET routers?fields=name&fields=external_gateway_info
		a GET routers?distributed=true
		a GET routers?admin_state_up=false
		a PUT routers/{r} {"router":{"distributed":true}}
		a PUT routers/{r} {"router":{"tenant_id":"`+exchange.ProjectB+`"}}
		a POST routers {"router":{"tenant_id":"`+exchange.ProjectB+`"}}
		a GET routers/x
		a DELETE routers/x
		a GET routers/{r}/l3-agents
		admin GET routers/{r}/l3-agents
		admin GET routers/{none}/l3-agents
		admin GET networks/{net}/dhcp-agents
		admin GET agents/{none}
		admin GET agents/{none}/l3-routers
		admin POST agents/{none}/l3-routers {"router_id":"{r}"}
		admin DELETE agents/{none}/l3-routers/{r}
		admin GET agents/{none}/dhcp-networks
		a GET agents
		admin GET agents?agent_type=nonsense
		admin DELETE agents/{none}
		admin PUT agents/{none} {"agent":{"admin_state_up":false}}`))
}

func gatewayStory() exchange.Story {
	return tale("the gateway of a router", outside, inside, others, `
		admin POST networks {"network":{"name":"ext2","router:external":true}} => ext2
		a POST routers {"router":{"name":"r"}} => r`, ask(`a PUT routers/{r} {"router":{"external_gateway_info":%s}}`,
		`null`, `{}`, `"x"`, `1`, `{"network_id":null}`, `{"network_id":""}`, `{"network_id":"x"}`, `{"network_id":"{none}"}`, `{"network_id":"{net}"}`,
		`{"network_id":"{theirs}"}`, `{"enable_snat":true}`, `{"network_id":"{ext}","enable_snat":true}`, `{"network_id":"{ext}"}`,
		`{"network_id":"{ext}","external_fixed_ips":[{"subnet_id":"{exts}"}]}`, `{"network_id":"{ext}","external_fixed_ips":[{"subnet_id":"{none}"}]}`,
		`{"network_id":"{ext}","external_fixed_ips":[]}`, `{"network_id":"{ext2}"}`, `null`, `{"network_id":"{ext}"}`),
		ask(`admin PUT routers/{r} {"router":{"external_gateway_info":{"network_id":"{ext}","enable_snat":%s}}}`, `false`, `"x"`, `null`, `"false"`, `true`, `0`), `
		admin PUT routers/{r} {"router":{"external_gateway_info":{"network_id":"{ext}","enable_snat":false}}}
		a PUT routers/{r} {"router":{"external_gateway_info":{"network_id":"{ext}"}}}
		admin GET ports?device_id={r} => gp
		a GET ports?device_id={r}
		admin GET ports/{gp}
		a GET ports/{gp}
		admin DELETE ports/{gp}
		admin PUT ports/{gp} {"port":{"name":"x"}}
		admin PUT routers/{r}/add_router_interface {"port_id":"{gp}"}
		admin PUT routers/{r}/remove_router_interface {"port_id":"{gp}"}
		admin DELETE networks/{ext}
		admin DELETE subnets/{exts}
		admin PUT networks/{ext} {"network":{"router:external":false}}
		a DELETE routers/{r}
		admin GET ports
		admin DELETE networks/{ext}`)
}

func gatewayAddressStory() exchange.Story {
	return tale("the addresses of a gateway", outside, inside, `
		admin POST routers {"router":{"name":"r"}} => r
		admin POST ports {"port":{"network_id":"{ext}","fixed_ips":[{"ip_address":"203.0.113.40"}]}} => taken`,
		ask(`admin PUT routers/{r} {"router":{"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":%s}}}`,
			`null`, `{}`, `"x"`, `["x"]`, `[{"subnet_id":"x"}]`, `[{"subnet_id":"{sub}"}]`, `[{"subnet_id":"{none}"}]`, `[{"ip_address":"203.0.113.1"}]`,
			`[{"ip_address":"203.0.113.0"}]`, `[{"ip_address":"203.0.113.255"}]`, `[{"ip_address":"192.0.2.9"}]`, `[{"ip_address":"x"}]`, `[{"ip_address":null}]`,
			`[{"ip_address":"203.0.113.40"}]`, `[{"ip_address":"203.0.113.50"},{"ip_address":"203.0.113.50"}]`, `[{"ip_address":"203.0.113.50"}]`,
			`[{"subnet_id":"{exts}","ip_address":"203.0.113.51"}]`, `[{"ip_address":"203.0.113.51"},{"ip_address":"203.0.113.52"}]`, `[{"ip_address":"203.0.113.52"}]`, `[{"subnet_id":"{exts}"}]`, `[]`), `
		admin GET ports?device_id={r}
		admin POST routers {"router":{"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":[{"ip_address":"203.0.113.40"}]}}}
		admin POST routers {"router":{"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":[{"ip_address":"203.0.113.60"}]}}}
		a POST routers {"router":{"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":[{"ip_address":"203.0.113.61"}]}}}
		a POST routers {"router":{"external_gateway_info":{"network_id":"{ext}","enable_snat":true}}}`)
}

func routesStory() exchange.Story {
	all := []string{`null`, `[]`, `{}`, `"x"`, `["x"]`, `[{}]`, `[{"destination":"1.0.0.0/8"}]`, `[{"nexthop":"10.0.0.9"}]`,
		`[{"destination":"1.0.0.0/8","nexthop":"10.0.0.9","x":1}]`, `[{"destination":"x","nexthop":"10.0.0.9"}]`, `[{"destination":"1.0.0.0/8","nexthop":"x"}]`,
		`[{"destination":"1.0.0.0/8","nexthop":"192.0.2.1"}]`, `[{"destination":"1.0.0.0/8","nexthop":"10.0.0.1"}]`,
		`[{"destination":"1.0.0.0/8","nexthop":"10.0.0.9"}]`, `[{"destination":"1.0.0.0/8","nexthop":"10.0.0.9"},{"destination":"1.0.0.0/8","nexthop":"10.0.0.9"}]`,
		`[{"destination":"1.0.0.0/8","nexthop":"10.0.0.9"},{"destination":"2.0.0.0/8","nexthop":"203.0.113.77"}]`,
		`[{"destination":"0.0.0.0/0","nexthop":"10.0.0.9"}]`, `[{"destination":"2001:db8::/64","nexthop":"10.0.0.9"}]`, `[{"destination":"1.0.0.0/8","nexthop":"10.0.0.9"}]`}
	return tale("the routes of a router", outside, inside, between, ask(`a PUT routers/{r} {"router":{"routes":%s}}`, all...),
		ask(`a PUT routers/{r}/add_extraroutes {"router":{"routes":%s}}`, append(all, `[{"destination":"3.0.0.0/8","nexthop":"10.0.0.9"}]`)...), `
		a PUT routers/{r}/remove_router_interface {"subnet_id":"{sub}"}
		a PUT routers/{r} {"router":{"external_gateway_info":null}}
		a GET routers/{r}`,
		ask(`a PUT routers/{r}/remove_extraroutes {"router":{"routes":%s}}`, all...), `
		a PUT routers/{r}/add_extraroutes {}
		a PUT routers/{r}/add_extraroutes {"router":{}}
		a PUT routers/{none}/add_extraroutes {"router":{"routes":[]}}
		b PUT routers/{r}/add_extraroutes {"router":{"routes":[]}}
		a GET routers/{r}`)
}
