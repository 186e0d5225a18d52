package intent

import (
	"maps"
	"slices"
	"time"

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
		settleSubPort(tx, id)
	}
}

// settleSubPort makes a sub-port's bindings those of its parent.
func settleSubPort(tx *api.Txn, id api.PortID) {
	want, is := followed(tx, id)
	was := false
	for _, b := range slices.Collect(tx.BindingsOf(id)) {
		if b.Parent == "" && !is {
			continue // its own
		}
		was = true
		w, ok := want[b.HostID]
		if !ok || b.Parent == "" {
			tx.Delete(b)
		} else if sameBinding(b, w) {
			delete(want, b.HostID)
		}
	}
	for _, h := range slices.Sorted(maps.Keys(want)) {
		b := want[h]
		b.Changed = tx.Next()
		tx.Put(b)
	}
	if was && !is {
		settlePort(tx, id) // what it is plugged in by itself counts again
	}
}

// sameBinding compares all but when the bindings changed.
func sameBinding(a, b *api.Binding) bool {
	x, y := *a, *b
	x.Changed, y.Changed = 0, 0
	x.Since, y.Since = time.Time{}, time.Time{}
	return x == y && a.Since.Equal(b.Since)
}

// followed gives the bindings that a sub-port should have, by host: one beside each of its parent's that carries the
// parent, or is on standby.
func followed(tx *api.Txn, id api.PortID) (map[api.HostID]*api.Binding, bool) {
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
	out := map[api.HostID]*api.Binding{}
	for b := range tx.GoodBindings(parent.ID) {
		why := Unreachable(tx.View, p, b.HostID)
		out[b.HostID] = &api.Binding{
			PortID: id, HostID: b.HostID, NetworkID: p.NetworkID, OFPort: b.OFPort, Interface: b.Interface, Since: b.Since,
			Parent: parent.ID, Problem: why, Standby: b.Standby && why == "",
		}
	}
	return out, true
}
