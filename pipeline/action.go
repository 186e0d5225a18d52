package pipeline

import "weft/tables"

// Action is one step of what happens to a packet that matched. The types of this file are all there are. An empty list of
// actions drops the packet.
type Action interface{ action() }

// Reserved OpenFlow port numbers (OpenFlow 1.3.5, section 7.2.1).
const (
	PortInPort     uint32 = 0xfffffff8
	PortNormal     uint32 = 0xfffffffa
	PortController uint32 = 0xfffffffd
	PortLocal      uint32 = 0xfffffffe
)

type (
	// Output sends a copy of the packet, as it is now, out of a port. The port it came in by gets none (use InPortOut).
	Output struct{ Port uint32 }
	// InPortOut sends the packet back out of the port that it came in by.
	InPortOut struct{}
	// Normal gives the packet to OVS's own learning switch. Only provider bridges use it: it learns and floods.
	Normal struct{}
	// ToController sends the packet up the OpenFlow connection of the controller with an id (0: the main one).
	ToController struct {
		ID     uint16
		MaxLen uint16
	}
	// Goto goes on in a later table. It must be the last action.
	Goto struct{ Table tables.ID }
	// Resubmit looks the packet up in any table, with an in_port of its own choice (0: unchanged), then goes on here.
	Resubmit struct {
		InPort uint32
		Table  tables.ID
	}
	// PushVlan adds an 802.1Q tag with VLAN id 0; a SetField of the VLAN id follows it.
	PushVlan struct{}
	// PopVlan removes the outermost 802.1Q tag.
	PopVlan struct{}
	// SetField writes a field. Build it with Set.
	SetField struct{ Field Field }
	// Move copies the whole of one field to another of the same width.
	Move struct{ Src, Dst FieldID }
)

func (Output) action()       {}
func (InPortOut) action()    {}
func (Normal) action()       {}
func (ToController) action() {}
func (Goto) action()         {}
func (Resubmit) action()     {}
func (PushVlan) action()     {}
func (PopVlan) action()      {}
func (SetField) action()     {}
func (Move) action()         {}

// Set writes the value of f: Set(DlSrc(mac)) is set_field:mac->eth_src.
func Set(f Field) SetField { return SetField{f} }

// TagVlan is the pair of actions that gives an untagged frame the tag of a VLAN.
func TagVlan(id uint16) []Action { return []Action{PushVlan{}, Set(DlVlan(id))} }
