package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"weft/api"
	"weft/client"
	"weft/controller/auth"
	"weft/controller/intent"
	"weft/controller/rest"
	"weft/controller/rest/backend"
	"weft/controller/trace"
	"weft/plan"
	"weft/store"
)

var update = flag.Bool("update", false, "rewrite golden outputs")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScripts runs the command line as people do, each script against a controller's API of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		UpdateScripts:      *update,
		RequireUniqueNames: true,
		Setup:              serve,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"weft": func(ts *testscript.TestScript, neg bool, args []string) {
				if code := run(ts, nil, args); neg == (code == exitOK) {
					ts.Fatalf("exit status %d", code)
				}
			},
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				if code := run(ts, nil, args[2:]); fmt.Sprint(code) != args[0] {
					ts.Fatalf("exit status %d, want %s", code, args[0])
				}
			},
			// "from FILE weft …" has the file as its standard input.
			"from": func(ts *testscript.TestScript, neg bool, args []string) {
				if code := run(ts, strings.NewReader(ts.ReadFile(args[0])), args[2:]); neg == (code == exitOK) {
					ts.Fatalf("exit status %d", code)
				}
			},
			"hosts": setHosts,
		},
	})
}

const token = "0123456789abcdef0123456789abcdef"

type worldKey struct{}

// serve starts the real API over a state in memory. The hosts behind it are made up.
func serve(env *testscript.Env) error {
	var n atomic.Int64
	ops := &intent.Ops{
		Now:   func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		NewID: func() string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", n.Add(1)) },
	}
	st := store.NewMemory(store.Options{Settle: ops.Settle})
	w := &world{store: st, ops: ops}
	log := logrus.New()
	log.SetOutput(io.Discard)
	s := httptest.NewServer(rest.New(rest.Config{
		State: st, Ops: ops, Status: w, Inspector: w, Keeper: st, Auth: auth.Single(token), Log: logrus.NewEntry(log),
	}))
	env.Defer(func() {
		s.Close()
		_ = st.Close()
	})
	env.Values[worldKey{}] = w
	env.Setenv("WEFT_ENDPOINT", s.URL)
	env.Setenv("WEFT_TOKEN", token)
	return nil
}

// kinds are what the API of this very program has.
var kinds = sync.OnceValue(func() []client.Kind {
	raw, err := json.Marshal(map[string]any{"resources": rest.Resources()})
	if err != nil {
		panic(err)
	}
	all, err := client.ReadKinds(raw)
	if err != nil {
		panic(err)
	}
	return all
})

// world plays the hosts.
type world struct {
	store *store.Store
	ops   *intent.Ops
	slow  atomic.Bool // hosts do not confirm changes
	away  atomic.Bool // hosts are not connected
}

// setHosts is the script's "hosts slow|quick|away", or "hosts report NAME ADDRESS", as an agent would.
func setHosts(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value(worldKey{}).(*world)
	if args[0] == "report" {
		_, err := w.store.Update(context.Background(), func(tx *api.Txn) error {
			return w.ops.ReportHost(tx, api.HostID(args[1]), intent.ReportedHost{TunnelIP: netip.MustParseAddr(args[2])})
		})
		ts.Check(err)
		return
	}
	w.slow.Store(args[0] == "slow")
	w.away.Store(args[0] == "away")
}

// run is the program, in this process.
func run(ts *testscript.TestScript, in io.Reader, args []string) int {
	for i, arg := range args {
		if strings.HasPrefix(arg, "./") { // a file of the script
			args[i] = ts.MkAbs(arg)
		}
	}
	root := newRoot(&app{Reach: Reach{cfg: client.Config{Getenv: ts.Getenv}}, kinds: kinds()}, nil)
	root.SetArgs(args)
	root.SetOut(ts.Stdout())
	root.SetErr(ts.Stderr())
	root.SetIn(in)
	return Execute(context.Background(), root)
}

func (w *world) Port(api.PortID) string { return "DOWN" }
func (w *world) PortOn(api.PortID, api.HostID) string {
	return "DOWN"
}
func (w *world) FloatingIP(api.FloatingIPID) string { return "DOWN" }
func (w *world) Router(api.RouterID) string         { return "ACTIVE" }
func (w *world) Problem(api.Ref) string             { return "" }

func (w *world) Wait(_ context.Context, rev api.Revision) error {
	if w.slow.Load() {
		return &backend.Unconfirmed{Revision: rev, Hosts: []api.HostID{"host1"}}
	}
	return nil
}

func (w *world) Host(id api.HostID) backend.HostState {
	if w.away.Load() {
		return backend.HostState{Problem: "its agent is not heard", Wanted: 7}
	}
	return backend.HostState{Alive: true, LastSeen: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), Wanted: 7, Confirmed: 7}
}

func (w *world) Plan(context.Context, api.HostID) (backend.HostPlan, error) {
	return backend.HostPlan{Revision: 7, Flows: w.flows(), Items: []plan.Item{
		{Spec: plan.Namespace{Name: "qrouter-1"}, Subject: api.Ref{Kind: api.KindRouter, ID: "1"}},
		{Spec: plan.Sysctl{NS: "qrouter-1", Name: "net.ipv4.ip_forward", Value: "1"}, Subject: api.Ref{Kind: api.KindRouter, ID: "1"}},
	}}, nil
}

func (w *world) Flows(_ context.Context, id api.HostID, q backend.FlowQuery) ([]backend.Flow, error) {
	if w.away.Load() {
		return nil, api.Faultf(api.Unavailable, "HostNotConnected", "no switch of host %s is connected", id)
	}
	var out []backend.Flow
	for _, f := range w.flows() {
		if q.Bridge == "" || q.Bridge == f.Bridge {
			out = append(out, f)
		}
	}
	return out, nil
}

func (w *world) Tunnels(_ context.Context, q backend.TunnelQuery) ([]backend.TunnelCheck, error) {
	a, b := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	all := []backend.TunnelCheck{
		{From: "h1", To: "h2", FromIP: a, ToIP: b, Small: true, Full: true, Size: 1500},
		{From: "h2", To: "h1", FromIP: b, ToIP: a, Size: 1500, Problem: "UDP 4789 is filtered"},
	}
	return slices.DeleteFunc(all, func(t backend.TunnelCheck) bool { return q.From != "" && t.From != q.From }), nil
}

// Trace knows one way: everything arrives but what is for 10.0.0.99.
func (w *world) Trace(_ context.Context, q trace.Query) (trace.Result, error) {
	table := uint8(60)
	found := trace.Result{
		Packet: "icmp 10.0.0.3 → " + q.To.String(), Verdict: trace.Delivered, Host: "good", Place: "tap1", Why: "it arrives at port web2",
		Steps: []trace.Step{
			{Host: "good", Place: "br-int", Table: &table, TableName: "transient", Rule: "dl_vlan=1", Does: "out by tap1",
				Subject: &trace.Subject{Kind: api.KindPort, ID: "2", Name: "web2"}},
			{Host: "good", Place: "qrouter-00000001-0000-4000-8000-000000000000", Does: "routed by qr-1"},
		},
	}
	if q.To == netip.MustParseAddr("10.0.0.99") {
		found.Verdict, found.Why, found.Hint, found.Doubts = trace.Dropped, "nobody has the address", "weft port list", []string{"good: it is slow"}
	}
	return found, nil
}

func (w *world) Diff(_ context.Context, id api.HostID) (backend.HostDiff, error) {
	if id == "good" {
		return backend.HostDiff{Revision: 7}, nil
	}
	fs := w.flows()
	return backend.HostDiff{Revision: 7, MissingFlows: fs[:1], ExtraFlows: fs[2:], ItemErrors: []plan.ItemError{{
		Key: plan.Bridge{Name: "br-ex"}.Key(), Error: "the bridge does not exist",
	}}}, nil
}

func (w *world) flows() []backend.Flow {
	return []backend.Flow{
		{Bridge: "br-int", Table: 0, TableName: "local_switching", Cookie: "0x1", Subject: &backend.Subject{Kind: "port", ID: "p1", Name: "web"},
			Text: " cookie=0x1, table=local_switching, priority=100,in_port=5,vlan_tci=0x0000/0x1fff actions=drop"},
		{Bridge: "br-int", Table: 60, TableName: "transient", Cookie: "0x2", Subject: &backend.Subject{Kind: "host", ID: "host1", Name: "host1"},
			Text: " cookie=0x2, table=transient, priority=0 actions=drop"},
		{Bridge: "br-tun", Table: 0, TableName: "classify", Cookie: "0x0", Text: " table=classify, priority=1 actions=NORMAL"},
	}
}
