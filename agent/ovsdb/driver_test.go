package ovsdb

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"weft/agent/hosttest"
	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

func TestMain(m *testing.M) { os.Exit(hosttest.Main(m)) }

var compare = cmp.Comparer(func(a, b plan.Spec) bool { return a == b })

// items are what the controller plans for a host's switch.
func items() []plan.Spec {
	return []plan.Spec{
		plan.Bridge{Name: "br-int", DatapathID: 0x1122334455}, plan.Bridge{Name: "br-tun", DatapathID: 0x99},
		plan.TableName{Bridge: "br-int", Table: 0, Name: "local_switching"},
		plan.TableName{Bridge: "br-int", Table: 60, Name: "transient"},
		plan.TableName{Bridge: "br-tun", Table: 4, Name: "vxlan_to_lv"},
		plan.Controller{Bridge: "br-int", Target: "ssl:127.0.0.1:6653"},
		plan.Controller{Bridge: "br-tun", Target: "ssl:127.0.0.1:6653"},
		plan.PatchPort{Bridge: "br-int", Name: "patch-tun", Peer: "patch-int"},
		plan.PatchPort{Bridge: "br-tun", Name: "patch-int", Peer: "patch-tun"},
		plan.TunnelPort{Bridge: "br-tun", Name: "vxlan", LocalIP: netip.MustParseAddr("127.0.0.1")},
		plan.OVSPort{Bridge: "br-int", Dev: "tqr-1", IfaceID: "aaaa", MAC: api.MustMAC("fa:16:3e:00:00:01")},
	}
}

func want(xs ...plan.Spec) *run.Wanted {
	w := run.NewWanted()
	for _, x := range xs {
		w.Put(plan.Item{Spec: x})
	}
	return w
}

func byKey(xs []plan.Spec) map[plan.Key]plan.Spec {
	m := map[plan.Key]plan.Spec{}
	for _, x := range xs {
		m[x.Key()] = x
	}
	return m
}

// start gives a switch and a connection to it.
func start(t *testing.T) (*hosttest.OVS, *DB) {
	t.Helper()
	o := hosttest.StartOVS(t)
	return o, connect(t, o)
}

func connect(t *testing.T, o *hosttest.OVS) *DB {
	t.Helper()
	d := New(Options{Endpoint: o.Endpoint(), Datapath: "netdev", PrivateKey: "/k", Certificate: "/c", CA: "/a"})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	hosttest.Eventually(t, "connected", func() bool { _, err := d.client(); return err == nil })
	return d
}

func apply(d *DB, w *run.Wanted, put, drop []plan.Spec) map[plan.Key]error {
	var all run.Result
	for _, k := range plan.Kinds {
		all.Merge(d.Apply(context.Background(), run.Step{Kind: k, Put: only(put, k), Want: w}))
	}
	for _, k := range slices.Backward(plan.Kinds[:]) {
		all.Merge(d.Apply(context.Background(), run.Step{Kind: k, Drop: only(drop, k), Want: w}))
	}
	return all.Errors
}

func only(xs []plan.Spec, k plan.Kind) []plan.Spec {
	return slices.DeleteFunc(slices.Clone(xs), func(x plan.Spec) bool { return x.Key().Kind != k })
}

func listAll(t *testing.T, d *DB, w *run.Wanted) map[plan.Key]plan.Spec {
	t.Helper()
	have, err := d.List(context.Background(), w, run.Everywhere)
	if err != nil {
		t.Fatal(err)
	}
	return have
}

func TestWhatWasMadeIsListedAsItWasAsked(t *testing.T) {
	_, d := start(t)
	w := want(items()...)
	if errs := apply(d, w, items(), nil); len(errs) > 0 {
		t.Fatal(errs)
	}
	hosttest.Eventually(t, "everything is listed", func() bool {
		return cmp.Equal(byKey(items()), listAll(t, d, w), compare)
	})
	if n := d.Transactions(); n > 6 {
		t.Errorf("made with %d transactions, want one a kind", n)
	}
}

func TestTheSwitchTakesEverythingThatWasMade(t *testing.T) {
	o, d := start(t)
	hosttest.Run(t, "ip", "link", "add", "tqr-1", "type", "veth", "peer", "name", "qr-1")
	t.Cleanup(func() { hosttest.Run(t, "ip", "link", "del", "tqr-1") })
	apply(d, want(items()...), items(), nil)
	o.Vsctl("set", "Open_vSwitch", ".", "external_ids:seen=1") // waits until ovs-vswitchd has caught up
	get := func(args ...string) string { return strings.Trim(o.Vsctl(append([]string{"get"}, args...)...), `"`) }
	for _, c := range []struct{ table, row, column, want string }{
		{"Bridge", "br-int", "fail_mode", "secure"}, {"Bridge", "br-int", "protocols", "[OpenFlow13]"},
		{"Bridge", "br-int", "datapath_id", "0000001122334455"}, {"Bridge", "br-int", "datapath_type", "netdev"},
		{"Interface", "vxlan", "options:remote_ip", "flow"}, {"Interface", "vxlan", "error", "[]"},
		{"Interface", "patch-tun", "error", "[]"}, {"Interface", "tqr-1", "external_ids:iface-id", "aaaa"},
	} {
		if got := get(c.table, c.row, c.column); got != c.want {
			t.Errorf("%s %s %s = %s, want %s", c.table, c.row, c.column, got, c.want)
		}
	}
	s, err := d.State(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Bridges) != 2 || s.Bridges[0].DatapathID != 0x1122334455 || s.Bridges[0].Ports["patch-tun"] == 0 ||
		s.Bridges[1].Ports["vxlan"] == 0 {
		t.Errorf("reported bridges: %+v", s.Bridges)
	}
	if len(s.Interfaces) != 1 || s.Interfaces[0].IfaceID != "aaaa" || s.Interfaces[0].OFPort == 0 {
		t.Errorf("reported interfaces: %+v", s.Interfaces)
	}
}

func TestEveryDamageIsSeenAndRepaired(t *testing.T) {
	o, d := start(t)
	w := want(items()...)
	apply(d, w, items(), nil)
	for name, args := range map[string][]string{
		"fail-mode":     {"del-fail-mode", "br-int"},
		"protocols":     {"set", "Bridge", "br-tun", "protocols=OpenFlow10"},
		"vlan-limit":    {"set", "Open_vSwitch", ".", "other_config:vlan-limit=2"},
		"datapath-id":   {"set", "Bridge", "br-tun", "other_config:datapath-id=0000000000000001"},
		"table-name":    {"clear", "Bridge", "br-int", "flow_tables"},
		"controller":    {"del-controller", "br-int"},
		"patch-peer":    {"set", "Interface", "patch-tun", "options:peer=nobody"},
		"patch-gone":    {"del-port", "br-tun", "patch-int"},
		"tunnel-option": {"set", "Interface", "vxlan", "options:key=7"},
		"tunnel-more":   {"set", "Interface", "vxlan", "options:csum=true"},
		"iface-id":      {"remove", "Interface", "tqr-1", "external_ids", "iface-id"},
		"tls-gone":      {"del-ssl"},
		"bridge-gone":   {"del-br", "br-tun"},
	} {
		t.Run(name, func(t *testing.T) {
			o.Vsctl(append([]string{"--no-wait"}, args...)...)
			hosttest.Eventually(t, "the damage is seen", func() bool {
				return !cmp.Equal(byKey(items()), listAll(t, d, w), compare)
			})
			hosttest.Eventually(t, "the damage is repaired", func() bool {
				have := listAll(t, d, w)
				var put []plan.Spec
				for _, x := range items() {
					if have[x.Key()] != x {
						put = append(put, x)
					}
				}
				if errs := apply(d, w, put, nil); len(errs) > 0 {
					t.Fatal(errs)
				}
				return len(put) == 0
			})
		})
	}
}

func TestForeignRowsAreNeitherListedNorChanged(t *testing.T) {
	o := hosttest.StartOVS(t)
	o.Vsctl("--no-wait", "add-br", "br-ex", "--", "set", "Bridge", "br-ex", "datapath_type=netdev", "--", "add-port",
		"br-ex", "eth9", "--", "set-controller", "br-ex", "tcp:127.0.0.1:9")
	d := connect(t, o)
	apply(d, want(items()...), items(), nil)
	o.Vsctl("--no-wait", "add-port", "br-int", "vnet0", "--", "set", "Interface", "vnet0", "external_ids:iface-id=guest")
	hosttest.Eventually(t, "the guest is seen", func() bool {
		st, err := d.State(context.Background(), nil)
		return err == nil && slices.ContainsFunc(st.Interfaces, func(i plan.Interface) bool { return i.IfaceID == "guest" })
	})
	none := want()
	have := listAll(t, d, none)
	for k := range have {
		if k.NS == "br-ex" || strings.Contains(k.ID, "vnet0") {
			t.Errorf("%s is taken for ours", k)
		}
	}
	var drop []plan.Spec
	for _, x := range have {
		drop = append(drop, x)
	}
	errs := apply(d, none, nil, drop)
	if len(errs) != 1 || !strings.Contains(errs[plan.Bridge{Name: "br-int"}.Key()].Error(), "vnet0") {
		t.Errorf("removing all of ours: %v, want an error for br-int, which has a guest's port", errs)
	}
	if got := o.Vsctl("list-br"); got != "br-ex\nbr-int" {
		t.Errorf("bridges left: %q", got)
	}
	if got := o.Vsctl("list-ports", "br-ex"); got != "eth9" {
		t.Errorf("ports of the foreign bridge: %q", got)
	}
	if got := o.Vsctl("get-controller", "br-ex"); got != "tcp:127.0.0.1:9" {
		t.Errorf("controller of the foreign bridge: %q", got)
	}
}

func TestAProviderBridgeIsUsedAndGivenBack(t *testing.T) {
	o := hosttest.StartOVS(t)
	o.Vsctl("--no-wait", "add-br", "br-ex", "--", "set-fail-mode", "br-ex", "standalone", "--", "set", "Bridge", "br-ex",
		"protocols=OpenFlow10", "datapath_type=netdev")
	d := connect(t, o)
	x := plan.Bridge{Name: "br-ex", DatapathID: 7, Existing: true}
	if errs := apply(d, want(x), []plan.Spec{x}, nil); len(errs) > 0 {
		t.Fatal(errs)
	}
	if got := o.Vsctl("get", "Bridge", "br-ex", "fail_mode", "protocols"); got != "secure\n[OpenFlow10, OpenFlow13]" {
		t.Errorf("in use: %q", got)
	}
	if errs := apply(d, want(), nil, []plan.Spec{x}); len(errs) > 0 {
		t.Fatal(errs)
	}
	if got := o.Vsctl("get", "Bridge", "br-ex", "fail_mode", "external_ids"); got != "standalone\n{}" {
		t.Errorf("given back: %q", got)
	}
}

func TestAMissingProviderBridgeIsAnErrorOfItsItemAlone(t *testing.T) {
	_, d := start(t)
	missing := plan.Bridge{Name: "br-ex", Existing: true}
	good := plan.Bridge{Name: "br-int", DatapathID: 1}
	errs := apply(d, want(missing, good), []plan.Spec{missing, good}, nil)
	if len(errs) != 1 || errs[missing.Key()] == nil {
		t.Errorf("errors: %v, want one, for br-ex", errs)
	}
	hosttest.Eventually(t, "the other bridge is made", func() bool {
		return listAll(t, d, want(good))[good.Key()] != nil
	})
}

func TestSomebodyElsesCertificatesAreNotReplaced(t *testing.T) {
	o := hosttest.StartOVS(t)
	o.Vsctl("--no-wait", "set-ssl", "/x", "/y", "/z")
	d := connect(t, o)
	errs := apply(d, want(items()...), items(), nil)
	if len(errs) != 2 {
		t.Errorf("errors: %v, want those of the two controllers", errs)
	}
	if got := o.Vsctl("get-ssl"); !strings.Contains(got, "/x") {
		t.Errorf("certificates now: %q", got)
	}
}

func TestARestartOfTheServerIsSurvived(t *testing.T) {
	o, d := start(t)
	w := want(items()...)
	apply(d, w, items(), nil)
	before := d.Generation()
	o.StopServer()
	hosttest.Eventually(t, "the loss is seen", func() bool { _, err := d.State(context.Background(), nil); return err != nil })
	if have, err := d.List(context.Background(), w, run.Everywhere); have != nil || err == nil {
		t.Errorf("without a server: List gives %v, %v", have, err)
	}
	o.StartServer()
	hosttest.Eventually(t, "connected again", func() bool { return d.Generation() > before })
	if d := cmp.Diff(byKey(items()), listAll(t, d, w), compare); d != "" {
		t.Errorf("after the restart:\n%s", d)
	}
}

func TestAnInterfaceThatFailsHasNoPortNumber(t *testing.T) {
	o, d := start(t)
	b := plan.Bridge{Name: "br-int", DatapathID: 1}
	apply(d, want(b), []plan.Spec{b}, nil)
	_, _ = hosttest.Try("ovs-vsctl", "--db="+o.Endpoint(), "-t", "60", "add-port", "br-int", "nodev", "--", "set", "Interface",
		"nodev", "external_ids:iface-id=guest")
	t.Log(o.Vsctl("list", "interface", "nodev"))
	hosttest.Eventually(t, "the failure is reported", func() bool {
		s, err := d.State(context.Background(), nil)
		return err == nil && len(s.Interfaces) == 1 && s.Interfaces[0].OFPort == 0 && s.Interfaces[0].Error != ""
	})
}

func TestRunLeavesNoGoroutine(t *testing.T) {
	o := hosttest.StartOVS(t)
	before := goleak.IgnoreCurrent()
	d := New(Options{Endpoint: o.Endpoint(), Datapath: "netdev"})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	hosttest.Eventually(t, "connected", func() bool { _, err := d.client(); return err == nil })
	cancel()
	<-done
	goleak.VerifyNone(t, before)
}

// says reports whether an interface works, or is reported with the reason in these words.
func says(i plan.Interface, words ...string) bool {
	for _, w := range words {
		if i.OFPort == 0 && !strings.Contains(i.Error, w) {
			return false
		}
	}
	return true
}

func TestAnInterfaceThatTheHypervisorCallsInactiveIsNotPlugged(t *testing.T) {
	o, d := start(t)
	apply(d, want(items()...), items(), nil)
	o.Vsctl("add-port", "br-int", "vif1", "--", "set", "Interface", "vif1", "type=internal", "external_ids:iface-id=g1", "external_ids:iface-status=inactive",
		"--", "add-port", "br-int", "tap1", "--", "set", "Interface", "tap1", "type=internal", "external_ids:iface-id=g1", "external_ids:iface-status=active")
	now := func(want string) func() bool {
		return func() bool {
			s, err := d.State(context.Background(), nil)
			var names []string
			for _, i := range s.Interfaces {
				if i.OFPort != 0 {
					names = append(names, i.Name)
				}
			}
			return err == nil && strings.Join(names, " ") == want
		}
	}
	hosttest.Eventually(t, "only the active one is reported", now("tap1"))
	o.Vsctl("set", "Interface", "tap1", "external_ids:iface-status=inactive")
	hosttest.Eventually(t, "none is reported", now(""))
	o.Vsctl("set", "Interface", "vif1", "external_ids:iface-status=active")
	hosttest.Eventually(t, "the other one is reported", now("vif1"))
	o.Vsctl("remove", "Interface", "tap1", "external_ids", "iface-status")
	hosttest.Eventually(t, "one of which nothing is said counts as active", now("tap1 vif1"))
}

func TestWhatHypervisorsWriteIsReportedAndLeftAlone(t *testing.T) {
	o, d := start(t)
	apply(d, want(items()...), items(), nil)
	columns := []string{"tag", "trunks", "vlan_mode"}
	ports := map[string][]string{
		"vhu1": {"--", "set", "Interface", "vhu1", "type=dpdkvhostuserclient", "options:vhost-server-path=/run/vhu1", "external_ids:iface-id=g1", "external_ids:attached-mac=\"fa:16:3e:00:00:01\""},
		"tap2": {"tag=120", "trunks=[120,130]", "vlan_mode=native-tagged", "--", "set", "Interface", "tap2", "type=internal", "external_ids:iface-id=g2"},
		"tap3": {"tag=7", "vlan_mode=native-untagged", "--", "set", "Interface", "tap3", "type=internal", "external_ids:iface-id=g3", "external_ids:attached-mac=nonsense"},
		"tap4": {"trunks=[1,2]", "vlan_mode=trunk", "--", "set", "Interface", "tap4", "type=internal", "external_ids:iface-id=g4"},
	}
	before := map[string]string{}
	for name, settings := range ports {
		// An interface that ovs-vswitchd cannot make is a fault of ovs-vsctl too, which has written it all the same.
		_, _ = hosttest.Try(append([]string{"ovs-vsctl", "--db=" + o.Endpoint(), "-t", "60", "add-port", "br-int", name}, settings...)...)
		before[name] = o.Vsctl(append([]string{"get", "Port", name}, columns...)...)
	}
	hosttest.Eventually(t, "all are reported, that without a device with the reason", func() bool {
		s, err := d.State(context.Background(), nil)
		seen := map[string]plan.Interface{}
		for _, i := range s.Interfaces {
			seen[i.Name] = i
		}
		vhu := seen["vhu1"]
		return err == nil && vhu.IfaceID == "g1" && vhu.AttachedMAC == "fa:16:3e:00:00:01" && says(vhu, "dpdkvhostuserclient", "DPDK", "tap device") &&
			seen["tap2"].OFPort != 0 && seen["tap3"].OFPort != 0 && seen["tap4"].OFPort != 0
	})
	if errs := apply(d, want(items()...), items(), nil); len(errs) > 0 {
		t.Errorf("with such ports: %v", errs)
	}
	for name, was := range before {
		if is := o.Vsctl(append([]string{"get", "Port", name}, columns...)...); is != was {
			t.Errorf("%s had %q and has %q", name, was, is)
		}
	}
}
