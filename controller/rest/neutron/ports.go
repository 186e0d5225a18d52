package neutron

import (
	"cmp"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// ordinary is a device_owner that is none of the network's own.
func ordinary(v any) bool {
	s, isText := v.(string)
	return isText && !strings.HasPrefix(s, "network:")
}

func ports(ops *intent.Ops) noun.Resource {
	type R = intent.PortRequest
	type P = *api.Port
	meta := func(p P) *api.Meta { return &p.Meta }
	return &noun.Noun[P, R]{
		Kind: api.KindPort, One: "port", Many: "ports", Prefix: "v2.0", Key: "id", Meta: meta,
		Example: wire.Row{{"name", "server1"}, {"network_id", noun.SampleID}, {"allowed_address_pairs", []wire.Row{{{"ip_address", "10.10.0.100"}}}}},
		Own:     &noun.Prefix{Attribute: "device_owner", Prefix: "network:"}, Lent: &noun.Prefix{Attribute: "device_owner", Prefix: "compute:"},
		Drawn: &noun.Prefix{Attribute: "device_owner", Prefix: api.OwnerSubPort}, Identity: [][]string{{"network_id", "mac_address"}},

		Who:     access.Rights{See: access.Either(access.Owners, access.NetworkOwners), Use: access.Owners, Delete: access.Either(access.Owners, access.NetworkOwners)},
		Network: func(p P) api.NetworkID { return p.NetworkID },
		Reach:   portsInReach,
		Missing: wire.NotFound("PortNotFound", "Port %s could not be found."),
		Create:  ops.CreatePort,
		Update:  noun.ByID(ops.UpdatePort),
		Remove:  noun.DropID(ops.DeletePort),
		Near: noun.Near[P]{
			"network_id": noun.Index(api.View.PortsOf), "device_id": api.View.PortsOfDevice, "mac_address": nearMAC,
			"fixed_ips": nearFixedIP, "binding:host_id": nearHost,
		},
		Attributes: slices.Concat(noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.Once("network_id", "network that the port is on", wire.UUID[api.NetworkID](),
				func(_ noun.Scope, p P) api.NetworkID { return p.NetworkID }, func(r *R, v intent.Opt[api.NetworkID]) { r.NetworkID = v.V }).Need(),
			noun.RW("mac_address", "Ethernet address; left out, or null: weft chooses", wire.MAC().OrNull(),
				func(_ noun.Scope, p P) api.MAC { return p.MAC }, func(r *R, v intent.Opt[api.MAC]) { r.MAC = v }).
				Guard(noun.Guard{On: noun.OnCreate, Who: access.NetworkOwners}).Guard(noun.Guard{On: noun.OnUpdate, Who: access.Admins}),
			noun.RW("fixed_ips", "addresses on subnets; left out: one of each IP version; []: none", fixedIPs(),
				func(_ noun.Scope, p P) []intent.FixedIPRequest { return fixedIPsOf(p) }, func(r *R, v intent.Opt[[]intent.FixedIPRequest]) { r.FixedIPs = v }).
				Guard(noun.Guard{On: noun.OnCreate, Who: access.NetworkUsers}).Guard(noun.Guard{On: noun.OnUpdate, Who: access.NetworkOwners}).Inside(access.NetworkOwners, "ip_address"),
			noun.RW("admin_state_up", "whether the port carries traffic", wire.Boolean(),
				func(_ noun.Scope, p P) bool { return p.AdminStateUp }, func(r *R, v intent.Opt[bool]) { r.AdminStateUp = v }).Or(true),
			noun.Read("status", "ACTIVE only while every host that matters has confirmed the port", wire.Text(noun.MaxName), portStatus),
			noun.RW("device_id", "guest or router that uses the port", wire.Text(noun.MaxName),
				func(_ noun.Scope, p P) string { return p.DeviceID }, func(r *R, v intent.Opt[string]) { r.DeviceID = v }).Or("").Theirs(),
			noun.RW("device_owner", "what kind of thing uses the port", wire.Text(noun.MaxOwner),
				func(_ noun.Scope, p P) string { return p.DeviceOwner }, func(r *R, v intent.Opt[string]) { r.DeviceOwner = v }).
				OnlyByUnless(access.NetworkOwners, ordinary).Or("").Theirs(),
			noun.RW("port_security_enabled", "whether the guest is held to its own addresses", wire.Boolean(),
				func(_ noun.Scope, p P) bool { return p.PortSecurityEnabled }, func(r *R, v intent.Opt[bool]) { r.PortSecurityEnabled = v }).OnlyBy(access.NetworkOwners),
			noun.RW("allowed_address_pairs", "further addresses that the guest may use", addressPairs(),
				func(_ noun.Scope, p P) []api.AddressPair { return p.AllowedAddressPairs }, func(r *R, v intent.Opt[[]api.AddressPair]) { r.AllowedAddressPairs = v }).
				OnlyBy(access.NetworkOwners).Or(wire.Empty()),
			noun.RW("extra_dhcp_opts", "DHCP options of this port's own; those not named stay, a null value takes one away", dhcpOptions(),
				func(_ noun.Scope, p P) []intent.DHCPOptionRequest { return dhcpOptionsOf(p) },
				func(r *R, v intent.Opt[[]intent.DHCPOptionRequest]) { r.ExtraDHCPOpts = v }).Or(wire.Empty()).Keeping("opt_value"),
			noun.RW("dns_name", "host name that the guest gets by DHCP; empty: one that follows from its address", dnsName(),
				func(_ noun.Scope, p P) string { return p.DNSName }, func(r *R, v intent.Opt[string]) { r.DNSName = v }).Or("").Theirs(),
			noun.RW("dns_domain", "what the guest's name ends with, with a dot at its end; empty: its network's dns_domain", dnsName(),
				func(_ noun.Scope, p P) string { return p.DNSDomain }, func(r *R, v intent.Opt[string]) { r.DNSDomain = v }).Or(""),
			noun.Read("dns_assignment", "what the guest is called at each of its addresses", wire.List[wire.Row]().Of(wire.Shape(
				wire.Must("ip_address", wire.Address().Schema), wire.Must("hostname", wire.Word), wire.Must("fqdn", wire.Word))),
				func(s noun.Scope, p P) []wire.Row { return namesOf(s.View, p, ops.Domain) }),
			noun.RW("binding:host_id", "host that the port is to be on; left out: wherever it is seen", wire.Named[api.HostID](wire.Text(noun.MaxName)).OrNull(),
				hostOf, func(r *R, v intent.Opt[api.HostID]) { r.HostID = wire.ZeroForNull(v) }).Internal().Or("").Theirs().Wished("weft:asked_host_id"),
			noun.Read("weft:asked_host_id", "host that the port was asked to be on", wire.Named[api.HostID](wire.Text(noun.MaxName)),
				func(_ noun.Scope, p P) api.HostID { return p.HostID }).Internal(),
			noun.RW("binding:vnic_type", "kind of interface", wire.OneOf("normal"),
				func(_ noun.Scope, p P) string { return cmp.Or(p.VNICType, "normal") }, func(r *R, v intent.Opt[string]) { r.VNICType = v }).Or("normal"),
			noun.RW("binding:profile", "for the hypervisor's use", wire.Object().OrNull(),
				func(_ noun.Scope, p P) map[string]any { return p.Profile }, func(r *R, v intent.Opt[map[string]any]) { r.Profile = wire.ZeroForNull(v) }).Internal().Or(map[string]any{}).Theirs(),
			noun.Read("binding:vif_type", "how the hypervisor plugs the port", wire.Text(noun.MaxName), vifType).Internal(),
			noun.Read("binding:vif_details", "details of that", wire.Object(), vifDetails).Internal(),
			noun.Read("trunk_details", "trunk that the port is the parent of, and its sub-ports", wire.NullWhenUnset(wire.Object().Of(wire.Shape(wire.Must("trunk_id", wire.ID),
				wire.Must("sub_ports", wire.ArrayOf(wire.Shape(wire.Must("port_id", wire.ID), wire.Must("segmentation_type", wire.Word), wire.Must("segmentation_id", wire.Whole),
					wire.May("mac_address", wire.MAC().Schema))))))), trunkDetails),
			noun.Read("weft:problem", "what keeps the port from working; empty if nothing is known to", wire.Text(noun.MaxName), portProblem).Internal(),
		), unusedOfPorts()),
	}
}

// unusedOfPorts are attributes that Neutron's clients expect of a port.
func unusedOfPorts() []noun.Attr[*api.Port] {
	return []noun.Attr[*api.Port]{
		noun.Fixed[*api.Port]("security_groups", "not used by weft yet", wire.Empty()),
		noun.Fixed[*api.Port]("qos_policy_id", "not used by weft", nil),
		noun.Fixed[*api.Port]("qos_network_policy_id", "not used by weft", nil),
		noun.Fixed[*api.Port]("data_plane_status", "not used by weft", nil).OnlyBy(access.Admins),
		noun.Fixed[*api.Port]("propagate_uplink_status", "not used by weft", true),
		noun.Fixed[*api.Port]("numa_affinity_policy", "not used by weft", nil),
		noun.Fixed[*api.Port]("device_profile", "not used by weft", nil),
		noun.Fixed[*api.Port]("resource_request", "not used by weft", nil).Internal(),
		noun.Read("ip_allocation", "immediate, or none: the port was made to have no address", wire.Text(noun.MaxName),
			func(_ noun.Scope, p *api.Port) string { return ipAllocation(p) }),
	}
}

// ipAllocation tells what boots servers whether a port without an address is one on purpose.
func ipAllocation(p *api.Port) string {
	if p.Unaddressed {
		return "none"
	}
	return "immediate"
}

func fixedIPsOf(p *api.Port) []intent.FixedIPRequest {
	out := make([]intent.FixedIPRequest, len(p.FixedIPs))
	for i, f := range p.FixedIPs {
		out[i] = intent.FixedIPRequest{SubnetID: f.SubnetID, Addr: f.Addr}
	}
	return out
}

func portStatus(s noun.Scope, p *api.Port) string {
	if p.DeviceOwner == api.OwnerFloatingIP { // never plugged anywhere: it only holds the address
		return "N/A"
	}
	return s.Status.Port(p.ID)
}

func portProblem(s noun.Scope, p *api.Port) string {
	if why := intent.BindingProblem(s.View, p); why != "" {
		return why
	}
	return s.Status.Problem(p.Ref())
}

// hostOf is where the port was asked to be, or else where it is.
func hostOf(s noun.Scope, p *api.Port) api.HostID { return intent.ActiveHost(s.View, p) }

// vifType says how the hypervisor plugs the port. A port that is asked to be on a host is "ovs" before it is plugged,
// since hypervisors wait for that to plug it.
func vifType(s noun.Scope, p *api.Port) string {
	if p.IsRouterInterface() {
		return "distributed"
	}
	id := hostOf(s, p)
	if id == "" {
		for range s.View.BindingsOf(p.ID) { // plugged, but only where it may not be
			return "binding_failed"
		}
		return "unbound"
	}
	return vifTypeOn(s, p, id)
}

// vifTypeOn says how a hypervisor plugs the port, if it is to.
func vifTypeOn(s noun.Scope, p *api.Port, id api.HostID) string {
	if h, ok := s.View.Host(id); !ok || !h.TunnelIP.IsValid() || intent.Unreachable(s.View, p, id) != "" || intent.Unwelcome(s.View, p, id) != "" {
		return "binding_failed"
	}
	return "ovs"
}

func vifDetails(s noun.Scope, p *api.Port) map[string]any {
	if p.IsRouterInterface() {
		return nil
	}
	return vifDetailsOn(s, p, hostOf(s, p))
}

func vifDetailsOn(s noun.Scope, p *api.Port, id api.HostID) map[string]any {
	if vifTypeOn(s, p, id) != "ovs" {
		return nil
	}
	datapath := "system"
	if h, ok := s.View.Host(id); ok && h.NetdevDatapath {
		datapath = "netdev"
	}
	return map[string]any{
		"port_filter": false, "ovs_hybrid_plug": false, "connectivity": "l2", "bridge_name": "br-int",
		"datapath_type": datapath, "bound_drivers": map[string]any{"0": "openvswitch"},
	}
}
