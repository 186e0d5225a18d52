package intent

import (
	"net/netip"
	"slices"

	"weft/api"
)

// The free blocks of a pool are kept as a buddy allocator keeps them: taking one splits a larger block into halves until
// it has the size, giving one back joins it with its other half as long as that is free. Either costs as many steps as an
// address has bits, however many subnets the pool has.

// takeAny cuts a block of a prefix length out of a pool: out of the smallest free block that is large enough, the lowest
// of these, as Neutron does.
func takeAny(tx *api.Txn, p *api.SubnetPool, bits int) (netip.Prefix, bool) {
	for length := bits; length >= 0; length-- {
		if b, ok := tx.LowestFreeBlock(p.ID, length); ok {
			want := netip.PrefixFrom(b.Prefix.Addr(), bits)
			carve(tx, b, want)
			return want, true
		}
	}
	return netip.Prefix{}, false
}

// take cuts a certain block out of a pool. It reports whether all of it was free.
func take(tx *api.Txn, p *api.SubnetPool, want netip.Prefix) bool {
	for length := want.Bits(); length >= 0; length-- {
		if b, ok := tx.FreeBlock(p.ID, netip.PrefixFrom(want.Addr(), length).Masked()); ok {
			carve(tx, b, want)
			return true
		}
	}
	return false
}

// carve takes want out of a free block that contains it; what remains of the block stays free.
func carve(tx *api.Txn, b *api.FreeBlock, want netip.Prefix) {
	tx.Delete(b)
	for half := want; half.Bits() > b.Prefix.Bits(); half = parent(half) {
		tx.Put(&api.FreeBlock{PoolID: b.PoolID, Prefix: api.Sibling(half)})
	}
}

// giveBack makes a block free again that was taken.
func giveBack(tx *api.Txn, p api.SubnetPoolID, b netip.Prefix) {
	for b.Bits() > 0 {
		other, ok := tx.FreeBlock(p, api.Sibling(b))
		if !ok {
			break
		}
		tx.Delete(other)
		b = parent(b)
	}
	tx.Put(&api.FreeBlock{PoolID: p, Prefix: b})
}

func parent(p netip.Prefix) netip.Prefix { return netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked() }

// refill works out anew what is free in a pool, after its prefixes or what is cut from it changed. It is an error of the
// request if a subnet has addresses that the pool does not have, or that another one has.
func refill(tx *api.Txn, p *api.SubnetPool) error {
	drain(tx, p)
	for _, q := range p.Prefixes {
		tx.Put(&api.FreeBlock{PoolID: p.ID, Prefix: q})
	}
	for s := range tx.SubnetsOfPool(p.ID) {
		if !take(tx, p, s.CIDR) {
			return api.Faultf(api.BadRequest, "IllegalSubnetPoolPrefixUpdate", "Illegal update to prefixes: One or more the "+
				"prefixes to be removed is in use by a subnet: %s has %s.", s.ID, s.CIDR)
		}
	}
	return nil
}

func drain(tx *api.Txn, p *api.SubnetPool) {
	for _, b := range slices.Collect(tx.FreeBlocks(p.ID)) {
		tx.Delete(b)
	}
}
