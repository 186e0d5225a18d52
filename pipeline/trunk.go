package pipeline

import (
	"weft/api"
	"weft/tables"
)

// device is where a port is plugged: an OpenFlow port of br-int, and how the port's frames look there.
type device struct {
	ofport uint32
	tag    uint16 // of a sub-port; 0: its frames have none
	shared bool   // other ports are behind the same OpenFlow port
}

// device describes how a port is plugged.
func (s *Site) device(p *api.Port, of uint32) device {
	_, sub, isSub := s.TrunkOfSubPort(p.ID)
	_, isParent := s.TrunkOf(p.ID)
	return device{ofport: of, tag: sub.SegmentationID, shared: isSub || isParent}
}

// frames matches the port's frames as the guest sends them.
func (d device) frames() Match {
	if d.tag != 0 {
		return Match{InPort(d.ofport), DlVlan(d.tag)}
	}
	return Match{InPort(d.ofport), Untagged()}
}

// into gives such a frame the tag of its network.
func (d device) into(l Local) []Action {
	if d.tag != 0 {
		return []Action{Set(DlVlan(l.VLAN))}
	}
	return TagVlan(l.VLAN)
}

// inside matches the port's frames once they have the tag of their network. Behind a shared device only that tells one
// port's frames from another's, which may have the same MAC.
func (d device) inside(l Local) Match {
	if d.shared {
		return Match{InPort(d.ofport), DlVlan(l.VLAN)}
	}
	return Match{InPort(d.ofport)}
}

// leave makes a frame of the network one that the guest knows as the port's.
func (d device) leave() []Action {
	if d.tag != 0 {
		return []Action{Set(DlVlan(d.tag))}
	}
	return []Action{PopVlan{}}
}

// never drops what a sub-port may not send: a second tag within its own, which the network would deliver as the first
// one, to a guest that may have a trunk too.
func (d device) never() []Flow {
	if d.tag == 0 {
		return nil
	}
	var out []Flow
	for _, inner := range []uint16{EthVLAN, EthServiceVLAN} {
		out = append(out, portFlow(tables.BridgeInt, tables.LocalSwitching, tables.PrioGuestCheckARP,
			append(d.frames(), DlType(inner))))
	}
	return out
}
