package agent

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"weft/agent/hosttest"
	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

func revision(n uint64) api.Revision { return api.Revision(n) }

// hostPlan is a small but whole plan: bridges, a router's leg, NAT.
func hostPlan(id string) []plan.Spec {
	q, dev, peer := "qrouter-"+id, "qr-"+id[:11], "tqr-"+id[:10]
	mac := api.MustMAC("fa:16:3e:00:00:01")
	return []plan.Spec{
		plan.Bridge{Name: "br-int", DatapathID: 0xabc}, plan.Bridge{Name: "br-tun", DatapathID: 0xabd},
		plan.TableName{Bridge: "br-int", Table: 60, Name: "transient"},
		plan.Controller{Bridge: "br-int", Target: "ssl:127.0.0.1:1"},
		plan.PatchPort{Bridge: "br-int", Name: "patch-tun", Peer: "patch-int"},
		plan.PatchPort{Bridge: "br-tun", Name: "patch-int", Peer: "patch-tun"},
		plan.TunnelPort{Bridge: "br-tun", Name: "vxlan", LocalIP: netip.MustParseAddr("127.0.0.1")},
		plan.Namespace{Name: q}, plan.Sysctl{NS: q, Name: "net.ipv4.ip_forward", Value: "1"},
		plan.Veth{NS: q, Dev: dev, MAC: mac, PeerDev: peer, MTU: 1450},
		plan.OVSPort{Bridge: "br-int", Dev: peer, IfaceID: api.PortID(id), MAC: mac},
		plan.Address{NS: q, Dev: dev, Prefix: netip.MustParsePrefix("192.168.10.1/24")},
		plan.Neighbour{NS: q, Dev: dev, Addr: netip.MustParseAddr("192.168.10.2"), MAC: api.MustMAC("fa:16:3e:00:00:02")},
		plan.Route{NS: q, Table: 16, Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("192.168.10.9"), Dev: dev},
		plan.NAT{NS: q, Table: "nat", Chain: "PREROUTING", Rule: "-d 2.2.2.100/32 -j DNAT --to-destination 192.168.10.2"},
		plan.Rule{NS: q, Priority: 40000, From: netip.MustParsePrefix("192.168.10.2/32"), Table: 16},
		plan.Tracked{NS: q, Addr: netip.MustParseAddr("2.2.2.100"), Fixed: netip.MustParseAddr("192.168.10.2")},
		plan.Announce{NS: q, Dev: dev, Addr: netip.MustParseAddr("192.168.10.1")},
	}
}

// running is an agent under test.
type running struct {
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
}

func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Error(err)
		}
	case <-time.After(time.Minute):
		r.t.Fatal("the agent does not end")
	}
}

func quiet() *logrus.Entry {
	l := logrus.New()
	l.SetOutput(io.Discard)
	if os.Getenv("WEFT_TEST_LOG") != "" {
		l.SetOutput(os.Stderr)
		l.SetLevel(logrus.DebugLevel)
	}
	return logrus.NewEntry(l)
}

func config(c *controller, ovsdb, dir string) Config {
	return Config{
		TunnelIP: netip.MustParseAddr("127.0.0.1"), Datapath: DatapathNetdev, StateDir: dir, OVSDB: ovsdb,
		Join: c.token(secret), Log: quiet(), Version: "test",
	}
}

func start(t *testing.T, conf Config) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t, cancel, make(chan error, 1)}
	go func() { r.done <- Run(ctx, conf) }()
	t.Cleanup(cancel)
	return r
}

// reported waits until the controller was told that a revision holds, without error.
func reported(t *testing.T, c *controller, rev uint64) plan.Report {
	t.Helper()
	hosttest.Eventually(t, fmt.Sprintf("revision %d is reported (last report: %+v)", rev, c.last()), func() bool {
		r := c.last()
		return r.Revision == api.Revision(rev) && len(r.Errors) == 0 && r.Problem == ""
	})
	return c.last()
}

// sweep removes what a test left on the private host.
func sweep(t *testing.T) {
	t.Cleanup(func() {
		out, _ := hosttest.Try("ip", "netns")
		for _, ns := range strings.Fields(out) {
			if strings.HasPrefix(ns, "qrouter-") {
				hosttest.Run(t, "ip", "netns", "del", ns)
			}
		}
	})
}

func TestAnAgentJoinsMakesItsPlanAndReportsIt(t *testing.T) {
	hosttest.Need(t)
	o := hosttest.StartOVS(t)
	before := goleak.IgnoreCurrent()
	c, id := newController(t), uuid.NewString()
	sweep(t)
	c.serve(say(snapshot(7, hostPlan(id)...)))
	conf := config(c, o.Endpoint(), t.TempDir())
	a := start(t, conf)
	reported(t, c, 7)
	hosttest.Eventually(t, "the leg is reported with its port", func() bool {
		r := c.last()
		return len(r.Interfaces) == 1 && r.Interfaces[0].OFPort != 0 && r.Interfaces[0].IfaceID == api.PortID(id) &&
			len(r.Bridges) == 2 && r.Bridges[0].DatapathID == 0xabc && r.Bridges[1].Ports["vxlan"] != 0 && r.NetdevDatapath
	})
	a.stop()
	if out := hosttest.Run(t, "ip", "netns"); !strings.Contains(out, id) {
		t.Error("the agent took the namespace along when it ended")
	}
	c.stop()
	goleak.VerifyNone(t, before)
}

func TestARestartedAgentChangesNothing(t *testing.T) {
	hosttest.Need(t)
	o, c, id := hosttest.StartOVS(t), newController(t), uuid.NewString()
	sweep(t)
	xs := hostPlan(id)
	c.serve(say(snapshot(7, xs...)))
	conf := config(c, o.Endpoint(), t.TempDir())
	a := start(t, conf)
	reported(t, c, 7)
	a.stop()
	conf.Join = "" // the certificate is enough
	if err := conf.complete(); err != nil {
		t.Fatal(err)
	}
	b := newAgent(&conf, &http.Client{})
	spies := []*spy{{Driver: b.db}, {Driver: b.host}}
	b.engine = newEngine(conf.Log, check, spies[0], spies[1])
	b.engine.traceless = b.remember
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.db.Run(ctx) }()
	hosttest.Eventually(t, "connected", func() bool { return b.db.Generation() > 0 })
	old, err := loadCache(b.cache.path)
	if err != nil || !old.found || old.want.Len() != len(xs) {
		t.Fatalf("cached plan: %d items, %v", old.want.Len(), err)
	}
	b.engine.restore(old)
	b.engine.relist(ctx, b.engine.drivers...)
	b.engine.take(ctx, snapshot(8, xs...))
	for _, s := range spies {
		for _, step := range s.steps {
			t.Errorf("changed: put %v, drop %v", step.Put, step.Drop)
		}
	}
	if n := b.db.Transactions(); n != 0 {
		t.Errorf("%d transactions", n)
	}
	cancel()
	<-done
	b.host.Close()
}

// spy records what a driver is asked to change.
type spy struct {
	run.Driver
	steps []run.Step
}

func (s *spy) Apply(ctx context.Context, st run.Step) run.Result {
	s.steps = append(s.steps, st)
	return s.Driver.Apply(ctx, st)
}

func TestWithoutAControllerTheLastPlanIsRepaired(t *testing.T) {
	hosttest.Need(t)
	o, c, id := hosttest.StartOVS(t), newController(t), uuid.NewString()
	sweep(t)
	c.serve(say(snapshot(7, hostPlan(id)...)))
	conf := config(c, o.Endpoint(), t.TempDir())
	a := start(t, conf)
	reported(t, c, 7)
	a.stop()
	c.stop()
	hosttest.Run(t, "ip", "netns", "del", "qrouter-"+id) // as a reboot would
	o.Vsctl("del-br", "br-int")
	a = start(t, conf)
	hosttest.Eventually(t, "the plan is made again", func() bool {
		out, _ := hosttest.Try("ip", "netns", "exec", "qrouter-"+id, "iptables-save")
		return strings.Contains(out, "--to-destination") && strings.Contains(o.Vsctl("list-ports", "br-int"), "tqr-")
	})
	a.stop()
}

func TestADeltaAddsAndRemoves(t *testing.T) {
	hosttest.Need(t)
	o, c, id := hosttest.StartOVS(t), newController(t), uuid.NewString()
	sweep(t)
	xs := hostPlan(id)
	delta := plan.Message{Type: typeDelta, Revision: 8}
	for _, x := range xs[7:] {
		delta.Drop = append(delta.Drop, x.Key())
	}
	c.serve(say(snapshot(7, xs...), delta))
	a := start(t, config(c, o.Endpoint(), t.TempDir()))
	reported(t, c, 8)
	if out := hosttest.Run(t, "ip", "netns"); strings.Contains(out, id) {
		t.Error("the namespace is still there")
	}
	if out := o.Vsctl("list-ports", "br-int"); out != "patch-tun" {
		t.Errorf("ports of br-int: %q", out)
	}
	a.stop()
}

func TestGarbageInTheStreamAppliesNothing(t *testing.T) {
	hosttest.Need(t)
	for name, garbage := range map[string]string{
		"half-a-line":   `{"type":"snapshot","revision":9,"put":[{"kind":"namespace","spec":{"name":"qrouter-bad"}}]}`,
		"not-json":      "\x00\xff{{{\n",
		"unknown-kind":  `{"type":"snapshot","revision":9,"put":[{"kind":"namespace","spec":{"name":"qrouter-bad"}},{"kind":"rm","spec":{}}]}` + "\n",
		"unknown-type":  `{"type":"format-disk","revision":9}` + "\n",
		"delta-first":   `{"type":"delta","revision":9,"put":[{"kind":"namespace","spec":{"name":"qrouter-bad"}}]}` + "\n",
		"null-spec":     `{"type":"snapshot","revision":9,"put":[null]}` + "\n",
		"just-an-array": "[]\n",
	} {
		t.Run(name, func(t *testing.T) {
			o, c := hosttest.StartOVS(t), newController(t)
			tried := make(chan struct{}, 100)
			c.serve(func(w http.ResponseWriter, _ *http.Request) {
				flush(w)
				_, _ = io.WriteString(w, garbage)
				tried <- struct{}{}
			})
			a := start(t, config(c, o.Endpoint(), t.TempDir()))
			<-tried
			<-tried // it came again
			c.serve(say(snapshot(10, plan.Bridge{Name: "br-int", DatapathID: 5})))
			reported(t, c, 10)
			if out := hosttest.Run(t, "ip", "netns"); strings.Contains(out, "bad") {
				t.Error("something of the garbage was applied")
			}
			a.stop()
		})
	}
}

func TestOpenVSwitchThatIsNotRunningIsWaitedFor(t *testing.T) {
	hosttest.Need(t)
	o, c, id := hosttest.NewOVS(t), newController(t), uuid.NewString()
	sweep(t)
	c.serve(say(snapshot(7, hostPlan(id)...)))
	a := start(t, config(c, o.Endpoint(), t.TempDir()))
	hosttest.Eventually(t, "the problem is reported", func() bool {
		return strings.Contains(c.last().Problem, "start openvswitch-switch")
	})
	o.StartServer()
	o.StartSwitch()
	reported(t, c, 7)
	a.stop()
}

func TestItemsThatReachBeyondWeftAreRefused(t *testing.T) {
	hosttest.Need(t)
	o, c := hosttest.StartOVS(t), newController(t)
	bad := []plan.Spec{
		plan.Namespace{Name: "blue"}, plan.Namespace{Name: "qrouter-../../etc"}, plan.Namespace{},
		plan.Sysctl{NS: "", Name: "net.ipv4.ip_forward", Value: "0"}, plan.Sysctl{NS: "qrouter-a", Name: "kernel.panic", Value: "1"},
		plan.Veth{Dev: "eth0", PeerDev: "tqr-1", MTU: 1500}, plan.Address{Dev: "eth0", Prefix: netip.MustParsePrefix("1.1.1.1/8")},
		plan.NAT{NS: "qrouter-a", Table: "nat", Chain: "PREROUTING", Rule: "-j ACCEPT\nCOMMIT\n*filter\n-P INPUT DROP"},
		plan.OVSPort{Bridge: "br-int", Dev: "eth0", IfaceID: "x"}, plan.Controller{Bridge: "br-int", Target: "exec:rm"},
	}
	good := plan.Bridge{Name: "br-int", DatapathID: 5}
	c.serve(say(snapshot(3, append(bad, good)...)))
	a := start(t, config(c, o.Endpoint(), t.TempDir()))
	hosttest.Eventually(t, "each is reported", func() bool {
		return c.last().Revision == 3 && len(c.last().Errors) == len(bad)
	})
	for _, e := range c.last().Errors {
		if !strings.Contains(e.Error, "refused") && !strings.Contains(e.Error, "bad rule") {
			t.Errorf("%s: %s", e.Key, e.Error)
		}
	}
	if out := o.Vsctl("list-br"); out != "br-int" {
		t.Errorf("bridges: %q", out)
	}
	a.stop()
}

func TestJoiningIsRefusedClearly(t *testing.T) {
	hosttest.Need(t)
	c, other := newController(t), newController(t)
	for _, x := range []struct{ name, join, controller, want string }{
		{"wrong-secret", c.token("guess"), "", "the secret is not the one"},
		{"another-controller", c.token(secret), "https://" + other.addr, "not the controller of the join token"},
		{"no-token", "", "https://" + c.addr, "--join"},
		{"torn-token", c.token(secret)[:20], "", "copy it whole"},
	} {
		t.Run(x.name, func(t *testing.T) {
			conf := config(c, "unix:/nowhere", t.TempDir())
			conf.Join, conf.Controller = x.join, x.controller
			err := Run(context.Background(), conf)
			if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("error %v, want %q in it", err, x.want)
			}
		})
	}
}

func TestARestartOfTheSwitchIsSurvived(t *testing.T) {
	hosttest.Need(t)
	o, c, id := hosttest.StartOVS(t), newController(t), uuid.NewString()
	sweep(t)
	c.serve(say(snapshot(7, hostPlan(id)...)))
	a := start(t, config(c, o.Endpoint(), t.TempDir()))
	bound := func() bool { r := c.last(); return len(r.Interfaces) == 1 && r.Interfaces[0].OFPort != 0 }
	reported(t, c, 7)
	hosttest.Eventually(t, "the leg has a port", bound)
	before := hosttest.Run(t, "ip", "-n", "qrouter-"+id, "-o", "addr")
	o.StopSwitch()
	o.Vsctl("--no-wait", "clear", "Interface", "tqr-"+id[:10], "ofport")
	hosttest.Eventually(t, "the loss is reported", func() bool { return !bound() })
	o.StartSwitch()
	hosttest.Eventually(t, "the leg has a port again", bound)
	if after := hosttest.Run(t, "ip", "-n", "qrouter-"+id, "-o", "addr"); after != before {
		t.Errorf("the router's leg changed:\n%s\n%s", before, after)
	}
	a.stop()
}

func TestAMissingProviderBridgeIsReportedAndUsedOnceItIsThere(t *testing.T) {
	hosttest.Need(t)
	o, c := hosttest.StartOVS(t), newController(t)
	c.serve(say(snapshot(2, plan.Bridge{Name: "br-int", DatapathID: 1}, plan.Bridge{Name: "br-ex", Existing: true})))
	conf := config(c, o.Endpoint(), t.TempDir())
	conf.BridgeMappings = map[string]string{"public": "br-ex"}
	a := start(t, conf)
	hosttest.Eventually(t, "the missing bridge is reported", func() bool {
		r := c.last()
		return len(r.Errors) == 1 && strings.Contains(r.Errors[0].Error, "ovs-vsctl add-br br-ex")
	})
	o.Vsctl("--no-wait", "add-br", "br-ex", "--", "set", "Bridge", "br-ex", "datapath_type=netdev")
	reported(t, c, 2)
	a.stop()
}
