package api

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// MAC is an Ethernet address. The zero MAC means "none".
type MAC [6]byte

// Broadcast is ff:ff:ff:ff:ff:ff.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// ParseMAC reads six hex octets separated by colons or hyphens.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	sep := ":"
	if strings.Contains(s, "-") {
		sep = "-"
	}
	parts := strings.Split(s, sep)
	if len(parts) != len(m) {
		return MAC{}, fmt.Errorf("parse MAC address %q: want six octets", s)
	}
	for i, p := range parts {
		if len(p) != 2 {
			return MAC{}, fmt.Errorf("parse MAC address %q: octet %q", s, p)
		}
		if _, err := hex.Decode(m[i:i+1], []byte(p)); err != nil {
			return MAC{}, fmt.Errorf("parse MAC address %q: %w", s, err)
		}
	}
	return m, nil
}

// MustMAC is ParseMAC for constants; it panics on a bad one.
func MustMAC(s string) MAC {
	m, err := ParseMAC(s)
	if err != nil {
		panic(err)
	}
	return m
}

// String gives lower-case octets separated by colons.
func (m MAC) String() string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for i, o := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[o>>4], digits[o&0xf])
	}
	return string(b)
}

// IsZero reports whether m is the zero MAC.
func (m MAC) IsZero() bool { return m == MAC{} }

// EUI64 gives the address that a machine with this MAC makes up within a prefix of 64 bits (RFC 4291, appendix A).
func (m MAC) EUI64(p netip.Prefix) netip.Addr {
	b := p.Addr().As16()
	copy(b[8:], []byte{m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]})
	return netip.AddrFrom16(b)
}

// LinkLocal gives the link-local IPv6 address that a machine with this MAC makes up.
func (m MAC) LinkLocal() netip.Addr {
	return m.EUI64(netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfe, 0x80}), 64))
}

// IsMulticast reports whether the group bit is set; broadcast is multicast too.
func (m MAC) IsMulticast() bool { return m[0]&1 == 1 }

// Uint64 gives the address as a number, first octet highest.
func (m MAC) Uint64() uint64 {
	var v uint64
	for _, o := range m {
		v = v<<8 | uint64(o)
	}
	return v
}

// MACFromUint64 is the inverse of MAC.Uint64; bits over 48 are ignored.
func MACFromUint64(v uint64) MAC {
	var m MAC
	for i := len(m) - 1; i >= 0; i-- {
		m[i] = byte(v)
		v >>= 8
	}
	return m
}

// MarshalText gives the String form, and "" for the zero MAC.
func (m MAC) MarshalText() ([]byte, error) {
	if m.IsZero() {
		return []byte{}, nil
	}
	return []byte(m.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (m *MAC) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = MAC{}
		return nil
	}
	v, err := ParseMAC(string(b))
	if err != nil {
		return err
	}
	*m = v
	return nil
}
