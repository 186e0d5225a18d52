package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"weft/api"
)

// Numbers of protocols.
const (
	UDP    = 17
	ICMPv6 = 58
)

const (
	ethernetLen = 14
	ipv6Len     = 40
	udpLen      = 8

	etherIPv6 = 0x86dd
	mostHops  = 255 // neighbour discovery believes nothing that a router could have passed on (RFC 4861)
)

// AllNodes is the group of everybody on a link.
var AllNodes = netip.MustParseAddr("ff02::1")

// ErrNotIPv6 is a frame without a whole IPv6 packet of the protocol asked for.
var ErrNotIPv6 = errors.New("frame is no such IPv6 packet")

// Ends are where a frame comes from and goes to.
type Ends struct {
	SrcMAC, DstMAC api.MAC
	Src, Dst       netip.Addr
}

// Group gives the Ethernet address that frames for a multicast address go to (RFC 2464).
func Group(a netip.Addr) api.MAC {
	b := a.As16()
	return api.MAC{0x33, 0x33, b[12], b[13], b[14], b[15]}
}

// IsIPv6 reports whether a frame says that it carries IPv6.
func IsIPv6(f []byte) bool {
	return len(f) >= ethernetLen && binary.BigEndian.Uint16(f[12:]) == etherIPv6
}

// Protocol gives the number of what follows the IPv6 header; 0 if there is none.
func Protocol(f []byte) uint8 {
	if !IsIPv6(f) || len(f) < ethernetLen+ipv6Len {
		return 0
	}
	return f[ethernetLen+6]
}

// Packet takes an IPv6 packet of a protocol out of its frame. Extension headers are not looked behind, and checksums not
// at: a guest whose device finishes them later sends them unfinished.
func Packet(f []byte, protocol uint8) (e Ends, hops uint8, payload []byte, err error) {
	if Protocol(f) != protocol {
		return e, 0, nil, ErrNotIPv6
	}
	ip := f[ethernetLen:]
	n := int(binary.BigEndian.Uint16(ip[4:]))
	if ip[0]>>4 != 6 || n > len(ip)-ipv6Len {
		return e, 0, nil, fmt.Errorf("IPv6 header says %d bytes behind it in a packet of %d: %w", n, len(ip), ErrNotIPv6)
	}
	e = Ends{
		SrcMAC: api.MAC(f[6:12]), DstMAC: api.MAC(f[:6]),
		Src: netip.AddrFrom16([16]byte(ip[8:24])), Dst: netip.AddrFrom16([16]byte(ip[24:40])),
	}
	return e, ip[7], ip[ipv6Len : ipv6Len+n], nil
}

// Datagram takes what UDP carries to a port out of its frame.
func Datagram(f []byte, to uint16) (Ends, []byte, error) {
	e, _, udp, err := Packet(f, UDP)
	if err != nil {
		return e, nil, err
	}
	if len(udp) < udpLen || binary.BigEndian.Uint16(udp[2:]) != to {
		return e, nil, fmt.Errorf("no UDP for port %d: %w", to, ErrNotIPv6)
	}
	n := int(binary.BigEndian.Uint16(udp[4:]))
	if n < udpLen || n > len(udp) {
		return e, nil, fmt.Errorf("UDP header says %d bytes in a packet of %d: %w", n, len(udp), ErrNotIPv6)
	}
	return e, udp[udpLen:n], nil
}

// IPv6 puts a payload, which has its checksum, into a frame.
func (e Ends) IPv6(protocol uint8, payload []byte) []byte {
	f := make([]byte, 0, ethernetLen+ipv6Len+len(payload))
	f = append(append(f, e.DstMAC[:]...), e.SrcMAC[:]...)
	f = binary.BigEndian.AppendUint16(f, etherIPv6)
	f = append(f, 0x6c, 0, 0, 0) // internetwork control, as routing and DHCP packets have
	f = binary.BigEndian.AppendUint16(f, uint16(len(payload)))
	f = append(f, protocol, mostHops)
	f = append(append(f, e.Src.AsSlice()...), e.Dst.AsSlice()...)
	return append(f, payload...)
}

// UDP puts what goes from a port to another into a frame.
func (e Ends) UDP(from, to uint16, b []byte) []byte {
	n := udpLen + len(b)
	udp := binary.BigEndian.AppendUint16(make([]byte, 0, n), from)
	udp = binary.BigEndian.AppendUint16(udp, to)
	udp = binary.BigEndian.AppendUint16(udp, uint16(n))
	udp = append(append(udp, 0, 0), b...)
	check := ^Checked(e.Src, e.Dst, UDP, udp)
	if check == 0 {
		check = 0xffff // 0 would mean that there is none, which IPv6 does not allow
	}
	binary.BigEndian.PutUint16(udp[6:], check)
	return e.IPv6(UDP, udp)
}

// Checked sums up what the checksum of a payload covers: itself, and the pseudo-header (RFC 768, RFC 8200). It is 0xffff
// if the checksum is there and right, and what to invert if its field is zero.
func Checked(src, dst netip.Addr, protocol uint8, payload []byte) uint16 {
	return Fold(Sum(src.AsSlice()) + Sum(dst.AsSlice()) + uint32(protocol) + uint32(len(payload)) + Sum(payload))
}

// Sum adds up bytes for the Internet checksum (RFC 1071), and Fold ends it.
func Sum(b []byte) (s uint32) {
	for ; len(b) >= 2; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return s
}

// Fold gives the sum in 16 bits.
func Fold(s uint32) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
