package intent_test

import (
	"net/netip"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// A floating IP for an address that others may have is the gateway host's while nobody plugs its own port in.
func TestAFloatingIPOfAnAddressThatMovesIsTheGatewayHosts(t *testing.T) {
	l := newLab(t)
	vip := l.port(t, intent.PortRequest{NetworkID: l.guest.NetworkID})
	f := l.floatingIP(t, l.ext.ID, vip.ID)
	central := func(step string, want bool) {
		t.Helper()
		if now, _ := l.FloatingIP(f.ID); now.Central != want {
			t.Errorf("%s: central: %t", step, now.Central)
		}
	}
	central("nobody else may have the address", false)
	before, _ := l.FloatingIP(f.ID)
	pair := api.AddressPair{Prefix: netip.PrefixFrom(vip.FixedIPs[0].Addr, 32)}
	pairs := func(list ...api.AddressPair) {
		t.Helper()
		must(t, l.world, func(tx *api.Txn) (*api.Port, error) {
			return l.ops.UpdatePort(tx, l.guest.ID, intent.PortRequest{AllowedAddressPairs: intent.Some(list)})
		})
	}
	pairs(pair)
	central("the guest may", true)
	if now, _ := l.FloatingIP(f.ID); now.Changed <= before.Changed {
		t.Errorf("it is served elsewhere, and changed at %d as before", now.Changed)
	}
	l.plug(t, "h1", vip.ID)
	central("its own port is plugged in", false)
	l.plug(t, "h1")
	central("and unplugged", true)
	pairs()
	central("the guest may not any more", false)
}

// A leg is on many hosts: its router's gateway host serves a floating IP of it, or ports of one, and no other router can.
func TestAFloatingIPOfARoutersLegIsItsOwnGatewayHosts(t *testing.T) {
	l := newLab(t)
	var leg *api.Port
	for leg = range l.LegsOf(l.router.ID) {
	}
	f := l.floatingIP(t, l.ext.ID, leg.ID)
	if now, _ := l.FloatingIP(f.ID); now.RouterID != l.router.ID || !now.Central || now.FixedIP != leg.FixedIPs[0].Addr {
		t.Errorf("got %+v", now)
	}
	refused(t, l.world, "RouterInterfaceInUseByFloatingIP", func(tx *api.Txn) error {
		_, err := l.ops.RemoveRouterInterface(tx, l.router.ID, intent.InterfaceRequest{PortID: leg.ID})
		return err
	})
	forward := func(f api.FloatingIPID, p api.PortID, external uint16) func(tx *api.Txn) error {
		return func(tx *api.Txn) error {
			_, err := l.ops.CreatePortForwarding(tx, f, intent.PortForwardingRequest{Protocol: intent.Some("tcp"),
				External: intent.Some(api.OnePort(external)), Internal: intent.Some(api.OnePort(22)), PortID: intent.Some(p)})
			return err
		}
	}
	second := l.port(t, intent.PortRequest{NetworkID: l.guest.NetworkID})
	many := l.floatingIP(t, l.ext.ID, "")
	if err := l.do(forward(many.ID, second.ID, 22)); err != nil {
		t.Fatal(err)
	}
	other := l.world.router(t, "")
	join := func(p api.PortID) func(tx *api.Txn) error {
		return func(tx *api.Txn) error {
			_, err := l.ops.AddRouterInterface(tx, other.ID, intent.InterfaceRequest{PortID: p})
			return err
		}
	}
	refused(t, l.world, "PortInUse", join(second.ID))
	third := l.port(t, intent.PortRequest{NetworkID: l.guest.NetworkID})
	if err := l.do(join(third.ID)); err != nil {
		t.Fatal(err)
	}
	refused(t, l.world, "ExternalGatewayForFloatingIPNotFound", func(tx *api.Txn) error {
		_, err := l.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{NetworkID: l.ext.ID, PortID: intent.Some(third.ID)})
		return err
	})
	refused(t, l.world, "BadRequest", forward(many.ID, third.ID, 23))
	refused(t, l.world, "BadRequest", forward(l.floatingIP(t, l.ext.ID, "").ID, third.ID, 24))
	must(t, l.world, func(tx *api.Txn) (*api.FloatingIP, error) {
		return l.ops.UpdateFloatingIP(tx, f.ID, intent.FloatingIPRequest{PortID: intent.Opt[api.PortID]{Set: true, Null: true}})
	})
	if err := l.do(forward(many.ID, leg.ID, 25)); err != nil {
		t.Error(err)
	}
}
