package wire

import (
	"encoding/binary"
	"fmt"
	"strings"

	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// UnknownError lists what a flow holds that the flow language has no words for. The flow is well formed.
type UnknownError struct {
	Parts []string
}

// Error implements error.
func (e *UnknownError) Error() string { return "not known: " + strings.Join(e.Parts, ", ") }

func (e *UnknownError) add(format string, args ...any) {
	e.Parts = append(e.Parts, fmt.Sprintf(format, args...))
}

// Decode gives the meaning of a flow. If the flow holds things that the flow language lacks, the error is an
// *UnknownError that names each of them, and the flow that comes with it lacks them; any other error means that the bytes
// are malformed.
func Decode(f plan.Flow) (pipeline.Flow, error) {
	d := pipeline.Flow{
		Bridge:   f.Bridge,
		Kind:     tables.Cookie(f.Cookie).Kind(),
		Table:    tables.ID(f.Table),
		Priority: f.Priority,
	}
	var unknown UnknownError
	var err error
	if d.Match, err = decodeMatch(f.Match, &unknown); err != nil {
		return pipeline.Flow{}, err
	}
	if d.Actions, err = decodeInstructions(f.Instructions, &unknown); err != nil {
		return pipeline.Flow{}, err
	}
	if unknown.Parts != nil {
		return d, &unknown
	}
	return d, nil
}

func decodeMatch(oxm string, unknown *UnknownError) (pipeline.Match, error) {
	ts, _, err := readTLVs(nil, []byte(oxm))
	if err != nil {
		return nil, err
	}
	var m pipeline.Match
	for _, t := range ts {
		f, ok := t.known()
		if !ok {
			unknown.add("match field %x", t.raw)
			continue
		}
		if _, twice := m.Get(f.ID); twice {
			return nil, fmt.Errorf("%v is there twice", t)
		}
		m = append(m, f)
	}
	return m, nil
}

// known gives the field in the flow language.
func (t tlv) known() (pipeline.Field, bool) {
	id, ok := fieldByHeader(t.class, t.field)
	if !ok || len(t.value) != oxms[id].size {
		return pipeline.Field{}, false
	}
	f := pipeline.Field{ID: id, Value: octetsValue(t.value), Mask: octetsValue(t.mask)}
	if f.Value.And(id.Full()) != f.Value {
		return pipeline.Field{}, false
	}
	if t.mask != nil && t.fullMask() {
		f.Mask = pipeline.Value{}
	} else if t.mask != nil && f.Mask == (pipeline.Value{}) {
		return pipeline.Field{}, false // a zero Mask would mean exact
	}
	return f, true
}

func octetsValue(b []byte) (v pipeline.Value) {
	var buf [16]byte
	copy(buf[16-len(b):], b)
	return pipeline.Value{Hi: binary.BigEndian.Uint64(buf[:8]), Lo: binary.BigEndian.Uint64(buf[8:])}
}

// fieldByHeader finds a field by its class and number, in any of the forms that a switch may use.
func fieldByHeader(class uint16, field uint8) (pipeline.FieldID, bool) {
	switch class {
	case classBasic:
		switch field { // other protocols' forms of one field, as formOf has them
		case 15, 17, 16, 18:
			field = 13 + (field-13)%2
		case 29, 30:
			field -= 10
		}
	case classNXM0, classNXM1:
		if id, ok := niciraForms[uint32(class)<<8|uint32(field)]; ok {
			return id, true
		}
	case classEricsson:
	default:
		return 0, false
	}
	for id, o := range oxms {
		if o.class == class && o.field == field {
			return pipeline.FieldID(id), true
		}
	}
	return 0, false
}

// niciraForms is constant: Nicira's older headers, by class and number, of fields that OpenFlow has too. OVS uses them
// inside actions. Those of another width than OpenFlow's (in_port, vlan_tci) are left out.
var niciraForms = map[uint32]pipeline.FieldID{
	1: pipeline.FieldDlDst, 2: pipeline.FieldDlSrc, 3: pipeline.FieldDlType,
	6: pipeline.FieldNwProto, 7: pipeline.FieldNwSrc, 8: pipeline.FieldNwDst,
	9: pipeline.FieldTpSrc, 10: pipeline.FieldTpDst, 11: pipeline.FieldTpSrc, 12: pipeline.FieldTpDst,
	13: pipeline.FieldICMPType, 14: pipeline.FieldICMPCode,
	15: pipeline.FieldArpOp, 16: pipeline.FieldArpSpa, 17: pipeline.FieldArpTpa,
	1<<8 | 16: pipeline.FieldTunID, 1<<8 | 17: pipeline.FieldArpSha, 1<<8 | 18: pipeline.FieldArpTha,
	1<<8 | 19: pipeline.FieldIPv6Src, 1<<8 | 20: pipeline.FieldIPv6Dst,
	1<<8 | 21: pipeline.FieldICMPType, 1<<8 | 22: pipeline.FieldICMPCode,
	1<<8 | 23: pipeline.FieldNDTarget, 1<<8 | 24: pipeline.FieldNDSll, 1<<8 | 25: pipeline.FieldNDTll,
}
