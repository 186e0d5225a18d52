package api

import (
	"fmt"
	"strconv"

	"github.com/hashicorp/go-memdb"
)

// Names of the indexes; each is read by one method of View.
const (
	byID          = "id"
	byNetwork     = "network"
	bySubnet      = "subnet"
	byAddress     = "address" // address/subnet; a floating IP's or VTEP's address
	byMAC         = "mac"     // MAC/network
	byDevice      = "device"
	byLegSubnet   = "leg" // routers' legs by subnet
	byRouter      = "router"
	byPort        = "port"
	bySubPort     = "subport"
	byForward     = "forward" // floating IPs by the ports that they forward to
	byHost        = "host"
	byLeft        = "left"
	byPlace       = "place"   // network@host
	bySegment     = "segment" // type/physical network/segmentation id
	byNumber      = "number"  // what is unique within its owner: owner/number
	byGateway     = "gateway" // agent gateway ports by host/network
	byPair        = "pair"    // ports by the single addresses of their allowed pairs: network/address
	byDatapath    = "datapath"
	byLack        = "lack"   // the hosts that lack something
	byPaired      = "paired" // by network, the ports that have allowed pairs
	byProject     = "project"
	byName        = "name"
	byLoose       = "loose" // by network, the ports that other MACs than their own may be behind
	byExpected    = "expected"
	byPublic      = "public" // what everyone may use, by the ids of the policies for that
	byObject      = "object"
	byGrant       = "grant" // policies by object, action and project
	byPool        = "pool"
	byPoolProject = "poolproject" // subnets by pool and project
	byScope       = "scope"
	byDefault     = "default" // default subnet pools by IP version; the default external network
	byLength      = "length"  // free blocks by pool and prefix length
	byPart        = "part"    // segments by network and part of the hosts
)

func schema() *memdb.DBSchema {
	s := &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{}}
	table := func(k Kind, indexes ...*memdb.IndexSchema) {
		t := &memdb.TableSchema{Name: string(k), Indexes: map[string]*memdb.IndexSchema{
			byID: {Name: byID, Unique: true, Indexer: keyFunc(func(o any) string { return o.(Object).Ref().ID })},
		}}
		for _, ix := range append(indexes, standardIndexes(k)...) {
			t.Indexes[ix.Name] = ix
		}
		s.Tables[string(k)] = t
	}
	table(KindHost, many(byDatapath, datapathKeys), one(byLack, lackKey))
	table(KindNetwork, one(bySegment, func(n *Network) string {
		return segmentKey(n.Type, n.PhysicalNetwork, n.SegmentationID)
	}), many(byPublic, func(n *Network) []string { return publicKeys(n) }), one(byDefault, func(n *Network) string {
		if !n.IsDefault {
			return ""
		}
		return byDefault
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
	s.Tables[string(tallies)] = &memdb.TableSchema{Name: string(tallies), Indexes: map[string]*memdb.IndexSchema{
		byID: {Name: byID, Unique: true, Indexer: keyFunc(func(o any) string { return o.(*tally).key })},
	}}
	table(KindTrunk, one(byPort, func(t *Trunk) string { return string(t.PortID) }), many(bySubPort, subPortKeys))
	return s
}

func poolTables(table func(Kind, ...*memdb.IndexSchema)) {
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

func floatingIndexes() []*memdb.IndexSchema {
	return []*memdb.IndexSchema{
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
func standardIndexes(k Kind) []*memdb.IndexSchema {
	if _, ok := k.New().(Described); !ok {
		return nil
	}
	return []*memdb.IndexSchema{
		one(byName, func(o Described) string { return nameKey(o.Standard().Name) }),
		one(byProject, func(o Described) string { return projectKey(o.Standard().ProjectID) }),
	}
}

func portIndexes() []*memdb.IndexSchema {
	return []*memdb.IndexSchema{
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
	return byLack
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
func one[T any](name string, key func(T) string) *memdb.IndexSchema {
	return &memdb.IndexSchema{Name: name, AllowMissing: true, Indexer: keyFunc(func(o any) string { return key(o.(T)) })}
}

// many declares an index with any number of keys an object.
func many[T any](name string, keys func(T) []string) *memdb.IndexSchema {
	return &memdb.IndexSchema{Name: name, AllowMissing: true, Indexer: keysFunc(func(o any) []string { return keys(o.(T)) })}
}

// keyFunc indexes an object by one string. A NUL ends each key, so that no key is the prefix of another.
type keyFunc func(any) string

func (f keyFunc) FromObject(o any) (bool, []byte, error) {
	k := f(o)
	return k != "", terminated(k), nil
}

func (keyFunc) FromArgs(args ...any) ([]byte, error)       { return argument(args) }
func (keyFunc) PrefixFromArgs(args ...any) ([]byte, error) { return beginning(args) }

type keysFunc func(any) []string

func (f keysFunc) FromObject(o any) (bool, [][]byte, error) {
	ks := f(o)
	out := make([][]byte, 0, len(ks))
	for _, k := range ks {
		out = append(out, terminated(k))
	}
	return len(out) > 0, out, nil
}

func (keysFunc) FromArgs(args ...any) ([]byte, error)       { return argument(args) }
func (keysFunc) PrefixFromArgs(args ...any) ([]byte, error) { return beginning(args) }

func terminated(k string) []byte {
	out := make([]byte, len(k)+1)
	copy(out, k)
	return out
}

// beginning is argument for those who look for every key that begins with it.
func beginning(args []any) ([]byte, error) {
	b, err := argument(args)
	if err != nil {
		return nil, err
	}
	return b[:len(b)-1], nil
}

func argument(args []any) ([]byte, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("index takes one key, got %d", len(args))
	}
	k, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("index takes a string, got %T", args[0])
	}
	return terminated(k), nil
}
