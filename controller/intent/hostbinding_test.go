package intent_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/intent"
)

// move is a guest on h1 that is about to move to h2, with a floating IP.
type move struct {
	*lab
	t *testing.T
}

func newMove(t *testing.T, asked api.HostID) *move {
	t.Helper()
	m := &move{newLab(t), t}
	m.host(t, "h3")
	for i, h := range []api.HostID{"h3", "h1", "h2"} { // the first is the router's gateway host
		m.see(h, netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}))
	}
	m.guest = m.port(t, intent.PortRequest{NetworkID: m.net1.ID, HostID: intent.Some(asked), DeviceOwner: intent.Some("compute:nova")})
	m.floatingIP(t, m.ext.ID, m.guest.ID)
	m.see("h1", netip.Addr{}, m.guest.ID)
	return m
}

// see reports a host that can carry everything.
func (m *move) see(h api.HostID, tunnel netip.Addr, ports ...api.PortID) {
	m.seeArrival(h, tunnel, nil, ports...)
}

func (m *move) seeArrival(h api.HostID, tunnel netip.Addr, as []intent.Arrival, ports ...api.PortID) {
	m.t.Helper()
	if have, ok := m.Host(h); ok && !tunnel.IsValid() {
		tunnel = have.TunnelIP
	}
	r := intent.ReportedHost{TunnelIP: tunnel, BridgeMappings: map[string]string{"physnet1": "br-ex"}, Arrivals: as}
	for i, p := range ports {
		r.Interfaces = append(r.Interfaces, intent.ReportedInterface{PortID: p, Name: "tap", OFPort: uint32(10 + i)})
	}
	m.report(m.t, h, r)
}

func (m *move) bind(h api.HostID) {
	m.t.Helper()
	if err := m.do(func(tx *api.Txn) error {
		return m.ops.CreatePortBinding(tx, m.guest.ID, intent.PortBindingRequest{HostID: intent.Some(h)})
	}); err != nil {
		m.t.Fatal(err)
	}
}

// state says where the guest is, and what hosts hold for it.
func (m *move) state() string {
	p, _ := m.Port(m.guest.ID)
	words := []string{"active on " + string(intent.ActiveHost(m.View, p))}
	for _, o := range p.Others {
		words = append(words, "inactive on "+string(o.HostID))
	}
	for _, h := range []api.HostID{"h1", "h2"} {
		_, seg := m.Segment(h, m.net1.ID)
		_, placed := m.Placement(h, m.router.ID)
		_, gw := m.AgentGateway(h, m.ext.ID)
		b, plugged := m.Binding(m.guest.ID, h)
		word := string(h) + ":"
		for _, x := range []struct {
			is   bool
			what string
		}{
			{seg, "segment"}, {placed, "router"}, {gw, "gateway"}, {plugged && b.Standby, "standby"},
			{plugged && b.Problem != "", "problem"}, {plugged && b.Problem == "" && !b.Standby, "carries"},
		} {
			if x.is {
				word += " " + x.what
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func (m *move) want(what, want string) {
	m.t.Helper()
	if diff := cmp.Diff(want, m.state()); diff != "" {
		m.t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func (m *move) must(op func(*api.Txn) error) {
	m.t.Helper()
	if err := m.do(op); err != nil {
		m.t.Fatal(err)
	}
}

const ready = "segment router gateway"

func TestTheTargetOfAMigrationIsMadeReadyAndTheFirstFrameActivatesIt(t *testing.T) {
	for _, asked := range []api.HostID{"", "h1"} {
		t.Run("asked to be on "+string(asked), func(t *testing.T) {
			m := newMove(t, asked)
			m.want("before", "active on h1, h1: "+ready+" carries, h2:")
			m.bind("h2")
			m.want("once bound", "active on h1, inactive on h2, h1: "+ready+" carries, h2: "+ready)
			m.see("h2", netip.Addr{}, m.guest.ID)
			m.want("once plugged", "active on h1, inactive on h2, h1: "+ready+" carries, h2: "+ready+" standby")

			b, _ := m.Binding(m.guest.ID, "h2")
			m.seeArrival("h2", netip.Addr{}, []intent.Arrival{{PortID: m.guest.ID, Changed: b.Changed - 1}}, m.guest.ID)
			m.want("at a word about an older binding", "active on h1, inactive on h2, h1: "+ready+" carries, h2: "+ready+" standby")
			m.seeArrival("h2", netip.Addr{}, []intent.Arrival{{PortID: m.guest.ID, Changed: b.Changed}}, m.guest.ID)
			m.want("at the first frame", "active on h2, inactive on h1, h1: "+ready+" standby, h2: "+ready+" carries")
			p, _ := m.Port(m.guest.ID)
			if (p.HostID == "") != (asked == "") {
				t.Errorf("the port is asked to be on %q, before on %q", p.HostID, asked)
			}
			m.seeArrival("h2", netip.Addr{}, []intent.Arrival{{PortID: m.guest.ID, Changed: b.Changed}}, m.guest.ID)
			m.want("when it is told twice", "active on h2, inactive on h1, h1: "+ready+" standby, h2: "+ready+" carries")
			m.see("h1", netip.Addr{})
			m.want("once unplugged from the source", "active on h2, inactive on h1, h1:, h2: "+ready+" carries")
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h1") })
			m.want("at the end", "active on h2, h1:, h2: "+ready+" carries")
		})
	}
}

func TestAnAbortedMigrationLeavesNothingBehind(t *testing.T) {
	for _, x := range []struct {
		name  string
		abort func(*move)
	}{
		{"binding-deleted-before-plugged", func(m *move) {
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
		}},
		{"plugged-binding-deleted-unplugged", func(m *move) {
			m.see("h2", netip.Addr{}, m.guest.ID)
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
			m.want("while it is still plugged", "active on h1, h1: "+ready+" carries, h2: problem")
			m.see("h2", netip.Addr{})
		}},
		{"plugged-unplugged-binding-deleted", func(m *move) {
			m.see("h2", netip.Addr{}, m.guest.ID)
			m.see("h2", netip.Addr{})
			m.want("once unplugged", "active on h1, inactive on h2, h1: "+ready+" carries, h2:")
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
		}},
		{"activated-then-deleted", func(m *move) {
			m.see("h2", netip.Addr{}, m.guest.ID)
			m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h2") })
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
			m.want("while it is still plugged", "active on h1, h1: "+ready+" carries, h2: problem")
			m.see("h2", netip.Addr{})
		}},
		{"activated-and-back", func(m *move) {
			m.see("h2", netip.Addr{}, m.guest.ID)
			m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h2") })
			m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h1") })
			m.see("h2", netip.Addr{})
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			for _, asked := range []api.HostID{"", "h1"} {
				m := newMove(t, asked)
				m.bind("h2")
				x.abort(m)
				m.want("afterwards", "active on h1, h1: "+ready+" carries, h2:")
			}
		})
	}
}

func TestAMigrationThatIsActivatedTooEarlyAndFailsIsPutRightByTheGuestsNextFrame(t *testing.T) {
	for _, asked := range []api.HostID{"", "h1"} {
		m := newMove(t, asked)
		m.bind("h2")
		m.see("h2", netip.Addr{}, m.guest.ID)
		m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h2") })
		m.see("h2", netip.Addr{})
		m.says("while it is silent", "gone from host h2", "weft port binding activate "+string(m.guest.ID)+" h1")
		b, _ := m.Binding(m.guest.ID, "h1")
		m.seeArrival("h1", netip.Addr{}, []intent.Arrival{{PortID: m.guest.ID, Changed: b.Changed}}, m.guest.ID)
		m.says("once it has spoken")
		m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
		m.want("afterwards", "active on h1, h1: "+ready+" carries, h2:")
	}
}

func TestAPortThatIsPluggedOnASecondHostWithoutABindingThereIsRefused(t *testing.T) {
	m := newMove(t, "")
	m.see("h2", netip.Addr{}, m.guest.ID)
	m.want("when seen twice", "active on h1, h1: "+ready+" carries, h2: problem")
	b, _ := m.Binding(m.guest.ID, "h2")
	if want := "port is already bound on host h1"; b.Problem != want {
		t.Errorf("the problem is %q, want %q", b.Problem, want)
	}
	m.seeArrival("h2", netip.Addr{}, []intent.Arrival{{PortID: m.guest.ID, Changed: b.Changed}}, m.guest.ID)
	m.want("whatever it sends", "active on h1, h1: "+ready+" carries, h2: problem")
}

func TestWhenTheSourceIsUnpluggedAPortThatMayBeAnywhereGoesOn(t *testing.T) {
	m := newMove(t, "")
	m.bind("h2")
	m.see("h2", netip.Addr{}, m.guest.ID)
	m.see("h1", netip.Addr{})
	m.want("without a word from the guest", "active on h2, h1:, h2: "+ready+" carries")
}

func TestAPortsFurtherBindingsGoWhenItIsUnbound(t *testing.T) {
	m := newMove(t, "h1")
	m.bind("h2")
	must(t, m.world, func(tx *api.Txn) (*api.Port, error) {
		return m.ops.UpdatePort(tx, m.guest.ID, intent.PortRequest{HostID: intent.Some(api.HostID("h2"))})
	})
	m.want("asked to be on the second host", "active on h2, h1: problem, h2: segment")
	must(t, m.world, func(tx *api.Txn) (*api.Port, error) {
		return m.ops.UpdatePort(tx, m.guest.ID, intent.PortRequest{HostID: intent.Some(api.HostID("h1"))})
	})
	m.bind("h2")
	m.see("h1", netip.Addr{})
	must(t, m.world, func(tx *api.Txn) (*api.Port, error) {
		return m.ops.UpdatePort(tx, m.guest.ID, intent.PortRequest{HostID: intent.Some(api.HostID(""))})
	})
	m.want("asked to be nowhere", "active on , h1:, h2:")
}

func TestAHostThatAProfileSaysTheGuestMigratesToIsMadeReady(t *testing.T) {
	m := newMove(t, "h1")
	profile := func(p map[string]any) {
		must(t, m.world, func(tx *api.Txn) (*api.Port, error) {
			return m.ops.UpdatePort(tx, m.guest.ID, intent.PortRequest{Profile: intent.Some(p)})
		})
	}
	profile(map[string]any{api.MigratingTo: "h2"})
	m.want("with migrating_to", "active on h1, h1: "+ready+" carries, h2: "+ready)
	profile(map[string]any{api.MigratingTo: 7})
	m.want("with nonsense", "active on h1, h1: "+ready+" carries, h2:")
}

func TestAHostThatIsMadeAfterItsBindingIsMadeReady(t *testing.T) {
	m := newMove(t, "h1")
	m.bind("h2")
	m.must(func(tx *api.Txn) error { return m.ops.DeleteHost(tx, "h2") })
	m.want("without the host", "active on h1, inactive on h2, h1: "+ready+" carries, h2:")
	m.host(t, "h2")
	m.want("with the host again", "active on h1, inactive on h2, h1: "+ready+" carries, h2: "+ready)
}

func TestBindingsThatCannotBeAreRefused(t *testing.T) {
	m := newMove(t, "h1")
	m.bind("h2")
	m.host(t, "silent")
	create := func(p api.PortID, h api.HostID) func(*api.Txn) error {
		return func(tx *api.Txn) error {
			return m.ops.CreatePortBinding(tx, p, intent.PortBindingRequest{HostID: intent.Some(h)})
		}
	}
	var leg api.PortID
	for p := range m.LegsOf(m.router.ID) {
		leg = p.ID
	}
	for _, x := range []struct {
		name, kind string
		op         func(*api.Txn) error
	}{
		{"on the active host", "PortBindingAlreadyExists", create(m.guest.ID, "h1")},
		{"twice", "PortBindingAlreadyExists", create(m.guest.ID, "h2")},
		{"unknown host", "PortBindingError", create(m.guest.ID, "nowhere")},
		{"silent host", "PortBindingError", create(m.guest.ID, "silent")},
		{"no host", "InvalidInput", create(m.guest.ID, "")},
		{"router's leg", "BadRequest", create(leg, "h2")},
		{"unknown port", "PortNotFound", create("none", "h2")},
		{"activate the active one", "PortBindingAlreadyActive", func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h1") }},
		{"activate none", "PortBindingNotFound", func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "silent") }},
		{"delete none", "PortBindingNotFound", func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "silent") }},
		{"delete the empty one", "PortBindingNotFound", func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "") }},
		{"change none", "PortBindingNotFound", func(tx *api.Txn) error {
			return m.ops.UpdatePortBinding(tx, m.guest.ID, "silent", intent.PortBindingRequest{})
		}},
		{"change the host", "HTTPBadRequest", func(tx *api.Txn) error {
			return m.ops.UpdatePortBinding(tx, m.guest.ID, "h2", intent.PortBindingRequest{HostID: intent.Some(api.HostID("h1"))})
		}},
	} {
		t.Run(x.name, func(t *testing.T) { refused(t, m.world, x.kind, x.op) })
	}
}

func TestEachBindingKeepsWhatTheHypervisorPutThere(t *testing.T) {
	m := newMove(t, "h1")
	m.bind("h2")
	set := func(h api.HostID, profile map[string]any) {
		m.must(func(tx *api.Txn) error {
			return m.ops.UpdatePortBinding(tx, m.guest.ID, h, intent.PortBindingRequest{Profile: intent.Some(profile)})
		})
	}
	set("h1", map[string]any{"on": "h1"})
	set("h2", map[string]any{"on": "h2"})
	for _, active := range []api.HostID{"h2", "h1"} {
		m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, active) })
		p, _ := m.Port(m.guest.ID)
		if p.Profile["on"] != string(active) || len(p.Others) != 1 || p.Others[0].Profile["on"] != string(p.Others[0].HostID) {
			t.Errorf("after the move to %s: %v, others %v", active, p.Profile, p.Others)
		}
	}
}
