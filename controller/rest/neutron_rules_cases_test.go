package rest

import (
	"strings"
)

func networkRules() []neutronRule {
	return []neutronRule{
		{"name-is-empty-by-default", []string{`POST networks {"network":{}}`}, 201, `"name":""`},
		{"it-is-up-by-default", []string{`POST networks {"network":{}}`}, 201, `"admin_state_up":true`},
		{"a-name-of-256-characters", []string{`POST networks {"network":{"name":"` + strings.Repeat("a", 256) + `"}}`}, 400, "HTTPBadRequest"},
		{"status-is-read-only", []string{`POST networks {"network":{"status":"ACTIVE"}}`}, 400, "HTTPBadRequest"},
		{"subnets-are-read-only", []string{`PUT networks/{far} {"network":{"subnets":[]}}`}, 400, "HTTPBadRequest"},
		{"availability-zone-hints-do-not-change", []string{`PUT networks/{far} {"network":{"availability_zone_hints":[]}}`}, 400, "HTTPBadRequest"},
		{"vlan-0-is-none", []string{`POST networks {"network":{"provider:network_type":"vlan","provider:physical_network":"p","provider:segmentation_id":0}}`}, 400, "InvalidInput"},
		{"vlan-4095-is-none", []string{`POST networks {"network":{"provider:network_type":"vlan","provider:physical_network":"p","provider:segmentation_id":4095}}`}, 400, "InvalidInput"},
		{"a-vlan-is-of-one-network", []string{
			`POST networks {"network":{"provider:network_type":"vlan","provider:physical_network":"p","provider:segmentation_id":7}}`,
			`POST networks {"network":{"provider:network_type":"vlan","provider:physical_network":"p","provider:segmentation_id":7}}`,
		}, 409, "VlanIdInUse"},
		{"a-flat-network-has-no-segmentation-id", []string{`POST networks {"network":{"provider:network_type":"flat","provider:physical_network":"p","provider:segmentation_id":7}}`}, 400, "InvalidInput"},
		{"a-physical-network-has-one-flat-network", []string{
			`POST networks {"network":{"provider:network_type":"flat","provider:physical_network":"p"}}`,
			`POST networks {"network":{"provider:network_type":"flat","provider:physical_network":"p"}}`,
		}, 409, "FlatNetworkInUse"},
		{"a-vni-is-of-one-network", []string{
			`POST networks {"network":{"provider:network_type":"vxlan","provider:segmentation_id":77}}`,
			`POST networks {"network":{"provider:network_type":"vxlan","provider:segmentation_id":77}}`,
		}, 409, "TunnelIdInUse"},
		{"a-vxlan-network-has-no-physical-network", []string{`POST networks {"network":{"provider:network_type":"vxlan","provider:physical_network":"p"}}`}, 400, "InvalidInput"},
		{"an-unknown-type", []string{`POST networks {"network":{"provider:network_type":"token_ring"}}`}, 400, "InvalidInput"},
		{"mtu-beyond-the-underlay", []string{`POST networks {"network":{"mtu":9000}}`}, 400, "InvalidInput"},
		{"mtu-0-is-the-largest", []string{`POST networks {"network":{"mtu":0}}`}, 201, `"mtu":1450`},
		{"a-network-with-ports", []string{`DELETE networks/{far}`}, 409, "NetworkInUse"},
		{"subnets-go-with-their-network", []string{`DELETE networks/{twin}`, `GET subnets/{twins}`}, 404, "SubnetNotFound"},
		{"no-such-network", []string{`DELETE networks/00000000-0000-4000-8000-00000000dead`}, 404, "NetworkNotFound"},
		{"a-gateway-keeps-a-network-external", []string{`PUT networks/{ext} {"network":{"router:external":false}}`}, 409, "ExternalNetworkInUse"},
		{"strangers-ports-keep-a-network-shared", []string{
			`PUT networks/{far} {"network":{"shared":true}}`, `POST ports {"port":{"network_id":"{far}","project_id":"stranger"}}`,
			`PUT networks/{far} {"network":{"shared":false}}`,
		}, 409, "InvalidSharedSetting"},
	}
}

func subnetRules() []neutronRule {
	of := func(more string) []string {
		return []string{`POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{1}",` + more + `}}`}
	}
	change := func(more string) []string { return []string{`PUT subnets/{fars} {"subnet":{` + more + `}}`} }
	return []neutronRule{
		{"a-network-is-required", []string{`POST subnets {"subnet":{"ip_version":4,"cidr":"10.9.0.0/24"}}`}, 400, "HTTPBadRequest"},
		{"an-ip-version-is-required", of(`"cidr":"10.9.0.0/24"`), 400, "ip_version"},
		{"a-cidr-or-a-pool-is-required", of(`"ip_version":4`), 400, "BadRequest"},
		{"ip-version-5", of(`"ip_version":5,"cidr":"10.9.0.0/24"`), 400, "'5' is not in [4, 6]"},
		{"a-cidr-of-another-version", of(`"ip_version":6,"cidr":"10.9.0.0/24"`), 400, "InvalidInput"},
		{"cidr-and-prefixlen", of(`"ip_version":4,"cidr":"10.9.0.0/24","prefixlen":24`), 400, "BadRequest"},
		{"no-network-of-that-id", []string{`POST subnets {"subnet":{"network_id":"00000000-0000-4000-8000-00000000dead","ip_version":4,"cidr":"10.9.0.0/24"}}`}, 404, "NetworkNotFound"},
		{"dhcp-needs-four-addresses", of(`"ip_version":4,"cidr":"10.9.0.0/31"`), 400, "InvalidInput"},
		{"without-dhcp-two-do", of(`"ip_version":4,"cidr":"10.9.0.0/31","enable_dhcp":false`), 201, `"cidr":"10.9.0.0/31"`},
		{"dhcp-needs-four-addresses-of-version-6", of(`"ip_version":6,"cidr":"fd00::/127"`), 400, "InvalidInput"},
		{"multicast", of(`"ip_version":4,"cidr":"224.0.0.0/24"`), 400, "InvalidInput"},
		{"loopback", of(`"ip_version":4,"cidr":"127.0.0.0/8"`), 400, "InvalidInput"},
		{"the-unspecified", of(`"ip_version":4,"cidr":"0.0.0.0/8"`), 400, "InvalidInput"},
		{"the-unspecified-of-version-6", of(`"ip_version":6,"cidr":"::/64"`), 400, "InvalidInput"},
		{"overlap-in-a-network", []string{`POST subnets {"subnet":{"network_id":"{far}","ip_version":4,"cidr":"10.2.0.128/25"}}`}, 400, "InvalidInput"},
		{"the-first-host-is-the-gateway", of(`"ip_version":4,"cidr":"10.9.0.0/24"`), 201, `"gateway_ip":"10.9.0.1"`},
		{"the-first-host-of-version-6-is-the-gateway", of(`"ip_version":6,"cidr":"fd00:9::/64"`), 201, `"gateway_ip":"fd00:9::1"`},
		{"null-is-no-gateway", of(`"ip_version":4,"cidr":"10.9.0.0/24","gateway_ip":null`), 201, `"gateway_ip":null`},
		{"a-gateway-outside", of(`"ip_version":4,"cidr":"10.9.0.0/24","gateway_ip":"10.8.0.1"`), 201, `"gateway_ip":"10.8.0.1"`},
		{"the-network-address-is-no-gateway", of(`"ip_version":4,"cidr":"10.9.0.0/24","gateway_ip":"10.9.0.0"`), 400, "InvalidInput"},
		{"the-broadcast-address-is-no-gateway", of(`"ip_version":4,"cidr":"10.9.0.0/24","gateway_ip":"10.9.0.255"`), 400, "InvalidInput"},
		{"a-gateway-of-another-version", of(`"ip_version":4,"cidr":"10.9.0.0/24","gateway_ip":"fd00::1"`), 400, "InvalidInput"},
		{"a-routers-gateway-address-stays", []string{`PUT subnets/{blues} {"subnet":{"gateway_ip":"10.1.0.77"}}`}, 409, "GatewayIpInUse"},
		{"a-gateway-in-a-pool", of(`"ip_version":4,"cidr":"10.9.0.0/24","gateway_ip":"10.9.0.5","allocation_pools":[{"start":"10.9.0.2","end":"10.9.0.9"}]`), 409, "GatewayConflictWithAllocationPools"},
		{"a-gateway-that-moves-into-a-pool", change(`"gateway_ip":"10.2.0.9"`), 409, "GatewayConflictWithAllocationPools"},
		{"pools-that-overlap", of(`"ip_version":4,"cidr":"10.9.0.0/24","allocation_pools":[{"start":"10.9.0.2","end":"10.9.0.9"},{"start":"10.9.0.9","end":"10.9.0.20"}]`), 409, "OverlappingAllocationPools"},
		{"a-pool-outside", of(`"ip_version":4,"cidr":"10.9.0.0/24","allocation_pools":[{"start":"10.9.0.2","end":"10.9.1.9"}]`), 400, "OutOfBoundsAllocationPool"},
		{"a-pool-backwards", of(`"ip_version":4,"cidr":"10.9.0.0/24","allocation_pools":[{"start":"10.9.0.9","end":"10.9.0.2"}]`), 400, "InvalidAllocationPool"},
		{"a-pool-of-another-version", of(`"ip_version":4,"cidr":"10.9.0.0/24","allocation_pools":[{"start":"fd00::1","end":"fd00::2"}]`), 400, "InvalidAllocationPool"},
		{"a-pool-that-is-none", of(`"ip_version":4,"cidr":"10.9.0.0/24","allocation_pools":[{"start":"10.9.0.2"}]`), 400, "allocation_pools"},
		{"six-nameservers", of(`"ip_version":4,"cidr":"10.9.0.0/24","dns_nameservers":["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4","1.1.1.5","1.1.1.6"]`), 400, "DNSNameServersExhausted"},
		{"twenty-one-routes", of(`"ip_version":4,"cidr":"10.9.0.0/24","host_routes":[` + routesOf(21) + `]`), 400, "HostRoutesExhausted"},
		{"a-nameserver-that-is-none", of(`"ip_version":4,"cidr":"10.9.0.0/24","dns_nameservers":["ns.example."]`), 400, "dns_nameservers"},
		{"a-route-without-a-next-hop", of(`"ip_version":4,"cidr":"10.9.0.0/24","host_routes":[{"destination":"10.0.0.0/8"}]`), 400, "host_routes"},
		{"the-cidr-stays", change(`"cidr":"10.3.0.0/24"`), 400, "HTTPBadRequest"},
		{"ra-mode-of-version-4", of(`"ip_version":4,"cidr":"10.9.0.0/24","ipv6_ra_mode":"slaac"`), 400, "InvalidInput"},
		{"modes-that-disagree", of(`"ip_version":6,"cidr":"fd00:9::/64","ipv6_ra_mode":"slaac","ipv6_address_mode":"dhcpv6-stateful"`), 400, "InvalidInput"},
		{"modes-need-dhcp", of(`"ip_version":6,"cidr":"fd00:9::/64","ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac","enable_dhcp":false`), 400, "InvalidInput"},
		{"slaac-needs-64-bits", of(`"ip_version":6,"cidr":"fd00:9::/80","ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac"`), 400, "InvalidInput"},
		{"a-mode-that-is-none", of(`"ip_version":6,"cidr":"fd00:9::/64","ipv6_ra_mode":"radvd"`), 400, "ipv6_ra_mode"},
		{"a-subnet-with-ports", []string{`DELETE subnets/{fars}`}, 409, "SubnetInUse"},
		{"addresses-that-guests-made-go-along", []string{
			`POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{1}","ip_version":6,"cidr":"fd00:9::/64","ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac"}}`,
			`POST ports {"port":{"network_id":"{1}"}}`, `DELETE subnets/{2}`,
		}, 204, ""},
	}
}

func portRules() []neutronRule {
	change := func(more string) []string { return []string{`PUT ports/{lone} {"port":{` + more + `}}`} }
	on := func(more string) []string {
		return []string{`POST ports {"port":{"network_id":"{far}",` + more + `}}`}
	}
	return []neutronRule{
		{"a-network-is-required", []string{`POST ports {"port":{}}`}, 400, "HTTPBadRequest"},
		{"the-network-stays", change(`"network_id":"{blue}"`), 400, "HTTPBadRequest"},
		{"no-network-of-that-id", []string{`POST ports {"port":{"network_id":"00000000-0000-4000-8000-00000000dead"}}`}, 404, "NetworkNotFound"},
		{"a-mac-is-of-one-port", []string{`POST ports {"port":{"network_id":"{far}","mac_address":"fa:16:3e:00:00:01"}}`, `POST ports {"port":{"network_id":"{far}","mac_address":"fa:16:3e:00:00:01"}}`}, 409, "MacAddressInUse"},
		{"a-mac-may-be-on-two-networks", []string{`POST ports {"port":{"network_id":"{far}","mac_address":"fa:16:3e:00:00:01"}}`, `POST ports {"port":{"network_id":"{blue}","mac_address":"fa:16:3e:00:00:01"}}`}, 201, ""},
		{"a-mac-that-is-none", on(`"mac_address":"blue"`), 400, "mac_address"},
		{"a-mac-in-capitals", on(`"mac_address":"FA:16:3E:0A:0B:0C"`), 201, `"mac_address":"fa:16:3e:0a:0b:0c"`},
		{"no-addresses", on(`"fixed_ips":[]`), 201, `"fixed_ips":[]`},
		{"an-address-twice", on(`"fixed_ips":[{"ip_address":"10.2.0.9"},{"ip_address":"10.2.0.9"}]`), 400, "fixed_ips"},
		{"an-address-in-use", []string{`POST ports {"port":{"network_id":"{far}","fixed_ips":[{"ip_address":"10.2.0.9"}]}}`, `POST ports {"port":{"network_id":"{far}","fixed_ips":[{"ip_address":"10.2.0.9"}]}}`}, 409, "IpAddressAlreadyAllocated"},
		{"an-address-of-no-subnet-here", on(`"fixed_ips":[{"ip_address":"10.77.0.9"}]`), 400, "InvalidIpForNetwork"},
		{"an-address-of-another-subnet", on(`"fixed_ips":[{"ip_address":"10.77.0.9","subnet_id":"{fars}"}]`), 400, "InvalidIpForSubnet"},
		{"a-subnet-of-another-network", on(`"fixed_ips":[{"subnet_id":"{blues}"}]`), 400, "InvalidInput"},
		{"no-subnet-of-that-id", on(`"fixed_ips":[{"subnet_id":"00000000-0000-4000-8000-00000000dead"}]`), 404, "SubnetNotFound"},
		{"an-address-that-is-none", on(`"fixed_ips":[{"ip_address":"10.2.0.300"}]`), 400, "fixed_ips"},
		{"the-network-address-is-nobodys", on(`"fixed_ips":[{"ip_address":"10.2.0.0"}]`), 400, "InvalidIp"},
		{"the-broadcast-address-is-nobodys", on(`"fixed_ips":[{"ip_address":"10.2.0.255"}]`), 400, "InvalidIp"},
		{"a-full-subnet", []string{
			`POST networks {"network":{}}`, `POST subnets {"subnet":{"network_id":"{1}","ip_version":4,"cidr":"10.9.0.0/30"}}`,
			`POST ports {"port":{"network_id":"{1}"}}`, `POST ports {"port":{"network_id":"{1}"}}`,
		}, 409, "IpAddressGenerationFailure"},
		{"a-network-without-subnets-gives-no-address", []string{`POST networks {"network":{}}`, `POST ports {"port":{"network_id":"{1}"}}`}, 201, `"fixed_ips":[]`},
		{"eleven-pairs", on(`"allowed_address_pairs":[` + pairsOf(11) + `]`), 400, "AllowedAddressPairExhausted"},
		{"pairs-need-port-security", on(`"port_security_enabled":false,"allowed_address_pairs":[{"ip_address":"10.2.0.9"}]`), 409, "AddressPairAndPortSecurityRequired"},
		{"port-security-stays-while-there-are-pairs", []string{`POST ports {"port":{"network_id":"{far}","allowed_address_pairs":[{"ip_address":"10.2.0.9"}]}}`, `PUT ports/{1} {"port":{"port_security_enabled":false}}`}, 409, "AddressPairAndPortSecurityRequired"},
		{"a-pair-twice", on(`"allowed_address_pairs":[{"ip_address":"10.2.0.9"},{"ip_address":"10.2.0.9"}]`), 400, "DuplicateAddressPairInRequest"},
		{"a-pair-without-an-address", on(`"allowed_address_pairs":[{"mac_address":"fa:16:3e:00:00:01"}]`), 400, "AllowedAddressPairsMissingIP"},
		{"pairs-of-null-are-none", change(`"allowed_address_pairs":null`), 200, `"allowed_address_pairs":[]`},
		{"a-pair-of-a-prefix", on(`"allowed_address_pairs":[{"ip_address":"10.2.0.0/25"}]`), 201, `"ip_address":"10.2.0.0/25"`},
		{"vif-type-is-read-only", change(`"binding:vif_type":"ovs"`), 400, "HTTPBadRequest"},
		{"status-is-read-only", change(`"status":"ACTIVE"`), 400, "HTTPBadRequest"},
		{"nowhere-is-unbound", on(`"binding:vnic_type":"normal"`), 201, `"binding:vif_type":"unbound"`},
		{"a-vnic-type-that-is-none", on(`"binding:vnic_type":"carrier-pigeon"`), 400, "binding:vnic_type"},
		{"it-is-down-when-made", on(`"name":"x"`), 201, `"status":"DOWN"`},
		{"any-device-owner", on(`"device_owner":"Octavia","device_id":"lb-7"`), 201, `"device_owner":"Octavia"`},
		{"a-routers-leg-goes-by-the-router", []string{`DELETE ports/{leg}`}, 409, "ServicePortInUse"},
		{"a-routers-gateway-goes-by-the-router", []string{`DELETE ports/{gateway}`}, 409, "ServicePortInUse"},
		{"a-floating-ips-port-goes-by-the-floating-ip", []string{`DELETE ports/{fipport}`}, 409, "ServicePortInUse"},
		{"a-floating-ip-outlives-its-port", []string{`DELETE ports/{port}`, `GET floatingips/{fip}`}, 200, `"port_id":null`},
		{"a-floating-ips-port-has-no-status", []string{`GET ports/{fipport}`}, 200, `"status":"N/A"`},
		{"a-second-binding-waits", []string{`PUT ports/{lone} {"port":{"binding:host_id":"h1","device_owner":"compute:nova"}}`, `POST ports/{lone}/bindings {"binding":{"host":"h2"}}`}, 201, `"status":"INACTIVE"`},
		{"a-host-has-one-binding", []string{`PUT ports/{lone} {"port":{"binding:host_id":"h1","device_owner":"compute:nova"}}`, `POST ports/{lone}/bindings {"binding":{"host":"h2"}}`, `POST ports/{lone}/bindings {"binding":{"host":"h2"}}`}, 409, "PortBindingAlreadyExists"},
		{"no-binding-there", []string{`PUT ports/{lone}/bindings/h9/activate`}, 404, "PortBindingNotFound"},
		{"a-binding-is-activated-once", []string{`PUT ports/{lone} {"port":{"binding:host_id":"h1","device_owner":"compute:nova"}}`, `PUT ports/{lone}/bindings/h1/activate`}, 409, "PortBindingAlreadyActive"},
		{"a-binding-that-is-not-there-is-not-deleted", []string{`DELETE ports/{lone}/bindings/h9`}, 404, "PortBindingNotFound"},
		{"security-groups-that-are-none", on(`"security_groups":[]`), 201, ""},
	}
}
