package rest

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
)

// cidr is an address range; host bits are cut off, as Neutron does.
func cidr() kind[netip.Prefix] {
	return kind[netip.Prefix]{
		schema: schema{Type: "string", Format: "cidr"},
		render: func(p netip.Prefix) any { return p.String() },
		parse: func(v any) (netip.Prefix, error) {
			if s, ok := v.(string); ok {
				v = strings.TrimSpace(s)
			}
			p, err := toNetwork(v)
			if err != nil {
				return p, invalidInput("%v", err)
			}
			return p, nil
		},
	}
}

// toNetwork is toPrefix without what is behind the prefix.
func toNetwork(v any) (netip.Prefix, error) {
	p, err := toPrefix(v)
	return p.Masked(), err
}

// toPrefix reads a range of addresses; that of IPv4 may end in a mask.
func toPrefix(v any) (netip.Prefix, error) {
	s, _ := v.(string)
	p, err := netip.ParsePrefix(s)
	if addr, mask, ok := strings.Cut(s, "/"); err != nil && ok {
		p, err = withMask(addr, mask)
	}
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%s is not in a CIDR format", show(v))
	}
	return p, nil
}

func withMask(addr, mask string) (netip.Prefix, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}, err
	}
	m, err := netip.ParseAddr(mask)
	if err != nil || !a.Is4() || !m.Is4() {
		return netip.Prefix{}, fmt.Errorf("%s is no mask", mask)
	}
	b := m.As4()
	open := ^binary.BigEndian.Uint32(b[:])
	if open&(open+1) != 0 {
		return netip.Prefix{}, fmt.Errorf("%s is no mask", mask)
	}
	return netip.PrefixFrom(a, 32-bits.Len32(open)), nil
}
