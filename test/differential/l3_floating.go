package main

import "weft/test/differential/exchange"

func floatingStories() []exchange.Story {
	return []exchange.Story{
		tale("ask for floating IPs", outside, inside, between, others, guests, `
			admin POST networks {"network":{"name":"empty","router:external":true}} => empty
			admin POST networks {"network":{"name":"six","router:external":true}} => six
			admin POST subnets {"subnet":{"network_id":"{six}","ip_version":6,"cidr":"2001:db8:f::/64","enable_dhcp":false}} => sixs
			a POST floatingips {"floatingip":{}}`,
			ask(`a POST floatingips {"floatingip":{"floating_network_id":%s}}`, `null`, `""`, `"x"`, `5`, `"{none}"`, `"{net}"`, `"{theirs}"`, `"{six}"`, `"{empty}"`, `"{ext}"`),
			ask(`admin POST floatingips {"floatingip":{"floating_network_id":"{ext}","floating_ip_address":%s}}`, `null`, `""`, `"x"`, `5`, `"203.0.113.7"`,
				`"203.0.113.7"`, `"203.0.113.1"`, `"203.0.113.0"`, `"203.0.113.255"`, `"192.0.2.9"`, `"2001:db8:f::7"`, `[]`), `
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}","floating_ip_address":"203.0.113.99"}}
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}","floating_ip_address":null}}`,
			ask(`a POST floatingips {"floatingip":{"floating_network_id":"{ext}","subnet_id":%s}}`, `null`, `""`, `"x"`, `"{none}"`, `"{sixs}"`, `"{sub}"`, `"{exts}"`), `
			admin POST floatingips {"floatingip":{"floating_network_id":"{ext}","subnet_id":"{sixs}"}}
			admin POST floatingips {"floatingip":{"floating_network_id":"{ext}","subnet_id":"{exts}","floating_ip_address":"203.0.113.12"}}`,
			ask(`a POST floatingips {"floatingip":{"floating_network_id":"{ext}",%s}}`, `"port_id":null`, `"port_id":""`, `"port_id":"x"`, `"port_id":"{none}"`,
				`"port_id":5`, `"port_id":"{p2}"`, `"port_id":"{bare}"`, `"port_id":"{lone}"`, `"port_id":"{theirport}"`, `"port_id":"{p1}"`, `"port_id":"{p1}"`,
				`"fixed_ip_address":"10.0.0.10"`, `"port_id":"{p2}","fixed_ip_address":"10.0.0.22"`, `"port_id":"{p2}","fixed_ip_address":"x"`,
				`"port_id":"{p2}","fixed_ip_address":"10.0.0.21"`, `"description":null`, `"description":"x"`, `"tenant_id":"`+exchange.ProjectB+`"`,
				`"router_id":"{r}"`, `"status":"ACTIVE"`, `"id":"{none}"`, `"nonsense":1`, `"dns_name":"-w"`, `"dns_domain":"example.org"`, `"port_details":null`), `
			b POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{p1}"}}
			b POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{theirport}"}}
			a GET floatingips?status=DOWN&fields=floating_ip_address
			a GET floatingips?port_id={p1}
			a GET floatingip-pools
			admin GET floatingip-pools`),
		floatingStates(),
		tale("addresses run out", `
			admin POST networks {"network":{"name":"ext","router:external":true}} => ext
			admin POST subnets {"subnet":{"network_id":"{ext}","ip_version":4,"cidr":"203.0.113.0/29","enable_dhcp":false}} => exts
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f1
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f2
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f3
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f4
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f5
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}}
			a POST routers {"router":{"external_gateway_info":{"network_id":"{ext}"}}}
			a GET floatingips?fields=floating_ip_address
			a DELETE floatingips/{f3}
			a POST routers {"router":{"external_gateway_info":{"network_id":"{ext}"}}}
			admin PUT quotas/`+exchange.ProjectA+` {"quota":{"floatingip":4,"router":1}}
			a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}}
			a POST routers {"router":{}}
			admin DELETE subnets/{exts}
			admin DELETE networks/{ext}`),
	}
}

func floatingStates() exchange.Story {
	return tale("what floating IPs hold and lose", outside, inside, between, others, guests, `
		a POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{p2}","fixed_ip_address":"10.0.0.20"}} => f1
		a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f2`, ask(`a PUT floatingips/{f2} {"floatingip":{%s}}`,
		`"port_id":"{p2}","fixed_ip_address":"10.0.0.20"`, `"port_id":"{p2}","fixed_ip_address":"10.0.0.21"`, `"fixed_ip_address":null`,
		`"floating_network_id":"{ext}"`, `"floating_ip_address":"203.0.113.99"`, `"dns_name":"x"`, `"port_id":"{lone}"`, `"port_id":"{none}"`, `"port_id":"x"`,
		`"port_id":"{theirport}"`, `"tenant_id":"`+exchange.ProjectB+`"`, `"router_id":null`, `"port_id":"{p1}"`, `"port_id":null`, `"port_id":"{p1}"`, `"port_id":"{p1}"`), `
		b GET floatingips/{f1}
		b PUT floatingips/{f1} {"floatingip":{"description":"x"}}
		b DELETE floatingips/{f1}
		a GET floatingips
		a GET floatingips?router_id={r}
		a GET floatingips?fixed_ip_address=10.0.0.20
		a GET floatingips/x
		a PUT floatingips/{none} {"floatingip":{"port_id":null}}
		a PUT routers/{r}/remove_router_interface {"subnet_id":"{sub}"}
		a PUT routers/{r} {"router":{"external_gateway_info":null}}
		a DELETE routers/{r}
		admin DELETE networks/{ext}
		admin DELETE subnets/{exts}
		admin PUT networks/{ext} {"network":{"router:external":false}}
		admin GET ports?device_id={f1} => fp
		admin GET ports/{fp}
		a GET ports/{fp}
		admin DELETE ports/{fp}
		a DELETE ports/{p1}
		a GET floatingips/{f2}
		a DELETE ports/{p2}
		a GET floatingips/{f1}
		a PUT floatingips/{f1} {"floatingip":{}}
		a DELETE floatingips/{f1}
		a DELETE floatingips/{f1}
		a PUT routers/{r}/remove_router_interface {"subnet_id":"{sub}"}
		a DELETE routers/{r}`)
}

func forwardStories() []exchange.Story {
	const one = `"protocol":"tcp","external_port":80,"internal_port":8080,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`
	const base = `a POST floatingips {"floatingip":{"floating_network_id":"{ext}"}} => f
		a POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{p2}","fixed_ip_address":"10.0.0.20"}} => g
		a POST ports {"port":{"network_id":"{net}","fixed_ips":[{"ip_address":"10.0.0.30"},{"ip_address":"10.0.0.31"}]}} => p3`
	of := func(values ...string) string {
		return ask(`a POST floatingips/{f}/port_forwardings {"port_forwarding":{%s}}`, values...)
	}
	changed := func(values ...string) string {
		return ask(`a PUT floatingips/{f}/port_forwardings/{w1} {"port_forwarding":{%s}}`, values...)
	}
	return []exchange.Story{
		tale("ask for port forwardings", outside, inside, between, others, guests, base, of(`"external_port":80`,
			`"protocol":"","external_port":80,"internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":6,"external_port":80,"internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"TCP","external_port":80,"internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":0,"internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":65536,"internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":"x","internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":80,"internal_port":-1,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":80,"internal_port":80,"internal_port_id":"x","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":80,"internal_port":80,"internal_port_id":"{none}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":80,"internal_port":80,"internal_port_id":"{lone}","internal_ip_address":"10.2.0.10"`,
			`"protocol":"tcp","external_port":80,"internal_port":80,"internal_port_id":"{theirport}","internal_ip_address":"10.5.0.10"`,
			`"protocol":"tcp","external_port":80,"internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.99"`,
			`"protocol":"tcp","external_port":80,"internal_port":80,"internal_port_id":"{p1}","internal_ip_address":"x"`,
			`"protocol":"tcp","external_port":80,"internal_port":80,"internal_port_id":"{p2}","internal_ip_address":"10.0.0.20"`,
			one+`,"nonsense":1`, one+`,"id":"{none}"`, one+`,"description":null`, one+`,"external_port_range":"80:80"`), `
			b POST floatingips/{f}/port_forwardings {"port_forwarding":{`+one+`}}
			a POST floatingips/{none}/port_forwardings {"port_forwarding":{`+one+`}}
			a POST floatingips/{g}/port_forwardings {"port_forwarding":{`+one+`}}`),
		tale("port forwardings meet", outside, inside, between, guests, base, `
			a POST floatingips/{f}/port_forwardings {"port_forwarding":{`+one+`}} => w1`, of(one,
			`"protocol":"tcp","external_port":81,"internal_port":8080,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":80,"internal_port":81,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"udp","external_port":80,"internal_port":8080,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":81,"internal_port":81,"internal_port_id":"{p1}","internal_ip_address":"10.0.0.10"`,
			`"protocol":"tcp","external_port":90,"internal_port":8080,"internal_port_id":"{p3}","internal_ip_address":"10.0.0.30"`), `
			a GET floatingips/{f}
			a GET floatingips/{f}/port_forwardings
			a GET floatingips/{f}/port_forwardings?protocol=udp
			a GET floatingips/{f}/port_forwardings?external_port=81
			a GET floatingips/{f}/port_forwardings?fields=external_port
			a GET floatingips/{f}/port_forwardings/{w1}
			a GET floatingips/{f}/port_forwardings/{none}
			a GET floatingips/{g}/port_forwardings/{w1}
			a GET floatingips/{none}/port_forwardings
			b GET floatingips/{f}/port_forwardings`, changed(`"external_port":81`, `"external_port":82`, `"internal_port":81`, `"internal_port":83`,
			`"protocol":"udp"`, `"internal_port_id":"{p3}"`, `"internal_port_id":"{p3}","internal_ip_address":"10.0.0.31"`, `"internal_ip_address":"10.0.0.30"`,
			`"internal_ip_address":"10.0.0.99"`, `"internal_port_id":"{lone}","internal_ip_address":"10.2.0.10"`, `"description":"x"`, `"external_port":0`), `
			b PUT floatingips/{f}/port_forwardings/{w1} {"port_forwarding":{"external_port":5}}
			a PUT floatingips/{f}/port_forwardings/{none} {"port_forwarding":{"external_port":5}}
			a PUT floatingips/{f} {"floatingip":{"port_id":"{p1}"}}
			a PUT floatingips/{f} {"floatingip":{"description":"x"}}
			a PUT floatingips/{f} {"floatingip":{"port_id":null}}
			a PUT floatingips/{g} {"floatingip":{"port_id":"{p1}"}}
			a PUT floatingips/{g} {"floatingip":{"port_id":"{p3}","fixed_ip_address":"10.0.0.31"}}
			a PUT routers/{r}/remove_router_interface {"subnet_id":"{sub}"}
			a PUT routers/{r} {"router":{"external_gateway_info":null}}
			a PUT ports/{p3} {"port":{"fixed_ips":[{"ip_address":"10.0.0.31"}]}}
			a GET floatingips/{f}/port_forwardings
			a DELETE ports/{p1}
			a GET floatingips/{f}/port_forwardings
			b DELETE floatingips/{f}/port_forwardings/{w1}
			a DELETE floatingips/{f}/port_forwardings/{w1}
			a DELETE floatingips/{f}/port_forwardings/{w1}
			a DELETE floatingips/{f}
			a GET floatingips/{f}`),
	}
}
