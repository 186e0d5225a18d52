package intent_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func provider(kind api.NetworkType, physnet string, id uint32) intent.NetworkRequest {
	r := intent.NetworkRequest{Type: intent.Some(kind)}
	if physnet != "" {
		r.PhysicalNetwork = intent.Some(physnet)
	}
	if id != 0 {
		r.SegmentationID = intent.Some(id)
	}
	return r
}

func TestNetworkGetsAFreeVNIAndTheLargestMTU(t *testing.T) {
	w := newWorld()
	w.network(t, provider(api.NetworkVXLAN, "", 2))
	a, b := w.network(t, intent.NetworkRequest{}), w.network(t, intent.NetworkRequest{External: intent.Some(true)})
	if a.SegmentationID != 1 || b.SegmentationID != 3 || b.Type != api.NetworkVXLAN || a.MTU != 1450 {
		t.Errorf("got VNI %d and %d, %s, MTU %d; want 1, 3, vxlan, 1450", a.SegmentationID, b.SegmentationID, b.Type, a.MTU)
	}
	if !a.AdminStateUp || !a.PortSecurityEnabled || a.RevisionNumber != 1 || !a.CreatedAt.Equal(a.UpdatedAt) || a.CreatedAt.IsZero() {
		t.Errorf("defaults: %+v", *a)
	}
	if f := w.network(t, provider(api.NetworkFlat, "physnet1", 0)); f.MTU != 1500 {
		t.Errorf("MTU of a flat network is %d, want 1500", f.MTU)
	}
	w.ops.MTU = 9000
	if n := w.network(t, intent.NetworkRequest{}); n.MTU != 8950 {
		t.Errorf("MTU over jumbo frames is %d, want 8950", n.MTU)
	}
}

func tried(w *world, req intent.NetworkRequest) func(*api.Txn) error {
	return func(tx *api.Txn) error { _, err := w.ops.CreateNetwork(tx, req); return err }
}

func TestAVLANNetworkThatAsksForNoVLANGetsAFreeOneOfTheRanges(t *testing.T) {
	w := newWorld()
	w.ops.VLANs = []intent.SegmentRange{{PhysicalNetwork: "a", First: 100, Last: 101}, {PhysicalNetwork: "b", First: 7, Last: 7},
		{PhysicalNetwork: "a", First: 200, Last: 200}}
	w.network(t, provider(api.NetworkVLAN, "a", 100))
	for i, want := range []struct {
		asked, physnet string
		vlan           uint32
	}{{"a", "a", 101}, {"a", "a", 200}, {"", "b", 7}} {
		if n := w.network(t, provider(api.NetworkVLAN, want.asked, 0)); n.PhysicalNetwork != want.physnet || n.SegmentationID != want.vlan {
			t.Errorf("network %d: got VLAN %d of %q, want %d of %q", i, n.SegmentationID, n.PhysicalNetwork, want.vlan, want.physnet)
		}
	}
	for _, physnet := range []string{"a", "b", ""} {
		refused(t, w, "NoNetworkAvailable", tried(w, provider(api.NetworkVLAN, physnet, 0)))
	}
	refused(t, w, "InvalidInput", tried(w, provider(api.NetworkVLAN, "c", 0)))
	if n := w.network(t, provider(api.NetworkVLAN, "a", 50)); n.SegmentationID != 50 {
		t.Errorf("a VLAN outside of the ranges was asked for, and is %d", n.SegmentationID)
	}
}

func TestNetworkRequestsThatAreRefused(t *testing.T) {
	long := intent.NetworkRequest{MetaRequest: intent.MetaRequest{Name: intent.Some(strings.Repeat("n", 256))}}
	bad := intent.NetworkRequest{MetaRequest: intent.MetaRequest{Description: intent.Some("\xff")}}
	cases := []struct {
		name string
		req  intent.NetworkRequest
		want string
	}{
		{"vlan-taken", provider(api.NetworkVLAN, "physnet1", 7), "VlanIdInUse"},
		{"flat-taken", provider(api.NetworkFlat, "physnet1", 0), "FlatNetworkInUse"},
		{"vni-taken", provider(api.NetworkVXLAN, "", 1), "TunnelIdInUse"},
		{"vlan-without-id", provider(api.NetworkVLAN, "physnet1", 0), "InvalidInput"},
		{"vlan-without-physnet", provider(api.NetworkVLAN, "", 8), "InvalidInput"},
		{"vlan-4095", provider(api.NetworkVLAN, "physnet1", 4095), "InvalidInput"},
		{"flat-with-id", provider(api.NetworkFlat, "physnet2", 5), "InvalidInput"},
		{"flat-without-physnet", provider(api.NetworkFlat, "", 0), "InvalidInput"},
		{"vxlan-with-physnet", provider(api.NetworkVXLAN, "physnet2", 0), "InvalidInput"},
		{"vni-too-large", provider(api.NetworkVXLAN, "", 1<<24), "InvalidInput"},
		{"id-without-type", intent.NetworkRequest{SegmentationID: intent.Some(uint32(9))}, "InvalidInput"},
		{"unknown-type", provider("gre", "", 0), "InvalidInput"},
		{"hostile-physnet", provider(api.NetworkFlat, "a:b,c", 0), "InvalidInput"},
		{"mtu-too-large", intent.NetworkRequest{MTU: intent.Some(1451)}, "InvalidInput"},
		{"mtu-negative", intent.NetworkRequest{MTU: intent.Some(-1)}, "InvalidInput"},
		{"name-too-long", long, "HTTPBadRequest"},
		{"description-not-text", bad, "HTTPBadRequest"},
	}
	w := newWorld()
	w.network(t, provider(api.NetworkVLAN, "physnet1", 7))
	w.network(t, provider(api.NetworkFlat, "physnet1", 0))
	w.network(t, provider(api.NetworkVXLAN, "", 1))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			refused(t, w, c.want, func(tx *api.Txn) error { _, err := w.ops.CreateNetwork(tx, c.req); return err })
		})
	}
	w.network(t, provider(api.NetworkVLAN, "physnet2", 7))
}

func TestUpdateOfANetworkCountsOnlyRealChanges(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	update := func(req intent.NetworkRequest) *api.Network {
		return must(t, w, func(tx *api.Txn) (*api.Network, error) { return w.ops.UpdateNetwork(tx, n.ID, req) })
	}
	rev := w.Revision()
	if got := update(intent.NetworkRequest{AdminStateUp: intent.Some(true)}); got.RevisionNumber != 1 || w.Revision() != rev {
		t.Errorf("an update to the same: revision number %d, state %d, want 1, %d", got.RevisionNumber, w.Revision(), rev)
	}
	got := update(intent.NetworkRequest{MetaRequest: intent.MetaRequest{Name: intent.Some("blue")}, MTU: intent.Some(1400)})
	if got.Name != "blue" || got.MTU != 1400 || got.RevisionNumber != 2 || !got.UpdatedAt.After(got.CreatedAt) {
		t.Errorf("got %+v", *got)
	}
	refused(t, w, "InvalidInput", func(tx *api.Txn) error {
		_, err := w.ops.UpdateNetwork(tx, n.ID, intent.NetworkRequest{SegmentationID: intent.Some(uint32(99))})
		return err
	})
	refused(t, w, "NetworkNotFound", func(tx *api.Txn) error {
		_, err := w.ops.UpdateNetwork(tx, "none", intent.NetworkRequest{})
		return err
	})
}

func TestNetworkInUseStays(t *testing.T) {
	l := newLab(t)
	p2 := l.port(t, intent.PortRequest{NetworkID: l.net1.ID})
	msg := refused(t, l.world, "NetworkInUse", func(tx *api.Txn) error { return l.ops.DeleteNetwork(tx, l.net1.ID) })
	if !strings.Contains(msg, string(l.guest.ID)) || !strings.Contains(msg, string(p2.ID)) {
		t.Errorf("message %q does not name the ports", msg)
	}
	refused(t, l.world, "ExternalNetworkInUse", func(tx *api.Txn) error {
		_, err := l.ops.UpdateNetwork(tx, l.ext.ID, intent.NetworkRequest{External: intent.Some(false)})
		return err
	})
	refused(t, l.world, "NetworkNotFound", func(tx *api.Txn) error { return l.ops.DeleteNetwork(tx, "none") })
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "10.0.0.0/24")
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeleteNetwork(tx, n.ID) }); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(w.Subnets()); got != nil {
		t.Errorf("subnets %v stay behind", got)
	}
}

func TestIPv6SubnetHoldsTheMTUAtItsMinimum(t *testing.T) {
	w := newWorld()
	small := w.network(t, intent.NetworkRequest{MTU: intent.Some(1279)})
	refused(t, w, "NetworkMTUSubnetConflict", func(tx *api.Txn) error {
		_, err := w.ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: small.ID, CIDR: intent.Some(netip.MustParsePrefix("fd00::/64"))})
		return err
	})
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "fd00::/64")
	refused(t, w, "NetworkMTUSubnetConflict", func(tx *api.Txn) error {
		_, err := w.ops.UpdateNetwork(tx, n.ID, intent.NetworkRequest{MTU: intent.Some(1279)})
		return err
	})
}
