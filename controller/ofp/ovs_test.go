package ofp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"weft/api"
	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
	"weft/test/ovstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handler records what a server tells it.
type handler struct {
	connected    chan *ofp.Session
	disconnected chan error
	ports        chan wire.PortStatus
	refuse       func(*ofp.Session) error
}

func newHandler() *handler {
	return &handler{
		connected: make(chan *ofp.Session, 4096), disconnected: make(chan error, 4096),
		ports: make(chan wire.PortStatus, 100),
	}
}

func (h *handler) Connected(s *ofp.Session) error {
	if h.refuse != nil {
		if err := h.refuse(s); err != nil {
			return err
		}
	}
	h.connected <- s
	return nil
}

func (h *handler) Disconnected(_ *ofp.Session, err error) { h.disconnected <- err }

func (h *handler) PortStatus(_ *ofp.Session, p wire.PortStatus) { h.ports <- p }

// receive gives the next value of c, or fails the test.
func receive[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(time.Minute):
		t.Fatalf("no %s in a minute", what)
		panic("unreachable")
	}
}

func quiet() *logrus.Entry {
	l := logrus.New()
	l.SetOutput(io.Discard)
	return logrus.NewEntry(l)
}

// serve runs a server on loopback until the test ends, and gives its address.
func serve(t testing.TB, c ofp.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if c.Log == nil {
		c.Log = quiet()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ofp.NewServer(c).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := receive(t, "end of Serve", ended); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

// connect starts a switch with bridge br0 and gives its session with a server.
func connect(t testing.TB) (*ovstest.Switch, *handler, *ofp.Session) {
	t.Helper()
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	h := newHandler()
	addr := serve(t, ofp.Config{Handler: h})
	sw.Vsctl("set-controller", "br0", "tcp:"+addr)
	return sw, h, receive(t, "session", h.connected)
}

// cloud gives n flows such as a host has.
func cloud(t testing.TB, n int) []plan.Flow {
	t.Helper()
	flows := make([]plan.Flow, n)
	for i := range flows {
		mac := api.MACFromUint64(0xfa163e000000 + uint64(i))
		f := pipeline.Flow{
			Bridge: "br0", Kind: tables.KindPort, Table: tables.UcastToTun, Priority: 2,
			Match: pipeline.Match{pipeline.DlVlan(uint16(1 + i%4000)), pipeline.DlDst(mac)},
			Actions: []pipeline.Action{
				pipeline.PopVlan{}, pipeline.Set(pipeline.TunID(uint32(i % 4000))), pipeline.Output{Port: uint32(1 + i%100)},
			},
		}
		var err error
		if flows[i], err = wire.Encode(f, api.Ref{Kind: api.KindPort, ID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	return flows
}

func between(have, want []plan.Flow) *plan.Delta {
	return plan.Between(&plan.Plan{Flows: have}, &plan.Plan{Flows: want})
}

func TestCommittedFlowsComeBackWithTheirKeysAndCookies(t *testing.T) {
	_, _, s := connect(t)
	want := cloud(t, 10_000)
	if err := s.Commit(t.Context(), want, nil); err != nil {
		t.Fatal(err)
	}
	have, err := s.ReadFlows(t.Context(), "br0")
	if err != nil {
		t.Fatal(err)
	}
	if d := between(have, want); len(have) != len(want) || !d.Empty() {
		t.Errorf("switch holds %d flows of %d; to put %d, to drop %d", len(have), len(want), len(d.PutFlows), len(d.DropFlows))
	}
}

func TestCommitPutsReplacesAndDropsAtOnce(t *testing.T) {
	sw, _, s := connect(t)
	old := cloud(t, 3)
	if err := s.Commit(t.Context(), old, nil); err != nil {
		t.Fatal(err)
	}
	changed := old[1]
	changed.Instructions, changed.Cookie = nil, 0x7704000000000001
	if err := s.Commit(t.Context(), []plan.Flow{changed}, []plan.FlowKey{old[0].FlowKey}); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range []plan.Flow{changed, old[2]} {
		want = append(want, wire.Dump(f, pipeline.Names{}))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, sw.DumpFlows("br0")); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}

// backwards is a flow that a switch refuses: it goes to an earlier table.
func backwards(t testing.TB) plan.Flow {
	f, err := wire.Encode(pipeline.Flow{
		Bridge: "br0", Kind: tables.KindBase, Table: 30, Priority: 7, Match: pipeline.Match{pipeline.InPort(9)},
		Actions: []pipeline.Action{pipeline.Goto{Table: 3}},
	}, api.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOneRefusedFlowLeavesTheSwitchAsItWasAndIsNamed(t *testing.T) {
	for _, n := range []int{0, 1, 5000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			sw, _, s := connect(t)
			first := cloud(t, 1)
			if err := s.Commit(t.Context(), first, nil); err != nil {
				t.Fatal(err)
			}
			bad := backwards(t)
			flows := slices.Insert(cloud(t, n), n/2, bad)
			err := s.Commit(t.Context(), flows, []plan.FlowKey{first[0].FlowKey})
			var refused *ofp.CommitError
			if !errors.As(err, &refused) || refused.Flow != bad.FlowKey {
				t.Fatalf("error = %v, want one that names %v", err, bad.FlowKey)
			}
			for _, want := range []string{"table=30", "priority=7", "in_port=9", "bad instruction: bad table id"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if diff := cmp.Diff([]string{wire.Dump(first[0], pipeline.Names{})}, sw.DumpFlows("br0")); diff != "" {
				t.Errorf("flows (-want +got):\n%s", diff)
			}
			if err := s.Commit(t.Context(), cloud(t, 2), nil); err != nil {
				t.Errorf("the next commit: %v", err)
			}
		})
	}
}

func TestFlowThatFailsOnlyWhenCommittedIsNamedToo(t *testing.T) {
	sw, _, s := connect(t)
	sw.Vsctl("--", "--id=@t", "create", "flow_table", "flow_limit=2", "overflow_policy=refuse", "--",
		"set", "bridge", "br0", "flow_tables:20=@t")
	flows := cloud(t, 3)
	err := s.Commit(t.Context(), flows, nil)
	var refused *ofp.CommitError
	if !errors.As(err, &refused) || refused.Flow != flows[2].FlowKey || refused.Cause.Words() != "flow mod failed: table full" {
		t.Errorf("error = %v, want table full for the third flow", err)
	}
	if got := sw.DumpFlows("br0"); len(got) != 0 {
		t.Errorf("flows = %q, want none", got)
	}
}

func TestSwitchThatRestartsComesBackAsANewSession(t *testing.T) {
	sw, h, s := connect(t)
	sw.KillVswitchd()
	if err := receive(t, "disconnection", h.disconnected); err == nil {
		t.Error("disconnected without a reason")
	}
	if err := s.Commit(t.Context(), cloud(t, 1), nil); err == nil {
		t.Error("commit on a dead session gave no error")
	}
	sw.StartVswitchd()
	again := receive(t, "session", h.connected)
	if again == s || again.DPID() != sw.DatapathID("br0") {
		t.Errorf("session of %016x, want a new one of %016x", again.DPID(), sw.DatapathID("br0"))
	}
	if err := again.Commit(t.Context(), cloud(t, 1), nil); err != nil {
		t.Error(err)
	}
}

func TestPortsAreListedAndTheirChangesTold(t *testing.T) {
	sw, h, s := connect(t)
	sw.AddPort("br0", "p7", 7)
	for {
		if p := receive(t, "port status", h.ports); p.Reason == wire.PortAdded && p.Port.Name == "p7" && p.Port.No == 7 {
			break
		}
	}
	ports, err := s.Ports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	named := slices.ContainsFunc(ports, func(p wire.Port) bool { return p.No == 7 && p.Name == "p7" && !p.MAC.IsZero() })
	if !named || len(ports) != 2 {
		t.Errorf("ports = %+v, want p7 as 7 and LOCAL", ports)
	}
	sw.Vsctl("del-port", "br0", "p7")
	for {
		if p := receive(t, "port status", h.ports); p.Reason == wire.PortDeleted && p.Port.No == 7 {
			break
		}
	}
}

func TestSessionOverTheManagementSocket(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	conn, err := net.Dial("unix", sw.Mgmt("br0"))
	if err != nil {
		t.Fatal(err)
	}
	h := newHandler()
	s, err := ofp.NewSession(t.Context(), conn, ofp.Config{Handler: h, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), cloud(t, 5), nil); err != nil {
		t.Error(err)
	}
	if got := len(sw.DumpFlows("br0")); got != 5 || s.DPID() != sw.DatapathID("br0") {
		t.Errorf("%d flows on %016x, want 5 on %016x", got, s.DPID(), sw.DatapathID("br0"))
	}
	sw.AddPort("br0", "p7", 7)
	if p := receive(t, "port status", h.ports); p.Port.No != 7 {
		t.Errorf("port status of %d, want 7", p.Port.No)
	}
	if out := sw.Ofctl("get-frags", "br0"); strings.TrimSpace(out) != "nx-match" { // the switch has told of its port since
		t.Errorf("fragments are handled so: %s, want nx-match", out)
	}
	s.Close()
	s.Wait()
	if !errors.Is(s.Err(), ofp.ErrClosed) {
		t.Errorf("session ended with %v, want %v", s.Err(), ofp.ErrClosed)
	}
}

func TestCommitsOfManyCallersTakeTurns(t *testing.T) {
	sw, _, s := connect(t)
	flows := cloud(t, 400)
	errs := make(chan error)
	for part := range slices.Chunk(flows, 20) {
		go func() { errs <- s.Commit(t.Context(), part, nil) }()
	}
	for range 20 {
		if err := receive(t, "result", errs); err != nil {
			t.Error(err)
		}
	}
	if got := len(sw.DumpFlows("br0")); got != len(flows) {
		t.Errorf("%d flows, want %d", got, len(flows))
	}
}
