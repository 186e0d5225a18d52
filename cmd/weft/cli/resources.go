package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"weft/client"
)

// resource declares one kind of object: everything that its commands need.
type resource struct {
	client.Resource
	kind     client.Kind
	parent   *client.Resource // of a nested one
	noun     string           // in sentences: "floating IP"
	about    string           // what the help says of all its commands
	command  string           // its command; "": its singular with dashes
	spoken   string           // as the openstack client writes it, if that is several words: "floating ip"
	arg      string           // what create's argument is called
	argHelp  string           // … and is, for the help
	argument option           // … and does
	columns  []column         // of list
	long     []column         // more of them with --long
	options  []option
	filters  []filter
	example  string                            // of create
	more     func(a *app) []*cobra.Command     // further commands
	shows    func(a *app, show *cobra.Command) // what else show can do
	created  func(o client.Object) string      // what create says to a person instead of showing the object
	changed  func(o client.Object) string      // what set says to a person; nil or "": nothing
}

// column is one column of list.
type column struct{ title, attr string }

// filter is a flag that restricts list.
type filter struct {
	flag, attr, help string
	value            string          // the fixed value of a flag that takes none
	names            client.Resource // the value is the name or id of one of these
}

// common are the options that all resources have.
func common(own ...[]option) []option {
	return append(slices.Concat(own...),
		text("description", "description", "TEXT", "words for people", always),
		text("project", "project_id", "ID", "project that it belongs to", onCreate),
	)
}

func one(o ...option) []option { return o }

var (
	newName  = text("name", "name", "NAME", "new name", onSet)
	nameArg  = text("", "name", "NAME", "", onCreate)
	adminOpt = toggle("enable", "disable", "admin_state_up", "switch it on (default)", "switch it off")
)

// spoken are the resources whose commands have words of the openstack client that the declarations do not know.
func spoken() []resource {
	return slices.Concat(
		[]resource{networks(), subnets(), ports(), routers(), floatingIPs(), hosts(), vteps(), trunks()},
		others(),
	)
}

func networks() resource {
	return resource{
		Resource: client.Networks, noun: "network", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"Subnets", "subnets"}},
		long: []column{{"Status", "status"}, {"Network Type", "provider:network_type"}, {"External", "router:external"},
			{"Segment", "provider:segmentation_id"}, {"MTU", "mtu"}},
		options: common(one(newName), adminOpt,
			toggle("external", "internal", "router:external", "routers may have their gateway here",
				"routers may not (default)"),
			toggle("share", "no-share", "shared", "all projects may use it", "only its project may (default)"),
			toggle("enable-port-security", "disable-port-security", "port_security_enabled",
				"check what guests send (default)", "let guests send what they like"),
			one(
				number("mtu", "mtu", "BYTES", "largest IP packet", always),
				oneOf(text("provider-network-type", "provider:network_type", "TYPE", "vxlan (default), vlan or flat", onCreate),
					"vxlan", "vlan", "flat"),
				text("provider-physical-network", "provider:physical_network", "NAME",
					"physical network that it is on (vlan, flat)", onCreate),
				number("provider-segment", "provider:segmentation_id", "NUMBER", "VNI or VLAN id", onCreate),
				oneOf(text("unknown-unicast", "weft:unknown_unicast", "POLICY",
					"unicast for MACs that nobody knows: flood sends it everywhere (default); drop sends it into no tunnel", always),
					"flood", "drop"),
			),
			when(onCreate, toggle("transparent-vlan", "no-transparent-vlan", "vlan_transparent",
				"carry frames with VLAN tags of guests' own", "drop them (default)"))),
		filters: []filter{{flag: "external", attr: "router:external", value: "true", help: "only external networks"},
			{flag: "internal", attr: "router:external", value: "false", help: "only others"}},
	}
}

func subnets() resource {
	route := option{flag: "host-route", value: "destination=CIDR,gateway=IP", help: "route that guests learn by DHCP", on: always}
	pool := option{flag: "allocation-pool", value: "start=IP,end=IP", on: always,
		help: "addresses to give to ports that ask for none"}
	dns := option{flag: "dns-nameserver", value: "IP", help: "name server that guests learn by DHCP", on: always}
	modes := []string{"slaac", "dhcpv6-stateful", "dhcpv6-stateless"}
	return resource{
		Resource: client.Subnets, noun: "subnet", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"Network", "network_id"}, {"Subnet", "cidr"}},
		long:    []column{{"Gateway", "gateway_ip"}, {"DHCP", "enable_dhcp"}, {"Allocation Pools", "allocation_pools"}},
		options: common(
			one(newName,
				must(ref("network", "network_id", client.Networks, "network that it is on", onCreate)),
				option{flag: "subnet-range", value: "CIDR", help: "its addresses", on: onCreate, apply: subnetRange,
					sets: []string{"cidr", "ip_version"}},
				ref("subnet-pool", "subnetpool_id", client.SubnetPools, "pool that its addresses are cut from", onCreate),
				option{flag: "use-default-subnet-pool", help: "cut them from the default pool", on: onCreate, apply: useDefaultPool,
					sets: []string{"use_default_subnetpool"}},
				number("prefix-length", "prefixlen", "BITS", "how large a part of the pool", onCreate),
				oneOf(number("ip-version", "ip_version", "4|6", "IP version of the default pool (default 4)", onCreate), "4", "6"),
				option{flag: "gateway", value: "IP", words: []string{"auto", "none"}, on: always, apply: subnetGateway,
					sets: []string{"gateway_ip"},
					help: "address of the router: an address, none, or auto (the first one; default)"}),
			entries(pool, "allocation_pools", keyed(pool.flag, map[string]string{"start": "start", "end": "end"})),
			toggle("dhcp", "no-dhcp", "enable_dhcp", "answer DHCP (default)", "do not answer DHCP"),
			entries(dns, "dns_nameservers", plain),
			entries(route, "host_routes", keyed(route.flag, map[string]string{"destination": "destination", "gateway": "nexthop"})),
			one(oneOf(text("ipv6-ra-mode", "ipv6_ra_mode", "MODE", "router advertisements", onCreate), modes...),
				oneOf(text("ipv6-address-mode", "ipv6_address_mode", "MODE", "how guests get addresses", onCreate), modes...))),
		filters: []filter{{flag: "network", attr: "network_id", names: client.Networks, help: "only those of this network"},
			{flag: "subnet-pool", attr: "subnetpool_id", names: client.SubnetPools, help: "only those of this pool"}},
	}
}

func ports() resource {
	ip := option{flag: "fixed-ip", value: "subnet=SUBNET,ip-address=IP", help: "address; either half may be left out", on: always}
	pair := option{flag: "allowed-address", value: "ip-address=IP,mac-address=MAC", on: always,
		help: "address or range that it may send from too"}
	return resource{
		Resource: client.Ports, noun: "port", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"MAC Address", "mac_address"}, {"Fixed IP Addresses", "fixed_ips"},
			{"Status", "status"}},
		long: []column{{"Network", "network_id"}, {"Host", "binding:host_id"}, {"Device Owner", "device_owner"},
			{"Device", "device_id"}},
		options: common(
			one(newName,
				must(ref("network", "network_id", client.Networks, "network that it is on", onCreate)),
				text("mac-address", "mac_address", "MAC", "its MAC address", always)),
			entries(ip, "fixed_ips", fixedIP(ip.flag)),
			entries(pair, "allowed_address_pairs",
				keyed(pair.flag, map[string]string{"ip-address": "ip_address", "mac-address": "mac_address"})),
			dhcpOptions(),
			adminOpt,
			toggle("enable-port-security", "disable-port-security", "port_security_enabled",
				"check what the guest sends (default)", "let the guest send what it likes"),
			one(text("device", "device_id", "ID", "what uses it: a virtual machine", always),
				text("device-owner", "device_owner", "WORD", "what kind of thing uses it", always),
				oneOf(text("vnic-type", "binding:vnic_type", "TYPE", "kind of interface", always), "normal"),
				hostOption())),
		filters: []filter{
			{flag: "network", attr: "network_id", names: client.Networks, help: "only those of this network"},
			{flag: "router", attr: "device_id", names: client.Routers, help: "only those of this router"},
			{flag: "host", attr: "binding:host_id", names: client.Hosts, help: "only those on this host"},
			{flag: "device-owner", attr: "device_owner", help: "only those that this kind of thing uses"},
			{flag: "mac-address", attr: "mac_address", help: "only the one with this MAC address"}},
	}
}

// hostOption takes the name as it is: a port may be asked to be on a host that is not there yet.
func hostOption() option {
	o := text("host", "binding:host_id", "HOST", "host that it is to be plugged on; else wherever it is seen", always)
	o.names = client.Hosts
	return o
}

func routers() resource {
	route := option{flag: "route", value: "destination=CIDR,gateway=IP", help: "static route", on: onSet}
	return resource{
		Resource: client.Routers, noun: "router", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"Status", "status"}, {"Enabled", "admin_state_up"}},
		long: []column{{"External Gateway", "external_gateway_info"}, {"Gateway Host", "weft:gateway_host"}, {"Routes", "routes"},
			{"Problem", "weft:problem"}},
		options: common(
			one(newName,
				option{flag: "external-gateway", value: "NETWORK", help: "external network that it leads to", on: always,
					names: client.Networks, apply: setGateway, sets: []string{"external_gateway_info"}},
				option{flag: "fixed-ip", value: "subnet=SUBNET,ip-address=IP", help: "address on the external network",
					on: always, repeat: true, apply: setGatewayIPs},
				option{flag: "enable-snat", help: "guests without a floating IP may go out (default)", on: always,
					group: "snat", apply: setSNAT("enable-snat", true)},
				option{flag: "disable-snat", help: "they may not", on: always, group: "snat",
					apply: setSNAT("disable-snat", false)},
				null("external-gateway", "external_gateway_info", "take the gateway away", onUnset)),
			entries(route, "routes", keyed(route.flag, map[string]string{"destination": "destination", "gateway": "nexthop"})),
			adminOpt),
		more: (*app).routerInterfaces,
	}
}

func floatingIPs() resource {
	network := ref("", "floating_network_id", client.Networks, "", onCreate)
	return resource{
		Resource: client.FloatingIPs, noun: "floating IP", spoken: "floating ip",
		arg: "NETWORK", argHelp: "the external network that the address is of", argument: network,
		columns: []column{{"ID", "id"}, {"Floating IP Address", "floating_ip_address"}, {"Fixed IP Address", "fixed_ip_address"},
			{"Port", "port_id"}, {"Status", "status"}},
		long: []column{{"Floating Network", "floating_network_id"}, {"Router", "router_id"}, {"Description", "description"}},
		options: common(one(
			text("name", "name", "NAME", "name for people", always),
			ref("port", "port_id", client.Ports, "port that it stands for", always),
			text("fixed-ip-address", "fixed_ip_address", "IP", "address of the port that it stands for", always),
			text("floating-ip-address", "floating_ip_address", "IP", "this very address", onCreate),
			ref("subnet", "subnet_id", client.Subnets, "external subnet to take the address from", onCreate),
			null("port", "port_id", "let it stand for nothing", onUnset))),
		filters: []filter{
			{flag: "network", attr: "floating_network_id", names: client.Networks, help: "only those of this network"},
			{flag: "port", attr: "port_id", names: client.Ports, help: "only those of this port"},
			{flag: "router", attr: "router_id", names: client.Routers, help: "only those of this router"},
			{flag: "floating-ip-address", attr: "floating_ip_address", help: "only the one with this address"},
			{flag: "status", attr: "status", help: "only those with this status"}},
	}
}

func hosts() resource {
	return resource{
		Resource: client.Hosts, noun: "host", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"Name", "name"}, {"State", "state"}, {"Tunnel IP", "tunnel_ip"}, {"Problem", "problem"}},
		long: []column{{"MAC Address", "mac_address"}, {"Bridge Mappings", "bridge_mappings"}, {"Last Seen", "last_seen"},
			{"Agent", "agent_version"}, {"Open vSwitch", "ovs_version"}},
		options: one(
			text("description", "description", "TEXT", "words for people", always),
			option{flag: "rejoin", help: "make a new join token, with which its agent can join anew", on: onSet, sets: []string{"rejoin"},
				apply: func(e *edit, _ []string) error {
					e.attrs["rejoin"] = true
					return nil
				}}),
		created: howToJoin,
		changed: howToRejoin,
	}
}
