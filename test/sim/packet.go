package sim

import (
	"encoding/binary"
	"net/netip"

	"weft/api"
	"weft/pipeline"
)

// Packet is a frame as far as flows look into it. VLAN is 0 for an untagged frame, and else 0x1000|id.
type Packet struct {
	Src, Dst api.MAC
	VLAN     uint16
	Inner    uint16 // a tag behind that one
	Type     uint16

	// ARP
	Op       uint16
	Spa, Tpa netip.Addr
	Sha, Tha api.MAC

	// IPv4 and IPv6
	NwSrc, NwDst netip.Addr
	Proto        uint8
	TpSrc, TpDst uint16
	ICMPType     uint8
	NDTarget     netip.Addr
	NDTll        api.MAC
	NDOption     uint8  // the type of the one option
	NDFlags      uint32 // of an advertisement
}

// meta is what a switch knows of a packet beside its bytes.
type meta struct {
	inPort         uint32
	regs           [8]uint32
	opaque         bool // it came in with two tags, so flows see the second one as its payload
	tunID          uint32
	tunSrc, tunDst netip.Addr
}

type value = pipeline.Value

func num[T ~uint8 | ~uint16 | ~uint32](v T) (value, bool) { return value{Lo: uint64(v)}, true }
func mac(m api.MAC) (value, bool)                         { return value{Lo: m.Uint64()}, true }
func addr(a netip.Addr) (value, bool) {
	if !a.IsValid() {
		return value{}, true
	}
	return pipeline.AddrValue(a), true
}

// ofFamily gives an end of a tunnel in the field of its own address family, and zero in the other's.
func ofFamily(a netip.Addr, matches bool) (value, bool) {
	if !matches {
		return value{}, true
	}
	return addr(a)
}

// field gives the value of a field; false if the packet does not have it.
func (p *Packet) field(m *meta, id pipeline.FieldID) (value, bool) {
	switch id {
	case pipeline.FieldInPort:
		return num(m.inPort)
	case pipeline.FieldReg0, pipeline.FieldReg1, pipeline.FieldReg2:
		return num(m.regs[id-pipeline.FieldReg0])
	case pipeline.FieldTunID:
		return num(m.tunID)
	case pipeline.FieldTunSrc:
		return ofFamily(m.tunSrc, m.tunSrc.Is4())
	case pipeline.FieldTunDst:
		return ofFamily(m.tunDst, m.tunDst.Is4())
	case pipeline.FieldTunIPv6Src:
		return ofFamily(m.tunSrc, m.tunSrc.Is6())
	case pipeline.FieldTunIPv6Dst:
		return ofFamily(m.tunDst, m.tunDst.Is6())
	case pipeline.FieldDlSrc:
		return mac(p.Src)
	case pipeline.FieldDlDst:
		return mac(p.Dst)
	case pipeline.FieldVlanVID:
		return num(p.VLAN)
	case pipeline.FieldDlType:
		if m.opaque {
			return num[uint16](pipeline.EthVLAN)
		}
		return num(p.Type)
	}
	if m.opaque {
		return value{}, false
	}
	if p.Type == pipeline.EthARP {
		return p.arpField(id)
	}
	return p.ipField(id)
}

func (p *Packet) arpField(id pipeline.FieldID) (value, bool) {
	switch id {
	case pipeline.FieldArpOp:
		return num(p.Op)
	case pipeline.FieldArpSpa:
		return addr(p.Spa)
	case pipeline.FieldArpTpa:
		return addr(p.Tpa)
	case pipeline.FieldArpSha:
		return mac(p.Sha)
	case pipeline.FieldArpTha:
		return mac(p.Tha)
	}
	return value{}, false
}

func (p *Packet) ipField(id pipeline.FieldID) (value, bool) {
	v4, v6 := p.Type == pipeline.EthIPv4, p.Type == pipeline.EthIPv6
	switch {
	case id == pipeline.FieldNwProto && (v4 || v6):
		return num(p.Proto)
	case id == pipeline.FieldNwSrc && v4, id == pipeline.FieldIPv6Src && v6:
		return addr(p.NwSrc)
	case id == pipeline.FieldNwDst && v4, id == pipeline.FieldIPv6Dst && v6:
		return addr(p.NwDst)
	case id == pipeline.FieldTpSrc && (p.Proto == pipeline.ProtoTCP || p.Proto == pipeline.ProtoUDP):
		return num(p.TpSrc)
	case id == pipeline.FieldTpDst && (p.Proto == pipeline.ProtoTCP || p.Proto == pipeline.ProtoUDP):
		return num(p.TpDst)
	case id == pipeline.FieldICMPType && (v4 && p.Proto == pipeline.ProtoICMP || v6 && p.Proto == pipeline.ProtoICMPv6):
		return num(p.ICMPType)
	case id == pipeline.FieldNDTll && p.isND():
		return mac(p.NDTll)
	case id == pipeline.FieldNDOptionsType && p.isND():
		return num(p.NDOption)
	case id == pipeline.FieldNDReserved && p.isND():
		return num(p.NDFlags)
	case id == pipeline.FieldNDTarget && v6 && p.Proto == pipeline.ProtoICMPv6:
		return addr(p.NDTarget)
	}
	return value{}, false
}

func v4(v value) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v.Lo >> 24), byte(v.Lo >> 16), byte(v.Lo >> 8), byte(v.Lo)})
}

func v6(v value) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], v.Hi)
	binary.BigEndian.PutUint64(b[8:], v.Lo)
	return netip.AddrFrom16(b)
}

// write sets a field; false if the packet does not have it or the simulator does not know it.
func (p *Packet) write(m *meta, id pipeline.FieldID, v value) bool {
	if _, ok := p.field(m, id); !ok {
		return false
	}
	switch id {
	case pipeline.FieldReg0, pipeline.FieldReg1, pipeline.FieldReg2:
		m.regs[id-pipeline.FieldReg0] = uint32(v.Lo)
	case pipeline.FieldTunID:
		m.tunID = uint32(v.Lo)
	case pipeline.FieldTunDst:
		m.tunDst = v4(v)
	case pipeline.FieldTunIPv6Dst:
		m.tunDst = v6(v)
	case pipeline.FieldDlSrc:
		p.Src = api.MACFromUint64(v.Lo)
	case pipeline.FieldDlDst:
		p.Dst = api.MACFromUint64(v.Lo)
	case pipeline.FieldVlanVID:
		if p.VLAN == 0 {
			return false
		}
		p.VLAN = uint16(v.Lo)
	case pipeline.FieldArpOp:
		p.Op = uint16(v.Lo)
	case pipeline.FieldArpSpa:
		p.Spa = v4(v)
	case pipeline.FieldArpTpa:
		p.Tpa = v4(v)
	case pipeline.FieldArpSha:
		p.Sha = api.MACFromUint64(v.Lo)
	case pipeline.FieldArpTha:
		p.Tha = api.MACFromUint64(v.Lo)
	default:
		return p.writeND(id, v)
	}
	return true
}

// isND reports whether the packet asks for a neighbour or tells of one.
func (p *Packet) isND() bool {
	return p.Type == pipeline.EthIPv6 && p.Proto == pipeline.ProtoICMPv6 && (p.ICMPType == 135 || p.ICMPType == 136)
}

// writeND writes what a switch changes in neighbour discovery.
func (p *Packet) writeND(id pipeline.FieldID, v value) bool {
	switch id {
	case pipeline.FieldICMPType:
		p.ICMPType = uint8(v.Lo)
	case pipeline.FieldIPv6Src:
		p.NwSrc = v6(v)
	case pipeline.FieldIPv6Dst:
		p.NwDst = v6(v)
	case pipeline.FieldNDTll:
		p.NDTll = api.MACFromUint64(v.Lo)
	case pipeline.FieldNDOptionsType:
		p.NDOption = uint8(v.Lo)
	case pipeline.FieldNDReserved:
		p.NDFlags = uint32(v.Lo)
	default:
		return false
	}
	return true
}

// matches reports whether a packet meets all conditions.
func (p *Packet) matches(m *meta, match pipeline.Match) bool {
	for _, f := range match {
		v, ok := p.field(m, f.ID)
		if !ok {
			return false
		}
		mask := f.Mask
		if f.Exact() {
			mask = f.ID.Full()
		}
		if v.Hi&mask.Hi != f.Value.Hi || v.Lo&mask.Lo != f.Value.Lo {
			return false
		}
	}
	return true
}
