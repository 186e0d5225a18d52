package api

import (
	"encoding/hex"
	"iter"
	"net/netip"
	"slices"
	"strconv"
)

// AddressScope is a realm of addresses of one IP version in which none is used twice (Neutron's address-scope). Of IPv4,
// routers forward between its subnets and to its external networks without translation, and not to other scopes.
type AddressScope struct {
	ID AddressScopeID `json:"id"`
	Meta
	IPVersion int       `json:"ip_version"`
	Shared    bool      `json:"shared,omitempty"`
	PublicIDs PublicIDs `json:"public_ids,omitzero"`
}

// Ref implements Object.
func (s *AddressScope) Ref() Ref { return Ref{KindAddressScope, string(s.ID)} }

// SubnetPool is a stock of addresses that subnets are cut from, no two of them overlapping (Neutron's subnetpool).
type SubnetPool struct {
	ID SubnetPoolID `json:"id"`
	Meta
	// Prefixes are sorted and cannot be joined further. All are of one IP version, and there is at least one.
	Prefixes         []netip.Prefix `json:"prefixes"`
	MinPrefixLen     int            `json:"min_prefixlen"`
	MaxPrefixLen     int            `json:"max_prefixlen"`
	DefaultPrefixLen int            `json:"default_prefixlen"`
	// DefaultQuota is how much of the pool each project may have, in addresses of IPv4 and /64 prefixes of IPv6; 0 means
	// any amount. QuotaSet tells a 0 that was asked for from none.
	DefaultQuota   int            `json:"default_quota,omitempty"`
	QuotaSet       bool           `json:"quota_set,omitempty"`
	AddressScopeID AddressScopeID `json:"address_scope_id,omitempty"`
	IsDefault      bool           `json:"is_default,omitempty"`
	Shared         bool           `json:"shared,omitempty"`
	PublicIDs      PublicIDs      `json:"public_ids,omitzero"`
}

// Ref implements Object.
func (p *SubnetPool) Ref() Ref { return Ref{KindSubnetPool, string(p.ID)} }

// IPVersion is 4 or 6.
func (p *SubnetPool) IPVersion() int {
	if len(p.Prefixes) > 0 && p.Prefixes[0].Addr().Is6() {
		return 6
	}
	return 4
}

// FreeBlock is a part of a subnet pool that no subnet has. It is as large as an aligned block can be: its other half is
// not free, or not of the pool. So the free blocks of a pool follow from its prefixes and subnets.
type FreeBlock struct {
	PoolID SubnetPoolID `json:"subnetpool_id"`
	Prefix netip.Prefix `json:"prefix"` // masked
}

// FreeBlockID is the id of a pool's free block. Ids of a pool's blocks of one length sort as their addresses do.
func FreeBlockID(p SubnetPoolID, b netip.Prefix) string {
	return string(p) + "@" + hex.EncodeToString(b.Addr().AsSlice()) + "/" + strconv.Itoa(b.Bits())
}

// Ref implements Object.
func (b *FreeBlock) Ref() Ref { return Ref{KindFreeBlock, FreeBlockID(b.PoolID, b.Prefix)} }

// AddressScope finds an address scope.
func (v View) AddressScope(id AddressScopeID) (*AddressScope, bool) {
	return get[*AddressScope](v, KindAddressScope, string(id))
}

// SubnetPool finds a subnet pool.
func (v View) SubnetPool(id SubnetPoolID) (*SubnetPool, bool) {
	return get[*SubnetPool](v, KindSubnetPool, string(id))
}

// DefaultSubnetPool finds the pool of an IP version that subnets are cut from if none is named.
func (v View) DefaultSubnetPool(version int) (*SubnetPool, bool) {
	return first[*SubnetPool](v, KindSubnetPool, byDefault, strconv.Itoa(version))
}

// PoolsOfScope yields the subnet pools of an address scope.
func (v View) PoolsOfScope(id AddressScopeID) iter.Seq[*SubnetPool] {
	return scan[*SubnetPool](v, KindSubnetPool, byScope, string(id))
}

// SubnetsOfPool yields the subnets that were cut from a pool.
func (v View) SubnetsOfPool(id SubnetPoolID) iter.Seq[*Subnet] {
	return scan[*Subnet](v, KindSubnet, byPool, string(id))
}

// SubnetsOfPoolIn yields the subnets of a pool that belong to a project.
func (v View) SubnetsOfPoolIn(id SubnetPoolID, project string) iter.Seq[*Subnet] {
	return scan[*Subnet](v, KindSubnet, byPoolProject, poolProjectKey(id, project))
}

// FreeBlock finds a free block of a pool.
func (v View) FreeBlock(p SubnetPoolID, b netip.Prefix) (*FreeBlock, bool) {
	return get[*FreeBlock](v, KindFreeBlock, FreeBlockID(p, b))
}

// LowestFreeBlock finds the free block of a pool with the lowest address among those of a prefix length.
func (v View) LowestFreeBlock(p SubnetPoolID, bits int) (*FreeBlock, bool) {
	return first[*FreeBlock](v, KindFreeBlock, byLength, lengthKey(p, bits))
}

// FreeBlocks yields the free blocks of a pool.
func (v View) FreeBlocks(p SubnetPoolID) iter.Seq[*FreeBlock] {
	return scan[*FreeBlock](v, KindFreeBlock, byPool, string(p))
}

// ScopeOf is the address scope that a subnet is in by its pool; "" if it is in none.
func (v View) ScopeOf(s *Subnet) AddressScopeID {
	if p, ok := v.SubnetPool(s.SubnetPoolID); ok {
		return p.AddressScopeID
	}
	return ""
}

// ScopeOfNetwork is the address scope of a network's subnets of an IP version; "" if they are in none.
func (v View) ScopeOfNetwork(n NetworkID, version int) AddressScopeID {
	for s := range v.SubnetsOf(n) {
		if id := v.ScopeOf(s); id != "" && s.IPVersion() == version {
			return id
		}
	}
	return ""
}

func poolProjectKey(p SubnetPoolID, project string) string {
	if p == "" {
		return ""
	}
	return string(p) + projectKey(project)
}

func lengthKey(p SubnetPoolID, bits int) string { return string(p) + "/" + strconv.Itoa(bits) }

func defaultKey(p *SubnetPool) string {
	if !p.IsDefault {
		return ""
	}
	return strconv.Itoa(p.IPVersion())
}

// JoinPrefixes gives the fewest prefixes with the same addresses, sorted. The prefixes must be masked.
func JoinPrefixes(ps []netip.Prefix) []netip.Prefix {
	ps = slices.SortedFunc(slices.Values(ps), netip.Prefix.Compare) // the wider of two at one address comes first
	var out []netip.Prefix
	for _, p := range ps {
		for n := len(out); n > 0; n = len(out) {
			last := out[n-1]
			if last.Overlaps(p) { // it was sorted before p, so it is the wider one
				p = last
			} else if Sibling(last) != p || p.Bits() == 0 {
				break
			} else {
				p = netip.PrefixFrom(last.Addr(), last.Bits()-1)
			}
			out = out[:n-1]
		}
		out = append(out, p)
	}
	return out
}

// Sibling is the other half of the block that a prefix is half of. That of /0 is itself.
func Sibling(p netip.Prefix) netip.Prefix {
	if p.Bits() <= 0 {
		return p
	}
	b := p.Addr().AsSlice()
	b[(p.Bits()-1)/8] ^= 0x80 >> ((p.Bits() - 1) % 8)
	a, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(a, p.Bits())
}
