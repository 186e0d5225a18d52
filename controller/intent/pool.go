package intent

import (
	"encoding/binary"
	"math"
	"math/big"
	"net/netip"

	"weft/api"
)

// pick finds a number that is free among 0…n-1, the same for the same state, without any memory of its own. Only a pool
// that is nearly full with scattered holes is searched one by one, which ends after one more step than there are used
// numbers.
func pick(n uint64, used func(uint64) bool) (uint64, bool) {
	if x, ok := pickSoon(n, used); ok {
		return x, true
	}
	for x := range n {
		if !used(x) {
			return x, true
		}
	}
	return 0, false
}

// pickSoon is pick with a bounded number of lookups: it may miss the last free numbers. Numbers that were handed out in
// order cost O(log n) lookups: it doubles its step until it hits a free number, and halves back to one whose predecessor
// is used.
func pickSoon(n uint64, used func(uint64) bool) (uint64, bool) {
	if n == 0 {
		return 0, false
	}
	if !used(0) {
		return 0, true
	}
	taken := uint64(0)
	for free := uint64(1); free < n; free *= 2 {
		if !used(free) {
			return edge(taken, free, used), true
		}
		taken = free
		if free > math.MaxUint64/2 {
			break
		}
	}
	if !used(n - 1) {
		return edge(taken, n-1, used), true
	}
	return pickScattered(n, used)
}

// edge narrows a used and a free number down to two neighbours, and gives the free one.
func edge(taken, free uint64, used func(uint64) bool) uint64 {
	for free-taken > 1 {
		mid := taken + (free-taken)/2
		if used(mid) {
			taken = mid
		} else {
			free = mid
		}
	}
	return free
}

const (
	scatteredTries = 64
	goldenRatio    = 0x9e3779b97f4a7c15 // its multiples spread evenly over 64 bits
)

func pickScattered(n uint64, used func(uint64) bool) (uint64, bool) {
	for i := range uint64(scatteredTries) {
		if x := (i + 1) * goldenRatio % n; !used(x) {
			return x, true
		}
	}
	return 0, false
}

// pickBetween is pick among lo…hi.
func pickBetween(lo, hi uint32, used func(uint32) bool) (uint32, bool) {
	x, ok := pick(uint64(hi-lo)+1, func(x uint64) bool { return used(lo + uint32(x)) })
	return lo + uint32(x), ok
}

// rangeSize is the number of addresses in a range, at most 2^64-1.
func rangeSize(r api.AddrRange) uint64 {
	sh, sl := split(r.Start)
	eh, el := split(r.End)
	d, borrow := el-sl, uint64(0)
	if el < sl {
		borrow = 1
	}
	if eh-sh-borrow != 0 || d == math.MaxUint64 {
		return math.MaxUint64
	}
	return d + 1
}

// plus gives the address n after a.
func plus(a netip.Addr, n uint64) netip.Addr {
	hi, lo := split(a)
	lo += n
	if lo < n {
		hi++
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	if a.Is4() {
		return netip.AddrFrom16(b).Unmap()
	}
	return netip.AddrFrom16(b)
}

func split(a netip.Addr) (hi, lo uint64) {
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// last is the highest address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As16()
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	for i := bits; i < 128; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	if p.Addr().Is4() {
		return netip.AddrFrom16(b).Unmap()
	}
	return netip.AddrFrom16(b)
}

// hosts is the range of a subnet's addresses that a port may have: in IPv4, not the network's own and not broadcast
// (except in a /31 and /32); in IPv6, not the routers' anycast address (except in a /127 and /128).
func hosts(p netip.Prefix) api.AddrRange {
	r := api.AddrRange{Start: p.Masked().Addr(), End: last(p)}
	if p.Addr().BitLen()-p.Bits() < 2 {
		return r
	}
	r.Start = r.Start.Next()
	if p.Addr().Is4() {
		r.End = r.End.Prev()
	}
	return r
}

func inRange(r api.AddrRange, a netip.Addr) bool {
	return r.Start.BitLen() == a.BitLen() && r.Start.Compare(a) <= 0 && a.Compare(r.End) <= 0
}

// PoolSize is the number of addresses in a subnet's allocation pools.
func PoolSize(s *api.Subnet) *big.Int {
	n := new(big.Int)
	for _, r := range s.AllocationPools {
		start, end := r.Start.As16(), r.End.As16()
		size := new(big.Int).Sub(new(big.Int).SetBytes(end[:]), new(big.Int).SetBytes(start[:]))
		n.Add(n, size.Add(size, big.NewInt(1)))
	}
	return n
}
