package intent_test

import (
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestAHostHasOneGatewayPortHoweverManyFloatingIPsItServes(t *testing.T) {
	l := newLab(t)
	second := l.port(t, intent.PortRequest{NetworkID: l.net1.ID})
	l.floatingIP(t, l.ext.ID, l.guest.ID)
	l.floatingIP(t, l.ext.ID, second.ID)
	l.plug(t, "h1", l.guest.ID)
	first, _ := l.AgentGateway("h1", l.ext.ID)
	l.plug(t, "h1", l.guest.ID, second.ID)
	var all []api.PortID
	for p := range l.PortsOf(l.ext.ID) {
		if p.IsAgentGateway() {
			all = append(all, p.ID)
		}
	}
	if len(all) != 1 || first == nil || all[0] != first.ID {
		t.Errorf("gateway ports %v, want only the first one, %+v", all, first)
	}
}

func TestAnInterfaceThatIsRefusedBringsNoRouter(t *testing.T) {
	l := newLab(t)
	l.plug(t, "h1", l.guest.ID)
	l.plug(t, "h2", l.guest.ID)
	b, ok := l.Binding(l.guest.ID, "h2")
	if !ok || b.Problem == "" {
		t.Fatalf("the second interface of one port is bound as %+v", b)
	}
	for host, want := range map[api.HostID]bool{"h1": true, "h2": false} {
		if _, got := l.Placement(host, l.router.ID); got != want {
			t.Errorf("the router is on %s: %t, want %t", host, got, want)
		}
	}
}

// Link-local pairs are of 169.254.64.0/18; those of one /24 would be used up by 256 routers.
func TestThreeHundredRoutersOfOneHostHaveTheirPairsAndGiveThemBack(t *testing.T) {
	w := newWorld()
	w.host(t, "h1")
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "10.0.0.0/16")
	guest := w.port(t, intent.PortRequest{NetworkID: n.ID})
	w.plug(t, "h1", guest.ID)
	const routers = 300
	if err := w.do(func(tx *api.Txn) error {
		for range routers {
			r, err := w.ops.CreateRouter(tx, intent.RouterRequest{})
			if err != nil {
				return err
			}
			p, err := w.ops.CreatePort(tx, intent.PortRequest{NetworkID: n.ID})
			if err != nil {
				return err
			}
			if _, err := w.ops.AddRouterInterface(tx, r.ID, intent.InterfaceRequest{PortID: p.ID}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	pairs := map[uint16]bool{}
	for pl := range w.PlacementsOn("h1") {
		pairs[pl.LinkLocal] = true
	}
	if len(pairs) != routers {
		t.Errorf("%d pairs for %d routers", len(pairs), routers)
	}
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeletePort(tx, guest.ID) }); err != nil {
		t.Fatal(err)
	}
	for pl := range w.PlacementsOn("h1") {
		t.Fatalf("pair %d is still that of router %s", pl.LinkLocal, pl.RouterID)
	}
}
