package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"weft/pipeline"
	"weft/tables"
)

// Types of instructions and actions, and subtypes of Nicira's actions.
const (
	instrGoto  = 1
	instrApply = 4

	actOutput       = 0
	actPushVlan     = 17
	actPopVlan      = 18
	actSetField     = 25
	actExperimenter = 0xffff

	nxRegMove       = 6
	nxRegLoad       = 7
	nxResubmitTable = 14
	nxController    = 20
)

// frame is an instruction or an action: type, length, and the body behind those.
type frame struct {
	kind uint16
	body []byte // at least 4 bytes
}

// nextFrame takes the first instruction or action off b. Their lengths are multiples of 8 and include the header.
func nextFrame(b []byte) (f frame, rest []byte, err error) {
	if len(b) < 8 {
		return frame{}, nil, fmt.Errorf("%d bytes are too few for an instruction or action", len(b))
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < 8 || n%8 != 0 || n > len(b) {
		return frame{}, nil, fmt.Errorf("instruction or action %x says %d bytes, %d are left", b[:4], n, len(b))
	}
	return frame{binary.BigEndian.Uint16(b), b[4:n:n]}, b[n:], nil
}

func decodeInstructions(b []byte, unknown *UnknownError) ([]pipeline.Action, error) {
	var as []pipeline.Action
	next := -1
	applied := false
	for len(b) > 0 {
		in, rest, err := nextFrame(b)
		if err != nil {
			return nil, err
		}
		switch in.kind {
		case instrApply:
			if applied {
				return nil, errors.New("two apply-actions instructions in one flow")
			}
			applied = true
			if as, err = decodeActions(in.body[4:], unknown); err != nil {
				return nil, err
			}
		case instrGoto:
			if next >= 0 || len(in.body) != 4 {
				return nil, fmt.Errorf("goto-table instruction %x is malformed, or a second one", in.body)
			}
			next = int(in.body[0])
		default:
			unknown.add("instruction %d:%x", in.kind, in.body)
		}
		b = rest
	}
	if next >= 0 {
		as = append(as, pipeline.Goto{Table: tables.ID(next)})
	}
	return as, nil
}

func decodeActions(b []byte, unknown *UnknownError) ([]pipeline.Action, error) {
	var as []pipeline.Action
	for len(b) > 0 {
		f, rest, err := nextFrame(b)
		if err != nil {
			return nil, err
		}
		a, err := f.action()
		switch {
		case err != nil:
			return nil, err
		case a == nil:
			unknown.add("action %d:%x", f.kind, f.body)
		default:
			as = append(as, a)
		}
		b = rest
	}
	return as, nil
}

// action gives nil for an action that the flow language lacks.
func (f frame) action() (pipeline.Action, error) {
	switch f.kind {
	case actOutput:
		if len(f.body) != 12 {
			return nil, fmt.Errorf("output action has %d bytes, want 16", len(f.body)+4)
		}
		return output(binary.BigEndian.Uint32(f.body), binary.BigEndian.Uint16(f.body[4:])), nil
	case actPushVlan:
		if len(f.body) == 4 && binary.BigEndian.Uint16(f.body) == 0x8100 {
			return pipeline.PushVlan{}, nil
		}
	case actPopVlan:
		if len(f.body) == 4 {
			return pipeline.PopVlan{}, nil
		}
	case actSetField:
		return f.setField()
	case actExperimenter:
		if len(f.body) >= 12 && binary.BigEndian.Uint32(f.body) == experimenterNicira {
			return niciraAction(binary.BigEndian.Uint16(f.body[4:]), f.body[6:])
		}
	}
	return nil, nil
}

func output(port uint32, maxLen uint16) pipeline.Action {
	switch port {
	case pipeline.PortInPort:
		return pipeline.InPortOut{}
	case pipeline.PortNormal:
		return pipeline.Normal{}
	case pipeline.PortController:
		return pipeline.ToController{MaxLen: maxLen}
	}
	return pipeline.Output{Port: port}
}

func (f frame) setField() (pipeline.Action, error) {
	t, padding, err := nextTLV(f.body)
	if err != nil {
		return nil, fmt.Errorf("set-field action: %w", err)
	}
	if len(padding) > 7 || !allZero(padding) {
		return nil, fmt.Errorf("set-field action has %x behind its field", padding)
	}
	field, ok := t.known()
	if !ok {
		return nil, nil
	}
	return pipeline.SetField{Field: field}, nil
}

// niciraAction decodes what follows vendor and subtype; b has at least 6 bytes.
func niciraAction(subtype uint16, b []byte) (pipeline.Action, error) {
	switch subtype {
	case nxRegMove:
		if len(b) == 14 {
			return regMove(b), nil
		}
	case nxRegLoad:
		if clearsVlan(b) {
			return pipeline.ClearVlan{}, nil
		}
		if len(b) == 14 {
			return regLoad(b), nil
		}
	case nxResubmitTable:
		if len(b) == 6 && b[2] != 255 {
			return resubmit(binary.BigEndian.Uint16(b), b[2]), nil
		}
	case nxController:
		const byAction = 1 // the reason that the packet-in will give
		if len(b) == 6 && b[4] == byAction {
			return pipeline.ToController{MaxLen: binary.BigEndian.Uint16(b), ID: binary.BigEndian.Uint16(b[2:])}, nil
		}
	case nxLearn2:
		return learn(b), nil
	}
	return nil, nil
}

func resubmit(port uint16, table uint8) pipeline.Action {
	r := pipeline.Resubmit{InPort: uint32(port), Table: tables.ID(table)}
	switch {
	case port == 0: // a real 0 has no word: InPort 0 means unchanged
		return nil
	case port == uint16(pipeline.PortInPort&0xffff):
		r.InPort = 0
	case port >= 0xff00:
		r.InPort |= 0xffff0000
	}
	return r
}

func regMove(b []byte) pipeline.Action {
	bits, from, to := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:])
	src, ok1 := subfield(b[6:10])
	dst, ok2 := subfield(b[10:14])
	if !ok1 || !ok2 || from != 0 || to != 0 || int(bits) != src.Bits() || int(bits) != dst.Bits() {
		return nil
	}
	return pipeline.Move{Src: src, Dst: dst}
}

func regLoad(b []byte) pipeline.Action {
	where := binary.BigEndian.Uint16(b)
	first, bits := int(where>>6), int(where&63)+1
	id, ok := subfield(b[2:6])
	value := pipeline.Value{Lo: binary.BigEndian.Uint64(b[6:])}
	if !ok || !oxms[id].partial || first+bits > id.Bits() || bits < 64 && value.Lo>>bits != 0 {
		return nil
	}
	f := pipeline.Field{ID: id, Value: shiftLeft(value, first)}
	if bits < id.Bits() {
		ones := pipeline.Value{Lo: ^uint64(0) >> (64 - bits)}
		f.Mask = shiftLeft(ones, first)
	}
	return pipeline.SetField{Field: f}
}

func shiftLeft(v pipeline.Value, n int) pipeline.Value {
	switch {
	case n == 0:
		return v
	case n >= 64:
		return pipeline.Value{Hi: v.Lo << (n - 64)}
	}
	return pipeline.Value{Hi: v.Hi<<n | v.Lo>>(64-n), Lo: v.Lo << n}
}

// subfield reads the header that names a field in a move or load. Its length must be the field's.
func subfield(header []byte) (pipeline.FieldID, bool) {
	id, ok := fieldByHeader(binary.BigEndian.Uint16(header), header[2]>>1)
	if !ok || header[2]&1 == 1 || int(header[3]) != oxms[id].size {
		return 0, false
	}
	return id, true
}
