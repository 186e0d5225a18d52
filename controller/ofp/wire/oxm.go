package wire

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"weft/pipeline"
)

// Classes of OXM fields.
const (
	classNXM0         = 0x0000 // Nicira's forms of the basic fields; a switch may use them inside actions
	classNXM1         = 0x0001
	classBasic        = 0x8000
	classEricsson     = 0x1000
	classExperimenter = 0xffff
)

// oxm is the wire form of a field.
type oxm struct {
	class    uint16
	field    uint8
	size     int  // bytes of a value
	maskable bool // may be masked in a match
	writable bool // may be the target of a set-field
	partial  bool // may be the source or target of a move, and be written in part
}

func basic(field uint8, size int, maskable, writable, partial bool) oxm {
	return oxm{classBasic, field, size, maskable, writable, partial}
}

func nicira(field uint8, size int, maskable, writable bool) oxm {
	return oxm{classNXM1, field, size, maskable, writable, writable}
}

// Shorthand for the flags in the table below.
const (
	yes = true
	no  = false
)

// oxms is constant. Ports and ICMP have the form for TCP and IPv4 here; formOf chooses.
var oxms = [pipeline.NumFields]oxm{
	pipeline.FieldPktMark:    nicira(33, 4, yes, yes),
	pipeline.FieldConjID:     nicira(37, 4, no, no),
	pipeline.FieldCtState:    nicira(105, 4, yes, no),
	pipeline.FieldCtZone:     nicira(106, 2, no, no),
	pipeline.FieldCtMark:     nicira(107, 4, yes, no),
	pipeline.FieldDlType:     basic(5, 2, no, no, no),
	pipeline.FieldNwProto:    basic(10, 1, no, no, no),
	pipeline.FieldReg0:       nicira(0, 4, yes, yes),
	pipeline.FieldReg1:       nicira(1, 4, yes, yes),
	pipeline.FieldReg2:       nicira(2, 4, yes, yes),
	pipeline.FieldReg3:       nicira(3, 4, yes, yes),
	pipeline.FieldReg4:       nicira(4, 4, yes, yes),
	pipeline.FieldReg5:       nicira(5, 4, yes, yes),
	pipeline.FieldReg6:       nicira(6, 4, yes, yes),
	pipeline.FieldReg7:       nicira(7, 4, yes, yes),
	pipeline.FieldTunID:      basic(38, 8, yes, yes, yes),
	pipeline.FieldTunSrc:     nicira(31, 4, yes, yes),
	pipeline.FieldTunDst:     nicira(32, 4, yes, yes),
	pipeline.FieldTunIPv6Src: nicira(109, 16, yes, yes),
	pipeline.FieldTunIPv6Dst: nicira(110, 16, yes, yes),
	pipeline.FieldMetadata:   basic(2, 8, yes, yes, yes),
	pipeline.FieldInPort:     basic(0, 4, no, no, no),
	pipeline.FieldVlanVID:    basic(6, 2, yes, yes, no),
	pipeline.FieldVlanPCP:    basic(7, 1, no, yes, no),
	pipeline.FieldDlSrc:      basic(4, 6, yes, yes, yes),
	pipeline.FieldDlDst:      basic(3, 6, yes, yes, yes),
	pipeline.FieldNwSrc:      basic(11, 4, yes, yes, yes),
	pipeline.FieldNwDst:      basic(12, 4, yes, yes, yes),
	pipeline.FieldIPv6Src:    basic(26, 16, yes, yes, yes),
	pipeline.FieldIPv6Dst:    basic(27, 16, yes, yes, yes),
	pipeline.FieldNwTTL:      nicira(29, 1, no, yes),
	pipeline.FieldArpSpa:     basic(22, 4, yes, yes, yes),
	pipeline.FieldArpTpa:     basic(23, 4, yes, yes, yes),
	pipeline.FieldArpOp:      basic(21, 2, no, yes, yes),
	pipeline.FieldArpSha:     basic(24, 6, yes, yes, yes),
	pipeline.FieldArpTha:     basic(25, 6, yes, yes, yes),
	pipeline.FieldTpSrc:      basic(13, 2, yes, yes, yes),
	pipeline.FieldTpDst:      basic(14, 2, yes, yes, yes),
	pipeline.FieldICMPType:   basic(19, 1, no, yes, yes),
	pipeline.FieldICMPCode:   basic(20, 1, no, yes, yes),
	pipeline.FieldNDTarget:   basic(31, 16, yes, yes, yes),
	pipeline.FieldNDSll:      basic(32, 6, yes, yes, yes),
	pipeline.FieldNDTll:      basic(33, 6, yes, yes, yes),

	pipeline.FieldNDReserved:    {classEricsson, 1, 4, no, yes, yes},
	pipeline.FieldNDOptionsType: {classEricsson, 2, 1, no, yes, yes},
}

// formOf gives the wire form of a field in a flow that matches m, or an error that says what m must have beside it.
func formOf(m pipeline.Match, id pipeline.FieldID) (oxm, error) {
	if int(id) >= pipeline.NumFields {
		return oxm{}, fmt.Errorf("unknown field %d", id)
	}
	o := oxms[id]
	switch id {
	case pipeline.FieldTpSrc, pipeline.FieldTpDst:
		proto, _ := m.Get(pipeline.FieldNwProto)
		switch proto.Value.Lo {
		case pipeline.ProtoTCP:
		case pipeline.ProtoUDP:
			o.field += 2
		case pipeline.ProtoSCTP:
			o.field += 4
		default:
			return oxm{}, fmt.Errorf("field %v needs a match on TCP, UDP or SCTP", id)
		}
	case pipeline.FieldICMPType, pipeline.FieldICMPCode:
		eth, _ := m.Get(pipeline.FieldDlType)
		switch eth.Value.Lo {
		case pipeline.EthIPv4:
		case pipeline.EthIPv6:
			o.field += 10
		default:
			return oxm{}, fmt.Errorf("field %v needs a match on ICMP or ICMPv6", id)
		}
	}
	return o, nil
}

// tlv is one OXM field as it stands on the wire.
type tlv struct {
	class        uint16
	field        uint8
	experimenter uint32 // if class is classExperimenter
	value, mask  []byte // mask is empty for an exact match, else as long as value
	raw          []byte
}

// nextTLV takes the first field off b.
func nextTLV(b []byte) (t tlv, rest []byte, err error) {
	if len(b) < 4 {
		return tlv{}, nil, fmt.Errorf("match ends inside a field's header, with %d bytes left", len(b))
	}
	n := 4 + int(b[3])
	if n > len(b) {
		return tlv{}, nil, fmt.Errorf("match field %x says %d bytes, %d are left", b[:4], n, len(b))
	}
	t = tlv{class: binary.BigEndian.Uint16(b), field: b[2] >> 1, raw: b[:n:n]}
	payload := b[4:n:n]
	if t.class == classExperimenter {
		if len(payload) < 4 {
			return tlv{}, nil, fmt.Errorf("match field %x has no experimenter id", b[:4])
		}
		t.experimenter, payload = binary.BigEndian.Uint32(payload), payload[4:]
	}
	t.value = payload
	if b[2]&1 == 1 {
		half := len(payload) / 2
		if len(payload) != 2*half || half == 0 {
			return tlv{}, nil, fmt.Errorf("masked match field %x has %d bytes of value and mask", b[:4], len(payload))
		}
		t.value, t.mask = payload[:half:half], payload[half:]
	}
	if len(t.value) == 0 {
		return tlv{}, nil, fmt.Errorf("match field %x has no value", b[:4])
	}
	return t, b[n:], nil
}

// id orders fields and tells them apart, whatever their mask. OpenFlow's own class comes first: a switch wants a field
// behind its prerequisites, and all of those are in that class, in the order of their numbers.
func (t tlv) id() uint64 {
	return uint64(t.class^classBasic)<<40 | uint64(t.field)<<32 | uint64(t.experimenter)
}

func (t tlv) String() string { return fmt.Sprintf("match field %#04x:%d", t.class, t.field) }

// fullMask reports whether the mask covers the field. A VLAN id has 13 bits in its two bytes.
func (t tlv) fullMask() bool {
	if t.class == classBasic && t.field == oxms[pipeline.FieldVlanVID].field && len(t.mask) == 2 {
		return binary.BigEndian.Uint16(t.mask)&0x1fff == 0x1fff
	}
	return !slices.ContainsFunc(t.mask, func(c byte) bool { return c != 0xff })
}

// CanonicalMatch brings OXM fields (without header and padding) into the one form that equal matches share: sorted by
// class (OpenFlow's own first) and field; masks that cover everything dropped, and with masks of nothing their fields. A field that is there
// twice, a value outside its mask, or a length that does not fit is an error.
func CanonicalMatch(oxm []byte) (string, error) {
	var few [12]tlv
	ts, inOrder, err := readTLVs(few[:0], oxm)
	if err != nil {
		return "", err
	}
	if inOrder {
		return string(oxm), nil
	}
	slices.SortFunc(ts, func(a, b tlv) int { return cmp.Compare(a.id(), b.id()) })
	out := make([]byte, 0, len(oxm))
	for i, t := range ts {
		if i > 0 && t.id() == ts[i-1].id() {
			return "", fmt.Errorf("%v is there twice", t)
		}
		out = t.appendCanonical(out)
	}
	return string(out), nil
}

// readTLVs appends the fields of b to ts and reports whether b is canonical as it is.
func readTLVs(ts []tlv, b []byte) (_ []tlv, canonical bool, err error) {
	canonical = true
	last := uint64(0)
	for len(b) > 0 {
		t, rest, err := nextTLV(b)
		if err != nil {
			return nil, false, err
		}
		for i, m := range t.mask {
			if t.value[i]&^m != 0 {
				return nil, false, fmt.Errorf("%v has a value outside its mask: %x/%x", t, t.value, t.mask)
			}
		}
		if t.mask != nil && (t.fullMask() || allZero(t.mask)) || len(ts) > 0 && t.id() <= last {
			canonical = false
		}
		last = t.id()
		ts, b = append(ts, t), rest
	}
	return ts, canonical, nil
}

func (t tlv) appendCanonical(b []byte) []byte {
	switch {
	case t.mask == nil || !t.fullMask() && !allZero(t.mask):
		return append(b, t.raw...)
	case t.fullMask():
		n := len(t.raw) - len(t.mask)
		b = append(b, t.raw[0], t.raw[1], t.raw[2]&^1, byte(n-4))
		return append(b, t.raw[4:n]...)
	}
	return b
}

func allZero(b []byte) bool { return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) }
