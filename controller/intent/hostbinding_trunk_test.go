package intent_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/intent"
)

// trunkMove is a move of a guest with a trunk, whose sub-port is on a network that no router brings anywhere.
type trunkMove struct {
	*move
	net   *api.Network
	trunk *api.Trunk
	sub   *api.Port
}

func newTrunkMove(t *testing.T) *trunkMove {
	t.Helper()
	m := &trunkMove{move: newMove(t, "h1")}
	m.net = m.network(t, intent.NetworkRequest{})
	m.subnet(t, m.net.ID, "10.77.0.0/24")
	m.sub = m.port(t, intent.PortRequest{NetworkID: m.net.ID})
	m.trunk = must(t, m.world, func(tx *api.Txn) (*api.Trunk, error) {
		return m.ops.CreateTrunk(tx, intent.TrunkRequest{
			PortID: m.guest.ID, SubPorts: intent.Some([]api.SubPort{{PortID: m.sub.ID, SegmentationID: 100}}),
		})
	})
	return m
}

// follows wants of the sub-port what is said of two hosts: whether its network is there, and what its binding there does.
func (m *trunkMove) follows(what, want string) {
	m.t.Helper()
	var words []string
	for _, h := range []api.HostID{"h1", "h2"} {
		word := string(h) + ":"
		if _, ok := m.Segment(h, m.net.ID); ok {
			word += " segment"
		}
		if b, ok := m.Binding(m.sub.ID, h); ok {
			switch {
			case b.Problem != "":
				word += " problem"
			case b.Standby:
				word += " standby"
			default:
				word += " carries"
			}
			if parent, _ := m.Binding(m.guest.ID, h); parent == nil || parent.Standby != b.Standby || b.Parent != m.guest.ID ||
				parent.OFPort != b.OFPort {
				m.t.Fatalf("%s: the parent's binding on %s is %+v, the sub-port's %+v", what, h, parent, b)
			}
		}
		words = append(words, word)
	}
	if diff := cmp.Diff(want, strings.Join(words, ", ")); diff != "" {
		m.t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func TestSubPortsMoveWithTheirParentInOneStep(t *testing.T) {
	m := newTrunkMove(t)
	m.follows("before", "h1: segment carries, h2:")
	m.bind("h2")
	m.follows("once the parent is bound", "h1: segment carries, h2: segment")
	m.see("h2", netip.Addr{}, m.guest.ID)
	m.follows("once it is plugged", "h1: segment carries, h2: segment standby")
	parent, _ := m.Binding(m.guest.ID, "h2")
	sub, _ := m.Binding(m.sub.ID, "h2")
	if parent.Changed != sub.Changed {
		t.Errorf("the host confirms the parent at %d and the sub-port at %d", parent.Changed, sub.Changed)
	}
	m.seeArrival("h2", netip.Addr{}, []intent.Arrival{{PortID: m.guest.ID, Changed: parent.Changed}}, m.guest.ID)
	m.follows("at the first frame", "h1: segment standby, h2: segment carries")
	m.see("h1", netip.Addr{})
	m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h1") })
	m.follows("at the end", "h1:, h2: segment carries")
}

func TestNothingOfSubPortsIsLeftOfAnAbortedMigration(t *testing.T) {
	for name, abort := range map[string]func(*trunkMove){
		"binding-deleted": func(m *trunkMove) {
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
			m.see("h2", netip.Addr{})
		},
		"never-plugged": func(m *trunkMove) {
			m.see("h2", netip.Addr{})
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
		},
		"activated-and-back": func(m *trunkMove) {
			m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h2") })
			m.follows("activated", "h1: segment standby, h2: segment carries")
			m.must(func(tx *api.Txn) error { return m.ops.ActivatePortBinding(tx, m.guest.ID, "h1") })
			m.see("h2", netip.Addr{})
			m.must(func(tx *api.Txn) error { return m.ops.DeletePortBinding(tx, m.guest.ID, "h2") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTrunkMove(t)
			m.bind("h2")
			m.see("h2", netip.Addr{}, m.guest.ID)
			abort(m)
			m.follows("afterwards", "h1: segment carries, h2:")
		})
	}
}

func TestATrunkThatChangesInMidMigrationIsReadyAllTheSame(t *testing.T) {
	m := newTrunkMove(t)
	m.bind("h2")
	change := func(op func(*api.Txn) (*api.Trunk, error)) { m.t.Helper(); must(t, m.world, op) }
	remove := func(tx *api.Txn) (*api.Trunk, error) {
		return m.ops.RemoveSubPorts(tx, m.trunk.ID, []api.PortID{m.sub.ID})
	}
	add := func(tx *api.Txn) (*api.Trunk, error) {
		return m.ops.AddSubPorts(tx, m.trunk.ID, []api.SubPort{{PortID: m.sub.ID, SegmentationID: 7}})
	}
	up := func(is bool) func(*api.Txn) (*api.Trunk, error) {
		return func(tx *api.Txn) (*api.Trunk, error) {
			return m.ops.UpdateTrunk(tx, m.trunk.ID, intent.TrunkRequest{AdminStateUp: intent.Some(is)})
		}
	}
	change(remove)
	m.follows("removed before it is plugged", "h1:, h2:")
	change(add)
	m.follows("and back", "h1: segment carries, h2: segment")
	m.see("h2", netip.Addr{}, m.guest.ID)
	change(remove)
	m.follows("removed when it is plugged", "h1:, h2:")
	change(add)
	m.follows("and back", "h1: segment carries, h2: segment standby")
	change(up(false))
	m.follows("switched off", "h1:, h2:")
	change(up(true))
	m.follows("switched on", "h1: segment carries, h2: segment standby")
	m.must(func(tx *api.Txn) error { return m.ops.DeleteHost(tx, "h2") })
	m.follows("without the new host", "h1: segment carries, h2:")
	m.host(t, "h2")
	m.follows("with the host again", "h1: segment carries, h2: segment")
}

func TestAHostThatCannotCarryASubPortIsNoTargetForItsParent(t *testing.T) {
	m := newTrunkMove(t)
	narrow(t, m.world, m.ext.ID)
	wire := m.port(t, intent.PortRequest{NetworkID: m.ext.ID})
	must(t, m.world, func(tx *api.Txn) (*api.Trunk, error) {
		return m.ops.AddSubPorts(tx, m.trunk.ID, []api.SubPort{{PortID: wire.ID, SegmentationID: 200}})
	})
	create := func(tx *api.Txn) error {
		return m.ops.CreatePortBinding(tx, m.guest.ID, intent.PortBindingRequest{HostID: intent.Some(api.HostID("h2"))})
	}
	seen := intent.ReportedHost{TunnelIP: netip.MustParseAddr("192.0.2.3")}
	m.must(func(tx *api.Txn) error { return m.ops.ReportHost(tx, "h2", seen) })
	refused(t, m.world, "PortBindingError", create)
	m.see("h2", netip.Addr{})
	m.must(create)
	m.see("h2", netip.Addr{}, m.guest.ID)
	for what, h := range map[string]intent.ReportedHost{"mapping is lost": seen, "is found": {TunnelIP: seen.TunnelIP, BridgeMappings: map[string]string{"physnet1": "br-ex"}}} {
		h.Interfaces = []intent.ReportedInterface{{PortID: m.guest.ID, Name: "tap", OFPort: 10}}
		m.must(func(tx *api.Txn) error { return m.ops.ReportHost(tx, "h2", h) })
		b, _ := m.Binding(wire.ID, "h2")
		if mapped := h.BridgeMappings != nil; b.Standby != mapped || (b.Problem == "") != mapped {
			t.Errorf("the %s: %+v", what, b)
		}
	}
}

func TestAPortThatJoinsATrunkHasNoBindingsOfItsOwn(t *testing.T) {
	m := newMove(t, "h1")
	m.bind("h2")
	m.see("h1", netip.Addr{})
	must(t, m.world, func(tx *api.Txn) (api.FloatingIPID, error) { // its floating IP may stay, its further binding not
		parent, err := m.ops.CreatePort(tx, intent.PortRequest{NetworkID: m.net2.ID})
		if err != nil {
			return "", err
		}
		_, err = m.ops.CreateTrunk(tx, intent.TrunkRequest{
			PortID: parent.ID, SubPorts: intent.Some([]api.SubPort{{PortID: m.guest.ID, SegmentationID: 5}}),
		})
		return "", err
	})
	if p, _ := m.Port(m.guest.ID); len(p.Others) != 0 {
		t.Errorf("still bound: %+v", p.Others)
	}
	m.want("afterwards", "active on , h1:, h2:")
}
