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
