package intent_test

import (
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestANetworkForAllTagsHasASecondLocalVLANAndRoomForATag(t *testing.T) {
	l := newLab(t)
	made := func(transparent bool) *api.Network {
		return l.network(t, intent.NetworkRequest{VLANTransparent: intent.Some(transparent)})
	}
	plain, tagged := made(false), made(true)
	if tagged.MTU != plain.MTU-4 {
		t.Errorf("MTU %d beside %d", tagged.MTU, plain.MTU)
	}
	refused(t, l.world, "InvalidInput", func(tx *api.Txn) error {
		_, err := l.ops.UpdateNetwork(tx, tagged.ID, intent.NetworkRequest{MTU: intent.Some(plain.MTU)})
		return err
	})
	var ids []api.PortID
	used := map[uint16]api.NetworkID{}
	for _, n := range []*api.Network{tagged, plain} {
		ids = append(ids, l.port(t, intent.PortRequest{NetworkID: n.ID}).ID)
	}
	l.plug(t, "h1", ids...)
	for s := range l.SegmentsOn("h1") {
		vlans := []uint16{s.LocalVLAN}
		if n, _ := l.Network(s.NetworkID); n.VLANTransparent {
			vlans = append(vlans, s.TaggedVLAN)
		} else if s.TaggedVLAN != 0 {
			t.Errorf("segment %+v of a network that carries no tags", s)
		}
		for _, v := range vlans {
			if other, twice := used[v]; twice || v == 0 {
				t.Errorf("local VLAN %d of %s is that of %s too", v, s.NetworkID, other)
			}
			used[v] = s.NetworkID
			if found, ok := l.SegmentByVLAN("h1", v); !ok || found != s {
				t.Errorf("local VLAN %d leads to %+v, want %+v", v, found, s)
			}
		}
	}
}

func TestTagsAreRefusedWhereTheyCannotBeCarried(t *testing.T) {
	l := newLab(t)
	flat := intent.NetworkRequest{
		Type: intent.Some(api.NetworkFlat), PhysicalNetwork: intent.Some("other"), VLANTransparent: intent.Some(true),
	}
	refused(t, l.world, "VlanTransparencyDriverError", func(tx *api.Txn) error {
		_, err := l.ops.CreateNetwork(tx, flat)
		return err
	})
	n := l.network(t, intent.NetworkRequest{VLANTransparent: intent.Some(true)})
	p := l.port(t, intent.PortRequest{NetworkID: n.ID})
	refused(t, l.world, "TrunkParentVlanTransparent", func(tx *api.Txn) error {
		_, err := l.ops.CreateTrunk(tx, intent.TrunkRequest{PortID: p.ID})
		return err
	})
	must(t, l.world, func(tx *api.Txn) (*api.Trunk, error) { // behind two tags it is another thing
		return l.ops.CreateTrunk(tx, intent.TrunkRequest{
			PortID: l.guest.ID, SubPorts: intent.Some([]api.SubPort{{PortID: p.ID, SegmentationID: 7}}),
		})
	})
}
