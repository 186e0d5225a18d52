package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	of "github.com/contiv/libOpenflow/openflow13"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// maxFlow bounds match and instructions, so that the flow fits a message of 65,535 bytes inside a bundle.
const maxFlow = 60000

// Encode gives the wire form of a flow. Its cookie has f.Kind and a hash of everything else but the bridge; the subject
// goes through as it is. The error names the field or action that has no wire form, and what it would need.
func Encode(f pipeline.Flow, subject api.Ref) (plan.Flow, error) {
	e, err := encode(f)
	if err != nil {
		return plan.Flow{}, fmt.Errorf("encode flow %q of bridge %s: %w", f.String(), f.Bridge, err)
	}
	e.Subject = subject
	return e, nil
}

func encode(f pipeline.Flow) (plan.Flow, error) {
	if f.Table == 255 {
		return plan.Flow{}, errors.New("255 is no table")
	}
	match, err := encodeMatch(f.Match)
	if err != nil {
		return plan.Flow{}, err
	}
	ins, err := encodeInstructions(f.Match, f.Actions)
	if err != nil {
		return plan.Flow{}, err
	}
	if n := len(match) + len(ins); n > maxFlow {
		return plan.Flow{}, fmt.Errorf("match and actions take %d bytes, at most %d fit a message", n, maxFlow)
	}
	e := plan.Flow{
		FlowKey:      plan.FlowKey{Bridge: f.Bridge, Table: uint8(f.Table), Priority: f.Priority, Match: match},
		Instructions: ins,
	}
	e.Cookie = uint64(tables.MakeCookie(f.Kind, contentHash(&e)))
	return e, nil
}

// contentHash covers what the switch holds for a flow.
func contentHash(f *plan.Flow) uint64 {
	b := make([]byte, 0, 256)
	b = append(b, f.Table)
	b = binary.BigEndian.AppendUint16(b, f.Priority)
	b = binary.BigEndian.AppendUint16(b, uint16(len(f.Match)))
	b = append(b, f.Match...)
	b = append(b, f.Instructions...)
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

func encodeMatch(m pipeline.Match) (string, error) {
	var b []byte
	for _, f := range m {
		o, err := formOf(m, f.ID)
		if err != nil {
			return "", err
		}
		if err := checkCondition(o, f); err != nil {
			return "", err
		}
		mf := matchField(o, f)
		one, err := mf.MarshalBinary()
		if err != nil {
			return "", fmt.Errorf("field %v: %w", f.ID, err)
		}
		b = append(b, one...)
	}
	return CanonicalMatch(b)
}

func checkCondition(o oxm, f pipeline.Field) error {
	if err := checkValue(f); err != nil {
		return err
	}
	switch v := f.Value.Lo; {
	case !f.Exact() && !o.maskable:
		return fmt.Errorf("field %v cannot be matched in part", f.ID)
	case f.ID == pipeline.FieldVlanVID && f.Exact() && v != 0 && v&0x1000 == 0:
		return fmt.Errorf("VLAN id %d without the bit 0x1000 matches nothing", v)
	case f.ID == pipeline.FieldInPort && !realPort(uint32(v)) && uint32(v) != pipeline.PortController:
		return fmt.Errorf("no packet comes in by port %d", v)
	}
	return nil
}

// checkValue refuses bits outside of the field or of the mask, which a switch would refuse too, with fewer words.
func checkValue(f pipeline.Field) error {
	full := f.ID.Full()
	if f.Value.And(full) != f.Value || f.Mask.And(full) != f.Mask {
		return fmt.Errorf("value %x/%x of field %v exceeds its %d bits", f.Value, f.Mask, f.ID, f.ID.Bits())
	}
	if f.ID == pipeline.FieldArpOp && f.Value.Lo > 255 {
		return fmt.Errorf("value %d of field %v: a switch knows those up to 255", f.Value.Lo, f.ID)
	}
	if !f.Exact() && f.Value.And(f.Mask) != f.Value {
		return fmt.Errorf("value %x of field %v has bits outside its mask %x", f.Value, f.ID, f.Mask)
	}
	return nil
}

// realPort reports whether a packet can come from and go to a port of this number. OVS has numbers up to 0xfeff.
func realPort(p uint32) bool { return p > 0 && p < 0xff00 || p == pipeline.PortLocal }

// octets is a value of a match field. libOpenflow's own types are not used: they want net.IP and net.HardwareAddr, and
// have no masks in half of the cases.
type octets []byte

func (o octets) Len() uint16                    { return uint16(len(o)) }
func (o octets) MarshalBinary() ([]byte, error) { return o, nil }
func (o octets) UnmarshalBinary([]byte) error   { return errors.New("octets are only for encoding") }

// matchField gives f in libOpenflow's form.
func matchField(o oxm, f pipeline.Field) of.MatchField {
	mf := of.MatchField{Class: o.class, Field: o.field, Length: uint8(o.size), Value: valueOctets(f.Value, o.size)}
	if !f.Exact() {
		mf.HasMask, mf.Length, mf.Mask = true, uint8(2*o.size), valueOctets(f.Mask, o.size)
	}
	return mf
}

func valueOctets(v pipeline.Value, size int) octets {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], v.Hi)
	binary.BigEndian.PutUint64(b[8:], v.Lo)
	return b[16-size:]
}
