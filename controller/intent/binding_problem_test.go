package intent_test

import (
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// says wants words in what a person is told of the guest's port; none: that nothing is wrong.
func (m *move) says(what string, words ...string) {
	m.t.Helper()
	p, _ := m.Port(m.guest.ID)
	why := intent.BindingProblem(m.View, p)
	if len(words) == 0 && why != "" {
		m.t.Errorf("%s: %q", what, why)
	}
	for _, w := range words {
		if !strings.Contains(why, w) {
			m.t.Errorf("%s: %q lacks %q", what, why, w)
		}
	}
}

func TestAMigrationWhoseGuestDiesIsExplainedAtItsPort(t *testing.T) {
	m := newMove(t, "h1")
	m.says("at first")
	m.bind("h2")
	m.see("h2", netip.Addr{}, m.guest.ID)
	m.says("while it goes on")
	m.see("h1", netip.Addr{})
	m.says("the source is dead", "gone from host h1", "host h2, where it is plugged", "weft port binding activate "+string(m.guest.ID)+" h2")
	m.see("h2", netip.Addr{})
	m.says("the target is dead too", "neither on host h1, where its traffic goes, nor on h2", "weft port binding delete "+string(m.guest.ID)+" h2")
	m.see("h1", netip.Addr{}, m.guest.ID)
	m.says("the guest is started again")
	m.see("h2", netip.Addr{}, m.guest.ID)
	m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h2") })
	m.see("h2", netip.Addr{})
	m.says("activated, and dead there", "gone from host h2", "host h1, where it is plugged", "activate "+string(m.guest.ID)+" h1")
	m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h1") })
	m.says("put back")
}

func TestAPortPluggedOnASecondHostIsExplainedThoughItWorksOnTheFirst(t *testing.T) {
	m := newMove(t, "")
	m.see("h2", netip.Addr{}, m.guest.ID)
	m.says("plugged twice", "it works on host h1", "interface tap on host h2", "port is already bound on host h1",
		"weft port binding create "+string(m.guest.ID)+" h2")
	m.see("h2", netip.Addr{})
	m.says("once more alone")
	m.bind("h2")
	m.see("h2", netip.Addr{}, m.guest.ID)
	m.says("with a binding there")
}

func TestAPortPluggedOnAnotherHostThanAskedSaysWhatToDo(t *testing.T) {
	m := newMove(t, "h1")
	m.see("h1", netip.Addr{})
	m.see("h3", netip.Addr{}, m.guest.ID)
	m.says("on h3 alone", "plugged on host h3: port is asked to be on host h1", "weft port set --host h3 "+string(m.guest.ID))
	m.see("h1", netip.Addr{}, m.guest.ID)
	m.says("on both", "it works on host h1", "host h3 has its id too")
}

func TestAnInterfaceThatDoesNotWorkIsExplainedAtItsPort(t *testing.T) {
	m := newMove(t, "")
	see := func(mac, fault string, ofport uint32) {
		m.t.Helper()
		i := intent.ReportedInterface{PortID: m.guest.ID, Name: "tap", OFPort: ofport, Fault: fault}
		if mac != "" {
			i.MAC = api.MustMAC(mac)
		}
		h, _ := m.Host("h1")
		m.must(func(tx *api.Txn) error {
			return m.ops.ReportHost(tx, "h1", intent.ReportedHost{TunnelIP: h.TunnelIP, BridgeMappings: h.BridgeMappings, Interfaces: []intent.ReportedInterface{i}})
		})
	}
	see(m.guest.MAC.String(), "", 10)
	m.says("with the port's MAC")
	before, _ := m.BoundOn(m.guest.ID)
	see("52:54:00:00:00:01", "", 10)
	m.says("with another", "interface tap on host h1 has MAC 52:54:00:00:00:01", m.guest.MAC.String(), "weft libvirt xml "+string(m.guest.ID))
	if after, _ := m.BoundOn(m.guest.ID); after.Changed != before.Changed {
		t.Error("a host must confirm anew what it holds already")
	}
	pairs := func(ps ...api.AddressPair) {
		must(t, m.world, func(tx *api.Txn) (*api.Port, error) {
			return m.ops.UpdatePort(tx, m.guest.ID, intent.PortRequest{AllowedAddressPairs: intent.Some(ps)})
		})
	}
	pairs(api.AddressPair{MAC: api.MustMAC("52:54:00:00:00:01"), Prefix: netip.MustParsePrefix("10.0.0.0/8")})
	m.says("with an allowed pair of it")
	pairs()
	must(t, m.world, func(tx *api.Txn) (*api.Port, error) {
		return m.ops.UpdatePort(tx, m.guest.ID, intent.PortRequest{PortSecurityEnabled: intent.Some(false)})
	})
	m.says("without port security")
	see("", "could not open network device vhu1 (Unknown error -1)\x00\x1b[31m"+strings.Repeat("x", 5000), 0)
	m.says("without a number", "interface tap on host h1 does not work: could not open network device vhu1")
	if b, _ := m.BoundOn(m.guest.ID); len(b.Fault) > 300 || strings.ContainsAny(b.Fault, "\x00\x1b") {
		t.Errorf("it is kept as it came: %q", b.Fault)
	}
	see("", "", 11)
	m.says("once it works")
}
