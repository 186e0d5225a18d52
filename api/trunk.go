package api

import "iter"

// OwnerSubPort is the device owner of a port that is part of a trunk.
const OwnerSubPort = "trunk:subport"

// Trunk lets one guest's interface carry several ports: the parent's frames without a tag, those of each sub-port with
// its VLAN tag (Neutron's trunk). The sub-ports are where the parent is.
type Trunk struct {
	ID TrunkID `json:"id"`
	Meta
	PortID       PortID    `json:"port_id"` // the parent
	AdminStateUp bool      `json:"admin_state_up"`
	SubPorts     []SubPort `json:"sub_ports,omitempty"` // sorted by segmentation id
}

// SubPort is a port that is behind another one, and the VLAN id of its frames there. Several of a trunk, and the parent,
// may be on one network.
type SubPort struct {
	PortID         PortID `json:"port_id"`
	SegmentationID uint16 `json:"segmentation_id"`
}

// Ref implements Object.
func (t *Trunk) Ref() Ref { return Ref{KindTrunk, string(t.ID)} }

// Trunk finds a trunk.
func (v View) Trunk(id TrunkID) (*Trunk, bool) { return get[*Trunk](v, KindTrunk, string(id)) }

// Trunks yields every trunk.
func (v View) Trunks() iter.Seq[*Trunk] { return all[*Trunk](v, KindTrunk) }

// TrunkOf finds the trunk whose parent a port is.
func (v View) TrunkOf(parent PortID) (*Trunk, bool) {
	return first[*Trunk](v, KindTrunk, byPort, string(parent))
}

// TrunkOfSubPort finds the trunk that a port is a sub-port of.
func (v View) TrunkOfSubPort(p PortID) (*Trunk, SubPort, bool) {
	t, ok := first[*Trunk](v, KindTrunk, bySubPort, string(p))
	if !ok {
		return nil, SubPort{}, false
	}
	for _, s := range t.SubPorts {
		if s.PortID == p {
			return t, s, true
		}
	}
	return nil, SubPort{}, false
}

// SubPortsOf yields the ports that are behind a parent, if both it and its trunk are up.
func (v View) SubPortsOf(parent *Port) iter.Seq[*Port] {
	return func(yield func(*Port) bool) {
		t, ok := v.TrunkOf(parent.ID)
		if !ok || !t.AdminStateUp || !parent.AdminStateUp {
			return
		}
		for _, s := range t.SubPorts {
			if p, ok := v.Port(s.PortID); ok && !yield(p) {
				return
			}
		}
	}
}

func subPortKeys(t *Trunk) []string {
	keys := make([]string, 0, len(t.SubPorts))
	for _, s := range t.SubPorts {
		keys = append(keys, string(s.PortID))
	}
	return keys
}
