package intent_test

import (
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// trunked is a trunk whose parent is the lab's guest, with one sub-port on the second network.
func trunked(t *testing.T) (*lab, *api.Trunk, *api.Port) {
	t.Helper()
	l := newLab(t)
	sub := l.port(t, intent.PortRequest{NetworkID: l.net2.ID})
	tr := must(t, l.world, func(tx *api.Txn) (*api.Trunk, error) {
		return l.ops.CreateTrunk(tx, intent.TrunkRequest{
			PortID: l.guest.ID, SubPorts: intent.Some([]api.SubPort{{PortID: sub.ID, SegmentationID: 100}}),
		})
	})
	return l, tr, sub
}

func TestSubPortsAreWhereTheirParentIs(t *testing.T) {
	l, tr, sub := trunked(t)
	l.plug(t, "h1", l.guest.ID)
	parent, ok := l.BoundOn(l.guest.ID)
	b, sok := l.BoundOn(sub.ID)
	if !ok || !sok || b.HostID != "h1" || b.OFPort != parent.OFPort || b.Parent != l.guest.ID {
		t.Fatalf("parent %+v, sub-port %+v", parent, b)
	}
	if _, ok := l.Segment("h1", l.net2.ID); !ok {
		t.Error("the sub-port's network is not on its host")
	}
	before := l.Snapshot
	l.plug(t, "h1", l.guest.ID)
	if l.Snapshot != before {
		t.Error("a report that says nothing new changed the state")
	}
	l.plug(t, "h1")
	l.plug(t, "h2", l.guest.ID)
	if b, ok := l.BoundOn(sub.ID); !ok || b.HostID != "h2" {
		t.Errorf("the parent moved, the sub-port is at %+v", b)
	}
	off := intent.TrunkRequest{AdminStateUp: intent.Some(false)}
	must(t, l.world, func(tx *api.Txn) (*api.Trunk, error) { return l.ops.UpdateTrunk(tx, tr.ID, off) })
	if b, ok := l.BoundOn(sub.ID); ok {
		t.Errorf("the trunk is off, the sub-port is at %+v", b)
	}
}

func TestASubPortIsFreeAfterItsTrunk(t *testing.T) {
	for name, free := range map[string]func(*lab, *api.Trunk, *api.Port, *api.Txn) error{
		"trunk-deleted": func(l *lab, tr *api.Trunk, _ *api.Port, tx *api.Txn) error { return l.ops.DeleteTrunk(tx, tr.ID) },
		"removed": func(l *lab, tr *api.Trunk, sub *api.Port, tx *api.Txn) error {
			_, err := l.ops.RemoveSubPorts(tx, tr.ID, []api.PortID{sub.ID})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, tr, sub := trunked(t)
			l.plug(t, "h1", l.guest.ID)
			if err := l.do(func(tx *api.Txn) error { return free(l, tr, sub, tx) }); err != nil {
				t.Fatal(err)
			}
			p, _ := l.Port(sub.ID)
			if _, bound := l.BoundOn(sub.ID); bound || p.DeviceOwner != "" || p.DeviceID != "" {
				t.Errorf("still %+v, bound %v", p, bound)
			}
			l.plug(t, "h1", l.guest.ID, sub.ID)
			if b, ok := l.BoundOn(sub.ID); !ok || b.Parent != "" {
				t.Errorf("plugged on its own: %+v", b)
			}
		})
	}
}

func TestTrunksThatCannotBeAreRefused(t *testing.T) {
	l, tr, sub := trunked(t)
	narrow(t, l.world, l.ext.ID)
	other := l.port(t, intent.PortRequest{NetworkID: l.ext.ID})
	same := l.port(t, intent.PortRequest{NetworkID: l.net2.ID})
	add := func(p api.PortID, tag uint16) func(*api.Txn) error {
		return func(tx *api.Txn) error {
			_, err := l.ops.AddSubPorts(tx, tr.ID, []api.SubPort{{PortID: p, SegmentationID: tag}})
			return err
		}
	}
	refused(t, l.world, "DuplicateSubPort", add(other.ID, 100))
	refused(t, l.world, "InvalidInput", add(other.ID, 0))
	refused(t, l.world, "InvalidInput", add(other.ID, 4095))
	refused(t, l.world, "TrunkPortInUse", add(sub.ID, 200))
	refused(t, l.world, "ParentPortInUse", add(l.guest.ID, 200))
	refused(t, l.world, "PortNotFound", add("none", 200))
	refused(t, l.world, "PortInUseAsTrunkParent", func(tx *api.Txn) error { return l.ops.DeletePort(tx, l.guest.ID) })
	refused(t, l.world, "PortInUseAsSubPort", func(tx *api.Txn) error { return l.ops.DeletePort(tx, sub.ID) })
	refused(t, l.world, "ParentPortInUse", func(tx *api.Txn) error {
		_, err := l.ops.CreateTrunk(tx, intent.TrunkRequest{PortID: l.guest.ID})
		return err
	})
	refused(t, l.world, "SubPortNotFound", func(tx *api.Txn) error {
		_, err := l.ops.RemoveSubPorts(tx, tr.ID, []api.PortID{other.ID})
		return err
	})
	l.plug(t, "h1", other.ID)
	l.plug(t, "h2", same.ID)
	refused(t, l.world, "PortInUse", func(tx *api.Txn) error {
		_, err := l.ops.AddSubPorts(tx, tr.ID, []api.SubPort{{PortID: same.ID, SegmentationID: 5}})
		return err
	})
}

func TestSeveralPortsOfATrunkMayBeOnOneNetwork(t *testing.T) {
	l, tr, sub := trunked(t)
	for i, n := range []api.NetworkID{sub.NetworkID, l.guest.NetworkID} {
		p := l.port(t, intent.PortRequest{NetworkID: n})
		must(t, l.world, func(tx *api.Txn) (*api.Trunk, error) {
			return l.ops.AddSubPorts(tx, tr.ID, []api.SubPort{{PortID: p.ID, SegmentationID: uint16(200 + i)}})
		})
	}
}

// narrow gives a network the MTU of those over VXLAN, so that trunks of those can carry it.
func narrow(t *testing.T, w *world, n api.NetworkID) {
	t.Helper()
	must(t, w, func(tx *api.Txn) (*api.Network, error) {
		return w.ops.UpdateNetwork(tx, n, intent.NetworkRequest{MTU: intent.Some(1450)})
	})
}

func TestASubPortInheritsTheTagOfItsVLANNetworkOnly(t *testing.T) {
	l, tr, _ := trunked(t)
	vlan := l.network(t, intent.NetworkRequest{
		Type: intent.Some(api.NetworkVLAN), PhysicalNetwork: intent.Some("physnet1"), SegmentationID: intent.Some(uint32(321)), MTU: intent.Some(1450),
	})
	inherit := func(n api.NetworkID) func(tx *api.Txn) (*api.Trunk, error) {
		p := l.port(t, intent.PortRequest{NetworkID: n})
		return func(tx *api.Txn) (*api.Trunk, error) {
			return l.ops.AddSubPorts(tx, tr.ID, []api.SubPort{{PortID: p.ID, SegmentationID: intent.InheritTag}})
		}
	}
	got := must(t, l.world, inherit(vlan.ID)).SubPorts
	if len(got) != 2 || got[1].SegmentationID != 321 {
		t.Errorf("sub-ports %+v, want one with the network's tag 321", got)
	}
	for name, c := range map[string]struct {
		net  api.NetworkID
		want string
	}{"the tag is taken": {vlan.ID, "DuplicateSubPort"}, "vxlan": {l.net2.ID, "InvalidInput"}} {
		t.Run(name, func(t *testing.T) {
			add := inherit(c.net)
			refused(t, l.world, c.want, func(tx *api.Txn) error { _, err := add(tx); return err })
		})
	}
}

func TestATrunkCarriesNoPacketsLargerThanItsParents(t *testing.T) {
	l, tr, _ := trunked(t)
	large := l.port(t, intent.PortRequest{NetworkID: l.ext.ID})
	const want = "SubPortMtuGreaterThanTrunkPortMtu"
	refused(t, l.world, want, func(tx *api.Txn) error {
		_, err := l.ops.AddSubPorts(tx, tr.ID, []api.SubPort{{PortID: large.ID, SegmentationID: 7}})
		return err
	})
	alone := l.port(t, intent.PortRequest{NetworkID: l.net1.ID})
	refused(t, l.world, want, func(tx *api.Txn) error {
		_, err := l.ops.CreateTrunk(tx, intent.TrunkRequest{PortID: alone.ID, SubPorts: intent.Some([]api.SubPort{{PortID: large.ID, SegmentationID: 7}})})
		return err
	})
	narrow(t, l.world, l.ext.ID)
	must(t, l.world, func(tx *api.Txn) (*api.Trunk, error) {
		return l.ops.AddSubPorts(tx, tr.ID, []api.SubPort{{PortID: large.ID, SegmentationID: 7}})
	})
}
