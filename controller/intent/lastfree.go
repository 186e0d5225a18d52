package intent

import (
	"net/netip"

	"weft/api"
)

// lastFree finds the lowest free address of a pool that is nearly full. It passes by blocks of which every address is
// used, large ones first, so that it looks at a few hundred of them and not at each address.
func (a *addresses) lastFree(s api.SubnetID, pool api.AddrRange) (netip.Addr, bool) {
	return a.freeIn(s, pool, 16, 8, 0)
}

// freeIn looks through the blocks of a range whose addresses differ in the last sizes[0] bits, and within those through
// smaller ones.
func (a *addresses) freeIn(s api.SubnetID, r api.AddrRange, sizes ...int) (netip.Addr, bool) {
	for at := r.Start; at.IsValid() && at.Compare(r.End) <= 0; {
		if sizes[0] == 0 {
			if !a.used(s, at) {
				return at, true
			}
			at = at.Next()
			continue
		}
		block := netip.PrefixFrom(at, at.BitLen()-sizes[0]).Masked()
		end := last(block)
		if a.v.UsedIn(s, block) < 1<<sizes[0] {
			part := api.AddrRange{Start: at, End: end}
			if r.End.Less(end) {
				part.End = r.End
			}
			if free, ok := a.freeIn(s, part, sizes[1:]...); ok {
				return free, true
			}
		}
		at = end.Next()
	}
	return netip.Addr{}, false
}
