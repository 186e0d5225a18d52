package intent_test

import (
	"strings"
	"testing"
	"time"

	"weft/api"
	"weft/controller/intent"
)

func TestHostGetsAMACOfItsOwn(t *testing.T) {
	w := newWorld()
	a, b := w.host(t, "h1"), w.host(t, "h2")
	if a.MAC == b.MAC || !strings.HasPrefix(a.MAC.String(), "fa:16:3f:") {
		t.Errorf("got %s and %s", a.MAC, b.MAC)
	}
	create := func(name api.HostID) func(*api.Txn) error {
		return func(tx *api.Txn) error {
			_, err := w.ops.CreateHost(tx, intent.HostRequest{Name: name})
			return err
		}
	}
	refused(t, w, "HostAlreadyExists", create("h1"))
	for _, name := range []api.HostID{"", "../h", "h 1", "-h", api.HostID(strings.Repeat("h", 64))} {
		refused(t, w, "InvalidInput", create(name))
	}
	up := must(t, w, func(tx *api.Txn) (*api.Host, error) {
		return w.ops.UpdateHost(tx, "h1", intent.HostRequest{Description: intent.Some("rack 3"), JoinHash: "ff"})
	})
	if up.Description != "rack 3" || up.JoinHash != "ff" || up.MAC != a.MAC || up.RevisionNumber != 2 {
		t.Errorf("got %+v", *up)
	}
}

func TestReportThatSaysNothingNewChangesNothing(t *testing.T) {
	l := newLab(t)
	report := intent.ReportedHost{
		TunnelIP: ip("192.0.2.1"), BridgeMappings: map[string]string{"physnet1": "br-ex"}, NetdevDatapath: true,
		Bridges: []api.BridgeState{
			{Name: "br-tun", DatapathID: 2, Ports: map[string]uint32{"vxlan": 3}}, {Name: "br-int", DatapathID: 1, Ports: map[string]uint32{}},
		},
		Interfaces: []intent.ReportedInterface{{PortID: l.guest.ID, Name: "tap0", OFPort: 5}, {PortID: "another tool's", Name: "x", OFPort: 6}},
	}
	l.report(t, "h1", report)
	h, _ := l.Host("h1")
	if h.TunnelIP != ip("192.0.2.1") || h.BridgeMappings["physnet1"] != "br-ex" || len(h.Bridges) != 2 || h.Bridges[0].Name != "br-int" || h.Problem != "" {
		t.Errorf("host %+v", *h)
	}
	rev := l.Revision()
	l.report(t, "h1", report)
	if l.Revision() != rev {
		t.Errorf("the same report again made revision %d from %d", l.Revision(), rev)
	}
	refused(t, l.world, "HostNotFound", func(tx *api.Txn) error { return l.ops.ReportHost(tx, "none", report) })
}

func TestInterfacesBecomeBindings(t *testing.T) {
	l := newLab(t)
	iface := func(name string, ofport uint32) intent.ReportedInterface {
		return intent.ReportedInterface{PortID: l.guest.ID, Name: name, OFPort: ofport}
	}
	cases := []struct {
		name       string
		interfaces []intent.ReportedInterface
		want       string
		ofport     uint32
		usable     bool
	}{
		{"none-yet", []intent.ReportedInterface{iface("tap0", 0)}, "tap0", 0, false},
		{"plugged", []intent.ReportedInterface{iface("tap0", 7)}, "tap0", 7, true},
		{"twice-lowest-wins", []intent.ReportedInterface{iface("tap1", 9), iface("tap0", 7), iface("tap2", 8)}, "tap0", 7, true},
		{"twice-one-without-number", []intent.ReportedInterface{iface("tap0", 0), iface("tap1", 9)}, "tap1", 9, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l.report(t, "h1", intent.ReportedHost{Interfaces: c.interfaces})
			b, ok := l.Binding(l.guest.ID, "h1")
			if !ok || b.Interface != c.want || b.OFPort != c.ofport || b.Usable() != c.usable || b.NetworkID != l.net1.ID || b.Changed != l.Revision() {
				t.Errorf("got %+v at revision %d", b, l.Revision())
			}
		})
	}
	l.plug(t, "h1")
	if _, ok := l.Binding(l.guest.ID, "h1"); ok {
		t.Error("the binding stays after the interface went")
	}
}

func TestPortSeenOnTwoHostsBelongsToTheFirstUntilItLeaves(t *testing.T) {
	l := newLab(t)
	l.plug(t, "h2", l.guest.ID)
	l.plug(t, "h1", l.guest.ID)
	expect := func(host api.HostID, problem string) {
		t.Helper()
		if b, ok := l.Binding(l.guest.ID, host); !ok || b.Problem != problem {
			t.Errorf("on %s: %+v, want the problem %q", host, b, problem)
		}
	}
	expect("h2", "")
	expect("h1", "port is already bound on host h2")
	if _, ok := l.Placement("h1", l.router.ID); ok {
		t.Error("the router is on the host of the bad binding")
	}
	l.plug(t, "h2")
	expect("h1", "")
	if b, _ := l.Binding(l.guest.ID, "h1"); b.Changed != l.Revision() {
		t.Errorf("became good at %d, says %d", l.Revision(), b.Changed)
	}
	if _, ok := l.Placement("h1", l.router.ID); !ok {
		t.Error("the router did not follow")
	}
	must(t, l.world, func(tx *api.Txn) (*api.Port, error) {
		return l.ops.UpdatePort(tx, l.guest.ID, intent.PortRequest{HostID: intent.Some(api.HostID("h2"))})
	})
	expect("h1", "port is asked to be on host h2")
	l.plug(t, "h2", l.guest.ID)
	expect("h2", "")
}

func TestSecondHostWithATunnelAddressOrDatapathIsToldSo(t *testing.T) {
	l := newLab(t)
	bridges := func(id uint64) []api.BridgeState { return []api.BridgeState{{Name: "br-int", DatapathID: id}} }
	l.report(t, "h1", intent.ReportedHost{TunnelIP: ip("192.0.2.1"), Bridges: bridges(1)})
	l.report(t, "h2", intent.ReportedHost{TunnelIP: ip("192.0.2.1"), Bridges: bridges(1), Interfaces: []intent.ReportedInterface{{PortID: l.guest.ID, OFPort: 4}}})
	h1, _ := l.Host("h1")
	h2, _ := l.Host("h2")
	if h1.Problem != "" || h1.TunnelIP != ip("192.0.2.1") || len(h1.Bridges) != 1 {
		t.Errorf("the first host suffers: %+v", *h1)
	}
	for _, want := range []string{"tunnel address 192.0.2.1 belongs to host h1", "datapath id 0000000000000001 of bridge br-int on host h1"} {
		if !strings.Contains(h2.Problem, want) {
			t.Errorf("problem %q does not say %q", h2.Problem, want)
		}
	}
	if h2.TunnelIP.IsValid() || len(h2.Bridges) != 0 {
		t.Errorf("taken over: %+v", *h2)
	}
	if _, ok := l.Binding(l.guest.ID, "h2"); !ok {
		t.Error("the rest of the report was dropped")
	}
	l.report(t, "h2", intent.ReportedHost{TunnelIP: ip("192.0.2.2"), Bridges: bridges(2)})
	if h2, _ = l.Host("h2"); h2.Problem != "" || h2.TunnelIP != ip("192.0.2.2") {
		t.Errorf("after the repair: %+v", *h2)
	}
	l.report(t, "h2", intent.ReportedHost{TunnelIP: ip("224.0.0.1"), Bridges: append(bridges(5), api.BridgeState{Name: "br-tun", DatapathID: 5})})
	if h2, _ = l.Host("h2"); !strings.Contains(h2.Problem, "224.0.0.1 cannot be a host's") || !strings.Contains(h2.Problem, "of bridge br-int") {
		t.Errorf("problem %q", h2.Problem)
	}
}

func TestDeletedHostTakesWhatWasSeenOnItAlong(t *testing.T) {
	l := newLab(t)
	l.floatingIP(t, l.ext.ID, l.guest.ID)
	l.plug(t, "h1", l.guest.ID)
	asked := l.port(t, intent.PortRequest{NetworkID: l.net2.ID, HostID: intent.Some(api.HostID("h1"))})
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteHost(tx, "h1") }); err != nil {
		t.Fatal(err)
	}
	for _, k := range []api.Kind{api.KindBinding, api.KindSegment, api.KindPlacement} {
		for o := range l.All(k) {
			t.Errorf("%s stays", o.Ref())
		}
	}
	if _, ok := l.AgentGateway("h1", l.ext.ID); ok {
		t.Error("the agent gateway stays")
	}
	l.host(t, "h1")
	if _, ok := l.Segment("h1", l.net2.ID); !ok {
		t.Errorf("port %s was asked to be on the host, which has no segment for it", asked.ID)
	}
	refused(t, l.world, "HostNotFound", func(tx *api.Txn) error { return l.ops.DeleteHost(tx, "none") })
}

func TestBindingsOfTheSameInstantAreOrderedByHost(t *testing.T) {
	l := newLab(t)
	now := l.now
	l.plug(t, "h2", l.guest.ID)
	l.now = now
	l.plug(t, "h1", l.guest.ID)
	l.now = now.Add(time.Minute)
	if b, _ := l.BoundOn(l.guest.ID); b.HostID != "h1" {
		t.Errorf("bound on %s", b.HostID)
	}
}
