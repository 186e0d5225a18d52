package pcap

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"weft/api"
)

// Protocol numbers as they stand in frames.
const (
	EtherIPv4 = 0x0800
	EtherARP  = 0x0806
	EtherIPv6 = 0x86dd
	etherVLAN = 0x8100

	ProtoICMP     = 1
	ProtoUDP      = 17
	ProtoFragment = 44 // IPv6's
	ProtoICMPv6   = 58

	PortVXLAN = 4789

	ARPRequest = 1
	ARPReply   = 2

	EchoReply   = 0
	EchoRequest = 8

	RouterAdvertisement   = 134
	NeighbourSolicitation = 135
)

// Packet is a frame taken apart. Fields of layers that it does not have are zero.
type Packet struct {
	SrcMAC, DstMAC   api.MAC
	Tagged           bool   // there is a tag, which may name a priority alone
	VLAN             uint16 // 0 if untagged
	SecondVLAN       uint16 // of a second tag behind the first
	EtherType        uint16
	ARPOp            uint16     // of ARP over IPv4
	SrcIP, DstIP     netip.Addr // of IPv4 or IPv6; of ARP the sender and the target
	TTL              uint8
	Proto            uint8
	ICMPType         uint8
	SrcPort, DstPort uint16
	VNI              uint32
	Inner            *Packet // inside VXLAN
}

// String describes the packet in one line, as tcpdump would.
func (p Packet) String() string {
	s := fmt.Sprintf("%s > %s", p.SrcMAC, p.DstMAC)
	if p.Tagged {
		s += fmt.Sprintf(" vlan %d", p.VLAN)
	}
	if p.SecondVLAN != 0 {
		s += fmt.Sprintf(" vlan %d", p.SecondVLAN)
	}
	switch {
	case p.EtherType == EtherARP:
		return s + fmt.Sprintf(" ARP op %d %s asks for %s", p.ARPOp, p.SrcIP, p.DstIP)
	case p.EtherType != EtherIPv4 && p.EtherType != EtherIPv6:
		return s + fmt.Sprintf(" type %#04x", p.EtherType)
	}
	s += fmt.Sprintf(" %s > %s", p.SrcIP, p.DstIP)
	switch {
	case p.Inner != nil:
		return s + fmt.Sprintf(" UDP %d VXLAN vni %d [%s]", p.DstPort, p.VNI, p.Inner)
	case p.Proto == ProtoICMP:
		return s + fmt.Sprintf(" ICMP type %d", p.ICMPType)
	case p.Proto == ProtoUDP:
		return s + fmt.Sprintf(" UDP %d > %d", p.SrcPort, p.DstPort)
	}
	return s + fmt.Sprintf(" protocol %d", p.Proto)
}

// Decode takes a frame apart.
func Decode(b []byte) Packet { return decode(b, 0) }

const maxDepth = 2 // VXLAN in VXLAN is nobody's here

func decode(b []byte, depth int) Packet {
	var p Packet
	if len(b) < 14 {
		return p
	}
	copy(p.DstMAC[:], b[0:6])
	copy(p.SrcMAC[:], b[6:12])
	p.EtherType, b = binary.BigEndian.Uint16(b[12:]), b[14:]
	for _, tag := range []*uint16{&p.VLAN, &p.SecondVLAN} {
		if p.EtherType == etherVLAN && len(b) >= 4 {
			p.Tagged = true
			*tag = binary.BigEndian.Uint16(b) & 0xfff
			p.EtherType, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		}
	}
	switch p.EtherType {
	case EtherARP:
		p.arp(b)
	case EtherIPv4:
		p.ipv4(b, depth)
	case EtherIPv6:
		p.ipv6(b, depth)
	}
	return p
}

func (p *Packet) arp(b []byte) {
	const ethernetIPv4 = 0x0001080006040000 // hardware, protocol, lengths; the operation is masked
	if len(b) < 28 || binary.BigEndian.Uint64(b)&^0xffff != ethernetIPv4 {
		return
	}
	p.ARPOp = binary.BigEndian.Uint16(b[6:])
	p.SrcIP, _ = netip.AddrFromSlice(b[14:18])
	p.DstIP, _ = netip.AddrFromSlice(b[24:28])
}

func (p *Packet) ipv4(b []byte, depth int) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return
	}
	header := int(b[0]&0xf) * 4
	p.TTL, p.Proto = b[8], b[9]
	p.SrcIP, _ = netip.AddrFromSlice(b[12:16])
	p.DstIP, _ = netip.AddrFromSlice(b[16:20])
	later := binary.BigEndian.Uint16(b[6:])&0x1fff != 0 // a fragment that is not the first has no header of the next layer
	if header < 20 || len(b) < header || later {
		return
	}
	p.transport(b[header:], depth)
}

// ipv6 takes packets without extension headers apart, and of one in fragments the first. The others have that protocol.
func (p *Packet) ipv6(b []byte, depth int) {
	if len(b) < 40 || b[0]>>4 != 6 {
		return
	}
	p.Proto, p.TTL = b[6], b[7]
	p.SrcIP, _ = netip.AddrFromSlice(b[8:24])
	p.DstIP, _ = netip.AddrFromSlice(b[24:40])
	b = b[40:]
	if p.Proto == ProtoFragment && len(b) >= 8 {
		if later := binary.BigEndian.Uint16(b[2:])&^7 != 0; later {
			return
		}
		p.Proto, b = b[0], b[8:]
	}
	p.transport(b, depth)
}

func (p *Packet) transport(b []byte, depth int) {
	switch {
	case (p.Proto == ProtoICMP || p.Proto == ProtoICMPv6) && len(b) >= 1:
		p.ICMPType = b[0]
	case p.Proto == ProtoUDP && len(b) >= 8:
		p.SrcPort, p.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		p.vxlan(b[8:], depth)
	}
}

func (p *Packet) vxlan(b []byte, depth int) {
	if p.DstPort != PortVXLAN || len(b) < 8 || depth >= maxDepth {
		return
	}
	p.VNI = binary.BigEndian.Uint32(b[4:]) >> 8
	inner := decode(b[8:], depth+1)
	p.Inner = &inner
}
