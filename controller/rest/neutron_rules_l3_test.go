package rest

import (
	"fmt"
	"strings"
)

// routesOf and pairsOf are so many elements of a list.
func routesOf(n int) string {
	return manyOf(n, `{"destination":"10.%d.0.0/16","nexthop":"10.9.0.7"}`)
}

func pairsOf(n int) string { return manyOf(n, `{"ip_address":"10.2.0.%d"}`) }

func manyOf(n int, format string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i+10)
	}
	return strings.Join(all, ",")
}

func routerRules() []neutronRule {
	change := func(more string) []string { return []string{`PUT routers/{router} {"router":{` + more + `}}`} }
	attach := func(more string) []string {
		return []string{`PUT routers/{router}/add_router_interface {` + more + `}`}
	}
	detach := func(more string) []string {
		return []string{`PUT routers/{router}/remove_router_interface {` + more + `}`}
	}
	return []neutronRule{
		{"it-is-active-when-made", []string{`POST routers {"router":{}}`}, 201, `"status":"ACTIVE"`},
		{"a-gateways-network-is-external", []string{`POST routers {"router":{"external_gateway_info":{"network_id":"{far}"}}}`}, 400, "BadRequest"},
		{"a-gateways-network-is-there", []string{`POST routers {"router":{"external_gateway_info":{"network_id":"00000000-0000-4000-8000-00000000dead"}}}`}, 404, "NetworkNotFound"},
		{"a-gateway-is-not-the-router-beyond", []string{`POST routers {"router":{"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":[{"ip_address":"2.2.2.1"}]}}}`}, 400, "BadRequest"},
		{"a-gateways-subnet-is-there", []string{`POST routers {"router":{"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":[{"subnet_id":"{ext}"}]}}}`}, 404, "SubnetNotFound"},
		{"a-gateway-translates-by-default", []string{`GET routers/{router}`}, 200, `"enable_snat":true`},
		{"a-gateway-shows-its-addresses", []string{`GET routers/{router}`}, 200, `"external_fixed_ips":[{"subnet_id"`},
		{"floating-ips-keep-the-gateway", change(`"external_gateway_info":{}`), 409, "RouterExternalGatewayInUseByFloatingIp"},
		{"floating-ips-keep-the-gateways-network", []string{
			`POST networks {"network":{"router:external":true}}`, `POST subnets {"subnet":{"network_id":"{1}","ip_version":4,"cidr":"10.9.0.0/24"}}`,
			`PUT routers/{router} {"router":{"external_gateway_info":{"network_id":"{1}"}}}`,
		}, 409, "RouterExternalGatewayInUseByFloatingIp"},
		{"translation-is-switched-off", change(`"external_gateway_info":{"network_id":"{ext}","enable_snat":false}`), 200, `"enable_snat":false`},
		{"a-gateway-translates-unless-it-says-otherwise-again", []string{
			`PUT routers/{router} {"router":{"external_gateway_info":{"network_id":"{ext}","enable_snat":false}}}`,
			`PUT routers/{router} {"router":{"external_gateway_info":{"network_id":"{ext}"}}}`,
		}, 200, `"enable_snat":true`},
		{"no-addresses-are-any", []string{`POST routers {"router":{"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":[]}}}`}, 201, `"external_fixed_ips":[{"subnet_id"`},
		{"no-addresses-are-those-that-are-there", change(`"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":[]}`), 200, `"external_fixed_ips":[{"subnet_id"`},
		{"null-is-no-address", change(`"external_gateway_info":{"network_id":"{ext}","external_fixed_ips":null}`), 400, "HTTPBadRequest"},
		{"null-is-no-network", change(`"external_gateway_info":{"network_id":null}`), 400, "HTTPBadRequest"},
		{"an-owner-alone-is-no-device", []string{`PUT ports/{lone} {"port":{"device_owner":"compute:nova"}}`, `PUT routers/{router}/add_router_interface {"port_id":"{lone}"}`}, 200, `"port_id":"{lone}"`},
		{"nothing-is-no-gateway", []string{`PUT floatingips/{fip} {"floatingip":{"port_id":null}}`, `PUT routers/{router} {"router":{"external_gateway_info":{}}}`}, 200, `"external_gateway_info":null`},
		{"routes-are-not-for-post", []string{`POST routers {"router":{"routes":[]}}`}, 400, "HTTPBadRequest"},
		{"a-next-hop-is-a-neighbour", change(`"routes":[{"destination":"10.99.0.0/16","nexthop":"10.77.0.1"}]`), 400, "InvalidRoutes"},
		{"a-next-hop-is-not-the-router", change(`"routes":[{"destination":"10.99.0.0/16","nexthop":"10.1.0.1"}]`), 400, "InvalidRoutes"},
		{"thirty-one-routes", change(`"routes":[` + strings.ReplaceAll(routesOf(31), "10.9.0.7", "10.1.0.7") + `]`), 400, "RoutesExhausted"},
		{"a-route-is-needed-for-its-leg", []string{
			`PUT floatingips/{fip} {"floatingip":{"port_id":null}}`, `PUT routers/{router} {"router":{"routes":[{"destination":"10.99.0.0/16","nexthop":"10.1.0.7"}]}}`,
			`PUT routers/{router}/remove_router_interface {"subnet_id":"{blues}"}`,
		}, 409, "RouterInterfaceInUseByRoute"},
		{"an-interface-is-named-one-way", attach(`"subnet_id":"{fars}","port_id":"{lone}"`), 400, "BadRequest"},
		{"an-interface-is-named", attach(``), 400, "BadRequest"},
		{"an-interface-needs-a-gateway", []string{
			`POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{1}","ip_version":4,"cidr":"10.9.0.0/24","gateway_ip":null}}`,
			`PUT routers/{router}/add_router_interface {"subnet_id":"{2}"}`,
		}, 400, "BadRequest"},
		{"interfaces-do-not-overlap", attach(`"subnet_id":"{twins}"`), 400, "BadRequest"},
		{"an-interface-is-added-once", attach(`"subnet_id":"{blues}"`), 400, "BadRequest"},
		{"a-port-of-a-device-is-no-interface", []string{`PUT ports/{lone} {"port":{"device_id":"server"}}`, `PUT routers/{router}/add_router_interface {"port_id":"{lone}"}`}, 409, "PortInUse"},
		{"an-interface-has-an-address", []string{`POST ports {"port":{"network_id":"{far}","fixed_ips":[]}}`, `PUT routers/{router}/add_router_interface {"port_id":"{1}"}`}, 400, "BadRequest"},
		{"an-interface-of-a-port", attach(`"port_id":"{lone}"`), 200, `"port_id":"`},
		{"no-such-subnet", attach(`"subnet_id":"00000000-0000-4000-8000-00000000dead"`), 404, "SubnetNotFound"},
		{"no-such-port", attach(`"port_id":"00000000-0000-4000-8000-00000000dead"`), 404, "PortNotFound"},
		{"others-advertise-this-subnet", []string{
			`POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{1}","ip_version":6,"cidr":"fd00:9::/64","ipv6_address_mode":"slaac"}}`,
			`PUT routers/{router}/add_router_interface {"subnet_id":"{2}"}`,
		}, 400, "BadRequest"},
		{"it-has-no-leg-there", detach(`"subnet_id":"{fars}"`), 404, "RouterInterfaceNotFoundForSubnet"},
		{"it-has-no-such-leg", detach(`"port_id":"{lone}"`), 404, "RouterInterfaceNotFound"},
		{"a-leg-of-another-subnet", []string{`PUT floatingips/{fip} {"floatingip":{"port_id":null}}`, `PUT routers/{router}/remove_router_interface {"port_id":"{leg}","subnet_id":"{fars}"}`}, 400, "SubnetMismatchForPort"},
		{"a-leg-that-floating-ips-need", detach(`"subnet_id":"{blues}"`), 409, "RouterInterfaceInUseByFloatingIP"},
		{"a-router-with-a-leg", []string{`DELETE routers/{router}`}, 409, "RouterInUse"},
		{"a-gateway-goes-with-its-router", []string{`POST routers {"router":{"external_gateway_info":{"network_id":"{ext}"}}}`, `DELETE routers/{1}`}, 204, ""},
		{"no-such-router", []string{`PUT routers/00000000-0000-4000-8000-00000000dead/add_router_interface {"subnet_id":"{fars}"}`}, 404, "RouterNotFound"},
		{"routes-are-added", []string{`PUT routers/{router}/add_extraroutes {"router":{"routes":[{"destination":"10.99.0.0/16","nexthop":"10.1.0.7"}]}}`}, 200, `"destination":"10.99.0.0/16"`},
	}
}

func floatingRules() []neutronRule {
	return []neutronRule{
		{"a-network-is-required", []string{`POST floatingips {"floatingip":{}}`}, 400, "HTTPBadRequest"},
		{"its-network-is-external", []string{`POST floatingips {"floatingip":{"floating_network_id":"{far}"}}`}, 400, "BadRequest"},
		{"its-network-is-there", []string{`POST floatingips {"floatingip":{"floating_network_id":"00000000-0000-4000-8000-00000000dead"}}`}, 404, "NetworkNotFound"},
		{"its-network-has-an-ipv4-subnet", []string{`POST networks {"network":{"router:external":true}}`, `POST floatingips {"floatingip":{"floating_network_id":"{1}"}}`}, 400, "BadRequest"},
		{"no-such-port", []string{`PUT floatingips/{fip} {"floatingip":{"port_id":"00000000-0000-4000-8000-00000000dead"}}`}, 404, "PortNotFound"},
		{"its-port-has-a-route", []string{`PUT floatingips/{fip} {"floatingip":{"port_id":"{lone}"}}`}, 404, "ExternalGatewayForFloatingIPNotFound"},
		{"an-address-is-of-the-port", []string{`PUT floatingips/{fip} {"floatingip":{"port_id":"{port}","fixed_ip_address":"10.1.0.200"}}`}, 400, "BadRequest"},
		{"an-address-needs-a-port", []string{`POST floatingips {"floatingip":{"floating_network_id":"{ext}","fixed_ip_address":"10.1.0.200"}}`}, 400, "BadRequest"},
		{"of-two-addresses-one-is-named", []string{`POST ports {"port":{"network_id":"{blue}","fixed_ips":[{"ip_address":"10.1.0.50"},{"ip_address":"10.1.0.51"}]}}`, `PUT floatingips/{fip} {"floatingip":{"port_id":"{1}"}}`}, 400, "BadRequest"},
		{"a-port-without-an-ipv4-address", []string{`POST ports {"port":{"network_id":"{blue}","fixed_ips":[]}}`, `PUT floatingips/{fip} {"floatingip":{"port_id":"{1}"}}`}, 400, "BadRequest"},
		{"an-address-has-one-floating-ip", []string{`POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{port}"}}`}, 409, "FloatingIPPortAlreadyAssociated"},
		{"a-dhcp-port-has-none", []string{`POST ports {"port":{"network_id":"{blue}","device_owner":"network:dhcp"}}`, `POST floatingips {"floatingip":{"floating_network_id":"{ext}","port_id":"{1}"}}`}, 400, "BadRequest"},
		{"null-ends-the-association", []string{`PUT floatingips/{fip} {"floatingip":{"port_id":null}}`}, 200, `"port_id":null`},
		{"a-name-leaves-the-association", []string{`PUT floatingips/{fip} {"floatingip":{"description":"x"}}`, `GET floatingips?port_id={port}&fields=description`}, 200, `"description":"x"`},
		{"its-network-stays", []string{`PUT floatingips/{fip} {"floatingip":{"floating_network_id":"{ext}"}}`}, 400, "HTTPBadRequest"},
		{"its-address-stays", []string{`PUT floatingips/{fip} {"floatingip":{"floating_ip_address":"2.2.2.77"}}`}, 400, "HTTPBadRequest"},
		{"an-address-that-is-asked-for", []string{`POST floatingips {"floatingip":{"floating_network_id":"{ext}","floating_ip_address":"2.2.2.77"}}`}, 201, `"floating_ip_address":"2.2.2.77"`},
		{"an-address-in-use", []string{`POST floatingips {"floatingip":{"floating_network_id":"{ext}","floating_ip_address":"2.2.2.77"}}`, `POST floatingips {"floatingip":{"floating_network_id":"{ext}","floating_ip_address":"2.2.2.77"}}`}, 409, "IpAddressAlreadyAllocated"},
		{"an-exhausted-pool", []string{
			`POST networks {"network":{"router:external":true}}`, `POST subnets {"subnet":{"network_id":"{1}","ip_version":4,"cidr":"10.9.0.0/30"}}`,
			`POST floatingips {"floatingip":{"floating_network_id":"{1}"}}`, `POST floatingips {"floatingip":{"floating_network_id":"{1}"}}`,
		}, 409, "IpAddressGenerationFailure"},
		{"it-shows-its-router", []string{`GET floatingips/{fip}`}, 200, `"router_id":"{router}"`},
		{"it-shows-its-port", []string{`GET floatingips/{fip}`}, 200, `"network_id":"{blue}"`},
		{"it-is-down-when-made", []string{`POST floatingips {"floatingip":{"floating_network_id":"{ext}"}}`}, 201, `"status":"DOWN"`},
		{"a-forwarding-port-is-used-once", []string{
			`PUT floatingips/{fip} {"floatingip":{"port_id":null}}`,
			`POST floatingips/{fip}/port_forwardings {"port_forwarding":{"protocol":"tcp","internal_port":80,"external_port":80,"internal_port_id":"{port}","internal_ip_address":"10.1.0.3"}}`,
			`POST floatingips/{fip}/port_forwardings {"port_forwarding":{"protocol":"tcp","internal_port":81,"external_port":80,"internal_port_id":"{port}","internal_ip_address":"10.1.0.3"}}`,
		}, 400, "BadRequest"},
		{"an-address-forwards-or-is-associated", []string{`POST floatingips/{fip}/port_forwardings {"port_forwarding":{"protocol":"tcp","internal_port":80,"external_port":80,"internal_port_id":"{port}","internal_ip_address":"10.1.0.3"}}`}, 409, "PortHasBindingFloatingIP"},
	}
}

func otherRules() []neutronRule {
	pool := `POST subnetpools {"subnetpool":{"name":"p","prefixes":["10.64.0.0/16"]%s}}`
	with := func(more string) string { return fmt.Sprintf(pool, more) }
	return []neutronRule{
		{"a-pool-has-prefixes", []string{`POST subnetpools {"subnetpool":{"name":"p","prefixes":[]}}`}, 400, "EmptySubnetPoolPrefixList"},
		{"a-pool-has-a-name", []string{`POST subnetpools {"subnetpool":{"prefixes":["10.64.0.0/16"]}}`}, 400, "HTTPBadRequest"},
		{"prefixes-are-of-one-version", []string{`POST subnetpools {"subnetpool":{"name":"p","prefixes":["10.64.0.0/16","fd00::/48"]}}`}, 400, "PrefixVersionMismatch"},
		{"the-least-prefix-length-of-version-4", []string{with("")}, 201, `"min_prefixlen":"8"`},
		{"the-default-is-the-least", []string{with("")}, 201, `"default_prefixlen":"8"`},
		{"the-most-prefix-length-of-version-4", []string{with("")}, 201, `"max_prefixlen":"32"`},
		{"the-least-prefix-length-of-version-6", []string{`POST subnetpools {"subnetpool":{"name":"p","prefixes":["fd00::/48"]}}`}, 201, `"min_prefixlen":"64"`},
		{"the-least-beyond-the-most", []string{with(`,"min_prefixlen":28,"max_prefixlen":24`)}, 400, "IllegalSubnetPoolPrefixBounds"},
		{"a-default-outside-of-the-bounds", []string{with(`,"min_prefixlen":20,"default_prefixlen":16`)}, 400, "IllegalSubnetPoolPrefixBounds"},
		{"a-prefix-length-of-33", []string{with(`,"max_prefixlen":33`)}, 400, "max_prefixlen"},
		{"a-pool-does-not-become-shared", []string{with(""), `PUT subnetpools/{1} {"subnetpool":{"shared":true}}`}, 400, "HTTPBadRequest"},
		{"one-default-pool-of-a-version", []string{with(`,"is_default":true`), `POST subnetpools {"subnetpool":{"name":"q","prefixes":["10.65.0.0/16"],"is_default":true}}`}, 400, "InvalidInput"},
		{"a-pool-with-subnets", []string{with(`,"default_prefixlen":24`), `POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{2}","ip_version":4,"subnetpool_id":"{1}"}}`, `DELETE subnetpools/{1}`}, 400, "SubnetPoolDeleteError"},
		{"a-pool-loses-no-prefix-by-put", []string{with(""), `PUT subnetpools/{1} {"subnetpool":{"prefixes":["10.66.0.0/16"]}}`}, 400, "IllegalSubnetPoolPrefixUpdate"},
		{"a-prefix-longer-than-the-pools-most", []string{with(`,"default_prefixlen":24,"max_prefixlen":26`), `POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{2}","ip_version":4,"subnetpool_id":"{1}","prefixlen":28}}`}, 400, "MaxPrefixSubnetAllocationError"},
		{"a-prefix-shorter-than-the-pools-least", []string{with(`,"default_prefixlen":24,"min_prefixlen":20`), `POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{2}","ip_version":4,"subnetpool_id":"{1}","prefixlen":18}}`}, 400, "MinPrefixSubnetAllocationError"},
		{"subnets-of-a-network-are-of-one-pool", []string{with(`,"default_prefixlen":24`), `POST subnets {"subnet":{"network_id":"{far}","ip_version":4,"subnetpool_id":"{1}"}}`}, 400, "NetworkSubnetPoolAffinityError"},
		{"a-pool-of-another-version", []string{with(`,"default_prefixlen":24`), `POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{2}","ip_version":6,"subnetpool_id":"{1}"}}`}, 400, "BadRequest"},
		{"no-pool-of-that-id", []string{`POST subnets {"subnet":{"network_id":"{twin}","ip_version":4,"subnetpool_id":"00000000-0000-4000-8000-00000000dead"}}`}, 404, "SubnetPoolNotFound"},
		{"a-scope-has-a-version", []string{`POST address-scopes {"address_scope":{"name":"s"}}`}, 400, "HTTPBadRequest"},
		{"a-scope-with-pools", []string{`POST address-scopes {"address_scope":{"name":"s","ip_version":4}}`, with(`,"address_scope_id":"{1}"`), `DELETE address-scopes/{1}`}, 409, "AddressScopeInUse"},
		{"a-scope-of-another-version", []string{`POST address-scopes {"address_scope":{"name":"s","ip_version":6}}`, with(`,"address_scope_id":"{1}"`)}, 400, "IllegalSubnetPoolIpVersionAssociationToAddressScope"},
		{"a-scope-does-not-become-unshared", []string{`POST address-scopes {"address_scope":{"name":"s","ip_version":4,"shared":true}}`, `PUT address-scopes/{1} {"address_scope":{"shared":false}}`}, 400, "AddressScopeUpdateError"},
		{"a-quota-is-not-posted", []string{`POST quotas {"quota":{"network":1}}`}, 501, ""},
		{"a-quota-of-nothing-known", []string{`PUT quotas/p {"quota":{"unicorn":1}}`}, 400, "HTTPBadRequest"},
		{"minus-one-is-any-number", []string{`PUT quotas/p {"quota":{"network":-1}}`}, 200, `"network":-1`},
		{"a-quota-of-what-there-is-none-of", []string{`PUT quotas/p {"quota":{"security_group":7,"security_group_rule":70}}`, `GET quotas/p`}, 200, `"security_group":7,"security_group_rule":70`},
		{"minus-two-is-none", []string{`PUT quotas/p {"quota":{"network":-2}}`}, 400, "network"},
		{"a-quota-that-is-no-number", []string{`PUT quotas/p {"quota":{"network":"many"}}`}, 400, "InvalidInput"},
		{"a-full-quota", []string{`PUT quotas/p {"quota":{"network":1}}`, `POST networks {"network":{"project_id":"p"}}`, `POST networks {"network":{"project_id":"p"}}`}, 409, "OverQuota"},
		{"a-checked-quota-below-what-is-used", []string{`POST networks {"network":{"project_id":"p"}}`, `PUT quotas/p {"quota":{"network":0,"check_limit":true}}`}, 400, "must be greater than or equal to already used 1"},
		{"a-policy-twice", []string{
			`POST rbac-policies {"rbac_policy":{"object_type":"network","object_id":"{far}","action":"access_as_shared","target_tenant":"p"}}`,
			`POST rbac-policies {"rbac_policy":{"object_type":"network","object_id":"{far}","action":"access_as_shared","target_tenant":"p"}}`,
		}, 409, "DuplicateRbacPolicy"},
		{"a-policy-about-nothing-known", []string{`POST rbac-policies {"rbac_policy":{"object_type":"port","object_id":"{lone}","action":"access_as_shared","target_tenant":"p"}}`}, 400, "InvalidInput"},
		{"an-action-that-is-none", []string{`POST rbac-policies {"rbac_policy":{"object_type":"network","object_id":"{far}","action":"dance","target_tenant":"p"}}`}, 400, "InvalidInput"},
		{"a-policy-in-use", []string{
			`POST rbac-policies {"rbac_policy":{"object_type":"network","object_id":"{far}","action":"access_as_shared","target_tenant":"p"}}`,
			`POST ports {"port":{"network_id":"{far}","project_id":"p"}}`, `DELETE rbac-policies/{1}`,
		}, 409, "RbacPolicyInUse"},
		{"a-policy-comes-to-be-for-everyone", []string{
			`POST rbac-policies {"rbac_policy":{"object_type":"network","object_id":"{far}","action":"access_as_shared","target_tenant":"p"}}`,
			`PUT rbac-policies/{1} {"rbac_policy":{"target_tenant":"*"}}`,
		}, 200, `"target_tenant":"*"`},
		{"a-policy-for-everyone-keeps-its-id", []string{
			`POST rbac-policies {"rbac_policy":{"object_type":"network","object_id":"{far}","action":"access_as_shared","target_tenant":"p"}}`,
			`PUT rbac-policies/{1} {"rbac_policy":{"target_tenant":"*"}}`, `GET rbac-policies/{1}`,
		}, 200, `"target_tenant":"*"`},
		{"a-tag-of-61-characters", []string{`PUT networks/{far}/tags/` + strings.Repeat("t", 61)}, 201, ""},
		{"a-tag-that-is-not-there", []string{`GET networks/{far}/tags/none`}, 404, "TagNotFound"},
		{"fifty-one-tags", []string{`PUT networks/{far}/tags {"tags":[` + strings.ReplaceAll(manyOf(51, "'t%d'"), "'", `"`) + `]}`}, 400, "tags"},
		{"tags-of-nothing-known", []string{`GET networks/00000000-0000-4000-8000-00000000dead/tags`}, 404, ""},
		{"availability-of-a-network", []string{`GET network-ip-availabilities/{far}`}, 200, `"total_ips":253`},
		{"a-trunk-in-a-trunk", []string{
			`POST trunks {"trunk":{"port_id":"{lone}"}}`, `POST ports {"port":{"network_id":"{far}"}}`, `POST trunks {"trunk":{"port_id":"{2}"}}`,
			`PUT trunks/{1}/add_subports {"sub_ports":[{"port_id":"{2}","segmentation_type":"vlan","segmentation_id":7}]}`,
		}, 409, "ParentPortInUse"},
		{"a-tag-in-a-trunk-twice", []string{
			`POST trunks {"trunk":{"port_id":"{lone}"}}`, `POST ports {"port":{"network_id":"{blue}"}}`, `POST ports {"port":{"network_id":"{blue}"}}`,
			`PUT trunks/{1}/add_subports {"sub_ports":[{"port_id":"{2}","segmentation_type":"vlan","segmentation_id":7}]}`,
			`PUT trunks/{1}/add_subports {"sub_ports":[{"port_id":"{3}","segmentation_type":"vlan","segmentation_id":7}]}`,
		}, 409, "DuplicateSubPort"},
		{"a-tag-inherited-from-vxlan", []string{
			`POST trunks {"trunk":{"port_id":"{lone}"}}`, `POST ports {"port":{"network_id":"{blue}"}}`,
			`PUT trunks/{1}/add_subports {"sub_ports":[{"port_id":"{2}","segmentation_type":"inherit"}]}`,
		}, 400, "InvalidInput"},
		{"a-tag-inherited-from-vlan", []string{
			`POST networks {"network":{"provider:network_type":"vlan","provider:physical_network":"physnet1","provider:segmentation_id":77}}`,
			`POST ports {"port":{"network_id":"{1}"}}`, `POST ports {"port":{"network_id":"{1}"}}`,
			`POST trunks {"trunk":{"port_id":"{2}","sub_ports":[{"port_id":"{3}","segmentation_type":"inherit"}]}}`,
		}, 201, `"segmentation_type":"vlan","segmentation_id":77`},
		{"a-larger-mtu-in-a-trunk", []string{
			`POST networks {"network":{"mtu":1400}}`, `POST ports {"port":{"network_id":"{1}"}}`, `POST ports {"port":{"network_id":"{blue}"}}`,
			`POST trunks {"trunk":{"port_id":"{2}","sub_ports":[{"port_id":"{3}","segmentation_type":"vlan","segmentation_id":7}]}}`,
		}, 409, "SubPortMtuGreaterThanTrunkPortMtu"},
		{"a-parent-goes-after-its-trunk", []string{`POST trunks {"trunk":{"port_id":"{lone}"}}`, `DELETE ports/{lone}`}, 409, "PortInUseAsTrunkParent"},
		{"an-agent-that-is-not-there", []string{`GET agents/00000000-0000-4000-8000-00000000dead`}, 404, "AgentNotFound"},
	}
}
