package neutron

import (
	"math"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

const maxMTU = 65535

var noNetwork = wire.NotFound("NetworkNotFound", "Network %s could not be found.")

func networks(ops *intent.Ops) noun.Resource {
	type R = intent.NetworkRequest
	type N = *api.Network
	meta := func(n N) *api.Meta { return &n.Meta }
	return &noun.Noun[N, R]{
		Kind: api.KindNetwork, One: "network", Many: "networks", Prefix: "v2.0", Key: "id", Meta: meta,
		Example:  wire.Row{{"name", "web"}, {"description", "servers of the shop"}, {"mtu", 1400}, {"tags", []string{"shop"}}},
		Identity: [][]string{{"provider:network_type", "provider:physical_network", "provider:segmentation_id"}},

		Who: access.Rights{See: access.NetworkViewers}, Network: func(n N) api.NetworkID { return n.ID },
		Missing: noNetwork,
		Create:  ops.CreateNetwork,
		Update:  noun.ByID(ops.UpdateNetwork),
		Remove:  noun.DropID(ops.DeleteNetwork),
		Attributes: noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.RW("admin_state_up", "whether the network carries traffic", wire.Boolean(),
				func(_ noun.Scope, n N) bool { return n.AdminStateUp }, func(r *R, v intent.Opt[bool]) { r.AdminStateUp = v }).Or(true),
			noun.RW("mtu", "largest IP packet that a guest may send, in bytes; 0 asks for the largest possible", mtu(),
				func(_ noun.Scope, n N) int { return n.MTU }, func(r *R, v intent.Opt[int]) { r.MTU = v }).Or(0).Wished("weft:asked_mtu"),
			noun.Read("weft:asked_mtu", "MTU that was asked for; 0: the largest possible", wire.Integer(0, maxMTU),
				func(_ noun.Scope, n N) int { return n.AskedMTU }),
			noun.Read("status", "ACTIVE: a network is there as soon as it is stored", wire.Text(noun.MaxName),
				func(noun.Scope, N) string { return "ACTIVE" }),
			noun.Read("subnets", "ids of the network's subnets", wire.List[api.SubnetID]().Of(wire.ID), subnetsOf),
			noun.RW("shared", "whether other projects may use the network; or, to one of those, whether it is shared with it", wire.Boolean(),
				func(s noun.Scope, n N) bool { return s.Policy.Shares(s.View, n) }, func(r *R, v intent.Opt[bool]) { r.Shared = v }).OnlyOnBy(access.Admins).Or(false),
			noun.RW("router:external", "whether floating IPs and routers' gateways may be on the network", wire.Boolean(),
				func(_ noun.Scope, n N) bool { return n.External }, func(r *R, v intent.Opt[bool]) { r.External = v }).OnlyOnBy(access.Admins).Or(false),
			noun.Once("provider:network_type", "how frames travel between hosts", networkType(),
				func(_ noun.Scope, n N) api.NetworkType { return n.Type }, func(r *R, v intent.Opt[api.NetworkType]) { r.Type = v }).Internal().Repeatable(),
			noun.Once("provider:physical_network", "physical network of type vlan or flat", physicalNetwork(),
				func(_ noun.Scope, n N) string { return n.PhysicalNetwork }, func(r *R, v intent.Opt[string]) { r.PhysicalNetwork = v }).Internal().Repeatable().Or(nil),
			noun.Once("provider:segmentation_id", "VNI of type vxlan, VLAN id of type vlan; chosen if it is not given", segmentation(),
				func(_ noun.Scope, n N) uint32 { return n.SegmentationID }, func(r *R, v intent.Opt[uint32]) { r.SegmentationID = v }).Internal().Repeatable(),
			noun.RW("port_security_enabled", "default of the network's new ports", wire.Boolean(),
				func(_ noun.Scope, n N) bool { return n.PortSecurityEnabled }, func(r *R, v intent.Opt[bool]) { r.PortSecurityEnabled = v }).Or(true),
			noun.RW("is_default", "whether this is the external network that topologies which weft makes for projects lead to", wire.Boolean(),
				func(_ noun.Scope, n N) bool { return n.IsDefault }, func(r *R, v intent.Opt[bool]) { r.IsDefault = v }).OnlyOnBy(access.Admins).Or(false),
			zoneHints(func(n N) []string { return n.ZoneHints }, func(r *R, v intent.Opt[[]string]) { r.ZoneHints = v }),
			zonesOf("zones of the hosts that have the network", func(v api.View, n N) bool {
				for range v.SegmentsOf(n.ID) {
					return true
				}
				return false
			}),
			addressScopeOf(4),
			addressScopeOf(6),
			noun.RW("dns_domain", "what names of the network's guests end with, with a dot at its end; empty: the cloud's domain", dnsName(),
				func(_ noun.Scope, n N) string { return n.DNSDomain }, func(r *R, v intent.Opt[string]) { r.DNSDomain = v }).Or(""),
			noun.Fixed[N]("qos_policy_id", "not used by weft", nil),
			noun.Fixed[N]("l2_adjacency", "all ports of a network are in one broadcast domain", true),
			noun.Once("vlan_transparent", "whether frames with VLAN tags of guests' own are carried, with these tags", wire.Boolean().OrNull(),
				func(_ noun.Scope, n N) bool { return n.VLANTransparent }, func(r *R, v intent.Opt[bool]) { r.VLANTransparent = v }).Or(false),
			noun.RW("weft:unknown_unicast", "of type vxlan, what becomes of unicast for a MAC that nobody knows: flood sends it to every host "+
				"and VTEP, drop to none of them", wire.OneOf(unknownFlood, unknownDrop),
				func(_ noun.Scope, n N) string { return unknownPolicy(n.DropUnknown) },
				func(r *R, v intent.Opt[string]) {
					r.DropUnknown = intent.Opt[bool]{Set: v.Set, Null: v.Null, V: v.V == unknownDrop}
				}).Or(unknownFlood),
		),
	}
}

// What becomes of unicast that nobody knows the destination of.
const (
	unknownFlood = "flood"
	unknownDrop  = "drop"
)

func unknownPolicy(drop bool) string {
	if drop {
		return unknownDrop
	}
	return unknownFlood
}

func subnetsOf(s noun.Scope, n *api.Network) []api.SubnetID {
	var ids []api.SubnetID
	for sub := range s.View.SubnetsOf(n.ID) {
		ids = append(ids, sub.ID)
	}
	return ids
}

// mtu is a size that is judged by the network's type if it is a number at all.
func mtu() wire.Kind[int] {
	k := wire.Integer(0, maxMTU)
	k.Parse = wire.Integer(0, math.MaxInt).Parse
	return k
}

// networkType is a word; which ones there are is told as Neutron's drivers tell it.
func networkType() wire.Kind[api.NetworkType] {
	k := wire.OneOf(api.NetworkVXLAN, api.NetworkVLAN, api.NetworkFlat).Failing(wire.AsInvalidInput).OrNull()
	parse := k.Parse
	k.Parse = func(v any) (api.NetworkType, error) {
		if _, err := wire.Text(noun.MaxName).Parse(v); err != nil {
			return "", err
		}
		return parse(v)
	}
	return k
}

func physicalNetwork() wire.Kind[string] {
	k := wire.NullWhenEmpty(wire.Named[string](wire.Text(noun.MaxName)))
	parse := k.Parse
	k.Parse = func(v any) (string, error) {
		if v == "" {
			return "", wire.InvalidInput("'' is not the name of a physical network")
		}
		return parse(v)
	}
	return k
}

// segmentation is a VLAN id or VNI; which of the two, and so the range, depends on the network's type.
func segmentation() wire.Kind[uint32] {
	k := wire.Number[uint32](0, 1<<24-1).OrNull()
	k.Render = func(v uint32) any {
		if v == 0 {
			return nil
		}
		return int(v)
	}
	return k
}
