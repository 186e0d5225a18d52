package wire

import (
	"errors"
	"fmt"

	of "github.com/contiv/libOpenflow/openflow13"

	"weft/pipeline"
)

// encodeInstructions gives an apply-actions instruction, if there are actions, and then a goto-table.
func encodeInstructions(m pipeline.Match, as []pipeline.Action) ([]byte, error) {
	apply := of.NewInstrApplyActions()
	var next *of.InstrGotoTable
	for i, a := range as {
		if g, ok := a.(pipeline.Goto); ok {
			if i != len(as)-1 {
				return nil, fmt.Errorf("goto_table:%d is not the last action", g.Table)
			}
			next = of.NewInstrGotoTable(uint8(g.Table))
			break
		}
		act, err := encodeAction(m, a)
		if err != nil {
			return nil, fmt.Errorf("action %d: %w", i+1, err)
		}
		n := act.Len()
		if apply.Length+n < n { // lengths of 16 bits: stop before one wraps
			return nil, errors.New("too many actions for one message")
		}
		// Not AddAction, which adds up all lengths each time: a flood to a thousand hosts has thousands of actions.
		apply.Actions, apply.Length = append(apply.Actions, act), apply.Length+n
	}
	return marshalInstructions(apply, next)
}

func marshalInstructions(apply *of.InstrActions, next *of.InstrGotoTable) ([]byte, error) {
	var b []byte
	if len(apply.Actions) > 0 {
		one, err := apply.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = append(b, one...)
	}
	if next != nil {
		one, err := next.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = append(b, one...)
	}
	// libOpenflow loses the errors of parts, which shows as a length that does not fit.
	if err := checkFrames(b); err != nil {
		return nil, fmt.Errorf("libOpenflow: %w", err)
	}
	return b, nil
}

// checkFrames walks instructions, and the actions in them, by their lengths.
func checkFrames(b []byte) error {
	for len(b) > 0 {
		in, rest, err := nextFrame(b)
		if err != nil {
			return err
		}
		if in.kind == instrApply {
			for as := in.body[4:]; len(as) > 0; {
				if _, as, err = nextFrame(as); err != nil {
					return err
				}
			}
		}
		b = rest
	}
	return nil
}

func encodeAction(m pipeline.Match, a pipeline.Action) (of.Action, error) {
	switch a := a.(type) {
	case pipeline.Output:
		return encodeOutput(a.Port)
	case pipeline.InPortOut:
		return of.NewActionOutput(pipeline.PortInPort), nil
	case pipeline.Normal:
		return of.NewActionOutput(pipeline.PortNormal), nil
	case pipeline.ToController:
		return encodeController(a), nil
	case pipeline.Resubmit:
		return encodeResubmit(a)
	case pipeline.PushVlan:
		return of.NewActionPushVlan(0x8100), nil
	case pipeline.PopVlan:
		return of.NewActionPopVlan(), nil
	case pipeline.SetField:
		return encodeSetField(m, a.Field)
	case pipeline.Move:
		return encodeMove(m, a)
	case pipeline.ClearVlan:
		return of.NewNXActionRegLoad(wholeTCI, &of.MatchField{Class: classNXM0, Field: fieldTCI, Length: 2}, 0), nil
	case pipeline.Learn:
		return encodeLearn(a)
	}
	return nil, fmt.Errorf("%T has no wire form", a)
}

func encodeOutput(port uint32) (of.Action, error) {
	switch {
	case port == pipeline.PortController:
		return encodeController(pipeline.ToController{MaxLen: 0xffff}), nil
	case realPort(port), port >= pipeline.PortInPort && port < 0xffffffff && port != portTable:
		return of.NewActionOutput(port), nil
	}
	return nil, fmt.Errorf("nothing can be sent to port %d", int32(port))
}

// portTable is OFPP_TABLE, which only a packet-out may name.
const portTable = 0xfffffff9

func encodeController(a pipeline.ToController) of.Action {
	if a.ID == 0 {
		out := of.NewActionOutput(pipeline.PortController)
		out.MaxLen = a.MaxLen
		return out
	}
	c := of.NewNXActionController(a.ID)
	c.MaxLen, c.Reason = a.MaxLen, of.R_ACTION
	return c
}

// encodeResubmit uses resubmit to a table always: libOpenflow gives the other form a wrong type.
func encodeResubmit(a pipeline.Resubmit) (of.Action, error) {
	port := uint16(of.OFPP_IN_PORT)
	switch {
	case a.Table == 255:
		return nil, errors.New("resubmit: 255 is no table")
	case a.InPort == 0 || a.InPort == pipeline.PortInPort:
	case realPort(a.InPort):
		port = uint16(a.InPort)
	default:
		return nil, fmt.Errorf("resubmit: no packet comes in by port %d", a.InPort)
	}
	return of.NewNXActionResubmitTableAction(port, uint8(a.Table)), nil
}

// encodeSetField writes a whole field with set-field, and some bits with Nicira's load: OpenFlow 1.3 has no masked
// set-field.
func encodeSetField(m pipeline.Match, f pipeline.Field) (of.Action, error) {
	o, err := formOf(m, f.ID)
	if err != nil {
		return nil, err
	}
	first, bits, contiguous := f.Run()
	switch err := checkValue(f); {
	case err != nil:
		return nil, err
	case !o.writable:
		return nil, fmt.Errorf("field %v cannot be written", f.ID)
	case f.ID == pipeline.FieldVlanVID && f.Value.Lo&0x1000 == 0:
		return nil, fmt.Errorf("VLAN id %d is written with the bit 0x1000 set", f.Value.Lo)
	case f.Exact():
		return of.NewActionSetField(matchField(o, f)), nil
	case !o.partial || !contiguous || bits > 64:
		return nil, fmt.Errorf("field %v cannot be written under the mask %x: write one run of up to 64 bits at a time",
			f.ID, f.Mask)
	}
	mf := matchField(o, pipeline.Field{ID: f.ID})
	return of.NewNXActionRegLoad(uint16(first<<6|(bits-1)), &mf, shift(f.Value, first).Lo), nil
}

func shift(v pipeline.Value, n int) pipeline.Value {
	for ; n > 63; n -= 63 {
		v = v.Shr(63)
	}
	return v.Shr(n)
}

func encodeMove(m pipeline.Match, a pipeline.Move) (of.Action, error) {
	src, err := formOf(m, a.Src)
	if err != nil {
		return nil, err
	}
	dst, err := formOf(m, a.Dst)
	switch {
	case err != nil:
		return nil, err
	case !src.partial || !dst.partial:
		return nil, fmt.Errorf("cannot move field %v to %v", a.Src, a.Dst)
	case a.Src.Bits() != a.Dst.Bits():
		return nil, fmt.Errorf("cannot move field %v to %v: %d bits to %d", a.Src, a.Dst, a.Src.Bits(), a.Dst.Bits())
	}
	from, to := matchField(src, pipeline.Field{ID: a.Src}), matchField(dst, pipeline.Field{ID: a.Dst})
	return of.NewNXActionRegMove(uint16(a.Src.Bits()), 0, 0, &from, &to), nil
}
