package api

import (
	"iter"
	"net/netip"
	"strings"
)

func get[T any](v View, k Kind, id string) (T, bool) {
	return first[T](v, k, byID, id)
}

func first[T any](v View, k Kind, ix index, key string) (T, bool) {
	var none T
	if key == "" {
		return none, false
	}
	v.looked()
	if r := v.tables[k].first(ix, key); r != nil {
		return r.object.(T), true
	}
	return none, false
}

// scan yields the objects under a key of an index in the order of their ids.
func scan[T any](v View, k Kind, ix index, key string) iter.Seq[T] {
	return walk[T](v, k, ix, key, func(e entry) bool { return e.key == key })
}

// scanAll yields the objects under every key of an index that begins as given, key by key.
func scanAll[T any](v View, k Kind, ix index, prefix string) iter.Seq[T] {
	return walk[T](v, k, ix, prefix, func(e entry) bool { return strings.HasPrefix(e.key, prefix) })
}

func all[T any](v View, k Kind) iter.Seq[T] {
	return walk[T](v, k, byID, "", func(entry) bool { return true })
}

func walk[T any](v View, k Kind, ix index, start string, until func(entry) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		v.tables[k].still(ix).Ascend(entry{start, lowest}, func(e entry) bool {
			v.looked()
			return until(e) && yield(e.object.(T))
		})
	}
}

// Host finds a host by name.
func (v View) Host(id HostID) (*Host, bool) { return get[*Host](v, KindHost, string(id)) }

// HostsAt yields the hosts with a tunnel address; there is one at most, but for reports that are not taken.
func (v View) HostsAt(tunnel netip.Addr) iter.Seq[*Host] {
	return scan[*Host](v, KindHost, byTunnel, tunnel.String())
}

// BridgeByDatapath finds the host that reported a datapath id, and its bridge's name.
func (v View) BridgeByDatapath(id uint64) (HostID, string, bool) {
	h, ok := first[*Host](v, KindHost, byDatapath, datapathKey(id))
	if !ok {
		return "", "", false
	}
	for _, b := range h.Bridges {
		if b.DatapathID == id {
			return h.ID, b.Name, true
		}
	}
	return "", "", false
}

// Network finds a network.
func (v View) Network(id NetworkID) (*Network, bool) {
	return get[*Network](v, KindNetwork, string(id))
}

// DefaultExternalNetwork finds the network that topologies made for projects lead to.
func (v View) DefaultExternalNetwork() (*Network, bool) {
	return first[*Network](v, KindNetwork, byDefault, chosen)
}

// Subnet finds a subnet.
func (v View) Subnet(id SubnetID) (*Subnet, bool) { return get[*Subnet](v, KindSubnet, string(id)) }

// Port finds a port.
func (v View) Port(id PortID) (*Port, bool) { return get[*Port](v, KindPort, string(id)) }

// Router finds a router.
func (v View) Router(id RouterID) (*Router, bool) { return get[*Router](v, KindRouter, string(id)) }

// FloatingIP finds a floating IP.
func (v View) FloatingIP(id FloatingIPID) (*FloatingIP, bool) {
	return get[*FloatingIP](v, KindFloatingIP, string(id))
}

// Binding finds the binding of a port on a host.
func (v View) Binding(p PortID, h HostID) (*Binding, bool) {
	return get[*Binding](v, KindBinding, BindingID(p, h))
}

// Segment finds a network's segment on a host: whether the network is there, and as which local VLAN.
func (v View) Segment(h HostID, n NetworkID) (*Segment, bool) {
	return get[*Segment](v, KindSegment, SegmentID(h, n))
}

// Placement finds a router's placement on a host: whether the router is there.
func (v View) Placement(h HostID, r RouterID) (*Placement, bool) {
	return get[*Placement](v, KindPlacement, PlacementID(h, r))
}

// Object finds any object by its Ref.
func (v View) Object(r Ref) (Object, bool) { return get[Object](v, r.Kind, r.ID) }

// All yields every object of a kind in the order of ids.
func (v View) All(k Kind) iter.Seq[Object] { return all[Object](v, k) }

// Hosts yields every host.
func (v View) Hosts() iter.Seq[*Host] { return all[*Host](v, KindHost) }

// Networks yields every network.
func (v View) Networks() iter.Seq[*Network] { return all[*Network](v, KindNetwork) }

// Subnets yields every subnet.
func (v View) Subnets() iter.Seq[*Subnet] { return all[*Subnet](v, KindSubnet) }

// Ports yields every port.
func (v View) Ports() iter.Seq[*Port] { return all[*Port](v, KindPort) }

// Routers yields every router.
func (v View) Routers() iter.Seq[*Router] { return all[*Router](v, KindRouter) }

// FloatingIPs yields every floating IP.
func (v View) FloatingIPs() iter.Seq[*FloatingIP] { return all[*FloatingIP](v, KindFloatingIP) }

// SubnetsOf yields the subnets of a network.
func (v View) SubnetsOf(n NetworkID) iter.Seq[*Subnet] {
	return scan[*Subnet](v, KindSubnet, byNetwork, string(n))
}

// PortsOf yields the ports of a network.
func (v View) PortsOf(n NetworkID) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byNetwork, string(n))
}

// PortsOnSubnet yields the ports with an address of a subnet.
func (v View) PortsOnSubnet(s SubnetID) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, bySubnet, string(s))
}

// PortsOfDevice yields the ports with a device_id; for a router's id these are its legs and its gateway port.
func (v View) PortsOfDevice(device string) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byDevice, device)
}

// PortByAddr finds the port that has an address on a subnet.
func (v View) PortByAddr(s SubnetID, a netip.Addr) (*Port, bool) {
	return first[*Port](v, KindPort, byAddress, addressKey(s, a.String()))
}

// AgentGateway finds a host's own port on an external network.
func (v View) AgentGateway(h HostID, n NetworkID) (*Port, bool) {
	return first[*Port](v, KindPort, byGateway, gatewayKey(h, n))
}

// PortsWithPair yields the ports of a network with an allowed pair of exactly one address.
func (v View) PortsWithPair(n NetworkID, a netip.Addr) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byPair, pairKey(n, a.String()))
}

// PortsWithPairs yields the ports of a network that have allowed pairs.
func (v View) PortsWithPairs(n NetworkID) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byPaired, string(n))
}

// LoosePortsOf yields the ports of a network that are Loose.
func (v View) LoosePortsOf(n NetworkID) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byLoose, string(n))
}

// PortsWithMAC yields the ports with a MAC on any network, by network.
func (v View) PortsWithMAC(m MAC) iter.Seq[*Port] {
	return scanAll[*Port](v, KindPort, byMAC, macPrefix(m))
}

// PortsWithAddr yields the ports that have an address on any subnet, by subnet.
func (v View) PortsWithAddr(a netip.Addr) iter.Seq[*Port] {
	return scanAll[*Port](v, KindPort, byAddress, addressPrefix(a.String()))
}

// FloatingIPsWithAddr yields the floating IPs with an address.
func (v View) FloatingIPsWithAddr(a netip.Addr) iter.Seq[*FloatingIP] {
	return scan[*FloatingIP](v, KindFloatingIP, byAddress, a.String())
}

// PortByMAC finds the port with a MAC on a network.
func (v View) PortByMAC(n NetworkID, m MAC) (*Port, bool) {
	return first[*Port](v, KindPort, byMAC, macKey(n, m))
}

// LegsOnSubnet yields the routers' legs with an address of a subnet, in the order of ids.
func (v View) LegsOnSubnet(s SubnetID) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byLegSubnet, string(s))
}

// LegsOf yields a router's legs, without its gateway port.
func (v View) LegsOf(r RouterID) iter.Seq[*Port] {
	return func(yield func(*Port) bool) {
		for p := range v.PortsOfDevice(string(r)) {
			if p.IsRouterInterface() && !yield(p) {
				return
			}
		}
	}
}

// FloatingIPsOfPort yields the floating IPs that are associated with a port.
func (v View) FloatingIPsOfPort(p PortID) iter.Seq[*FloatingIP] {
	return scan[*FloatingIP](v, KindFloatingIP, byPort, string(p))
}

// FloatingIPsForwardingTo yields the floating IPs that have a port forwarding to a port.
func (v View) FloatingIPsForwardingTo(p PortID) iter.Seq[*FloatingIP] {
	return scan[*FloatingIP](v, KindFloatingIP, byForward, string(p))
}

// FloatingIPsOfRouter yields the floating IPs that a router serves.
func (v View) FloatingIPsOfRouter(r RouterID) iter.Seq[*FloatingIP] {
	return scan[*FloatingIP](v, KindFloatingIP, byRouter, string(r))
}

// FloatingIPsOf yields the floating IPs of an external network.
func (v View) FloatingIPsOf(n NetworkID) iter.Seq[*FloatingIP] {
	return scan[*FloatingIP](v, KindFloatingIP, byNetwork, string(n))
}

// BindingsOf yields the bindings of a port.
func (v View) BindingsOf(p PortID) iter.Seq[*Binding] {
	return scanAll[*Binding](v, KindBinding, byID, BindingID(p, ""))
}

// BindingsOn yields the bindings on a host.
func (v View) BindingsOn(h HostID) iter.Seq[*Binding] {
	return scan[*Binding](v, KindBinding, byHost, string(h))
}

// BoundOn gives the binding that carries a guest's or agent gateway's port. A router's leg is on many hosts; ask Binding
// for one of them.
func (v View) BoundOn(p PortID) (*Binding, bool) {
	for b := range v.BindingsOf(p) {
		if b.Problem == "" && !b.Standby {
			return b, true
		}
	}
	return nil, false
}

// SegmentsOf yields the segments of a network: the hosts that have it.
func (v View) SegmentsOf(n NetworkID) iter.Seq[*Segment] {
	return scanAll[*Segment](v, KindSegment, byID, SegmentID("", n))
}

// SegmentsOfPart yields those on the hosts of a part.
func (v View) SegmentsOfPart(n NetworkID, part int) iter.Seq[*Segment] {
	return scan[*Segment](v, KindSegment, byPart, partKey(n, part))
}

// SegmentsOn yields the segments on a host.
func (v View) SegmentsOn(h HostID) iter.Seq[*Segment] {
	return scan[*Segment](v, KindSegment, byHost, string(h))
}

// PlacementsOf yields the placements of a router: the hosts that have it.
func (v View) PlacementsOf(r RouterID) iter.Seq[*Placement] {
	return scanAll[*Placement](v, KindPlacement, byID, PlacementID("", r))
}

// PlacementsOn yields the placements on a host: the routers that it has.
func (v View) PlacementsOn(h HostID) iter.Seq[*Placement] {
	return scan[*Placement](v, KindPlacement, byHost, string(h))
}

// NetworkBySegment finds the network that has a segment: a VNI, a VLAN of a physical network, or its untagged frames.
func (v View) NetworkBySegment(t NetworkType, physnet string, id uint32) (*Network, bool) {
	return first[*Network](v, KindNetwork, bySegment, segmentKey(t, physnet, id))
}

// PortsAskedOn yields the ports that were asked to be on a host (HostID), bound or not.
func (v View) PortsAskedOn(h HostID) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byHost, string(h))
}

// PortsAskedOnOf yields the ports of a network that were asked to be on a host.
func (v View) PortsAskedOnOf(h HostID, n NetworkID) iter.Seq[*Port] {
	return scan[*Port](v, KindPort, byPlace, placeKey(h, n))
}

// BindingsOnOf yields the bindings on a host of a network's ports.
func (v View) BindingsOnOf(h HostID, n NetworkID) iter.Seq[*Binding] {
	return scan[*Binding](v, KindBinding, byPlace, placeKey(h, n))
}

// SegmentByVLAN finds the segment that has a local VLAN on a host, as either of its two.
func (v View) SegmentByVLAN(h HostID, vlan uint16) (*Segment, bool) {
	return first[*Segment](v, KindSegment, byNumber, numberKey(string(h), uint32(vlan)))
}

// PlacementByLinkLocal finds the placement that has a link-local pair on a host.
func (v View) PlacementByLinkLocal(h HostID, n uint16) (*Placement, bool) {
	return first[*Placement](v, KindPlacement, byNumber, numberKey(string(h), uint32(n)))
}

// FloatingIPByRule finds the floating IP that has a rule priority on a router.
func (v View) FloatingIPByRule(r RouterID, prio uint32) (*FloatingIP, bool) {
	return first[*FloatingIP](v, KindFloatingIP, byNumber, numberKey(string(r), prio))
}

// RoutersGatedOn yields the routers with an external gateway on a host; for "" those whose gateway has no host.
func (v View) RoutersGatedOn(h HostID) iter.Seq[*Router] {
	return scan[*Router](v, KindRouter, byHost, gatedKey(h))
}

// RoutersThatLeft yields the routers whose gateway was on a host that died, and that has not been connected since.
func (v View) RoutersThatLeft(h HostID) iter.Seq[*Router] {
	return scan[*Router](v, KindRouter, byLeft, string(h))
}

// CentralPortsOf yields a router's legs (sg-) on its gateway host.
func (v View) CentralPortsOf(r RouterID) iter.Seq[*Port] {
	return func(yield func(*Port) bool) {
		for p := range v.PortsOfDevice(string(r)) {
			if p.IsCentralSNAT() && !yield(p) {
				return
			}
		}
	}
}

// LackingHosts yields the hosts that should have something of which there is none left.
func (v View) LackingHosts() iter.Seq[*Host] { return scan[*Host](v, KindHost, byLack, chosen) }

// Quota finds the limits that were set for a project.
func (v View) Quota(project string) (*Quota, bool) {
	return get[*Quota](v, KindQuota, QuotaID(project))
}
