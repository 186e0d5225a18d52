package ovsdb

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/agent/hosttest"
	"weft/api"
	"weft/plan"
)

// pluggedIn gives br-int with a device for each name, whose iface-id is the name.
func pluggedIn(t *testing.T, names ...string) (*hosttest.OVS, *DB) {
	t.Helper()
	o, d := start(t)
	o.Vsctl("--no-wait", "add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev")
	for _, name := range names {
		hosttest.Run(t, "ip", "link", "add", name, "type", "veth", "peer", "name", "x"+name)
		t.Cleanup(func() { hosttest.Run(t, "ip", "link", "del", name) })
		o.Vsctl("add-port", "br-int", name, "--", "set", "Interface", name, "external_ids:iface-id="+name)
	}
	return o, d
}

func number(o *hosttest.OVS, name string) string { return o.Vsctl("get", "Interface", name, "ofport") }

func hold(d *DB, n Numbers) error { return d.Hold(context.Background(), "br-int", nil, n) }

func TestPortsGetTheNumbersBackThatTheyHad(t *testing.T) {
	for name, want := range map[string]map[api.PortID]uint32{
		"a-free-number":         {"d1": 30},
		"swapped":               {"d1": 2, "d2": 1},
		"in-a-ring":             {"d1": 2, "d2": 3, "d3": 1},
		"of-one-not-there":      {"gone": 9, "d1": 8},
		"a-stranger-makes-room": {"d1": 3, "d2": 2}, // d3 is not known and has the 3
	} {
		t.Run(name, func(t *testing.T) {
			o, d := pluggedIn(t, "d1", "d2", "d3")
			hosttest.Eventually(t, "numbered", func() bool { return number(o, "d3") == "3" })
			n := Numbers{Interfaces: want}
			hosttest.Eventually(t, "the numbers are back", func() bool { return hold(d, n) == nil })
			seen := map[string]string{}
			for _, dev := range []string{"d1", "d2", "d3"} {
				no := number(o, dev)
				if seen[no] != "" {
					t.Errorf("%s and %s both have the number %s", dev, seen[no], no)
				}
				seen[no] = dev
				if w := want[api.PortID(dev)]; w != 0 && no != fmt.Sprint(w) {
					t.Errorf("%s has the number %s, want %d", dev, no, w)
				}
			}
			before := d.Transactions()
			if err := hold(d, n); err != nil || d.Transactions() != before {
				t.Errorf("asked again without need: %v", err)
			}
		})
	}
}

func TestAPortThatComesLaterFindsItsNumberFree(t *testing.T) {
	o, d := pluggedIn(t, "d1")
	hosttest.Eventually(t, "numbered", func() bool { return number(o, "d1") == "1" })
	n := Numbers{Interfaces: map[api.PortID]uint32{"d2": 1}} // d1 is new and took what d2 had
	hosttest.Eventually(t, "d1 makes room", func() bool { return hold(d, n) == nil })
	if no := number(o, "d1"); no == "1" {
		t.Error("d1 kept the number of d2: frames of d2's would go to it")
	}
	o.Vsctl("--no-wait", "add-port", "br-int", "d2", "--", "set", "Interface", "d2", "external_ids:iface-id=d2")
	hosttest.Eventually(t, "the number is asked for before the device is there", func() bool {
		_ = hold(d, n)
		return o.Vsctl("get", "Interface", "d2", "ofport_request") == "1"
	})
	hosttest.Run(t, "ip", "link", "add", "d2", "type", "veth", "peer", "name", "xd2")
	t.Cleanup(func() { hosttest.Run(t, "ip", "link", "del", "d2") })
	hosttest.Eventually(t, "d2 has its number", func() bool { return number(o, "d2") == "1" })
}

func TestAStrangersPortIsNotRenumbered(t *testing.T) {
	o, d := pluggedIn(t, "d1")
	o.Vsctl("remove", "Interface", "d1", "external_ids", "iface-id")
	n := Numbers{Interfaces: map[api.PortID]uint32{"d2": 1}}
	hosttest.Eventually(t, "it is said", func() bool {
		err := hold(d, n)
		return err != nil && strings.Contains(err.Error(), "not weft's")
	})
	if r := o.Vsctl("get", "Interface", "d1", "ofport_request"); r != "[]" {
		t.Errorf("asked for %s", r)
	}
}

func TestANumberThatIsNotThereNowIsRemembered(t *testing.T) {
	report := func(guest, tunnel uint32) plan.Report {
		return plan.Report{
			Interfaces: []plan.Interface{{IfaceID: "p1", OFPort: guest}},
			Bridges:    []api.BridgeState{{Name: "br-tun", Ports: map[string]uint32{"vxlan": tunnel}}},
		}
	}
	n := NumbersOf(report(0, 0), NumbersOf(report(5, 2), Numbers{}))
	want := Numbers{map[api.PortID]uint32{"p1": 5}, map[string]map[string]uint32{"br-tun": {"vxlan": 2}}}
	if d := cmp.Diff(want, n); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(Numbers{map[api.PortID]uint32{}, map[string]map[string]uint32{}}, NumbersOf(plan.Report{}, want)); d != "" {
		t.Errorf("what is unplugged is remembered: %s", d)
	}
}

func TestReleaseTakesOnlyTheFlag(t *testing.T) {
	o, d := start(t)
	o.Vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true", "other_config:mine=1")
	hosttest.Eventually(t, "released", func() bool {
		was, err := d.Release(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return was
	})
	if got := o.Vsctl("get", "Open_vSwitch", ".", "other_config"); got != `{mine="1"}` {
		t.Errorf("other_config = %s", got)
	}
	hosttest.Eventually(t, "released once", func() bool {
		was, err := d.Release(context.Background())
		return err == nil && !was
	})
}

func TestSettleWaitsForOpenVSwitch(t *testing.T) {
	o, d := start(t)
	o.Vsctl("--no-wait", "add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev")
	if err := d.Settle(context.Background()); err != nil {
		t.Fatal(err)
	}
	if id := o.Vsctl("get", "Bridge", "br-int", "datapath_id"); id == "[]" {
		t.Error("settled, and the bridge is not made")
	}
	o.StopSwitch()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Settle(ctx); err == nil {
		t.Error("settled without ovs-vswitchd")
	}
}

func TestTwoInterfacesOfOneGuestAreNotGivenOneNumber(t *testing.T) {
	n := Numbers{Interfaces: map[api.PortID]uint32{"g1": 7}}
	for status, want := range map[string]uint32{"active": 7, "": 7, "inactive": 0} {
		i := &interfaceRow{ExternalIDs: map[string]string{"iface-id": "g1", "iface-status": status}}
		if got := n.on(intBridge, i); got != want {
			t.Errorf("iface-status %q: number %d, want %d", status, got, want)
		}
	}
}
