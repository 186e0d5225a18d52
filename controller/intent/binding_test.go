package intent_test

import (
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestHostWithoutTheMappingCannotCarryAProviderNetwork(t *testing.T) {
	l := newLab(t)
	p := l.port(t, intent.PortRequest{NetworkID: l.ext.ID})
	plugged := []intent.ReportedInterface{{PortID: p.ID, Name: "tap0", OFPort: 7}}
	report := func(mappings map[string]string) *api.Binding {
		t.Helper()
		l.report(t, "h1", intent.ReportedHost{BridgeMappings: mappings, Interfaces: plugged})
		b, ok := l.Binding(p.ID, "h1")
		if !ok {
			t.Fatal("there is no binding")
		}
		return b
	}
	b := report(nil)
	if b.Usable() || !strings.Contains(b.Problem, "host h1 has no bridge for physical network physnet1") {
		t.Errorf("without a mapping the binding is %+v", *b)
	}
	if why := intent.BindingProblem(l.View, p); !strings.Contains(why, "--bridge-mapping physnet1:BRIDGE") {
		t.Errorf("the port's problem is %q", why)
	}
	if b = report(map[string]string{"physnet1": "br-ex"}); !b.Usable() || b.Changed != l.Revision() {
		t.Errorf("once the mapping is there the binding is %+v", *b)
	}
	if why := intent.BindingProblem(l.View, p); why != "" {
		t.Errorf("a bound port has the problem %q", why)
	}
	if b = report(map[string]string{"physnet2": "br-ex"}); b.Usable() {
		t.Errorf("when the mapping goes the binding stays %+v", *b)
	}
}

func TestPortThatIsAskedToBeWhereItsNetworkIsNotSaysWhy(t *testing.T) {
	l := newLab(t)
	p := l.port(t, intent.PortRequest{NetworkID: l.ext.ID, HostID: intent.Some(api.HostID("h2"))})
	if why := intent.BindingProblem(l.View, p); !strings.Contains(why, "host h2 has no bridge for physical network physnet1") {
		t.Errorf("the port's problem is %q", why)
	}
	over := l.port(t, intent.PortRequest{NetworkID: l.net1.ID, HostID: intent.Some(api.HostID("h2"))})
	if why := intent.BindingProblem(l.View, over); why != "" {
		t.Errorf("a port of an overlay network has the problem %q", why)
	}
}

func TestADeadHostTakesNoGuestThatIsNotThere(t *testing.T) {
	l := newLab(t)
	p := l.port(t, intent.PortRequest{NetworkID: l.net1.ID, HostID: intent.Some(api.HostID("h2"))})
	there := l.port(t, intent.PortRequest{NetworkID: l.net1.ID})
	l.plug(t, "h2", there.ID)
	must(t, l.world, func(tx *api.Txn) (*api.Host, error) {
		h, _ := tx.Host("h2")
		dead := *h
		dead.Down = h.CreatedAt
		tx.Put(&dead)
		return &dead, nil
	})
	if why := intent.BindingProblem(l.View, p); !strings.Contains(why, "host h2 is dead") {
		t.Errorf("the port's problem is %q", why)
	}
	if why := intent.Unwelcome(l.View, there, "h2"); why != "" {
		t.Errorf("the guest that was there is unwelcome: %s", why)
	}
}
