package intent

import (
	"cmp"
	"slices"

	"weft/api"
)

// Limits of trunks.
const (
	maxSubPorts = 500
	maxTag      = 4094
)

// InheritTag in place of a sub-port's tag asks for that of the VLAN network which the sub-port is on.
const InheritTag uint16 = 0

// CreateTrunk lets a port carry others. The parent may be plugged already; sub-ports may not.
func (o *Ops) CreateTrunk(tx *api.Txn, req TrunkRequest) (*api.Trunk, error) {
	p, err := port(tx.View, req.PortID)
	if err != nil {
		return nil, err
	}
	if err := parentable(tx.View, p); err != nil {
		return nil, err
	}
	if n, ok := tx.Network(p.NetworkID); ok && n.VLANTransparent {
		return nil, api.Faultf(api.Conflict, "TrunkParentVlanTransparent", "Port %s cannot be the parent of a trunk: its network "+
			"%s carries all VLAN tags of guests, so none would tell sub-ports.", p.ID, n.ID)
	}
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	t := &api.Trunk{ID: api.TrunkID(o.NewID()), Meta: meta, PortID: p.ID, AdminStateUp: req.AdminStateUp.Or(true)}
	tx.Put(t)
	if !given(req.SubPorts) || len(req.SubPorts.V) == 0 {
		return t, nil
	}
	next := *t
	if err := o.join(tx, &next, req.SubPorts.V); err != nil {
		return nil, err
	}
	tx.Put(&next)
	return &next, nil
}

// parentable says why a port cannot be the parent of a trunk.
func parentable(v api.View, p *api.Port) error {
	if other, ok := v.TrunkOf(p.ID); ok {
		return api.Faultf(api.Conflict, "ParentPortInUse", "Port %s is in use by another trunk: it is the parent of %s.", p.ID, other.ID)
	}
	if other, _, ok := v.TrunkOfSubPort(p.ID); ok {
		return api.Faultf(api.Conflict, "TrunkPortInUse", "Port %s is in use by another trunk: it is a sub-port of %s.", p.ID, other.ID)
	}
	if !p.IsGuest() {
		return api.Faultf(api.Conflict, "PortInUseAsTrunkParent", "Port %s belongs to %s and cannot be part of a trunk.", p.ID, p.DeviceOwner)
	}
	return nil
}

// UpdateTrunk changes what the request sets.
func (o *Ops) UpdateTrunk(tx *api.Txn, id api.TrunkID, req TrunkRequest) (*api.Trunk, error) {
	prev, err := trunk(tx.View, id)
	if err != nil {
		return nil, err
	}
	t := *prev
	if err := applyMeta(&t.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	t.AdminStateUp = req.AdminStateUp.Or(t.AdminStateUp)
	o.save(tx, prev, &t, &t.Meta)
	return &t, nil
}

// DeleteTrunk makes its ports ports of their own again.
func (o *Ops) DeleteTrunk(tx *api.Txn, id api.TrunkID) error {
	t, err := enabledTrunk(tx.View, id)
	if err != nil {
		return err
	}
	for _, s := range t.SubPorts {
		o.release(tx, s.PortID)
	}
	tx.Delete(t)
	return nil
}

// AddSubPorts puts further ports behind the parent.
func (o *Ops) AddSubPorts(tx *api.Txn, id api.TrunkID, subs []api.SubPort) (*api.Trunk, error) {
	prev, err := enabledTrunk(tx.View, id)
	if err != nil {
		return nil, err
	}
	t := *prev
	if err := o.join(tx, &t, subs); err != nil {
		return nil, err
	}
	o.save(tx, prev, &t, &t.Meta)
	return &t, nil
}

// RemoveSubPorts takes ports away from a trunk.
func (o *Ops) RemoveSubPorts(tx *api.Txn, id api.TrunkID, ports []api.PortID) (*api.Trunk, error) {
	prev, err := enabledTrunk(tx.View, id)
	if err != nil {
		return nil, err
	}
	t := *prev
	t.SubPorts = slices.Clone(prev.SubPorts)
	for _, p := range ports {
		i := slices.IndexFunc(t.SubPorts, func(s api.SubPort) bool { return s.PortID == p })
		if i < 0 {
			return nil, api.Faultf(api.NotFound, "SubPortNotFound", "SubPort on trunk %s with parent port %s could not be found.", id, p)
		}
		t.SubPorts = slices.Delete(t.SubPorts, i, i+1)
		o.release(tx, p)
	}
	if len(t.SubPorts) == 0 {
		t.SubPorts = nil
	}
	o.save(tx, prev, &t, &t.Meta)
	return &t, nil
}

// join adds sub-ports to t, and marks them as such.
func (o *Ops) join(tx *api.Txn, t *api.Trunk, subs []api.SubPort) error {
	t.SubPorts = slices.Clone(t.SubPorts)
	if len(t.SubPorts)+len(subs) > maxSubPorts {
		return api.Faultf(api.Conflict, "OverQuota", "Trunk %s can have %d sub-ports at most.", t.ID, maxSubPorts)
	}
	for _, s := range subs {
		if err := o.joinOne(tx, t, s); err != nil {
			return err
		}
	}
	slices.SortFunc(t.SubPorts, func(a, b api.SubPort) int { return cmp.Compare(a.SegmentationID, b.SegmentationID) })
	return nil
}

func (o *Ops) joinOne(tx *api.Txn, t *api.Trunk, s api.SubPort) error {
	p, err := port(tx.View, s.PortID)
	if err != nil {
		return err
	}
	if p.ID == t.PortID {
		return api.Faultf(api.Conflict, "ParentPortInUse", "Port %s is the parent of trunk %s and cannot be a sub-port of it.", p.ID, t.ID)
	}
	if err := fitsTrunk(tx.View, t, p); err != nil {
		return err
	}
	if s.SegmentationID, err = tagOf(tx.View, p, s); err != nil {
		return err
	}
	if err := parentable(tx.View, p); err != nil {
		return err
	}
	if p.DeviceID != "" {
		return hasDevice(p)
	}
	for b := range tx.BindingsOf(p.ID) {
		return api.Faultf(api.Conflict, "PortInUse", "Port %s is plugged on host %s; unplug it before it becomes a sub-port.", p.ID, b.HostID)
	}
	for _, other := range t.SubPorts {
		if other.PortID == p.ID {
			return invalid("port %s is given twice", p.ID)
		}
		if other.SegmentationID == s.SegmentationID {
			return api.Faultf(api.Conflict, "DuplicateSubPort",
				"segmentation_type vlan and segmentation_id %d already in use on trunk %s.", s.SegmentationID, t.ID)
		}
	}
	next := *p
	next.DeviceOwner, next.DeviceID, next.HostID, next.Others = api.OwnerSubPort, string(t.ID), "", nil
	o.save(tx, p, &next, &next.Meta)
	t.SubPorts = append(t.SubPorts, s)
	return nil
}

// fitsTrunk refuses a sub-port whose network has packets too large for the parent's interface, which carries them all.
func fitsTrunk(v api.View, t *api.Trunk, sub *api.Port) error {
	parent, err := port(v, t.PortID)
	if err != nil {
		return err
	}
	carrier, err := network(v, parent.NetworkID)
	if err != nil {
		return err
	}
	n, err := network(v, sub.NetworkID)
	if err != nil || n.MTU <= carrier.MTU {
		return err
	}
	return api.Faultf(api.Conflict, "SubPortMtuGreaterThanTrunkPortMtu", "MTU %d of subport %s cannot be greater than MTU %d of trunk %s: "+
		"give network %s the smaller one.", n.MTU, sub.ID, carrier.MTU, t.ID, n.ID)
}

// tagOf is the tag that a sub-port's frames have within its trunk.
func tagOf(v api.View, p *api.Port, s api.SubPort) (uint16, error) {
	if s.SegmentationID != InheritTag {
		if s.SegmentationID > maxTag {
			return 0, invalid("segmentation_id %d is not a VLAN id (1 through %d)", s.SegmentationID, maxTag)
		}
		return s.SegmentationID, nil
	}
	n, err := network(v, p.NetworkID)
	if err != nil {
		return 0, err
	}
	if n.Type != api.NetworkVLAN {
		return 0, invalid("sub-port %s cannot inherit a tag from its network %s, which is %s and not vlan: give segmentation_id", p.ID, n.ID, n.Type)
	}
	return uint16(n.SegmentationID), nil
}

// release makes a sub-port a port of its own again.
func (o *Ops) release(tx *api.Txn, id api.PortID) {
	if p, ok := tx.Port(id); ok {
		next := *p
		next.DeviceOwner, next.DeviceID = "", ""
		o.save(tx, p, &next, &next.Meta)
	}
}

func trunk(v api.View, id api.TrunkID) (*api.Trunk, error) {
	if t, ok := v.Trunk(id); ok {
		return t, nil
	}
	return nil, api.Faultf(api.NotFound, "TrunkNotFound", "Trunk %s could not be found.", id)
}

// enabledTrunk finds a trunk that may be changed: one whose admin_state_up is false is locked, as in Neutron.
func enabledTrunk(v api.View, id api.TrunkID) (*api.Trunk, error) {
	t, err := trunk(v, id)
	if err == nil && !t.AdminStateUp {
		return nil, api.Faultf(api.Conflict, "TrunkDisabled", "Trunk %s is currently disabled; set its admin_state_up to true first.", id)
	}
	return t, err
}

// checkTrunked refuses to delete a port that a trunk needs.
func checkTrunked(v api.View, id api.PortID) error {
	if t, ok := v.TrunkOf(id); ok {
		return api.Faultf(api.Conflict, "PortInUseAsTrunkParent", "Port %s is currently a parent port for trunk %s.", id, t.ID)
	}
	if t, _, ok := v.TrunkOfSubPort(id); ok {
		return api.Faultf(api.Conflict, "PortInUseAsSubPort", "Port %s is currently a subport for trunk %s.", id, t.ID)
	}
	return nil
}

// followsParent reports whether a port is a sub-port, whose bindings follow its parent's and not what agents see.
func followsParent(v api.View, id api.PortID) bool {
	_, _, ok := v.TrunkOfSubPort(id)
	return ok
}
