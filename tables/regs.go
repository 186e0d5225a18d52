package tables

// RegField is a named range of bits of a 32-bit register.
type RegField struct {
	Name        string
	Reg         uint8 // reg0 … reg7
	First, Last uint8 // lowest and highest bit, both included
	Doc         string
}

// Sender tells ports behind one interface from each other, from where a frame of one enters its network until it is
// delivered: the tag of a sub-port, or SenderParent. It is 0 for all other ports.
var Sender = RegField{
	Name: "sender", Reg: 0, First: 0, Last: 11,
	Doc: "Which port behind a trunk's interface a frame is from: the sub-port's tag, or 4095 for the parent.",
}

// SenderParent stands for the parent of a trunk, whose frames have no tag; no VLAN has it.
const SenderParent = 4095

// Waiting names the interface that a frame is for, while its guest may arrive.
var Waiting = RegField{
	Name: "waiting", Reg: 1, First: 0, Last: 31,
	Doc: "The OpenFlow port that a frame is for, on a host where the guest behind it may arrive.",
}

// Part names a part of the hosts that have a network, from 1 on, while a frame is copied to it.
var Part = RegField{
	Name: "part", Reg: 2, First: 0, Last: 7,
	Doc: "Which part of the hosts of a network a frame is copied to.",
}

// Registers lists the register fields.
func Registers() []RegField { return []RegField{Sender, Waiting, Part} }

// Bits is the width of the field.
func (r RegField) Bits() uint8 { return r.Last - r.First + 1 }

// Mask covers the field within its register.
func (r RegField) Mask() uint32 { return uint32((uint64(1)<<r.Bits() - 1) << r.First) }
