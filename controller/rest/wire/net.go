package wire

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"

	"weft/api"
)

// Address is an IPv4 or IPv6 address; the zero address is shown as null.
func Address() Kind[netip.Addr] {
	return Kind[netip.Addr]{
		Schema: Schema{Type: "string", Format: "ip"},
		Parse:  ToAddr,
		Render: func(a netip.Addr) any {
			if !a.IsValid() {
				return nil
			}
			return a.String()
		},
	}
}

// ToAddr reads an address without a zone.
func ToAddr(v any) (netip.Addr, error) {
	s, _ := v.(string)
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}, fmt.Errorf("'%s' is not a valid IP address", Show(v))
	}
	return a, nil
}

// MAC is a unicast Ethernet address.
func MAC() Kind[api.MAC] {
	return Kind[api.MAC]{
		Schema: Schema{Type: "string", Format: "mac"},
		Parse:  ToMAC,
		Render: func(m api.MAC) any { return m.String() },
	}
}

// ToMAC reads the address of one machine, in any spelling.
func ToMAC(v any) (api.MAC, error) {
	s, _ := v.(string)
	m, err := api.ParseMAC(s)
	if err != nil || m.IsZero() || m.IsMulticast() {
		return api.MAC{}, fmt.Errorf("'%s' is not a valid MAC address", Show(v))
	}
	return m, nil
}

// CIDR is an address range; host bits are cut off, as Neutron does.
func CIDR() Kind[netip.Prefix] {
	return Kind[netip.Prefix]{
		Schema: Schema{Type: "string", Format: "cidr"},
		Render: func(p netip.Prefix) any { return p.String() },
		Parse: func(v any) (netip.Prefix, error) {
			if s, ok := v.(string); ok {
				v = strings.TrimSpace(s)
			}
			p, err := ToNetwork(v)
			if err != nil {
				return p, InvalidInput("%v", err)
			}
			return p, nil
		},
	}
}

// ToNetwork is toPrefix without what is behind the prefix.
func ToNetwork(v any) (netip.Prefix, error) {
	p, err := ToPrefix(v)
	return p.Masked(), err
}

// ToPrefix reads a range of addresses; that of IPv4 may end in a mask.
func ToPrefix(v any) (netip.Prefix, error) {
	s, _ := v.(string)
	p, err := netip.ParsePrefix(s)
	if addr, mask, ok := strings.Cut(s, "/"); err != nil && ok {
		p, err = withMask(addr, mask)
	}
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%s is not in a CIDR format", Show(v))
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
