package main

import "weft/test/differential/exchange"

func interfaceStories() []exchange.Story {
	bodies := []string{`{}`, `{"subnet_id":null}`, `{"subnet_id":""}`, `{"subnet_id":5}`, `{"subnet_id":"x"}`, `{"subnet_id":"{none}"}`, `{"port_id":null}`,
		`{"port_id":"{none}"}`, `{"port_id":"x"}`, `{"subnet_id":[]}`, `{"subnet_id":"{none}","port_id":"{none}"}`, `{"x":1}`, `{"subnet_id":"{nogw}"}`,
		`{"subnet_id":"{theirsub}"}`, `{"subnet_id":"{alls}"}`, `{"subnet_id":"{exts}"}`, `{"port_id":"{theirport}"}`, `{"subnet_id":"{sub}","x":1}`}
	return []exchange.Story{
		tale("ask for interfaces", outside, inside, others, `
			a POST subnets {"subnet":{"network_id":"{net}","ip_version":4,"cidr":"10.0.2.0/24","gateway_ip":null}} => nogw
			a POST routers {"router":{"name":"r"}} => r`, ask(`a PUT routers/{r}/add_router_interface %s`, bodies...),
			ask(`a PUT routers/{r}/remove_router_interface %s`, bodies...), `
			a PUT routers/{none}/add_router_interface {"subnet_id":"{sub}"}
			a PUT routers/x/add_router_interface {"subnet_id":"{sub}"}
			admin PUT routers/{r}/add_router_interface {"subnet_id":"{theirsub}"}
			admin POST rbac-policies {"rbac_policy":{"object_type":"network","object_id":"{all}","action":"access_as_shared","target_tenant":"`+exchange.ProjectA+`"}}
			a PUT routers/{r}/add_router_interface {"subnet_id":"{alls}"}
			a GET ports?device_id={r}
			a PUT routers/{r}/remove_router_interface {"subnet_id":"{alls}"}`),
		tale("interfaces by subnets and ports", inside, `
			a POST subnets {"subnet":{"network_id":"{far}","ip_version":4,"cidr":"10.0.0.128/25"}} => over
			a POST routers {"router":{"name":"r"}} => r
			a PUT routers/{r}/add_router_interface {"subnet_id":"{sub}"} => leg
			a PUT routers/{r}/add_router_interface {"subnet_id":"{sub}"}
			a PUT routers/{r}/add_router_interface {"subnet_id":"{over}"}
			a POST ports {"port":{"network_id":"{far}","fixed_ips":[]}} => q
			a PUT routers/{r}/add_router_interface {"port_id":"{q}"}
			a POST ports {"port":{"network_id":"{far}","fixed_ips":[{"subnet_id":"{fars}"}],"device_id":"vm","device_owner":"compute:x"}} => q
			a PUT routers/{r}/add_router_interface {"port_id":"{q}"}
			a POST ports {"port":{"network_id":"{far}","fixed_ips":[{"subnet_id":"{fars}"}],"device_id":"vm"}} => q
			a PUT routers/{r}/add_router_interface {"port_id":"{q}"}
			a POST ports {"port":{"network_id":"{far}","fixed_ips":[{"subnet_id":"{over}"},{"subnet_id":"{fars}"}]}} => q
			a PUT routers/{r}/add_router_interface {"port_id":"{q}"}
			a POST ports {"port":{"network_id":"{far}","fixed_ips":[{"subnet_id":"{over}"}]}} => q
			a PUT routers/{r}/add_router_interface {"port_id":"{q}"}
			a POST ports {"port":{"network_id":"{far}","fixed_ips":[{"ip_address":"10.2.0.8"}]}} => p5
			a PUT routers/{r}/add_router_interface {"port_id":"{p5}"}
			a GET ports/{p5}
			a PUT routers/{r}/add_router_interface {"port_id":"{p5}"}
			a PUT routers/{r}/add_router_interface {"subnet_id":"{fars}"}
			a POST routers {"router":{"name":"r2"}} => r2
			a PUT routers/{r2}/add_router_interface {"port_id":"{p5}"}
			a PUT routers/{r2}/remove_router_interface {"port_id":"{p5}"}
			a PUT routers/{r2}/add_router_interface {"subnet_id":"{fars}"}
			a PUT routers/{r2}/add_router_interface {"subnet_id":"{sub}"}
			a GET ports?device_owner=network:router_interface_distributed`),
		legsStory(), sixStory(),
	}
}

func legsStory() exchange.Story {
	return tale("what a router's interface holds", outside, inside, between, ask(`a PUT ports/{leg.port_id} {"port":{%s}}`,
		`"name":"x"`, `"description":"d"`, `"admin_state_up":true`), `
		a GET ports/{leg.port_id}
		a DELETE ports/{leg.port_id}
		admin DELETE ports/{leg.port_id}
		a DELETE networks/{net}
		a DELETE subnets/{sub}
		a PUT subnets/{sub} {"subnet":{"gateway_ip":"10.0.0.254"}}
		a DELETE routers/{r}
		a PUT routers/{r}/remove_router_interface {"subnet_id":"{fars}"}
		a PUT routers/{r}/remove_router_interface {"port_id":"{leg.port_id}","subnet_id":"{fars}"}
		a PUT ports/{leg.port_id} {"port":{"fixed_ips":[{"subnet_id":"{fars}"}]}}
		a PUT routers/{r}/remove_router_interface {"port_id":"{leg.port_id}","subnet_id":"{sub}"}
		a PUT routers/{r}/remove_router_interface {"port_id":"{leg.port_id}"}
		a GET ports/{leg.port_id}
		a DELETE networks/{net}
		a DELETE routers/{r}
		a DELETE routers/{r}
		a POST routers {"router":{"name":"taken"}} => taken
		a PUT routers/{taken}/add_router_interface {"subnet_id":"{fars}"} => leg
		a PUT ports/{leg.port_id} {"port":{"device_id":""}}`)
}

func sixStory() exchange.Story {
	return tale("interfaces of IPv6", `
		a POST networks {"network":{"name":"net"}} => net
		a POST subnets {"subnet":{"network_id":"{net}","ip_version":6,"cidr":"2001:db8:1::/64","gateway_ip":"2001:db8:1::1","ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac"}} => s1
		a POST subnets {"subnet":{"network_id":"{net}","ip_version":6,"cidr":"2001:db8:2::/64","gateway_ip":"2001:db8:2::1","ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac"}} => s2
		a POST subnets {"subnet":{"network_id":"{net}","ip_version":6,"cidr":"2001:db8:4::/64","gateway_ip":"2001:db8:4::1","ipv6_address_mode":"slaac"}} => s4
		a POST routers {"router":{"name":"r"}} => r
		a PUT routers/{r}/add_router_interface {"subnet_id":"{s1}"} => leg
		a PUT routers/{r}/add_router_interface {"subnet_id":"{s2}"}
		a PUT routers/{r}/add_router_interface {"subnet_id":"{s4}"}
		a GET ports?device_id={r}
		a PUT routers/{r}/remove_router_interface {"subnet_id":"{s2}"}
		a GET ports?device_id={r}
		a PUT routers/{r}/remove_router_interface {"port_id":"{leg.port_id}"}
		a GET ports`)
}
