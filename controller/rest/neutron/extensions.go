package neutron

import (
	"weft/api"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// Extension is a part of Neutron's interface beyond its core.
type Extension struct{ Alias, name, description, updated string }

// Extensions are the ones that weft has, no others: clients change what they do by this list.
func Extensions() []Extension {
	return []Extension{
		{"address-scope", "Address scope", "Addresses are not translated within a scope, and not forwarded out of it.", "2015-07-26T10:00:00-00:00"},
		{"allowed-address-pairs", "Allowed Address Pairs", "Further addresses that a port may use.", "2012-07-23T10:00:00-00:00"},
		{"agent", "agent", "Hosts as agents.", "2013-02-03T10:00:00-00:00"},
		{"auto-allocated-topology", "Auto Allocated Topology Services", "A network with a way out is made for who asks for any.", "2016-01-01T00:00:00-00:00"},
		{"availability_zone", "Availability Zone", "The availability zone.", "2015-01-01T10:00:00-00:00"},
		{"availability_zone_filter", "Availability Zone Filter Extension", "Availability zones are filtered.", "2018-06-22T10:00:00-00:00"},
		{"binding", "Port Binding", "Where a port is and how it is plugged.", "2014-02-03T10:00:00-00:00"},
		{"binding-extended", "Port Bindings Extended", "Ports are bound on several hosts, to migrate.", "2017-07-17T10:00:00-00:00"},
		{"default-subnetpools", "Default Subnetpools", "Subnets are cut from a default subnet pool.", "2016-02-18T18:00:00-00:00"},
		{"dns-domain-ports", "dns_domain for ports", "Ports have DNS domains of their own.", "2017-04-24T10:00:00-00:00"},
		{"dns-integration", "DNS Integration", "Guests are told their names by DHCP.", "2015-08-15T18:00:00-00:00"},
		{"dvr", "Distributed Virtual Router", "Routers that are on every host.", "2014-06-1T10:00:00-00:00"},
		{"empty-string-filtering", "Empty String Filtering Extension", "Filters may ask for the empty string.", "2018-05-01T10:00:00-00:00"},
		{"ext-gw-mode", "Neutron L3 Configurable external gateway mode", "Whether a router's gateway translates addresses.", "2013-03-28T10:00:00-00:00"},
		{"external-net", "Neutron external network", "Networks for gateways and floating IPs.", "2013-01-14T10:00:00-00:00"},
		{"extra_dhcp_opt", "Neutron Extra DHCP options", "Ports have DHCP options of their own.", "2013-03-17T12:00:00-00:00"},
		{"filter-validation", "Filter parameters validation", "Unknown filters are refused.", "2018-03-21T10:00:00-00:00"},
		{"extraroute", "Neutron Extra Route", "Routers have further routes.", "2013-02-01T10:00:00-00:00"},
		{"extraroute-atomic", "Atomically add/remove extra routes", "Routes are added and removed one by one.", "2019-07-10T00:00:00+00:00"},
		{"fip-port-details", "Floating IP Port Details Extension", "Floating IPs show their port.", "2018-04-09T10:00:00-00:00"},
		{"expose-port-forwarding-in-fip", "Expose Port Forwarding In FIP", "Floating IPs show their port forwardings.", "2019-02-25T10:00:00-00:00"},
		{"floating-ip-port-forwarding", "Floating IP Port Forwarding", "Ports of a floating IP lead to ports of guests.", "2017-04-05T10:00:00-00:00"},
		{"floating-ip-port-forwarding-description", "Floating IP Port Forwarding Description", "Port forwardings have descriptions.", "2020-01-24T10:00:00-00:00"},
		{"floating-ip-port-forwarding-detail", "Floating IP Port Forwarding Detail", "Floating IPs show all of their port forwardings.", "2021-01-25T10:00:00-00:00"},
		{"floating-ip-port-forwarding-port-ranges", "Floating IP Port Forwarding support port ranges", "Ranges of ports lead to ranges of ports of guests.", "2020-07-01T10:00:00-00:00"},
		{"floatingip-pools", "Floating IP Pools Extension", "Subnets that floating IPs can be had of.", "2018-03-21T10:00:00-00:00"},
		{"ip-substring-filtering", "IP address substring filtering", "Ports by a part of their address.", "2017-11-28T09:00:00-00:00"},
		{"l3_agent_scheduler", "L3 Agent Scheduler", "Where routers are; their gateways can be moved.", "2013-02-07T10:00:00-00:00"},
		{"network_availability_zone", "Network Availability Zone", "Networks are in the availability zone.", "2015-01-01T10:00:00-00:00"},
		{"net-mtu", "Network MTU", "Networks show their MTU.", "2015-03-25T10:00:00-00:00"},
		{"net-mtu-writable", "Network MTU (writable)", "Networks' MTU can be set.", "2017-07-12T00:00:00-00:00"},
		{"network-ip-availability", "Network IP Availability", "How many addresses are used and there.", "2015-09-24T00:00:00-00:00"},
		{"pagination", "Pagination support", "Lists come in pages.", "2016-06-12T00:00:00-00:00"},
		{"port-mac-address-regenerate", "Port MAC address regenerate", "Ports get another MAC by null.", "2018-05-03T10:00:00-00:00"},
		{"port-security", "Port Security", "Guests are held to their own addresses.", "2012-07-23T10:00:00-00:00"},
		{"project-id", "project_id field enabled", "Objects show project_id.", "2016-09-09T09:09:09-09:09"},
		{"provider", "Provider Network", "Networks that are physical segments.", "2012-09-07T10:00:00-00:00"},
		{"quota-check-limit", "Quota engine limit check", "Limits below what is used are refused if that is asked for.", "2021-12-28T10:00:00-00:00"},
		{"quota_details", "Quota details management support", "What is used beside what is allowed.", "2017-02-10T10:00:00-00:00"},
		{"quotas", "Quota management support", "Limits of projects.", "2012-07-29T10:00:00-00:00"},
		{"rbac-address-scope", "Add address_scope type to RBAC", "Address scopes are shared with projects.", "2016-03-23T10:00:00-00:00"},
		{"rbac-policies", "RBAC Policies", "Objects are shared with projects.", "2015-06-17T12:15:12-00:00"},
		{"rbac-subnetpool", "Add subnetpool type to RBAC", "Subnet pools are shared with projects.", "2020-02-25T10:00:00-00:00"},
		{"revision-if-match", "If-Match constraints based on revision_number", "Changes only of a known revision.", "2016-12-11T00:00:00-00:00"},
		{"router", "Neutron L3 Router", "Routers and floating IPs.", "2012-07-20T10:00:00-00:00"},
		{"router_availability_zone", "Router Availability Zone", "Routers are in the availability zone.", "2015-01-01T10:00:00-00:00"},
		{"service-type", "Neutron Service Type Management", "Who provides routers.", "2013-01-20T00:00:00-00:00"},
		{"sorting", "Sorting support", "Lists come in order.", "2016-06-12T00:00:00-00:00"},
		{"standard-attr-description", "standard-attr-description", "Objects have descriptions.", "2016-02-10T10:00:00-00:00"},
		{"standard-attr-revisions", "Resource revision numbers", "Objects count their changes.", "2016-04-11T10:00:00-00:00"},
		{"standard-attr-tag", "Tag support for resources with standard attribute", "Objects have tags.", "2017-01-01T00:00:00-00:00"},
		{"standard-attr-timestamp", "Resource timestamps", "Objects show when they were made and changed.", "2016-09-12T10:00:00-00:00"},
		{"subnet_allocation", "Subnet Allocation", "Subnets are cut from subnet pools.", "2015-03-30T10:00:00-00:00"},
		{"subnet-service-types", "Subnet service types", "Subnets are for ports of certain owners.", "2016-03-15T18:00:00-00:00"},
		{"subnet_onboard", "Subnet Onboard", "A network's subnets join a subnet pool.", "2018-05-10T10:00:00-00:00"},
		{"subnetpool-prefix-ops", "Subnet Pool Prefix Operations", "Subnet pools get and lose prefixes.", "2019-01-17T10:00:00-00:00"},
		{"tag-ports-during-bulk-creation", "Tag Ports During Bulk Creation", "Ports get tags as they are made.", "2019-12-29T19:00:00-00:00"},
		{"timestamp", "Resource timestamps", "Objects show when they were made and changed.", "2016-09-12T10:00:00-00:00"},
		{"trunk", "Trunk Extension", "Ports that carry others, told apart by VLAN tags.", "2016-01-01T10:00:00-00:00"},
		{"trunk-details", "Trunk port details", "Ports show their trunk.", "2016-01-01T10:00:00-00:00"},
		{"vlan-transparent", "Vlantransparent", "Networks carry guests' VLAN tags.", "2015-03-23T09:00:00-07:00"},
	}
}

func (e Extension) row() wire.Row {
	return wire.Row{
		{"alias", e.Alias}, {"name", e.name}, {"description", e.description}, {"updated", e.updated}, {"links", wire.Empty()},
	}
}

// AllExtensions serves /v2.0/extensions.
func AllExtensions(*request.Call) (request.Answer, error) {
	out := []wire.Row{}
	for _, e := range Extensions() {
		out = append(out, e.row())
	}
	return request.OK(wire.Row{{"extensions", out}}), nil
}

// OneExtension serves /v2.0/extensions/ALIAS.
func OneExtension(c *request.Call) (request.Answer, error) {
	for _, e := range Extensions() {
		if e.Alias == c.Vars[0] {
			return request.OK(wire.Row{{"extension", e.row()}}), nil
		}
	}
	return request.Answer{}, api.Faultf(api.NotFound, "HTTPNotFound", "Extension with alias %s does not exist", wire.Shorten(c.Vars[0]))
}
