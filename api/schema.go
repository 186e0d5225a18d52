package api

import (
	"fmt"
	"strconv"
)

// index names one of a table's indexes; each is read by one method of View.
type index uint8

// The indexes. A table has some of them.
const (
	byID index = iota // the objects themselves; every table has it
	byNetwork
	bySubnet
	byAddress // address/subnet; a floating IP's or VTEP's address
	byMAC     // MAC/network
	byDevice
	byLegSubnet // routers' legs by subnet
	byRouter
	byPort
	bySubPort
	byForward // floating IPs by the ports that they forward to
	byHost
	byLeft
	byPlace   // network@host
	bySegment // type/physical network/segmentation id
	byNumber  // what is unique within its owner: owner/number
	byGateway // agent gateway ports by host/network
	byPair    // ports by the single addresses of their allowed pairs: network/address
	byDatapath
	byLack   // the hosts that lack something
	byPaired // by network, the ports that have allowed pairs
	byProject
	byName
	byLoose // by network, the ports that other MACs than their own may be behind
	byExpected
	byPublic // what everyone may use, by the ids of the policies for that
	byObject
	byGrant // policies by object, action and project
	byPool
	byPoolProject // subnets by pool and project
	byScope
	byDefault // default subnet pools by IP version; the default external network
	byLength  // free blocks by pool and prefix length
	byPart    // segments by network and part of the hosts
	byRing    // hosts by their places on the ring of all
	byTunnel  // hosts by their tunnel addresses
	byRoom    // hosts by the largest packet of a network that their underlay carries
	bySize    // networks over tunnels by the largest packet that they carry
	indexes   // how many there are
)

// chosen is the only key of an index of a few that stand out.
const chosen = "chosen"

// schema gives the empty tables.
func schema() map[Kind]*table {
	tables := map[Kind]*table{}
	table := func(k Kind, columns ...column) {
		id := one(byID, func(o Object) string { return o.Ref().ID })
		tables[k] = newTable(append(append([]column{id}, columns...), standardIndexes(k)...))
	}
	table(KindHost, many(byDatapath, datapathKeys), one(byLack, lackKey),
		one(byRing, func(h *Host) string { return ringKey(h.ID) }), one(byTunnel, tunnelKey),
		one(byRoom, func(h *Host) string { return sizeKey(h.Room()) }))
	table(KindNetwork, one(bySegment, func(n *Network) string {
		return segmentKey(n.Type, n.PhysicalNetwork, n.SegmentationID)
	}), many(byPublic, func(n *Network) []string { return publicKeys(n) }), one(bySize, networkSizeKey), one(byDefault, func(n *Network) string {
		if !n.IsDefault {
			return ""
		}
		return chosen
	}))
	table(KindSubnet, one(byNetwork, func(s *Subnet) string { return string(s.NetworkID) }),
		one(byPool, func(s *Subnet) string { return string(s.SubnetPoolID) }),
		one(byPoolProject, func(s *Subnet) string { return poolProjectKey(s.SubnetPoolID, s.ProjectID) }))
	table(KindRouter, one(byHost, gatewayHostKey), one(byLeft, leftKey))
	table(KindPort, portIndexes()...)
	table(KindFloatingIP, floatingIndexes()...)
	// Those of a port, a network or a router on all hosts are found by their ids, which begin with it.
	table(KindBinding,
		one(byHost, func(b *Binding) string { return string(b.HostID) }),
		one(byPlace, func(b *Binding) string { return placeKey(b.HostID, b.NetworkID) }),
	)
	table(KindSegment,
		one(byHost, func(s *Segment) string { return string(s.HostID) }),
		many(byNumber, segmentVLANs),
		one(byPart, func(s *Segment) string { return partKey(s.NetworkID, PartOf(s.HostID)) }),
	)
	table(KindPlacement,
		one(byHost, func(p *Placement) string { return string(p.HostID) }),
		one(byNumber, func(p *Placement) string { return numberKey(string(p.HostID), uint32(p.LinkLocal)) }),
	)
	table(KindVTEP,
		one(byNetwork, func(t *VTEP) string { return string(t.NetworkID) }),
		one(byAddress, func(t *VTEP) string { return t.Addr.String() }),
		many(byMAC, vtepMACs),
		many(byPair, vtepAddrs),
	)
	table(KindQuota)
	poolTables(table)
	table(tallies)
	table(KindTrunk, one(byPort, func(t *Trunk) string { return string(t.PortID) }), many(bySubPort, subPortKeys))
	return tables
}

func poolTables(table func(Kind, ...column)) {
	table(KindAddressScope, many(byPublic, func(s *AddressScope) []string { return publicKeys(s) }))
	table(KindSubnetPool, many(byPublic, func(p *SubnetPool) []string { return publicKeys(p) }),
		one(byScope, func(p *SubnetPool) string { return string(p.AddressScopeID) }), one(byDefault, defaultKey))
	table(KindRBACPolicy, one(byObject, func(p *RBACPolicy) string { return p.Object().String() }),
		one(byGrant, func(p *RBACPolicy) string { return grantKey(p.Object(), p.Action, p.Target) }))
	table(KindFreeBlock, one(byPool, func(b *FreeBlock) string { return string(b.PoolID) }),
		one(byLength, func(b *FreeBlock) string { return lengthKey(b.PoolID, b.Prefix.Bits()) }))
}

func forwardKeys(f *FloatingIP) []string {
	keys := make([]string, 0, len(f.Forwards))
	for _, pf := range f.Forwards {
		keys = append(keys, string(pf.PortID))
	}
	return keys
}

func floatingIndexes() []column {
	return []column{
		one(byNetwork, func(f *FloatingIP) string { return string(f.NetworkID) }),
		one(byPort, func(f *FloatingIP) string { return string(f.PortID) }),
		one(byAddress, func(f *FloatingIP) string { return f.Addr.String() }),
		many(byForward, forwardKeys),
		one(byRouter, func(f *FloatingIP) string { return string(f.RouterID) }),
		one(byNumber, func(f *FloatingIP) string { return numberKey(string(f.RouterID), f.RulePriority) }),
	}
}

func segmentVLANs(s *Segment) []string {
	keys := []string{numberKey(string(s.HostID), uint32(s.LocalVLAN))}
	if s.TaggedVLAN != 0 {
		keys = append(keys, numberKey(string(s.HostID), uint32(s.TaggedVLAN)))
	}
	return keys
}

// standardIndexes are those of every kind that carries Meta.
func standardIndexes(k Kind) []column {
	if k == tallies {
		return nil
	}
	if _, ok := k.New().(Described); !ok {
		return nil
	}
	return []column{
		one(byName, func(o Described) string { return nameKey(o.Standard().Name) }),
		one(byProject, func(o Described) string { return projectKey(o.Standard().ProjectID) }),
	}
}

func portIndexes() []column {
	return []column{
		one(byNetwork, func(p *Port) string { return string(p.NetworkID) }),
		one(byMAC, func(p *Port) string { return macKey(p.NetworkID, p.MAC) }),
		one(byDevice, func(p *Port) string { return p.DeviceID }),
		one(byHost, func(p *Port) string { return string(p.HostID) }),
		one(byPlace, func(p *Port) string { return placeKey(p.HostID, p.NetworkID) }),
		many(bySubnet, func(p *Port) []string { return subnetKeys(p) }),
		many(byAddress, func(p *Port) []string { return addressKeys(p) }),
		many(byLegSubnet, func(p *Port) []string {
			if !p.IsRouterInterface() {
				return nil
			}
			return subnetKeys(p)
		}),
		one(byGateway, func(p *Port) string {
			if !p.IsAgentGateway() {
				return ""
			}
			return gatewayKey(p.HostID, p.NetworkID)
		}),
		many(byPair, pairKeys),
		many(byExpected, expectedKeys),
		one(byPaired, func(p *Port) string {
			if len(p.AllowedAddressPairs) == 0 {
				return ""
			}
			return string(p.NetworkID)
		}),
		one(byLoose, func(p *Port) string {
			if !p.Loose() {
				return ""
			}
			return string(p.NetworkID)
		}),
	}
}

func lackKey(h *Host) string {
	if h.Lack == "" {
		return ""
	}
	return chosen
}

func gatewayHostKey(r *Router) string {
	if r.Gateway == nil {
		return ""
	}
	return gatedKey(r.Gateway.HostID)
}

func leftKey(r *Router) string {
	if r.Gateway == nil {
		return ""
	}
	return string(r.Gateway.Left)
}

// gatedKey is never empty: routers whose gateway has no host are found as well.
func gatedKey(h HostID) string { return "@" + string(h) }

func tunnelKey(h *Host) string {
	if !h.TunnelIP.IsValid() {
		return ""
	}
	return h.TunnelIP.String()
}

func datapathKey(id uint64) string { return strconv.FormatUint(id, 16) }

// A MAC and an address stand first in their keys, so that they can be found on every network, too.
func macKey(n NetworkID, m MAC) string          { return macPrefix(m) + string(n) }
func macPrefix(m MAC) string                    { return m.String() + "/" }
func addressKey(s SubnetID, addr string) string { return addressPrefix(addr) + string(s) }
func addressPrefix(addr string) string          { return addr + "/" }

func gatewayKey(h HostID, n NetworkID) string { return string(h) + "/" + string(n) }
func pairKey(n NetworkID, addr string) string { return string(n) + "/" + addr }

func pairKeys(p *Port) []string {
	var keys []string
	for _, ap := range p.AllowedAddressPairs {
		if ap.Prefix.IsSingleIP() {
			keys = append(keys, pairKey(p.NetworkID, ap.Prefix.Addr().String()))
		}
	}
	return keys
}

func partKey(n NetworkID, part int) string { return string(n) + "/" + strconv.Itoa(part) }

func segmentKey(t NetworkType, physnet string, id uint32) string {
	return fmt.Sprintf("%s/%s/%d", t, physnet, id)
}

func numberKey(owner string, n uint32) string {
	if owner == "" {
		return ""
	}
	return owner + "/" + strconv.FormatUint(uint64(n), 10)
}

func placeKey(h HostID, n NetworkID) string {
	if h == "" || n == "" {
		return ""
	}
	return string(n) + "@" + string(h)
}

func datapathKeys(h *Host) []string {
	keys := make([]string, 0, len(h.Bridges))
	for _, b := range h.Bridges {
		keys = append(keys, datapathKey(b.DatapathID))
	}
	return keys
}

func subnetKeys(p *Port) []string {
	keys := make([]string, 0, len(p.FixedIPs))
	for _, f := range p.FixedIPs {
		keys = append(keys, string(f.SubnetID))
	}
	return keys
}

func addressKeys(p *Port) []string {
	keys := make([]string, 0, len(p.FixedIPs))
	for _, f := range p.FixedIPs {
		keys = append(keys, addressKey(f.SubnetID, f.Addr.String()))
	}
	return keys
}

// one declares an index with at most one key an object; objects with the key "" are left out of it.
func one[T Object](ix index, key func(T) string) column {
	return column{index: ix, one: func(o Object) string { return key(o.(T)) }}
}

// many declares an index with any number of keys an object.
func many[T Object](ix index, keys func(T) []string) column {
	return column{index: ix, many: func(o Object) []string { return keys(o.(T)) }}
}
