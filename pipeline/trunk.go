package pipeline

import (
	"weft/api"
	"weft/tables"
)

// device is where a port is plugged: an OpenFlow port of br-int, and how the port's frames look there.
type device struct {
	ofport uint32
	tag    uint16 // of a sub-port; 0: its frames have none
	// sender tells the port from others behind the same OpenFlow port, which may have the same MAC or be on the same
	// network; 0: there are no others.
	sender uint16
	// sibling says that another port behind the same OpenFlow port is on the same network.
	sibling bool
}

// device describes how a port is plugged.
func (s *Site) device(p *api.Port, of uint32) device {
	d := device{ofport: of}
	t, sub, ok := s.TrunkOfSubPort(p.ID)
	if ok {
		d.tag, d.sender = sub.SegmentationID, sub.SegmentationID
	} else if t, ok = s.TrunkOf(p.ID); ok {
		d.sender = tables.SenderParent
	}
	d.sibling = ok && s.siblings(t, p)
	return d
}

// siblings reports whether a trunk has another port on a port's network.
func (s *Site) siblings(t *api.Trunk, p *api.Port) bool {
	also := func(id api.PortID) bool {
		q, ok := s.Port(id)
		return ok && id != p.ID && q.NetworkID == p.NetworkID
	}
	if also(t.PortID) {
		return true
	}
	for _, sub := range t.SubPorts {
		if also(sub.PortID) {
			return true
		}
	}
	return false
}

// frames matches the port's frames as the guest sends them.
func (d device) frames() Match {
	if d.tag != 0 {
		return Match{InPort(d.ofport), DlVlan(d.tag)}
	}
	return Match{InPort(d.ofport), Untagged()}
}

// into gives such a frame the tag of its network, and notes who sent it where that tag would not tell.
func (d device) into(l Local) []Action {
	as := TagVlan(l.VLAN)
	if d.tag != 0 {
		as = []Action{Set(DlVlan(l.VLAN))}
	}
	if d.sender != 0 {
		as = append(as, Set(Reg(tables.Sender, uint32(d.sender))))
	}
	return as
}

// inside matches the port's frames once they have the tag of their network.
func (d device) inside() Match {
	m := Match{InPort(d.ofport)}
	if d.sender != 0 {
		m = append(m, Reg(tables.Sender, uint32(d.sender)))
	}
	return m
}

// Asks matches frames of a guest's port on the host in the tables after the first.
func (s *Site) Asks(p *api.Port, of uint32) Match { return s.device(p, of).inside() }

// Leave turns a frame of a network into one that the guest knows as its port's, and gives the tag that it has there.
func (s *Site) Leave(p *api.Port, of uint32) (as []Action, tag uint16) {
	d := s.device(p, of)
	return d.leave(), d.tag
}

// leave makes a frame of the network one that the guest knows as the port's.
func (d device) leave() []Action {
	if d.tag != 0 {
		return []Action{Set(DlVlan(d.tag))}
	}
	return []Action{PopVlan{}}
}

// turnBack gives a port what its siblings send it: the switch sends nothing out of the port that it came in by unless it
// is told to in so many words.
func turnBack(l Local, mac api.MAC, d device) []Flow {
	if !d.sibling {
		return nil
	}
	return []Flow{portFlow(tables.BridgeInt, tables.Transient, tables.PrioTurnBack,
		Match{InPort(d.ofport), DlVlan(l.VLAN), DlDst(mac)}, append(d.leave(), InPortOut{})...)}
}
