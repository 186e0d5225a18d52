package intent_test

import (
	"slices"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestAnExternalNetworkTakesItsIdleFloatingIPsAlong(t *testing.T) {
	w := newWorld()
	ext := w.network(t, intent.NetworkRequest{External: intent.Some(true)})
	w.subnet(t, ext.ID, "3.3.3.0/24")
	w.floatingIP(t, ext.ID, "")
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeleteNetwork(tx, ext.ID) }); err != nil {
		t.Fatal(err)
	}
	if fips, ports := slices.Collect(w.FloatingIPs()), slices.Collect(w.Ports()); fips != nil || ports != nil {
		t.Errorf("floating IPs %v and ports %v stay behind", fips, ports)
	}
	l := newLab(t)
	busy := l.network(t, intent.NetworkRequest{External: intent.Some(true)})
	l.subnet(t, busy.ID, "3.3.3.0/24")
	inside := l.networkWith(t, "10.88.0.0/24")
	var leg api.SubnetID
	for sub := range l.SubnetsOf(inside) {
		leg = sub.ID
	}
	l.world.router(t, busy.ID, leg)
	l.floatingIP(t, busy.ID, l.port(t, intent.PortRequest{NetworkID: inside}).ID)
	refused(t, l.world, "NetworkInUse", func(tx *api.Txn) error { return l.ops.DeleteNetwork(tx, busy.ID) })
}

func TestAnEmptyUpdateDissociatesAFloatingIP(t *testing.T) {
	l := newLab(t)
	f := l.floatingIP(t, l.ext.ID, l.guest.ID)
	if got := l.updateFloating(t, f.ID, intent.FloatingIPRequest{}); got.PortID != "" || got.RouterID != "" {
		t.Errorf("still associated: %+v", *got)
	}
}

func TestALegsAddressChangesAndItsSubnetsStay(t *testing.T) {
	l := newLab(t)
	var leg *api.Port
	for p := range l.LegsOnSubnet(l.sub1.ID) {
		leg = p
	}
	set := func(to ...intent.FixedIPRequest) func(*api.Txn) error {
		return func(tx *api.Txn) error {
			_, err := l.ops.UpdatePort(tx, leg.ID, intent.PortRequest{FixedIPs: intent.Some(to)})
			return err
		}
	}
	now := func() []api.FixedIP { p, _ := l.Port(leg.ID); return p.FixedIPs }
	if err := l.do(set(intent.FixedIPRequest{SubnetID: l.sub1.ID})); err != nil || !slices.Equal(now(), leg.FixedIPs) {
		t.Errorf("the same subnet again: %v, %v", err, now())
	}
	if err := l.do(set(intent.FixedIPRequest{SubnetID: l.sub1.ID, Addr: ip("192.168.10.77")})); err != nil || now()[0].Addr != ip("192.168.10.77") {
		t.Errorf("another address: %v, %v", err, now())
	}
	for _, bad := range [][]intent.FixedIPRequest{
		nil, {{SubnetID: l.sub2.ID}}, {{SubnetID: l.sub1.ID}, {SubnetID: l.sub1.ID}}, {{Addr: ip("192.168.10.9")}},
	} {
		refused(t, l.world, "BadRequest", set(bad...))
	}
	refused(t, l.world, "IpAddressAlreadyAllocated", set(intent.FixedIPRequest{SubnetID: l.sub1.ID, Addr: l.guest.FixedIPs[0].Addr}))
}

func TestADisabledTrunkIsLocked(t *testing.T) {
	l := newLab(t)
	sub := l.port(t, intent.PortRequest{NetworkID: l.net2.ID})
	tr := must(t, l.world, func(tx *api.Txn) (*api.Trunk, error) {
		return l.ops.CreateTrunk(tx, intent.TrunkRequest{PortID: l.guest.ID, AdminStateUp: intent.Some(false)})
	})
	for _, op := range []func(*api.Txn) error{
		func(tx *api.Txn) error { return l.ops.DeleteTrunk(tx, tr.ID) },
		func(tx *api.Txn) error {
			_, err := l.ops.AddSubPorts(tx, tr.ID, []api.SubPort{{PortID: sub.ID, SegmentationID: 5}})
			return err
		},
		func(tx *api.Txn) error { _, err := l.ops.RemoveSubPorts(tx, tr.ID, []api.PortID{sub.ID}); return err },
	} {
		refused(t, l.world, "TrunkDisabled", op)
	}
	must(t, l.world, func(tx *api.Txn) (*api.Trunk, error) {
		return l.ops.UpdateTrunk(tx, tr.ID, intent.TrunkRequest{AdminStateUp: intent.Some(true)})
	})
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteTrunk(tx, tr.ID) }); err != nil {
		t.Error(err)
	}
}

func TestNetworksCountTheirSubnetsAndRoutersTheirLegs(t *testing.T) {
	l := newLab(t)
	rev := func() [2]int {
		n, _ := l.Network(l.net1.ID)
		r, _ := l.Router(l.router.ID)
		return [2]int{n.RevisionNumber, r.RevisionNumber}
	}
	before := rev()
	s := l.subnet(t, l.net1.ID, "192.168.11.0/24")
	l.leg(t, l.router.ID, s.ID)
	if got, want := rev(), [2]int{before[0] + 1, before[1] + 1}; got != want {
		t.Errorf("a subnet and a leg more: revisions %v, want %v", got, want)
	}
	must(t, l.world, func(tx *api.Txn) (intent.InterfaceAnswer, error) {
		return l.ops.RemoveRouterInterface(tx, l.router.ID, intent.InterfaceRequest{SubnetID: s.ID})
	})
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteSubnet(tx, s.ID) }); err != nil {
		t.Fatal(err)
	}
	if got, want := rev(), [2]int{before[0] + 2, before[1] + 2}; got != want {
		t.Errorf("a subnet and a leg less: revisions %v, want %v", got, want)
	}
}
