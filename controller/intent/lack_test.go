package intent_test

import (
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// full takes every free address of the external network's only subnet.
func full(l *lab) {
	for {
		if err := l.do(func(tx *api.Txn) error {
			_, err := l.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{NetworkID: l.ext.ID})
			return err
		}); err != nil {
			return
		}
	}
}

func TestReportIsTakenThoughNoAddressIsLeftForTheHostsGateway(t *testing.T) {
	l := newLab(t)
	l.floatingIP(t, l.ext.ID, l.guest.ID)
	full(l)
	l.plug(t, "h1", l.guest.ID)
	if b, ok := l.Binding(l.guest.ID, "h1"); !ok || b.Problem != "" {
		t.Fatalf("binding %+v: the report was not taken", b)
	}
	if h, _ := l.Host("h1"); !strings.Contains(h.Lack, string(l.ext.ID)) {
		t.Errorf("lack %q, want the external network named", h.Lack)
	}
	must(t, l.world, func(tx *api.Txn) (*api.Port, error) { // what has nothing to do with it goes on
		return l.ops.UpdatePort(tx, l.guest.ID, intent.PortRequest{MetaRequest: intent.MetaRequest{Name: intent.Some("x")}})
	})
	var spare *api.FloatingIP
	for f := range l.FloatingIPs() {
		if f.PortID == "" {
			spare = f
		}
	}
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteFloatingIP(tx, spare.ID) }); err != nil {
		t.Fatal(err)
	}
	if h, _ := l.Host("h1"); h.Lack != "" {
		t.Errorf("lack %q stays", h.Lack)
	}
	if _, ok := l.AgentGateway("h1", l.ext.ID); !ok {
		t.Error("the freed address was not taken")
	}
}

func TestAssociationIsRefusedWhenNoAddressIsLeftForTheHostsGateway(t *testing.T) {
	l := newLab(t)
	l.plug(t, "h1", l.guest.ID)
	f := l.floatingIP(t, l.ext.ID, "")
	full(l)
	refused(t, l.world, "IpAddressGenerationFailure", func(tx *api.Txn) error {
		_, err := l.ops.UpdateFloatingIP(tx, f.ID, intent.FloatingIPRequest{PortID: intent.Some(l.guest.ID)})
		return err
	})
}

func TestReportIsTakenThoughNoLocalVLANIsLeft(t *testing.T) {
	w := newWorld()
	nets := hostFull(t, w, 4094)
	n := w.network(t, intent.NetworkRequest{})
	p := w.port(t, intent.PortRequest{NetworkID: n.ID})
	w.plug(t, "h1", p.ID)
	if h, _ := w.Host("h1"); !strings.Contains(h.Lack, string(n.ID)) {
		t.Fatalf("lack %q, want network %s named", h.Lack, n.ID)
	}
	var first api.PortID
	for q := range w.PortsOf(nets[7]) {
		first = q.ID
	}
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeletePort(tx, first) }); err != nil {
		t.Fatal(err)
	}
	h, _ := w.Host("h1")
	if _, ok := w.Segment("h1", n.ID); !ok || h.Lack != "" {
		t.Errorf("segment there: %t, lack %q", ok, h.Lack)
	}
}
