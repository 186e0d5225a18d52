package pipeline

import (
	"encoding/binary"
	"net/netip"

	"weft/api"
	"weft/tables"
)

// FieldID names a field of a packet or of its metadata.
type FieldID uint8

// The fields, in the order in which ovs-ofctl prints a match.
const (
	FieldPktMark FieldID = iota
	FieldConjID
	FieldCtState
	FieldCtZone
	FieldCtMark
	FieldDlType  // printed as a protocol word (arp, ip, tcp …) where there is one
	FieldNwProto // part of that word where possible
	FieldReg0
	FieldReg1
	FieldReg2
	FieldReg3
	FieldReg4
	FieldReg5
	FieldReg6
	FieldReg7
	FieldTunID
	FieldTunSrc
	FieldTunDst
	FieldTunIPv6Src
	FieldTunIPv6Dst
	FieldMetadata
	FieldInPort
	FieldVlanVID // value 0x1000|VID for a tagged frame, 0 for an untagged one (OFPVID_PRESENT)
	FieldVlanPCP
	FieldDlSrc
	FieldDlDst
	FieldNwSrc
	FieldNwDst
	FieldIPv6Src
	FieldIPv6Dst
	FieldNwTTL
	FieldArpSpa
	FieldArpTpa
	FieldArpOp
	FieldArpSha
	FieldArpTha
	FieldTpSrc // TCP, UDP or SCTP by FieldNwProto
	FieldTpDst
	FieldICMPType // ICMP or ICMPv6 by FieldDlType
	FieldICMPCode
	FieldNDTarget
	FieldNDSll
	FieldNDTll
	FieldNDOptionsType     // of the one option that a neighbour's message has
	FieldNDReserved        // the 32 bits before the target, with the flags of an advertisement
	NumFields          int = iota
)

// Value is the value of a field of up to 128 bits, a number with the last bit lowest.
type Value struct{ Hi, Lo uint64 }

// Field is one condition of a match, or what a SetField action writes. If Mask is the zero Value the condition is exact.
type Field struct {
	ID    FieldID
	Value Value
	Mask  Value
}

func exact(id FieldID, v uint64) Field { return Field{ID: id, Value: Value{Lo: v}} }

// Ethernet types and IP protocols that have words of their own in a match.
const (
	EthVLAN        = 0x8100 // as the type of a frame that has a tag already: a second one
	EthServiceVLAN = 0x88a8
	EthARP         = 0x0806
	EthIPv4        = 0x0800
	EthIPv6        = 0x86dd

	ProtoICMP   = 1
	ProtoTCP    = 6
	ProtoUDP    = 17
	ProtoICMPv6 = 58
)

// InPort matches the OpenFlow port that the frame came in by.
func InPort(p uint32) Field { return exact(FieldInPort, uint64(p)) }

// DlVlan matches a frame with the 802.1Q tag of VLAN id.
func DlVlan(id uint16) Field { return exact(FieldVlanVID, 0x1000|uint64(id)) }

// Untagged matches a frame without an 802.1Q tag (vlan_tci=0x0000/0x1fff).
func Untagged() Field { return exact(FieldVlanVID, 0) }

// Tagged matches a frame with an 802.1Q tag, whatever its VLAN id (vlan_tci=0x1000/0x1000).
func Tagged() Field { return Field{FieldVlanVID, Value{Lo: 0x1000}, Value{Lo: 0x1000}} }

// DlSrc matches the Ethernet source.
func DlSrc(m api.MAC) Field { return exact(FieldDlSrc, m.Uint64()) }

// DlDst matches the Ethernet destination.
func DlDst(m api.MAC) Field { return exact(FieldDlDst, m.Uint64()) }

// group is the bit that tells multicast and broadcast from unicast.
const group = 1 << 40

// Unicast matches every frame with a unicast destination.
func Unicast() Field { return Field{FieldDlDst, Value{}, Value{Lo: group}} }

// Multicast matches every frame with a multicast or broadcast destination.
func Multicast() Field { return Field{FieldDlDst, Value{Lo: group}, Value{Lo: group}} }

// DlType matches the Ethernet type.
func DlType(t uint16) Field { return exact(FieldDlType, uint64(t)) }

// ARP, IP and IPv6 match the Ethernet type.
func ARP() Field  { return DlType(EthARP) }
func IP() Field   { return DlType(EthIPv4) }
func IPv6() Field { return DlType(EthIPv6) }

// NwProto matches the IP protocol; it needs IP() or IPv6() beside it.
func NwProto(p uint8) Field { return exact(FieldNwProto, uint64(p)) }

// NwSrc matches the IPv4 or IPv6 source by prefix, by the address family of p.
func NwSrc(p netip.Prefix) Field { return prefix(FieldNwSrc, FieldIPv6Src, p) }

// NwDst matches the IPv4 or IPv6 destination by prefix.
func NwDst(p netip.Prefix) Field { return prefix(FieldNwDst, FieldIPv6Dst, p) }

// ArpOp matches the ARP operation: 1 request, 2 reply.
func ArpOp(op uint16) Field { return exact(FieldArpOp, uint64(op)) }

// ArpSpa and ArpTpa match ARP's sender and target address by prefix; ArpSha and ArpTha its hardware addresses.
func ArpSpa(p netip.Prefix) Field { return prefix(FieldArpSpa, FieldArpSpa, p) }
func ArpTpa(p netip.Prefix) Field { return prefix(FieldArpTpa, FieldArpTpa, p) }
func ArpSha(m api.MAC) Field      { return exact(FieldArpSha, m.Uint64()) }
func ArpTha(m api.MAC) Field      { return exact(FieldArpTha, m.Uint64()) }

// TpSrc and TpDst match the TCP or UDP ports; they need NwProto beside them.
func TpSrc(p uint16) Field { return exact(FieldTpSrc, uint64(p)) }
func TpDst(p uint16) Field { return exact(FieldTpDst, uint64(p)) }

// ICMPType matches the type of ICMP or ICMPv6.
func ICMPType(t uint8) Field { return exact(FieldICMPType, uint64(t)) }

// NDTarget matches the target address of a neighbour solicitation or advertisement.
func NDTarget(a netip.Addr) Field { return Field{ID: FieldNDTarget, Value: AddrValue(a)} }

// TunID is the tunnel's VNI.
func TunID(vni uint32) Field { return exact(FieldTunID, uint64(vni)) }

// TunSrc and TunDst are the tunnel's ends on the underlay, by the address family of a.
func TunSrc(a netip.Addr) Field { return byFamily(FieldTunSrc, FieldTunIPv6Src, a) }
func TunDst(a netip.Addr) Field { return byFamily(FieldTunDst, FieldTunIPv6Dst, a) }

func byFamily(v4, v6 FieldID, a netip.Addr) Field {
	if a.Is4() {
		return Field{ID: v4, Value: AddrValue(a)}
	}
	return Field{ID: v6, Value: AddrValue(a)}
}

// Reg matches or writes a register field of package tables.
func Reg(r tables.RegField, v uint32) Field {
	f := Field{ID: FieldReg0 + FieldID(r.Reg), Value: Value{Lo: uint64(v) << r.First}}
	if r.Bits() < 32 {
		f.Mask = Value{Lo: uint64(r.Mask())}
	}
	return f
}

// AddrValue gives an IPv4 address as a 32-bit and an IPv6 address as a 128-bit value.
func AddrValue(a netip.Addr) Value {
	if a.Is4() {
		b := a.As4()
		return Value{Lo: uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := a.As16()
	return Value{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func prefix(v4, v6 FieldID, p netip.Prefix) Field {
	p = p.Masked()
	if p.Addr().Is4() {
		f := Field{ID: v4, Value: AddrValue(p.Addr())}
		if p.Bits() < 32 {
			f.Mask = Value{Lo: uint64(^uint32(0) << (32 - p.Bits()))}
		}
		return f
	}
	f := Field{ID: v6, Value: AddrValue(p.Addr())}
	switch b := p.Bits(); {
	case b <= 64:
		f.Mask = Value{Hi: ^uint64(0) << (64 - b)}
	case b < 128:
		f.Mask = Value{Hi: ^uint64(0), Lo: ^uint64(0) << (128 - b)}
	}
	return f
}
