package pipeline

import "fmt"

// sendWhole is the maximum length that means "the whole packet, unbuffered".
const sendWhole = 0xffff

func (p *printer) actions(as []Action) {
	if len(as) == 0 {
		p.put("drop")
	}
	for i, a := range as {
		if i > 0 {
			p.put(",")
		}
		p.action(a)
	}
}

func (p *printer) action(a Action) {
	switch a := a.(type) {
	case Output:
		p.output(a.Port)
	case InPortOut:
		p.put("IN_PORT")
	case Normal:
		p.put("NORMAL")
	case ToController:
		p.controller(a)
	case Goto:
		p.put("goto_table:", p.table(a.Table))
	case Resubmit:
		p.put("resubmit(")
		if a.InPort != 0 && a.InPort != PortInPort {
			p.put(p.port(a.InPort))
		}
		p.put(",", p.table(a.Table), ")")
	case PushVlan:
		p.put("push_vlan:0x8100")
	case PopVlan:
		p.put("pop_vlan")
	case SetField:
		p.setField(a.Field)
	case Move:
		p.put("move:", p.match.info(a.Src).sub, "[]->", p.match.info(a.Dst).sub, "[]")
	case ClearVlan:
		p.put(clearVlan)
	case Learn:
		p.learn(a)
	default:
		p.put(fmt.Sprintf("unknown(%T)", a))
	}
}

func (p *printer) output(port uint32) {
	switch {
	case port == PortController:
		p.controller(ToController{MaxLen: sendWhole})
	case portWord(port) != "":
		p.put(portWord(port))
	default:
		p.put("output:", p.port(port))
	}
}

func (p *printer) controller(a ToController) {
	switch {
	case a.ID == 0:
		p.put("CONTROLLER:", dec(uint64(a.MaxLen)))
	case a.MaxLen == sendWhole:
		p.put("controller(id=", dec(uint64(a.ID)), ")")
	default:
		p.put("controller(max_len=", dec(uint64(a.MaxLen)), ",id=", dec(uint64(a.ID)), ")")
	}
}

// setField prints a write of a whole field as set_field, and one of some bits as the load that OpenFlow 1.3 needs.
func (p *printer) setField(f Field) {
	i := p.match.info(f.ID)
	first, bits, contiguous := f.Run()
	if f.Exact() || !contiguous {
		p.put("set_field:", formatField(i.style, f), "->", i.set)
		return
	}
	v := f.Value
	for range first {
		v = v.Shr(1)
	}
	p.put("load:", formatValue(asHex, v), "->", i.sub, "[", dec(uint64(first)))
	if bits > 1 {
		p.put("..", dec(uint64(first+bits-1)))
	}
	p.put("]")
}
