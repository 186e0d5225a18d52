package rest

import (
	"math"

	"weft/api"
	"weft/controller/intent"
)

const maxMTU = 65535

var noNetwork = notFound("NetworkNotFound", "Network %s could not be found.")

func networks(ops *intent.Ops) resource {
	type R = intent.NetworkRequest
	type N = *api.Network
	meta := func(n N) *api.Meta { return &n.Meta }
	return &noun[N, R]{
		kind: api.KindNetwork, one: "network", many: "networks", prefix: "v2.0", key: "id", meta: meta,
		example:  row{{"name", "web"}, {"description", "servers of the shop"}, {"mtu", 1400}, {"tags", []string{"shop"}}},
		identity: [][]string{{"provider:network_type", "provider:physical_network", "provider:segmentation_id"}},

		who: rights{see: networkViewers}, network: func(n N) api.NetworkID { return n.ID },
		missing: noNetwork,
		create:  ops.CreateNetwork,
		update:  byID(ops.UpdateNetwork),
		remove:  dropID(ops.DeleteNetwork),
		attributes: standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			rw("admin_state_up", "whether the network carries traffic", boolean(),
				func(_ scope, n N) bool { return n.AdminStateUp }, func(r *R, v opt[bool]) { r.AdminStateUp = v }).or(true),
			rw("mtu", "largest IP packet that a guest may send, in bytes; 0 asks for the largest possible", mtu(),
				func(_ scope, n N) int { return n.MTU }, func(r *R, v opt[int]) { r.MTU = v }).or(0).wished("weft:asked_mtu"),
			read("weft:asked_mtu", "MTU that was asked for; 0: the largest possible", integer(0, maxMTU),
				func(_ scope, n N) int { return n.AskedMTU }),
			read("status", "ACTIVE: a network is there as soon as it is stored", text(maxName),
				func(scope, N) string { return "ACTIVE" }),
			read("subnets", "ids of the network's subnets", list[api.SubnetID]().of(anID), subnetsOf),
			rw("shared", "whether other projects may use the network; or, to one of those, whether it is shared with it", boolean(),
				func(s scope, n N) bool { return s.policy.shares(s.view, n) }, func(r *R, v opt[bool]) { r.Shared = v }).onlyOnBy(admins).or(false),
			rw("router:external", "whether floating IPs and routers' gateways may be on the network", boolean(),
				func(_ scope, n N) bool { return n.External }, func(r *R, v opt[bool]) { r.External = v }).onlyOnBy(admins).or(false),
			once("provider:network_type", "how frames travel between hosts", networkType(),
				func(_ scope, n N) api.NetworkType { return n.Type }, func(r *R, v opt[api.NetworkType]) { r.Type = v }).internal().repeatable(),
			once("provider:physical_network", "physical network of type vlan or flat", physicalNetwork(),
				func(_ scope, n N) string { return n.PhysicalNetwork }, func(r *R, v opt[string]) { r.PhysicalNetwork = v }).internal().repeatable().or(nil),
			once("provider:segmentation_id", "VNI of type vxlan, VLAN id of type vlan; chosen if it is not given", segmentation(),
				func(_ scope, n N) uint32 { return n.SegmentationID }, func(r *R, v opt[uint32]) { r.SegmentationID = v }).internal().repeatable(),
			rw("port_security_enabled", "default of the network's new ports", boolean(),
				func(_ scope, n N) bool { return n.PortSecurityEnabled }, func(r *R, v opt[bool]) { r.PortSecurityEnabled = v }).or(true),
			rw("is_default", "whether this is the external network that topologies which weft makes for projects lead to", boolean(),
				func(_ scope, n N) bool { return n.IsDefault }, func(r *R, v opt[bool]) { r.IsDefault = v }).onlyOnBy(admins).or(false),
			zoneHints(func(n N) []string { return n.ZoneHints }, func(r *R, v opt[[]string]) { r.ZoneHints = v }),
			zonesOf("zones of the hosts that have the network", func(v api.View, n N) bool {
				for range v.SegmentsOf(n.ID) {
					return true
				}
				return false
			}),
			addressScopeOf(4),
			addressScopeOf(6),
			rw("dns_domain", "what names of the network's guests end with, with a dot at its end; empty: the cloud's domain", dnsName(),
				func(_ scope, n N) string { return n.DNSDomain }, func(r *R, v opt[string]) { r.DNSDomain = v }).or(""),
			fixed[N]("qos_policy_id", "not used by weft", nil),
			fixed[N]("l2_adjacency", "all ports of a network are in one broadcast domain", true),
			once("vlan_transparent", "whether frames with VLAN tags of guests' own are carried, with these tags", boolean().orNull(),
				func(_ scope, n N) bool { return n.VLANTransparent }, func(r *R, v opt[bool]) { r.VLANTransparent = v }).or(false),
			rw("weft:unknown_unicast", "of type vxlan, what becomes of unicast for a MAC that nobody knows: flood sends it to every host "+
				"and VTEP, drop to none of them", oneOf(unknownFlood, unknownDrop),
				func(_ scope, n N) string { return unknownPolicy(n.DropUnknown) },
				func(r *R, v opt[string]) { r.DropUnknown = opt[bool]{Set: v.Set, Null: v.Null, V: v.V == unknownDrop} }).or(unknownFlood),
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

func subnetsOf(s scope, n *api.Network) []api.SubnetID {
	var ids []api.SubnetID
	for sub := range s.view.SubnetsOf(n.ID) {
		ids = append(ids, sub.ID)
	}
	return ids
}

// mtu is a size that is judged by the network's type if it is a number at all.
func mtu() kind[int] {
	k := integer(0, maxMTU)
	k.parse = integer(0, math.MaxInt).parse
	return k
}

// networkType is a word; which ones there are is told as Neutron's drivers tell it.
func networkType() kind[api.NetworkType] {
	k := oneOf(api.NetworkVXLAN, api.NetworkVLAN, api.NetworkFlat).failing(asInvalidInput).orNull()
	parse := k.parse
	k.parse = func(v any) (api.NetworkType, error) {
		if _, err := text(maxName).parse(v); err != nil {
			return "", err
		}
		return parse(v)
	}
	return k
}

func physicalNetwork() kind[string] {
	k := nullWhenEmpty(named[string](text(maxName)))
	parse := k.parse
	k.parse = func(v any) (string, error) {
		if v == "" {
			return "", invalidInput("'' is not the name of a physical network")
		}
		return parse(v)
	}
	return k
}

// segmentation is a VLAN id or VNI; which of the two, and so the range, depends on the network's type.
func segmentation() kind[uint32] {
	k := number[uint32](0, 1<<24-1).orNull()
	k.render = func(v uint32) any {
		if v == 0 {
			return nil
		}
		return int(v)
	}
	return k
}
