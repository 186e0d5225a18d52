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
