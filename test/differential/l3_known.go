package main

import "weft/test/differential/exchange"

// atOddsStories are about requests in which two things are wrong, or which take away what something else uses.
func atOddsStories() []exchange.Story {
	return []exchange.Story{
		tale("port forwardings that lead nowhere", outside, inside, between, guests, `
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f`,
			ask(`a POST floatingips/{f}/port_forwardings {"port_forwarding":{"external_port":80,"internal_port":80,%s}}`,
				`"protocol":"tcp","internal_port_id":"{lone}","internal_ip_address":"10.2.0.10"`,
				`"protocol":"","internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
				`"protocol":"6","internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
				`"protocol":null,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
				`"protocol":"tcp","internal_port_id":"{bare}","internal_ip_address":"10.0.0.10"`,
				`"protocol":"tcp","internal_port_id":"{bare}"`, `"protocol":"tcp","internal_port_id":"{p2}"`,
				`"protocol":"tcp","internal_port_id":"{leg.port_id}","internal_ip_address":"10.0.0.1"`)),
		tale("neither quota nor addresses", `
			admin POST networks {"network":{"name":"ext","router:external":true}} => ext
			admin POST subnets {"subnet":{"network_id":"{ext}","ip_version":4,"cidr":"203.0.113.0/30","enable_dhcp":false}} => exts
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f1
			admin PUT quotas/`+exchange.ProjectA+` {"quota":{"floatingip":1,"router":0,"port":0,"network":0,"subnet":0}}
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}}
			a POST routers {"router":{"external_gateway_info":{"network_id":"{ext}"}}}
			a POST floatingips {"floatingip":{"floating_network_id":"{none}"}}
			a POST networks {"network":{"name":""}}
			a POST networks {"network":{"mtu":-1}}
			a POST subnets {"subnet":{"network_id":"{none}","ip_version":4,"cidr":"10.0.0.0/24"}}
			a POST ports {"port":{"network_id":"{none}"}}
			a POST routers {"router":{"external_gateway_info":{"network_id":"{none}"}}}`),
		tale("the address that a floating IP uses", outside, inside, between, guests, `
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{p2}","fixed_ip_address":"10.0.0.20"}} => f1
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f2
			a PUT floatingips/{f1} {"floatingip":{"port_id":"{p2}"}}
			a PUT floatingips/{f1} {"floatingip":{"fixed_ip_address":"10.0.0.21"}}
			a PUT floatingips/{f1} {"floatingip":{"fixed_ip_address":"10.0.0.20"}}
			a PUT floatingips/{f1} {"floatingip":{"fixed_ip_address":null}}
			a PUT floatingips/{f2} {"floatingip":{"fixed_ip_address":"10.0.0.21"}}
			a PUT floatingips/{f2} {"floatingip":{"port_id":"{p2}"}}
			a PUT floatingips/{f2} {"floatingip":{"port_id":null,"fixed_ip_address":"10.0.0.21"}}
			a PUT floatingips/{f2} {"floatingip":{"port_id":"{p2}","fixed_ip_address":"10.0.0.21"}}
			a PUT floatingips/{f2} {"floatingip":{"fixed_ip_address":null}}
			a GET floatingips/{f2}
			a PUT ports/{p2} {"port":{"fixed_ips":[{"ip_address":"10.0.0.21"},{"ip_address":"10.0.0.22"}]}}
			a GET floatingips/{f1}
			a PUT ports/{p2} {"port":{"fixed_ips":[{"ip_address":"10.0.0.20"},{"ip_address":"10.0.0.21"},{"ip_address":"10.0.0.23"}]}}
			a PUT ports/{p2} {"port":{"fixed_ips":[]}}
			a GET floatingips?fields=fixed_ip_address&fields=port_id
			a PUT ports/{p2} {"port":{"device_owner":"network:dhcp"}}
			a GET ports/{p2}`),
		tale("the gateway of a subnet that has a router", outside, inside, between, guests, `
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{p1}"}} => f1
			a PUT subnets/{sub} {"subnet":{"gateway_ip":"10.0.0.254"}}
			a PUT subnets/{sub} {"subnet":{"gateway_ip":null}}
			a GET subnets/{sub}
			a GET floatingips/{f1}
			a PUT floatingips/{f1} {"floatingip":{"port_id":"{p2}","fixed_ip_address":"10.0.0.20"}}
			a PUT subnets/{sub} {"subnet":{"gateway_ip":"10.0.0.1"}}
			admin PUT subnets/{exts} {"subnet":{"gateway_ip":null}}
			admin PUT subnets/{exts} {"subnet":{"gateway_ip":"203.0.113.1"}}
			a PUT routers/{r}/remove_router_interface {"subnet_id":"{sub}"}`),
		tale("flavors that are not there", `
			a POST routers {"router":{"name":"r","flavor_id":"{none}"}}
			admin POST routers {"router":{"name":"r","flavor_id":"{none}"}}
			admin POST routers {"router":{"name":"r","flavor_id":null}}
			admin POST routers {"router":{"name":"r","flavor_id":"x"}} => r
			admin POST routers {"router":{"name":"r"}} => r
			admin PUT routers/{r} {"router":{"flavor_id":"{none}"}}
			admin GET flavors
			admin GET flavors/{none}`),
	}
}
