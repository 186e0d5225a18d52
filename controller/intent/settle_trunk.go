package intent

import (
	"maps"
	"slices"

	"weft/api"
)

// settleSubPorts puts sub-ports where their parents are, and decides about these bindings.
func settleSubPorts(tx *api.Txn) {
	t := touchedBy(tx.Changes())
	subs := set[api.PortID]{}
	for tr := range versionsOf[*api.Trunk](t.changes) {
		for _, s := range tr.SubPorts {
			subs[s.PortID] = true
		}
	}
	for id := range t.ports {
		subs[id] = true
		if tr, ok := tx.TrunkOf(id); ok {
			for _, s := range tr.SubPorts {
				subs[s.PortID] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(subs)) {
		if settleSubPort(tx, id) {
			settlePort(tx, id)
		}
	}
}

// settleSubPort reports whether the port is or was a sub-port.
func settleSubPort(tx *api.Txn, id api.PortID) bool {
	want, is := followed(tx, id)
	was := false
	for _, b := range slices.Collect(tx.BindingsOf(id)) {
		if b.Parent == "" && !is {
			continue // its own
		}
		was = true
		if want == nil || b.HostID != want.HostID || b.Parent == "" {
			tx.Delete(b)
		} else if b.OFPort == want.OFPort && b.Interface == want.Interface && b.Since.Equal(want.Since) && b.Parent == want.Parent {
			want = nil // it is right
		}
	}
	if want != nil {
		want.Changed = tx.Next()
		tx.Put(want)
	}
	return is || was
}

// followed gives the binding that a sub-port should have, nil for none.
func followed(tx *api.Txn, id api.PortID) (*api.Binding, bool) {
	p, ok := tx.Port(id)
	if !ok {
		return nil, false
	}
	t, _, ok := tx.TrunkOfSubPort(id)
	if !ok {
		return nil, false
	}
	parent, ok := tx.Port(t.PortID)
	if !ok || !parent.AdminStateUp || !t.AdminStateUp {
		return nil, true
	}
	b, ok := tx.BoundOn(parent.ID)
	if !ok {
		return nil, true
	}
	return &api.Binding{
		PortID: id, HostID: b.HostID, NetworkID: p.NetworkID, OFPort: b.OFPort, Interface: b.Interface, Since: b.Since,
		Parent: parent.ID,
	}, true
}
