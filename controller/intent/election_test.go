package intent_test

import (
	"fmt"
	"slices"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// elected holds a router's gateway against what must be true of it however it came to be.
func (c *checker) elected(r *api.Router) {
	if r.Gateway == nil {
		for p := range c.CentralPortsOf(r.ID) {
			c.holds(r, false, "central leg %s without a gateway", p.ID)
		}
		return
	}
	n, _ := c.Network(r.Gateway.NetworkID)
	able, living := 0, 0
	for h := range c.Hosts() {
		if h.Carries(n) && !h.NoGateways {
			able++
			if h.Alive() {
				living++
			}
		}
	}
	h, there := c.Host(r.Gateway.HostID)
	c.holds(r, there || able == 0, "gateway host %q, and %d hosts could be it", r.Gateway.HostID, able)
	c.holds(r, there || r.Gateway.HostID == "", "gateway host %q, which is not there", r.Gateway.HostID)
	c.holds(r, !there || h.Carries(n), "gateway host %s cannot carry network %s", r.Gateway.HostID, n.ID)
	c.holds(r, !there || h.Life() != api.Dead || living == 0, "gateway host %s is dead, and %d others live", r.Gateway.HostID, living)
	left, known := c.Host(r.Gateway.Left)
	c.holds(r, r.Gateway.Left == "" || known && !left.Alive() && left.ID != r.Gateway.HostID, "left host %q: %+v", r.Gateway.Left, left)
	c.holds(r, !known || left.Life() != api.CutOff || !left.Carries(n) || there && h.Life() == api.CutOff,
		"host %s works on as the gateway, which is on %q", r.Gateway.Left, r.Gateway.HostID)
	c.holds(r, !there || !h.NoGateways || living == 0 || h.Life() == api.CutOff, "gateway host %s takes none, and %d others live", r.Gateway.HostID, living)
	c.holds(r, there || r.Gateway.Problem != "", "without a gateway host, and without a problem")
	if gw, ok := c.Port(r.Gateway.PortID); ok {
		c.holds(gw, gw.HostID == r.Gateway.HostID, "gateway port on %q, the gateway host is %q", gw.HostID, r.Gateway.HostID)
	}
	c.centralLegs(r)
}

// centralLegs wants one for each subnet of an IP version that the gateway has, or a problem that says why not.
func (c *checker) centralLegs(r *api.Router) {
	have := map[api.SubnetID]bool{}
	for p := range c.CentralPortsOf(r.ID) {
		have[p.FixedIPs[0].SubnetID] = true
	}
	want := 0
	gw, _ := c.Port(r.Gateway.PortID)
	six := slices.ContainsFunc(gw.FixedIPs, func(f api.FixedIP) bool { return f.Addr.Is6() })
	for leg := range c.LegsOf(r.ID) {
		for _, f := range leg.FixedIPs {
			if f.Addr.Is4() || six {
				want++
				c.holds(r, have[f.SubnetID] || r.Gateway.Problem != "", "no central leg on subnet %s, and no problem", f.SubnetID)
			}
		}
	}
	c.holds(r, len(have) <= want, "%d central legs for %d subnets", len(have), want)
}

// keeps holds two states against each other: a gateway stays where it is unless its host died, went, or lost the network.
func keeps(before, after api.View) (wrong []string) {
	for r := range after.Routers() {
		old, ok := before.Router(r.ID)
		if !ok || old.Gateway == nil || r.Gateway == nil || old.Gateway.PortID != r.Gateway.PortID {
			continue
		}
		n, _ := after.Network(r.Gateway.NetworkID)
		h, there := after.Host(old.Gateway.HostID)
		left, _ := after.Host(old.Gateway.Left)
		if left != nil && left.Life() == api.CutOff { // it takes back what nobody could take from it
			continue
		}
		mayKeep := there && (h.Life() == api.CutOff || h.Alive() && !h.NoGateways)
		if mayKeep && h.Carries(n) && r.Gateway.HostID != h.ID {
			wrong = append(wrong, fmt.Sprintf("router %s left host %s, which could have kept it, for %q", r.ID, h.ID, r.Gateway.HostID))
		}
	}
	return wrong
}

// outside makes hosts ones that can carry the lab's external network.
func (l *lab) outside(t testing.TB, hosts ...api.HostID) {
	t.Helper()
	for i, h := range hosts {
		l.report(t, h, intent.ReportedHost{
			TunnelIP: ip(fmt.Sprintf("192.0.2.%d", i+1)), BridgeMappings: map[string]string{"physnet1": "br-ex"},
		})
	}
}

func (l *lab) gatewayHost(t testing.TB) api.HostID {
	t.Helper()
	r, _ := l.Router(l.router.ID)
	return r.Gateway.HostID
}

func (l *lab) lives(t testing.TB, lives map[api.HostID]api.Life) {
	t.Helper()
	if err := l.do(func(tx *api.Txn) error { l.ops.SetLives(tx, lives); return nil }); err != nil {
		t.Fatal(err)
	}
}

// alive makes hosts live or die.
func (l *lab) alive(t testing.TB, alive map[api.HostID]bool) {
	t.Helper()
	lives := map[api.HostID]api.Life{}
	for h, yes := range alive {
		lives[h] = api.Dead
		if yes {
			lives[h] = api.Connected
		}
	}
	l.lives(t, lives)
}

func TestGatewayMovesWhenItsHostDiesAndDoesNotComeBack(t *testing.T) {
	l := newLab(t)
	if r, _ := l.Router(l.router.ID); r.Gateway.HostID != "" || r.Gateway.Problem == "" {
		t.Fatalf("no host can carry the network, and the gateway is %+v", *r.Gateway)
	}
	l.outside(t, "h1", "h2")
	for _, step := range []struct {
		alive map[api.HostID]bool
		want  api.HostID
	}{
		{nil, "h1"},
		{map[api.HostID]bool{"h1": false}, "h2"},
		{map[api.HostID]bool{"h1": true}, "h2"},
		{map[api.HostID]bool{"h1": false, "h2": false}, "h2"}, // nobody can take over
		{map[api.HostID]bool{"h1": true}, "h1"},
	} {
		l.alive(t, step.alive)
		if got := l.gatewayHost(t); got != step.want {
			t.Fatalf("gateway host %q after %v, want %q", got, step.alive, step.want)
		}
		for _, h := range []api.HostID{"h1", "h2"} {
			_, placed := l.Placement(h, l.router.ID)
			_, segment := l.Segment(h, l.ext.ID)
			if here := h == step.want; placed != here || segment != here {
				t.Errorf("after %v on host %s: router there %t, external network there %t, want both %t", step.alive, h, placed, segment, here)
			}
		}
	}
}

func TestAHostThatIsOnlyCutOffKeepsTheGateway(t *testing.T) {
	type lives = map[api.HostID]api.Life
	l := newLab(t)
	l.outside(t, "h1", "h2")
	for i, step := range []struct {
		lives lives
		want  api.HostID
		left  api.HostID
	}{
		{nil, "h1", ""},
		{lives{"h1": api.CutOff}, "h1", ""},
		{lives{"h1": api.Dead}, "h2", "h1"},
		{lives{"h1": api.CutOff}, "h1", ""}, // it was not dead, and cannot be told; h2 can
		{lives{"h1": api.Dead}, "h2", "h1"},
		{lives{"h2": api.CutOff}, "h2", "h1"},
		{lives{"h1": api.CutOff}, "h2", "h1"}, // neither can be told
		{lives{"h2": api.Dead}, "h1", "h2"},
		{lives{"h2": api.Connected}, "h1", ""},
		{lives{"h1": api.Dead}, "h2", "h1"},
		{lives{"h1": api.Connected}, "h2", ""}, // it was told
		{lives{"h1": api.CutOff}, "h2", ""},
		{lives{"h2": api.Dead}, "h2", ""}, // nobody can be told to take over
	} {
		l.lives(t, step.lives)
		r, _ := l.Router(l.router.ID)
		if r.Gateway.HostID != step.want || r.Gateway.Left != step.left {
			t.Fatalf("step %d, %v: on %q, left %q, want %q and %q", i, step.lives, r.Gateway.HostID, r.Gateway.Left, step.want, step.left)
		}
	}
}

func TestAGatewayIsNotTakenFromAHostThatCannotBeTold(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1", "h2")
	l.lives(t, map[api.HostID]api.Life{"h1": api.CutOff})
	refused(t, l.world, "GatewayHostCutOff", func(tx *api.Txn) error { _, err := l.ops.MoveGateway(tx, l.router.ID, "h2"); return err })
	refused(t, l.world, "GatewayHostCutOff", func(tx *api.Txn) error { _, err := l.ops.LeaveGateway(tx, l.router.ID, "h1"); return err })
	l.takes(t, "h1", false)
	if got := l.gatewayHost(t); got != "h1" {
		t.Errorf("once it takes none any more it is on %q", got)
	}
	l.lives(t, map[api.HostID]api.Life{"h1": api.Connected})
	if got := l.gatewayHost(t); got != "h2" {
		t.Errorf("once it can be told it is on %q", got)
	}
	l.lives(t, map[api.HostID]api.Life{"h2": api.CutOff})
	must(t, l.world, func(tx *api.Txn) (*api.Host, error) { return nil, l.ops.DeleteHost(tx, "h2") })
	l.takes(t, "h1", true)
	if got := l.gatewayHost(t); got != "h1" {
		t.Errorf("once its host is deleted it is on %q", got)
	}
}

func (l *lab) takes(t testing.TB, h api.HostID, gateways bool) {
	t.Helper()
	must(t, l.world, func(tx *api.Txn) (*api.Host, error) {
		return l.ops.UpdateHost(tx, h, intent.HostRequest{TakesGateways: intent.Some(gateways)})
	})
}

func TestGatewaysLeaveAHostThatTakesNoneAndStayIfNobodyElseCanHaveThem(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1", "h2")
	want := func(what string, host api.HostID) {
		t.Helper()
		if got := l.gatewayHost(t); got != host {
			t.Fatalf("%s the gateway host is %q, want %q", what, got, host)
		}
	}
	want("at first", "h1")
	l.takes(t, "h1", false)
	want("once h1 takes none", "h2")
	l.takes(t, "h1", true)
	want("once h1 takes them again", "h2")
	l.takes(t, "h1", false)
	l.takes(t, "h2", false)
	want("once nobody takes any", "h2")
	l.alive(t, map[api.HostID]bool{"h2": false})
	want("when its host dies and the other takes none", "h2")
	l.takes(t, "h1", true)
	want("once a living host takes it", "h1")
	l.takes(t, "h1", false)
	r, _ := l.Router(l.world.router(t, l.ext.ID).ID)
	if r.Gateway.HostID != "" || r.Gateway.Problem == "" {
		t.Errorf("a new router's gateway is %+v, and no host takes any", *r.Gateway)
	}
	refused(t, l.world, "GatewayHostUnsuitable", func(tx *api.Txn) error { _, err := l.ops.MoveGateway(tx, l.router.ID, "h1"); return err })
}

func TestAGatewayLeavesAHostForTheBestOther(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1", "h2")
	leave := func(r api.RouterID, h api.HostID) func(tx *api.Txn) error {
		return func(tx *api.Txn) error { _, err := l.ops.LeaveGateway(tx, r, h); return err }
	}
	refused(t, l.world, "RouterNotHostedByL3Agent", leave(l.router.ID, "h2"))
	refused(t, l.world, "RouterNotFound", leave("none", "h1"))
	if err := l.do(leave(l.router.ID, "h1")); err != nil || l.gatewayHost(t) != "h2" {
		t.Fatalf("gateway host %q, error %v", l.gatewayHost(t), err)
	}
	l.takes(t, "h1", false)
	refused(t, l.world, "RouterReschedulingFailed", leave(l.router.ID, "h2"))
	bare := l.world.router(t, "")
	refused(t, l.world, "RouterNotHostedByL3Agent", leave(bare.ID, ""))
}

func TestGatewaysSpreadOverTheHosts(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1", "h2")
	for range 5 {
		l.world.router(t, l.ext.ID)
	}
	load := map[api.HostID]int{}
	for r := range l.Routers() {
		load[r.Gateway.HostID]++
	}
	if load["h1"] != 3 || load["h2"] != 3 {
		t.Errorf("gateways %v, want three on each", load)
	}
}

func TestGatewayMovesWhereItIsAskedTo(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1", "h2")
	move := func(h api.HostID) func(tx *api.Txn) error {
		return func(tx *api.Txn) error { _, err := l.ops.MoveGateway(tx, l.router.ID, h); return err }
	}
	if err := l.do(move("h2")); err != nil || l.gatewayHost(t) != "h2" {
		t.Fatalf("gateway host %q, error %v", l.gatewayHost(t), err)
	}
	l.host(t, "h3")
	refused(t, l.world, "GatewayHostUnsuitable", move("h3"))
	refused(t, l.world, "HostNotFound", move("nobody"))
	l.alive(t, map[api.HostID]bool{"h1": false})
	refused(t, l.world, "GatewayHostUnsuitable", move("h1"))
}

func TestEachSubnetHasOneCentralLegWhileTheRouterHasAGateway(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1")
	legs := func() (n int) {
		for p := range l.CentralPortsOf(l.router.ID) {
			if p.HostID != "h1" {
				t.Errorf("central leg on %q", p.HostID)
			}
			n++
		}
		return n
	}
	if legs() != 2 {
		t.Errorf("%d central legs, want one for each subnet", legs())
	}
	if err := l.do(l.removeLeg(l.router.ID, intent.InterfaceRequest{SubnetID: l.sub2.ID})); err != nil || legs() != 1 {
		t.Errorf("%d central legs, error %v, want one", legs(), err)
	}
	must(t, l.world, func(tx *api.Txn) (*api.Router, error) {
		return l.ops.UpdateRouter(tx, l.router.ID, intent.RouterRequest{Gateway: intent.Opt[intent.GatewayRequest]{Set: true, Null: true}})
	})
	if legs() != 0 {
		t.Errorf("%d central legs without a gateway", legs())
	}
}

func TestSubnetWithoutAFreeAddressIsNamedUntilOneFrees(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1")
	n := l.network(t, intent.NetworkRequest{})
	s := l.subnet(t, n.ID, "10.7.0.0/30") // the router's address, and one more
	guest := l.port(t, intent.PortRequest{NetworkID: n.ID})
	l.leg(t, l.router.ID, s.ID)
	if r, _ := l.Router(l.router.ID); r.Gateway.Problem == "" {
		t.Error("the router says nothing of the full subnet")
	}
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeletePort(tx, guest.ID) }); err != nil {
		t.Fatal(err)
	}
	if r, _ := l.Router(l.router.ID); r.Gateway.Problem != "" {
		t.Errorf("problem %q stays", r.Gateway.Problem)
	}
}

func TestNetworksLeaveAHostWithTheGatewayThoughItsLegsAreStillPluggedThere(t *testing.T) {
	l := newLab(t)
	l.outside(t, "h1", "h2")
	r := intent.ReportedHost{TunnelIP: ip("192.0.2.1"), BridgeMappings: map[string]string{"physnet1": "br-ex"}}
	for p := range l.PortsOfDevice(string(l.router.ID)) {
		r.Interfaces = append(r.Interfaces, intent.ReportedInterface{PortID: p.ID, Name: "dev", OFPort: uint32(len(r.Interfaces) + 10)})
	}
	l.report(t, "h1", r)
	l.alive(t, map[api.HostID]bool{"h1": false})
	for s := range l.SegmentsOn("h1") {
		t.Errorf("network %s stays", s.NetworkID)
	}
	for p := range l.CentralPortsOf(l.router.ID) {
		if b, ok := l.BoundOn(p.ID); ok {
			t.Errorf("port %s is still bound on %s", p.ID, b.HostID)
		}
	}
}
