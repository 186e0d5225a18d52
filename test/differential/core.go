package main

import (
	"fmt"
	"slices"
	"strings"

	"weft/test/differential/exchange"
)

// coreStories are about networks, subnets, ports, pools of subnets, and what belongs to them.
func coreStories() (out []exchange.Story) {
	for _, s := range coreSweeps() {
		out = append(out, s.stories()...)
	}
	return slices.Concat(out, coreStates(), coreLists())
}

func manyLetters(n int) string { return strings.Repeat("l", n) }

const noLimits = `admin PUT quotas/` + exchange.Operators + ` {"quota":{"network":-1,"subnet":-1,"port":-1,"rbac_policy":-1}}`

// noBase is for objects that need nothing.
func noBase(int) map[string]string { return map[string]string{} }

func coreSweeps() []sweep {
	return []sweep{networkSweep(), subnetSweep(), portSweep(), poolSweep(), scopeSweep()}
}

func networkSweep() sweep {
	return sweep{
		one: "network", many: "networks", before: []string{noLimits}, base: noBase, change: `{"name":"it"}`,
		values: map[string]string{
			"name": texts, "description": texts, "admin_state_up": booleans, "shared": booleans, "router:external": booleans,
			"mtu": "67\n68\n1280\n1450\n\"1400\"\n1500\n9000\n65535\n70000\n0", "port_security_enabled": booleans,
			"dns_domain": `"example.com."
"example.com"
"-bad."
"a..b."
"under_score."`,
			"provider:network_type": `"flat"
"vlan"
"vxlan"
"local"
"gre"
"geneve"`,
			"provider:physical_network": `"physnet1"`, "provider:segmentation_id": "100\n0\n4095\n16777216\n\"101\"",
			"availability_zone_hints": "[\"nova\"]\n[\"a\",\"a\"]", "is_default": booleans, "vlan_transparent": "false",
			"segments":   `[{"provider:network_type":"vlan","provider:physical_network":"physnet1","provider:segmentation_id":150}]`,
			"project_id": `"` + exchange.ProjectA + `"`,
			"tenant_id":  `"` + exchange.ProjectA + `"`, "qos_policy_id": `"11111111-2222-4333-8444-555555555555"`,
		},
		posted: "provider:network_type provider:physical_network availability_zone_hints segments project_id tenant_id vlan_transparent",
		closed: "status id subnets tags revision_number created_at updated_at l2_adjacency availability_zones ipv4_address_scope nonsense",
	}
}

func subnetSweep() sweep {
	return sweep{
		one: "subnet", many: "subnets", before: []string{noLimits, `admin POST networks {"network":{"name":"net"}} => net`,
			`admin POST networks {"network":{"name":"other"}} => other`},
		base: func(n int) map[string]string {
			return map[string]string{"network_id": `"{net}"`, "ip_version": "4", "cidr": fmt.Sprintf(`"10.%d.0.0/24"`, n)}
		},
		change: `{"network_id":"{net}","ip_version":4,"cidr":"10.20.0.0/24","allocation_pools":[{"start":"10.20.0.10","end":"10.20.0.20"}]}`,
		values: map[string]string{
			"name": texts, "description": texts, "enable_dhcp": booleans, "network_id": `"11111111-2222-4333-8444-555555555555"
"{other}"`,
			"ip_version": "4\n6\n\"4\"\n5", "cidr": `"10.99.0.0/24"
"10.99.1.5/24"
"10.98.0.0/33"
"10.97.0.0/0"
"0.0.0.0/0"
"10.96.0.0"
"10.95.0.0/255.255.255.0"
"2001:db8::/64"
"224.0.0.0/24"
"127.0.0.0/8"
"10.94.0.0/32"
"10.93.0.0/31"
"10.92.0.0/30"
"169.254.0.0/24"
" 10.91.0.0/24"
"010.090.0.0/24"`,
			"gateway_ip": `"10.20.0.1"
"10.20.0.5"
"10.20.0.15"
"10.20.0.0"
"10.20.0.255"
"10.21.0.1"
"2001:db8::1"
"10.20.0.1/24"
"0.0.0.0"`,
			"allocation_pools": `[{"start":"10.20.0.30","end":"10.20.0.40"}]
[{"start":"10.20.0.40","end":"10.20.0.30"}]
[{"start":"10.20.0.30","end":"10.20.0.40"},{"start":"10.20.0.50","end":"10.20.0.60"}]
[{"start":"10.20.0.30","end":"10.20.0.40"},{"start":"10.20.0.35","end":"10.20.0.60"}]
[{"start":"10.20.0.30","end":"10.20.0.40"},{"start":"10.20.0.30","end":"10.20.0.40"}]
[{"start":"10.20.1.30","end":"10.20.1.40"}]
[{"start":"10.20.0.1","end":"10.20.0.4"}]
[{"start":"10.20.0.0","end":"10.20.0.4"}]
[{"start":"10.20.0.250","end":"10.20.0.255"}]
[{"start":"10.20.0.30"}]
[{"start":"10.20.0.30","end":"10.20.0.40","x":1}]
[{"start":"2001:db8::1","end":"2001:db8::2"}]
[{"start":"nonsense","end":"10.20.0.4"}]`,
			"dns_nameservers": `["8.8.8.8"]
["8.8.8.8","8.8.4.4"]
["8.8.8.8","8.8.8.8"]
["2001:4860:4860::8888"]
["dns.example.com"]
["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4","1.1.1.5","1.1.1.6"]
"8.8.8.8"
["0.0.0.0"]`,
			"host_routes": `[{"destination":"10.50.0.0/24","nexthop":"10.20.0.3"}]
[{"destination":"10.50.0.0/24","nexthop":"10.20.0.3"},{"destination":"10.50.0.0/24","nexthop":"10.20.0.3"}]
[{"destination":"10.50.0.0/24","nexthop":"10.20.0.3"},{"destination":"10.50.0.0/24","nexthop":"10.20.0.4"}]
[{"destination":"10.50.0.0","nexthop":"10.20.0.3"}]
[{"destination":"10.50.0.7/24","nexthop":"10.20.0.3"}]
[{"destination":"0.0.0.0/0","nexthop":"10.20.0.3"}]
[{"destination":"2001:db8::/64","nexthop":"10.20.0.3"}]
[{"destination":"10.50.0.0/24","nexthop":"192.0.2.1"}]
[{"destination":"10.50.0.0/24"}]
[{"nexthop":"10.20.0.3"}]`,
			"ipv6_ra_mode": `"slaac"`, "ipv6_address_mode": `"slaac"`, "subnetpool_id": `"11111111-2222-4333-8444-555555555555"
"prefix_delegation"`,
			"use_default_subnetpool": "false", "prefixlen": "24", "service_types": `["compute:nova"]
["compute:nova","network:dhcp"]
["network:floatingip_agent_gateway"]
["network:distributed"]
["nova"]`,
			"segment_id": `"11111111-2222-4333-8444-555555555555"`, "dns_publish_fixed_ip": "false", "project_id": `"` + exchange.ProjectA + `"`,
		},
		posted: "network_id ip_version cidr subnetpool_id use_default_subnetpool prefixlen ipv6_ra_mode ipv6_address_mode project_id",
		closed: "id tags shared router:external revision_number updated_at nonsense",
	}
}

func portSweep() sweep {
	return sweep{
		one: "port", many: "ports", before: []string{noLimits, `admin POST networks {"network":{"name":"net"}} => net`,
			`admin POST subnets {"subnet":{"network_id":"{net}","ip_version":4,"cidr":"10.20.0.0/24"}} => sub`,
			`admin POST subnets {"subnet":{"network_id":"{net}","ip_version":4,"cidr":"10.21.0.0/24"}} => sub2`,
			`admin POST networks {"network":{"name":"other"}} => other`,
			`admin POST subnets {"subnet":{"network_id":"{other}","ip_version":4,"cidr":"10.30.0.0/24"}} => sub3`},
		base:   func(int) map[string]string { return map[string]string{"network_id": `"{net}"`} },
		change: `{"network_id":"{net}","name":"it","fixed_ips":[{"ip_address":"10.20.0.99"}]}`,
		values: map[string]string{
			"name": texts, "description": texts, "admin_state_up": booleans, "network_id": `"{other}"
"11111111-2222-4333-8444-555555555555"`,
			"mac_address": `"fa:16:3e:00:00:01"
"fa:16:3e:00:00:01"
"FA:16:3E:00:00:02"
"fa-16-3e-00-00-03"
"fa163e000004"
"fa16.3e00.0005"
"01:00:5e:00:00:01"
"00:00:00:00:00:00"
"ff:ff:ff:ff:ff:ff"
"fa:16:3e:00:00"
"52:54:00:12:34:56"`,
			"fixed_ips": `[{"ip_address":"10.20.0.200"}]
[{"ip_address":"10.20.0.200"}]
[{"subnet_id":"{sub}"}]
[{"subnet_id":"{sub}","ip_address":"10.20.0.201"}]
[{"subnet_id":"{sub2}","ip_address":"10.20.0.202"}]
[{"subnet_id":"{sub3}"}]
[{"subnet_id":"11111111-2222-4333-8444-555555555555"}]
[{"ip_address":"10.20.0.203"},{"ip_address":"10.21.0.203"}]
[{"ip_address":"10.20.0.204"},{"ip_address":"10.20.0.204"}]
[{"ip_address":"10.20.0.1"}]
[{"ip_address":"10.20.0.0"}]
[{"ip_address":"10.20.0.255"}]
[{"ip_address":"192.0.2.1"}]
[{"ip_address":"nonsense"}]
[{"ip_address":null}]
[{"subnet_id":null}]
[{"subnet_id":"x"}]
[{}]
[{"ip_address":"10.20.0.205","x":1}]
[{"ip_address":"10.20.0.206"},{"ip_address":"10.20.0.207"},{"ip_address":"10.20.0.208"},{"ip_address":"10.20.0.209"},{"ip_address":"10.20.0.210"},{"ip_address":"10.20.0.211"}]
{"ip_address":"10.20.0.212"}
[{"ip_address":"2001:db8::1"}]`,
			"device_id": "", "device_owner": `"compute:nova"
"network:dhcp"
"network:router_interface"
"network:floatingip"
"network:router_gateway"`,
			"allowed_address_pairs": `[{"ip_address":"10.20.0.77"}]
[{"ip_address":"10.20.0.77"},{"ip_address":"10.20.0.77"}]
[{"ip_address":"10.20.0.0/24","mac_address":"fa:16:3e:00:00:09"}]
[{"ip_address":"0.0.0.0/0"}]
[{"ip_address":"2001:db8::/64"}]
[{"ip_address":"nonsense"}]
[{"mac_address":"fa:16:3e:00:00:09"}]
[{"ip_address":"10.20.0.77","mac_address":"nonsense"}]
[{"ip_address":"10.20.0.77","x":1}]
[{"ip_address":"10.20.0.5/24"}]
[{"ip_address":"10.20.0.99"}]
[{"ip_address":"1.0.0.1"},{"ip_address":"1.0.0.2"},{"ip_address":"1.0.0.3"},{"ip_address":"1.0.0.4"},{"ip_address":"1.0.0.5"},{"ip_address":"1.0.0.6"},{"ip_address":"1.0.0.7"},{"ip_address":"1.0.0.8"},{"ip_address":"1.0.0.9"},{"ip_address":"1.0.0.10"},{"ip_address":"1.0.0.11"}]`,
			"extra_dhcp_opts": `[{"opt_name":"mtu","opt_value":"1400"}]
[{"opt_name":"mtu","opt_value":"1400","ip_version":4}]
[{"opt_name":"mtu","opt_value":"1400","ip_version":5}]
[{"opt_name":"mtu","opt_value":"1400","ip_version":"6"}]
[{"opt_name":"mtu","opt_value":null}]
[{"opt_name":"mtu"}]
[{"opt_value":"1400"}]
[{"opt_name":"","opt_value":"1400"}]
[{"opt_name":"mtu","opt_value":""}]
[{"opt_name":"mtu","opt_value":1400}]
[{"opt_name":"bootfile-name","opt_value":"pxelinux.0"},{"opt_name":"server-ip-address","opt_value":"123.123.123.123"}]
[{"opt_name":"no-such-thing","opt_value":"x"}]
[{"opt_name":"mtu","opt_value":"1400","x":1}]
{"opt_name":"mtu","opt_value":"1400"}`,
			"port_security_enabled": booleans, "binding:vnic_type": `"normal"
"direct"
"macvtap"
"baremetal"
"virtio-forwarder"`,
			"binding:profile": `{"a":1}
{"a":{"b":["c"]}}`, "binding:host_id": `"host1"`,
			"dns_name": `"web"
"web.example.org."
"web.example.org"
"-web"
"we_b"
"web.other.org."
"WEB"
"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`,
			"dns_domain": `"example.com."
"example.com"`, "project_id": `"` + exchange.ProjectA + `"`,
		},
		posted: "network_id mac_address project_id",
		closed: "status id tags binding:vif_type binding:vif_details dns_assignment qos_network_policy_id resource_request ip_allocation trunk_details mac_learning_enabled nonsense",
	}
}
