package main

import (
	"fmt"
	"math/rand/v2"

	"weft/test/differential/exchange"
)

const trunked = `a POST networks {"network":{"name":"net"}} => net
	a POST ports {"port":{"network_id":"{net}","name":"p0"}} => p0
	a POST ports {"port":{"network_id":"{net}","name":"p1"}} => p1
	a POST ports {"port":{"network_id":"{net}","name":"p2"}} => p2
	a POST ports {"port":{"network_id":"{net}","name":"p3"}} => p3
	a POST ports {"port":{"network_id":"{net}","device_id":"vm","device_owner":"compute:x"}} => vm
	b POST networks {"network":{"name":"theirs"}} => theirs
	b POST ports {"port":{"network_id":"{theirs}"}} => theirport`

func trunkStories() []exchange.Story {
	sub := func(port, more string) string { return fmt.Sprintf(`{"port_id":"{%s}"%s}`, port, more) }
	tag := func(n string) string { return `,"segmentation_type":"vlan","segmentation_id":` + n }
	lists := []string{`null`, `[]`, `{}`, `"x"`, `[null]`, `["x"]`, `[{}]`, `[{"port_id":"x"}]`, `[` + sub("none", tag("5")) + `]`, `[` + sub("p1", "") + `]`,
		`[` + sub("p1", tag("0")) + `]`, `[` + sub("p1", tag("4095")) + `]`, `[` + sub("p1", tag("-1")) + `]`, `[` + sub("p1", tag(`"x"`)) + `]`, `[` + sub("p1", tag("null")) + `]`,
		`[` + sub("p1", `,"segmentation_type":"vxlan","segmentation_id":5`) + `]`, `[` + sub("p1", `,"segmentation_id":5`) + `]`,
		`[` + sub("p1", `,"segmentation_type":"vlan"`) + `]`, `[` + sub("p0", tag("5")) + `]`, `[` + sub("theirport", tag("5")) + `]`, `[` + sub("vm", tag("5")) + `]`,
		`[` + sub("p1", tag("5")) + `,` + sub("p1", tag("6")) + `]`, `[` + sub("p1", tag("5")) + `,` + sub("p2", tag("5")) + `]`, `[` + sub("p1", tag(`"7"`)) + `]`}
	gone := []string{`[` + sub("p3", "") + `]`, `[` + sub("none", "") + `]`, `[{"port_id":"x"}]`, `[{}]`, `[` + sub("p1", `,"segmentation_id":99`) + `]`, `null`, `[]`}
	return []exchange.Story{
		tale("ask for trunks", trunked, `a POST trunks {"trunk":{}}`, ask(`a POST trunks {"trunk":{"port_id":%s}}`, `null`, `""`, `"x"`, `5`, `"{none}"`, `"{theirport}"`, `"{vm}"`),
			ask(`a POST trunks {"trunk":{"port_id":"{p0}",%s}}`, `"name":5`, `"admin_state_up":"x"`, `"status":"ACTIVE"`, `"nonsense":1`, `"id":"{none}"`, `"tenant_id":"`+exchange.ProjectB+`"`),
			ask(`a POST trunks {"trunk":{"port_id":"{p0}","sub_ports":%s}}`, lists[2:]...), `
			b POST trunks {"trunk":{"port_id":"{p0}"}}
			a POST trunks {"trunk":{"port_id":"{p2}"}} => t
			a GET trunks`),
		tale("the sub-ports of a trunk", trunked, `
			a POST trunks {"trunk":{"name":"t","port_id":"{p0}"}} => t
			a POST trunks {"trunk":{"port_id":"{p0}"}}
			a POST trunks {"trunk":{"port_id":"{p2}"}} => t2`, ask(`a PUT trunks/{t}/add_subports {"sub_ports":%s}`, lists...), `
			a PUT trunks/{t}/add_subports {"sub_ports":[`+sub("p1", tag("9"))+`]}
			a PUT trunks/{t}/add_subports {"sub_ports":[`+sub("p2", tag("9"))+`]}
			a PUT trunks/{t}/add_subports {"sub_ports":[`+sub("p3", tag("7"))+`]}
			a PUT trunks/{t2}/add_subports {"sub_ports":[`+sub("p1", tag("9"))+`]}
			a POST trunks {"trunk":{"port_id":"{p1}"}}
			a PUT trunks/{none}/add_subports {"sub_ports":[]}
			b PUT trunks/{t}/add_subports {"sub_ports":[`+sub("theirport", tag("9"))+`]}
			a PUT trunks/{t}/add_subports {}
			a GET trunks/{t}
			a GET trunks/{t}/get_subports
			b GET trunks/{t}
			b GET trunks/{t}/get_subports
			a GET trunks?port_id={p0}
			a GET trunks?name=t&fields=name
			a GET ports/{p0}
			a GET ports/{p1}
			a GET ports?device_owner=trunk:subport&fields=name`, ask(`a PUT trunks/{t}/remove_subports {"sub_ports":%s}`, gone...), `
			a PUT trunks/{t} {"trunk":{"sub_ports":[]}}
			a PUT trunks/{t} {"trunk":{"port_id":"{p3}"}}
			b PUT trunks/{t} {"trunk":{"name":"x"}}
			a PUT trunks/{t} {"trunk":{"admin_state_up":false}}
			a PUT trunks/{t}/add_subports {"sub_ports":[`+sub("p3", tag("8"))+`]}
			a PUT trunks/{t}/remove_subports {"sub_ports":[`+sub("p1", "")+`]}
			a DELETE trunks/{t}
			a PUT trunks/{t} {"trunk":{"admin_state_up":true}}
			a DELETE ports/{p0}
			a DELETE ports/{p1}
			a PUT ports/{p1} {"port":{"name":"x"}}
			b DELETE trunks/{t}
			a DELETE trunks/{t}
			a GET ports/{p1}
			a DELETE trunks/{t}
			a GET trunks`),
	}
}

// l3Random is a random story about few routers, floating IPs, port forwardings and trunks.
func l3Random(r *rand.Rand) (s exchange.Story) {
	d := dice{r}
	s = tale("", outside, `a POST networks {"network":{"name":"n1"}} => n1
		a POST subnets {"subnet":{"network_id":"{n1}","ip_version":4,"cidr":"10.0.1.0/24"}} => s1
		a POST networks {"network":{"name":"n2"}} => n2
		a POST subnets {"subnet":{"network_id":"{n2}","ip_version":4,"cidr":"10.0.2.0/24"}} => s2
		a POST routers {"router":{"name":"r1","external_gateway_info":{"network_id":"{ext}"}}} => r1
		a PUT routers/{r1}/add_router_interface {"subnet_id":"{s1}"}
		a POST ports {"port":{"network_id":"{n1}","fixed_ips":[{"ip_address":"10.0.1.11"}]}} => p1`)
	for range fewest + d.IntN(most-fewest) {
		s.Steps = append(s.Steps, pick(d, d.router, d.router, d.leg, d.leg, d.floating, d.floating, d.forward, d.guest, d.guest, d.trunk, d.seen)())
	}
	for _, all := range []string{"routers", "floatingips", "trunks", "ports"} {
		s.Steps = append(s.Steps, exchange.Do("admin GET "+all))
	}
	return s
}

func (d dice) router() exchange.Step {
	r := d.some("r", 2)
	switch d.IntN(5) {
	case 0:
		return d.do(`POST routers {"router":{"name":%q%s}}`, r, pick(d, "", `,"external_gateway_info":{"network_id":"{ext}"}`)).As(r)
	case 1:
		return d.do("DELETE routers/{%s}", r)
	case 2:
		return d.do(`PUT routers/{%s}/%s_extraroutes {"router":{"routes":%s}}`, r, pick(d, "add", "remove"), d.routes())
	}
	return d.do(`PUT routers/{%s} {"router":{%s}}`, r, pick(d, `"external_gateway_info":null`, `"external_gateway_info":{"network_id":"{ext}"}`,
		`"external_gateway_info":{"network_id":"{ext}"}`, `"external_gateway_info":{"network_id":"{n1}"}`, `"admin_state_up":false`, `"name":"x"`, `"routes":[]`, `"routes":`+d.routes()))
}

func (d dice) routes() string {
	return fmt.Sprintf(`[{"destination":"10.9.%d.0/24","nexthop":"%s"}]`, d.IntN(2), pick(d, "10.0.1.5", "10.0.2.5", "203.0.113.1", "10.0.1.1"))
}

func (d dice) leg() exchange.Step {
	return d.do(`PUT routers/{%s}/%s_router_interface {%s}`, d.some("r", 2), pick(d, "add", "add", "remove"),
		pick(d, `"subnet_id":"{s1}"`, `"subnet_id":"{s2}"`, `"port_id":"{p1}"`, `"port_id":"{p2}"`, `"subnet_id":"{s1}"`))
}

func (d dice) floating() exchange.Step {
	f, p := d.some("f", 2), d.some("p", 3)
	switch d.IntN(5) {
	case 0, 1:
		return d.do(`POST floatingips {"floatingip":{"floating_network_id":"{ext}"%s}}`, pick(d, "", "", fmt.Sprintf(`,"port_id":"{%s}"`, p))).As(f)
	case 2:
		return d.do("DELETE floatingips/{%s}", f)
	}
	return d.do(`PUT floatingips/{%s} {"floatingip":{%s}}`, f, pick(d, `"port_id":null`, fmt.Sprintf(`"port_id":"{%s}"`, p), fmt.Sprintf(`"port_id":"{%s}"`, p), `"description":"x"`))
}

func (d dice) forward() exchange.Step {
	f, w := d.some("f", 2), d.some("w", 2)
	switch d.IntN(4) {
	case 0:
		return d.do("DELETE floatingips/{%s}/port_forwardings/{%s}", f, w)
	case 1:
		return d.do(`PUT floatingips/{%s}/port_forwardings/{%s} {"port_forwarding":{"external_port":%d}}`, f, w, 80+d.IntN(3))
	}
	n := 1 + d.IntN(3)
	return d.do(`POST floatingips/{%s}/port_forwardings {"port_forwarding":{"protocol":"tcp","external_port":%d,"internal_port":%d,"internal_port_id":"{p%d}","internal_ip_address":"10.0.1.1%d"}}`,
		f, 80+d.IntN(3), 90+d.IntN(3), n, n).As(w)
}

// guest makes, changes and deletes the ports that all else is about.
func (d dice) guest() exchange.Step {
	n := 1 + d.IntN(3)
	switch d.IntN(5) {
	case 0, 1:
		return d.do(`POST ports {"port":{"network_id":"{n1}","fixed_ips":[{"ip_address":"10.0.1.1%d"}]}}`, n).As(fmt.Sprintf("p%d", n))
	case 2:
		return d.do("DELETE ports/{p%d}", n)
	case 3:
		return d.do("DELETE %s", pick(d, "networks/{n1}", "subnets/{s2}", "networks/{ext}", "subnets/{exts}"))
	}
	return d.do(`PUT ports/{p%d} {"port":{%s}}`, n, pick(d, fmt.Sprintf(`"fixed_ips":[{"ip_address":"10.0.1.1%d"}]`, n), `"name":"x"`, `"device_id":"vm"`, `"device_id":""`))
}

func (d dice) trunk() exchange.Step {
	p := d.some("p", 3)
	switch d.IntN(5) {
	case 0, 1:
		return d.do(`POST trunks {"trunk":{"port_id":"{%s}"}}`, p).As("t1")
	case 2:
		return d.do("DELETE trunks/{t1}")
	case 3:
		return d.do(`PUT trunks/{t1}/remove_subports {"sub_ports":[{"port_id":"{%s}"}]}`, p)
	}
	return d.do(`PUT trunks/{t1}/add_subports {"sub_ports":[{"port_id":"{%s}","segmentation_type":"vlan","segmentation_id":%d}]}`, p, 5+d.IntN(2))
}

func (d dice) seen() exchange.Step {
	return d.do("GET %s", pick(d, "routers/{r1}", "floatingips", "floatingips/{f1}", "floatingips/{f1}/port_forwardings", "ports/{p1}", "trunks", "ports?device_id={r1}", "routers?name=r1"))
}
