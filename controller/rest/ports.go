package rest

import (
	"cmp"
	"slices"

	"weft/api"
	"weft/controller/intent"
)

func ports(ops *intent.Ops) resource {
	type R = intent.PortRequest
	type P = *api.Port
	meta := func(p P) *api.Meta { return &p.Meta }
	return &noun[P, R]{
		kind: api.KindPort, one: "port", many: "ports", prefix: "v2.0", key: "id", meta: meta,
		example: row{{"name", "server1"}, {"network_id", sampleID}, {"allowed_address_pairs", []row{{{"ip_address", "10.10.0.100"}}}}},
		own:     &prefix{"device_owner", "network:"}, lent: &prefix{"device_owner", "compute:"},
		drawn: &prefix{"device_owner", api.OwnerSubPort}, identity: [][]string{{"network_id", "mac_address"}},

		who:     rights{see: either(owners, networkOwners), use: owners, delete: either(owners, networkOwners)},
		network: func(p P) api.NetworkID { return p.NetworkID },
		reach:   portsInReach,
		missing: notFound("PortNotFound", "Port %s could not be found."),
		create:  ops.CreatePort,
		update:  byID(ops.UpdatePort),
		remove:  dropID(ops.DeletePort),
		near: near[P]{
			"network_id": index(api.View.PortsOf), "device_id": api.View.PortsOfDevice, "mac_address": nearMAC,
			"fixed_ips": nearFixedIP, "binding:host_id": nearHost,
		},
		attributes: slices.Concat(standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			once("network_id", "network that the port is on", uuid[api.NetworkID](),
				func(_ scope, p P) api.NetworkID { return p.NetworkID }, func(r *R, v opt[api.NetworkID]) { r.NetworkID = v.V }).need(),
			rw("mac_address", "Ethernet address; left out, or null: weft chooses", mac().orNull(),
				func(_ scope, p P) api.MAC { return p.MAC }, func(r *R, v opt[api.MAC]) { r.MAC = v }).
				guard(guard{on: onCreate, who: networkOwners}).guard(guard{on: onUpdate, who: admins}),
			rw("fixed_ips", "addresses on subnets; left out: one of each IP version; []: none", fixedIPs(),
				func(_ scope, p P) []intent.FixedIPRequest { return fixedIPsOf(p) }, func(r *R, v opt[[]intent.FixedIPRequest]) { r.FixedIPs = v }).
				guard(guard{on: onCreate, who: networkUsers}).guard(guard{on: onUpdate, who: networkOwners}).inside(networkOwners, "ip_address"),
			rw("admin_state_up", "whether the port carries traffic", boolean(),
				func(_ scope, p P) bool { return p.AdminStateUp }, func(r *R, v opt[bool]) { r.AdminStateUp = v }).or(true),
			read("status", "ACTIVE only while every host that matters has confirmed the port", text(maxName), portStatus),
			rw("device_id", "guest or router that uses the port", text(maxName),
				func(_ scope, p P) string { return p.DeviceID }, func(r *R, v opt[string]) { r.DeviceID = v }).or("").theirs(),
			rw("device_owner", "what kind of thing uses the port", text(maxOwner),
				func(_ scope, p P) string { return p.DeviceOwner }, func(r *R, v opt[string]) { r.DeviceOwner = v }).
				onlyByUnless(networkOwners, ordinary).or("").theirs(),
			rw("port_security_enabled", "whether the guest is held to its own addresses", boolean(),
				func(_ scope, p P) bool { return p.PortSecurityEnabled }, func(r *R, v opt[bool]) { r.PortSecurityEnabled = v }).onlyBy(networkOwners),
			rw("allowed_address_pairs", "further addresses that the guest may use", addressPairs(),
				func(_ scope, p P) []api.AddressPair { return p.AllowedAddressPairs }, func(r *R, v opt[[]api.AddressPair]) { r.AllowedAddressPairs = v }).
				onlyBy(networkOwners).or(empty()),
			rw("extra_dhcp_opts", "DHCP options of this port's own; those not named stay, a null value takes one away", dhcpOptions(),
				func(_ scope, p P) []intent.DHCPOptionRequest { return dhcpOptionsOf(p) },
				func(r *R, v opt[[]intent.DHCPOptionRequest]) { r.ExtraDHCPOpts = v }).or(empty()).keeping("opt_value"),
			rw("dns_name", "host name that the guest gets by DHCP; empty: one that follows from its address", dnsName(),
				func(_ scope, p P) string { return p.DNSName }, func(r *R, v opt[string]) { r.DNSName = v }).or("").theirs(),
			rw("dns_domain", "what the guest's name ends with, with a dot at its end; empty: its network's dns_domain", dnsName(),
				func(_ scope, p P) string { return p.DNSDomain }, func(r *R, v opt[string]) { r.DNSDomain = v }).or(""),
			read("dns_assignment", "what the guest is called at each of its addresses", list[row]().of(shape(
				must("ip_address", address().schema), must("hostname", aWord), must("fqdn", aWord))),
				func(s scope, p P) []row { return namesOf(s.view, p, ops.Domain) }),
			rw("binding:host_id", "host that the port is to be on; left out: wherever it is seen", named[api.HostID](text(maxName)).orNull(),
				hostOf, func(r *R, v opt[api.HostID]) { r.HostID = zeroForNull(v) }).internal().or("").theirs().wished("weft:asked_host_id"),
			read("weft:asked_host_id", "host that the port was asked to be on", named[api.HostID](text(maxName)),
				func(_ scope, p P) api.HostID { return p.HostID }).internal(),
			rw("binding:vnic_type", "kind of interface", oneOf("normal"),
				func(_ scope, p P) string { return cmp.Or(p.VNICType, "normal") }, func(r *R, v opt[string]) { r.VNICType = v }).or("normal"),
			rw("binding:profile", "for the hypervisor's use", object().orNull(),
				func(_ scope, p P) map[string]any { return p.Profile }, func(r *R, v opt[map[string]any]) { r.Profile = zeroForNull(v) }).internal().or(map[string]any{}).theirs(),
			read("binding:vif_type", "how the hypervisor plugs the port", text(maxName), vifType).internal(),
			read("binding:vif_details", "details of that", object(), vifDetails).internal(),
			read("trunk_details", "trunk that the port is the parent of, and its sub-ports", nullWhenUnset(object().of(shape(must("trunk_id", anID),
				must("sub_ports", anArray(shape(must("port_id", anID), must("segmentation_type", aWord), must("segmentation_id", aNumber),
					may("mac_address", mac().schema))))))), trunkDetails),
			read("weft:problem", "what keeps the port from working; empty if nothing is known to", text(maxName), portProblem).internal(),
		), unusedOfPorts()),
	}
}

// unusedOfPorts are attributes that Neutron's clients expect of a port.
func unusedOfPorts() []attribute[*api.Port] {
	return []attribute[*api.Port]{
		fixed[*api.Port]("security_groups", "not used by weft yet", empty()),
		fixed[*api.Port]("qos_policy_id", "not used by weft", nil),
		fixed[*api.Port]("qos_network_policy_id", "not used by weft", nil),
		fixed[*api.Port]("data_plane_status", "not used by weft", nil).onlyBy(admins),
		fixed[*api.Port]("propagate_uplink_status", "not used by weft", true),
		fixed[*api.Port]("numa_affinity_policy", "not used by weft", nil),
		fixed[*api.Port]("device_profile", "not used by weft", nil),
		fixed[*api.Port]("resource_request", "not used by weft", nil).internal(),
		fixed[*api.Port]("ip_allocation", "addresses are given at once", "immediate"),
	}
}

func fixedIPsOf(p *api.Port) []intent.FixedIPRequest {
	out := make([]intent.FixedIPRequest, len(p.FixedIPs))
	for i, f := range p.FixedIPs {
		out[i] = intent.FixedIPRequest{SubnetID: f.SubnetID, Addr: f.Addr}
	}
	return out
}

func portStatus(s scope, p *api.Port) string {
	if p.DeviceOwner == api.OwnerFloatingIP { // never plugged anywhere: it only holds the address
		return "N/A"
	}
	return s.status.Port(p.ID)
}

func portProblem(s scope, p *api.Port) string {
	if why := intent.BindingProblem(s.view, p); why != "" {
		return why
	}
	return s.status.Problem(p.Ref())
}

// hostOf is where the port was asked to be, or else where it is.
func hostOf(s scope, p *api.Port) api.HostID { return intent.ActiveHost(s.view, p) }

// vifType says how the hypervisor plugs the port. A port that is asked to be on a host is "ovs" before it is plugged,
// since hypervisors wait for that to plug it.
func vifType(s scope, p *api.Port) string {
	if p.IsRouterInterface() {
		return "distributed"
	}
	id := hostOf(s, p)
	if id == "" {
		for range s.view.BindingsOf(p.ID) { // plugged, but only where it may not be
			return "binding_failed"
		}
		return "unbound"
	}
	return vifTypeOn(s, p, id)
}

// vifTypeOn says how a hypervisor plugs the port, if it is to.
func vifTypeOn(s scope, p *api.Port, id api.HostID) string {
	if h, ok := s.view.Host(id); !ok || !h.TunnelIP.IsValid() || intent.Unreachable(s.view, p, id) != "" || intent.Unwelcome(s.view, p, id) != "" {
		return "binding_failed"
	}
	return "ovs"
}

func vifDetails(s scope, p *api.Port) map[string]any {
	if p.IsRouterInterface() {
		return nil
	}
	return vifDetailsOn(s, p, hostOf(s, p))
}

func vifDetailsOn(s scope, p *api.Port, id api.HostID) map[string]any {
	if vifTypeOn(s, p, id) != "ovs" {
		return nil
	}
	datapath := "system"
	if h, ok := s.view.Host(id); ok && h.NetdevDatapath {
		datapath = "netdev"
	}
	return map[string]any{
		"port_filter": false, "ovs_hybrid_plug": false, "connectivity": "l2", "bridge_name": "br-int",
		"datapath_type": datapath, "bound_drivers": map[string]any{"0": "openvswitch"},
	}
}
