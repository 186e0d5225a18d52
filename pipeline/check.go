package pipeline

import (
	"fmt"
	"slices"

	"weft/tables"
)

// forbiddenPriority is left out of ovs-ofctl's dumps, so a flow with it would read differently from its source.
const forbiddenPriority = 32768

// Check holds the flow against the contract of its table: the fields that it matches and writes, where it sends packets,
// and that its actions make sense one after the other.
func (f Flow) Check() error {
	c, ok := tables.Of(tables.ClassOf(f.Bridge), f.Table)
	if !ok {
		return fmt.Errorf("flow %q: bridge %s has no table %d", f, f.Bridge, f.Table)
	}
	if f.Kind == 0 || f.Priority == forbiddenPriority {
		return fmt.Errorf("flow %q: kind %d, priority %d", f, f.Kind, f.Priority)
	}
	if err := checkMatch(c, f.Match); err != nil {
		return fmt.Errorf("flow %q of table %s: %w", f, c.Name, err)
	}
	if len(f.Match) == 0 && f.Priority != tables.Miss {
		return fmt.Errorf("flow %q of table %s: matches everything above the miss", f, c.Name)
	}
	if err := checkActions(c, f); err != nil {
		return fmt.Errorf("flow %q of table %s: %w", f, c.Name, err)
	}
	return nil
}

// contractName gives the name under which contracts know a field: IP and protocol words are their fields.
func contractName(id FieldID) string {
	switch id {
	case FieldDlType:
		return "dl_type"
	case FieldNwProto:
		return "nw_proto"
	case FieldVlanVID:
		return "dl_vlan"
	case FieldTpSrc:
		return "tp_src"
	case FieldTpDst:
		return "tp_dst"
	case FieldICMPType:
		return "icmp_type"
	case FieldICMPCode:
		return "icmp_code"
	}
	return id.String()
}

// needs lists what a field is meaningless without (OpenFlow 1.3.5, table 12): dl_type, or nw_proto.
func needs(id FieldID) (dlType []uint64, proto bool) {
	switch id {
	case FieldNwSrc, FieldNwDst:
		return []uint64{EthIPv4}, false
	case FieldIPv6Src, FieldIPv6Dst:
		return []uint64{EthIPv6}, false
	case FieldArpOp, FieldArpSpa, FieldArpTpa, FieldArpSha, FieldArpTha:
		return []uint64{EthARP}, false
	case FieldNwProto:
		return []uint64{EthIPv4, EthIPv6}, false
	case FieldTpSrc, FieldTpDst, FieldICMPType, FieldICMPCode:
		return []uint64{EthIPv4, EthIPv6}, true
	case FieldNDTarget, FieldNDSll, FieldNDTll, FieldNDOptionsType, FieldNDReserved:
		return []uint64{EthIPv6}, true
	}
	return nil, false
}

func checkMatch(c *tables.Contract, m Match) error {
	have := map[FieldID]uint64{}
	for _, f := range m {
		if _, twice := have[f.ID]; twice {
			return fmt.Errorf("matches %s twice", f.ID)
		}
		have[f.ID] = f.Value.Lo
		if !c.May(contractName(f.ID), !f.Exact()) {
			return fmt.Errorf("may not match %s (masked: %t)", contractName(f.ID), !f.Exact())
		}
		if v, full := f.Value, f.ID.Full(); v.Hi&^full.Hi != 0 || v.Lo&^full.Lo != 0 {
			return fmt.Errorf("value of %s is wider than the field", f.ID)
		}
	}
	for _, f := range m {
		if err := prerequisites(f.ID, have); err != nil {
			return err
		}
	}
	return nil
}

func prerequisites(id FieldID, have map[FieldID]uint64) error {
	types, proto := needs(id)
	if types == nil {
		return nil
	}
	got, ok := have[FieldDlType]
	for _, t := range types {
		if ok && t == got {
			if _, ok := have[FieldNwProto]; proto && !ok {
				return fmt.Errorf("%s needs nw_proto beside it", id)
			}
			return nil
		}
	}
	return fmt.Errorf("%s needs another dl_type beside it", id)
}

func checkActions(c *tables.Contract, f Flow) error {
	for i, a := range f.Actions {
		if err := checkAction(c, f, a); err != nil {
			return err
		}
		if _, ok := a.(Goto); ok && i != len(f.Actions)-1 {
			return fmt.Errorf("goto_table is not the last action")
		}
	}
	return nil
}

func checkAction(c *tables.Contract, f Flow, a Action) error {
	switch a := a.(type) {
	case Goto:
		if a.Table <= f.Table || !c.Leads(a.Table) {
			return fmt.Errorf("may not go to table %d", a.Table)
		}
	case Resubmit:
		if a.InPort != 0 || !again(c, f, a) && (a.Table <= f.Table || !c.Leads(a.Table)) {
			return fmt.Errorf("may not look packets up in table %d", a.Table)
		}
	case Output:
		if a.Port == 0 || a.Port >= 0xffffff00 {
			return fmt.Errorf("output to port %#x", a.Port)
		}
		return allowed(c.Output, "send packets out")
	case InPortOut:
		return allowed(c.Output, "send packets out")
	case Normal:
		return allowed(c.Normal, "use NORMAL")
	case SetField:
		return checkSet(c, a.Field.ID)
	case Move:
		return checkSet(c, a.Dst)
	case ToController:
		return allowed(c.Controller && a.ID != 0 || c.Probes && a.ID == 0, "send packets to a controller")
	case Learn:
		return allowed(slices.Contains(c.Learn, a.Table) && !a.Cookie.Ours(), fmt.Sprintf("learn into table %d with cookie %s", a.Table, a.Cookie))
	case PushVlan, PopVlan:
	default:
		return fmt.Errorf("action %T is not used by the program", a)
	}
	return nil
}

// again reports whether a flow looks a frame up in its own table for the only reason that a table may allow: its tag named
// no VLAN, and is off. So it comes to this flow once for each such tag at most.
func again(c *tables.Contract, f Flow, a Resubmit) bool {
	return c.Again && a.Table == f.Table && slices.Contains(f.Match, DlVlan(0)) && f.Actions[0] == Action(PopVlan{})
}

func checkSet(c *tables.Contract, id FieldID) error {
	for _, name := range c.Set {
		if name == contractName(id) {
			return nil
		}
	}
	return fmt.Errorf("may not write %s", contractName(id))
}

func allowed(ok bool, what string) error {
	if !ok {
		return fmt.Errorf("may not %s", what)
	}
	return nil
}
