package intent_test

import (
	"net/netip"
	"slices"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// autoLab is a lab whose external network is the default, with default pools.
func autoLab(t *testing.T, pools ...string) *lab {
	t.Helper()
	l := newLab(t)
	must(t, l.world, func(tx *api.Txn) (*api.Network, error) {
		return l.ops.UpdateNetwork(tx, l.ext.ID, intent.NetworkRequest{IsDefault: intent.Some(true)})
	})
	for _, p := range pools {
		must(t, l.world, func(tx *api.Txn) (*api.SubnetPool, error) {
			return l.ops.CreateSubnetPool(tx, intent.SubnetPoolRequest{
				Prefixes: intent.Some([]netip.Prefix{netip.MustParsePrefix(p)}), IsDefault: intent.Some(true),
				DefaultPrefixLen: intent.Some(netip.MustParsePrefix(p).Bits() + 8),
			})
		})
	}
	return l
}

func (w *world) topology(t failer, project string) *api.Network {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.Network, error) { return w.ops.AutoTopology(tx, project) })
}

func count(w *world, k api.Kind) (n int) {
	for range w.All(k) {
		n++
	}
	return n
}

func TestAProjectGetsATopologyOfItsOwnOnce(t *testing.T) {
	l := autoLab(t, "10.128.0.0/16", "fd00:128::/56")
	n := l.topology(t, "blue")
	if n.ProjectID != "blue" || n.Name != "auto_allocated_network" || !n.AdminStateUp {
		t.Errorf("%+v", n)
	}
	var versions []int
	for s := range l.SubnetsOf(n.ID) {
		versions = append(versions, s.IPVersion())
		legs := slices.Collect(l.LegsOnSubnet(s.ID))
		if len(legs) != 1 {
			t.Fatalf("subnet %s has the legs %v", s.CIDR, legs)
		}
		if r, _ := l.Router(api.RouterID(legs[0].DeviceID)); r == nil || r.Gateway == nil || r.Gateway.NetworkID != l.ext.ID || r.ProjectID != "blue" {
			t.Errorf("its router: %+v", r)
		}
	}
	if slices.Sort(versions); !slices.Equal(versions, []int{4, 6}) {
		t.Errorf("subnets of %v", versions)
	}
	before := l.Snapshot
	if again := l.topology(t, "blue"); again.ID != n.ID || l.Snapshot != before {
		t.Errorf("again: %+v", again)
	}
	if other := l.topology(t, "green"); other.ID == n.ID {
		t.Error("two projects share one")
	}
}

func TestATopologyNeedsADefaultNetworkAndPool(t *testing.T) {
	none, noPool := newLab(t), autoLab(t)
	for _, l := range []*lab{none, noPool} {
		refused(t, l.world, "AutoAllocationFailure", func(tx *api.Txn) error { _, err := l.ops.AutoTopology(tx, "blue"); return err })
		if intent.CheckAutoTopology(l.View) == nil {
			t.Error("a trial passes")
		}
	}
	l := autoLab(t, "10.128.0.0/16")
	if err := intent.CheckAutoTopology(l.View); err != nil {
		t.Error(err)
	}
	must(t, l.world, func(tx *api.Txn) (*api.Network, error) {
		return nil, l.ops.SetQuota(tx, "blue", map[api.Kind]int{api.KindRouter: 0})
	})
	refused(t, l.world, "OverQuota", func(tx *api.Txn) error { _, err := l.ops.AutoTopology(tx, "blue"); return err })
}

func TestATopologyGoesUnlessItIsUsed(t *testing.T) {
	l := autoLab(t, "10.128.0.0/16")
	kinds := []api.Kind{api.KindNetwork, api.KindSubnet, api.KindRouter, api.KindPort}
	var before, after []int
	for _, k := range kinds {
		before = append(before, count(l.world, k))
	}
	n := l.topology(t, "blue")
	p := l.port(t, intent.PortRequest{NetworkID: n.ID})
	gone := func(tx *api.Txn) error { return l.ops.DeleteAutoTopology(tx, "blue") }
	refused(t, l.world, "NetworkInUse", gone)
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeletePort(tx, p.ID) }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.do(gone); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range kinds {
		after = append(after, count(l.world, k))
	}
	if !slices.Equal(before, after) {
		t.Errorf("of %v there were %v, and are %v", kinds, before, after)
	}
}

func TestThereIsOneDefaultExternalNetwork(t *testing.T) {
	l := autoLab(t)
	set := func(id api.NetworkID, req intent.NetworkRequest) func(*api.Txn) error {
		return func(tx *api.Txn) error { _, err := l.ops.UpdateNetwork(tx, id, req); return err }
	}
	public := api.PublicPolicies(l.ext)
	if len(public) != 1 {
		t.Fatalf("policies %v", public)
	}
	refused(t, l.world, "RbacPolicyInUse", func(tx *api.Txn) error { return l.ops.DeleteRBACPolicy(tx, public[0].ID) })
	other := l.network(t, intent.NetworkRequest{External: intent.Some(true)})
	refused(t, l.world, "DefaultExternalNetworkExists", set(other.ID, intent.NetworkRequest{IsDefault: intent.Some(true)}))
	refused(t, l.world, "DefaultExternalNetworkExists", func(tx *api.Txn) error {
		_, err := l.ops.CreateNetwork(tx, intent.NetworkRequest{External: intent.Some(true), IsDefault: intent.Some(true)})
		return err
	})
	for _, req := range []intent.NetworkRequest{{IsDefault: intent.Some(false)}, {IsDefault: intent.Some(true)}} {
		if err := l.do(set(l.ext.ID, req)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.do(set(l.ext.ID, intent.NetworkRequest{IsDefault: intent.Some(false)})); err != nil {
		t.Fatal(err)
	}
	if err := l.do(set(other.ID, intent.NetworkRequest{IsDefault: intent.Some(true)})); err != nil {
		t.Fatal(err)
	}
	if err := l.do(set(other.ID, intent.NetworkRequest{External: intent.Some(false)})); err != nil {
		t.Fatal(err)
	}
	if n, ok := l.DefaultExternalNetwork(); ok {
		t.Errorf("an internal network is the default: %+v", n)
	}
}
