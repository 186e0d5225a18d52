package bench_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller"
	"weft/controller/auth"
	"weft/controller/compile"
	"weft/controller/intent"
	"weft/controller/pki"
	"weft/controller/rest"
	"weft/plan"
	"weft/store"
	"weft/tables"
	"weft/test/ovstest"
)

// Sizes of the benchmark's cloud. Only the measured host has a switch; the others exist in the state.
const (
	portsPerHost = 50
	measured     = api.HostID("measured")
	token        = "benchmark"
)

// cloud is a controller with everything that a real one has (a state file with fsync, the REST handler, a real switch),
// and one network with a number of ports.
type cloud struct {
	tb        testing.TB
	store     *store.Store
	ops       *intent.Ops
	ctl       *controller.Controller
	rest      http.Handler
	net       *api.Network
	sw        *ovstest.Switch
	mu        sync.Mutex
	reporting sync.Mutex            // an agent sends one report after the other, so an older one never comes last
	taps      map[api.PortID]uint32 // what is plugged into the measured host
	dpids     map[string]uint64     // of its bridges; asking the switch starts a process
}

func newCloud(tb testing.TB, ports int) *cloud {
	tb.Helper()
	return newCloudOf(tb, ports, portsPerHost)
}

// newCloudOf makes a cloud with so many ports on each host.
func newCloudOf(tb testing.TB, ports, perHost int) *cloud {
	tb.Helper()
	ops := &intent.Ops{Now: time.Now, NewID: uuid.NewString}
	st, err := store.Open(filepath.Join(tb.TempDir(), "state.db"), store.Options{Settle: ops.Settle})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = st.Close() })
	c := &cloud{tb: tb, store: st, ops: ops, taps: map[api.PortID]uint32{}, dpids: map[string]uint64{}}
	c.fill(ports, perHost)
	return c
}

// fill makes the hosts and plugs the ports, perHost on each, the first ones on the measured host.
func (c *cloud) fill(ports, perHost int) {
	c.update(func(tx *api.Txn) (err error) {
		if c.net, err = c.ops.CreateNetwork(tx, intent.NetworkRequest{}); err != nil {
			return err
		}
		_, err = c.ops.CreateSubnet(tx, intent.SubnetRequest{
			NetworkID: c.net.ID, IPVersion: 4, CIDR: intent.Some(netip.MustParsePrefix("10.0.0.0/8")),
		})
		return err
	})
	for i := 0; i*perHost < max(ports, 1); i++ {
		id := measured
		if i > 0 {
			id = api.HostID(fmt.Sprintf("host%d", i))
		}
		c.update(func(tx *api.Txn) error { return c.host(tx, id, i, min(perHost, ports-i*perHost)) })
	}
}

func (c *cloud) host(tx *api.Txn, id api.HostID, n, ports int) error {
	h, err := c.ops.CreateHost(tx, intent.HostRequest{Name: id})
	if err != nil {
		return err
	}
	if id == measured {
		joined := *h
		joined.CertHash = "joined"
		tx.Put(&joined)
	}
	r := intent.ReportedHost{TunnelIP: netip.AddrFrom4([4]byte{10, 9, byte(n >> 8), byte(n)}), Bridges: []api.BridgeState{
		{Name: tables.BridgeInt, DatapathID: uint64(1000 + 2*n), Ports: map[string]uint32{tables.PatchTun: 1}},
		{Name: tables.BridgeTun, DatapathID: uint64(1001 + 2*n), Ports: map[string]uint32{tables.PatchInt: 1, tables.VXLANPort: 2}},
	}}
	for i := range ports {
		p, err := c.ops.CreatePort(tx, intent.PortRequest{NetworkID: c.net.ID})
		if err != nil {
			return err
		}
		r.Interfaces = append(r.Interfaces, intent.ReportedInterface{PortID: p.ID, Name: "tap", OFPort: uint32(10 + i)})
		if id == measured {
			c.taps[p.ID] = uint32(10 + i)
		}
	}
	return c.ops.ReportHost(tx, id, r)
}

func (c *cloud) update(f func(*api.Txn) error) {
	c.tb.Helper()
	if _, err := c.store.Update(context.Background(), f); err != nil {
		c.tb.Fatal(err)
	}
}

// serve starts the controller, the switch and an agent that acknowledges everything at once.
func (c *cloud) serve() {
	c.tb.Helper()
	openflow := listen(c.tb)
	c.sw = ovstest.Start(c.tb)
	for _, b := range []string{tables.BridgeInt, tables.BridgeTun} {
		c.sw.AddBridge(b)
		c.dpids[b] = c.sw.DatapathID(b)
		c.sw.Vsctl("set-controller", b, "tcp:"+openflow.Addr().String())
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	c.tb.Cleanup(c.start(openflow, log))
	c.wait(c.store.Snapshot().Revision())
}

// start starts a controller and the agent, and gives what stops them.
func (c *cloud) start(openflow net.Listener, log *logrus.Logger) (stop func()) {
	c.tb.Helper()
	authority, err := pki.LoadOrCreate(c.tb.TempDir(), time.Now)
	if err != nil {
		c.tb.Fatal(err)
	}
	c.ctl = controller.New(controller.Config{
		Store: c.store, Ops: c.ops, Compiler: &compile.Compiler{}, Authority: authority,
		Log: logrus.NewEntry(log), Now: time.Now,
	})
	c.rest = rest.New(rest.Config{State: c.store, Ops: c.ops, Status: c.ctl, Inspector: c.ctl, Auth: auth.Single(token), Log: logrus.NewEntry(log)})
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	agents := listen(c.tb)
	done.Go(func() { _ = c.ctl.Run(ctx, openflow, agents) })
	c.report(0)
	done.Go(func() {
		for ctx.Err() == nil { // the controller may not have started the host yet
			_ = c.ctl.Stream(ctx, measured, func(m plan.Message) error { c.report(m.Revision); return nil })
		}
	})
	return func() { cancel(); done.Wait() }
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// report says what the agent of the measured host would.
func (c *cloud) report(rev api.Revision) {
	c.reporting.Lock()
	defer c.reporting.Unlock()
	r := plan.Report{Revision: rev, TunnelIP: netip.MustParseAddr("10.9.0.0"), Bridges: []api.BridgeState{
		{Name: tables.BridgeInt, DatapathID: c.dpids[tables.BridgeInt], Ports: map[string]uint32{tables.PatchTun: 1}},
		{Name: tables.BridgeTun, DatapathID: c.dpids[tables.BridgeTun], Ports: map[string]uint32{tables.PatchInt: 1, tables.VXLANPort: 2}},
	}}
	c.mu.Lock()
	for p, n := range c.taps {
		r.Interfaces = append(r.Interfaces, plan.Interface{IfaceID: p, Name: "tap", OFPort: n})
	}
	c.mu.Unlock()
	if err := c.ctl.Report(context.Background(), measured, r); err != nil && rev > 0 { // before it has the host, the plan brings the next report
		c.tb.Log(err)
	}
}

func (c *cloud) wait(rev api.Revision) {
	c.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.ctl.Wait(ctx, rev); err != nil {
		c.tb.Fatal(err)
	}
}

// do sends a request to the REST handler and fails unless it is answered with the status.
func (c *cloud) do(method, path string, body io.Reader, status int) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("X-Auth-Token", token)
	w := httptest.NewRecorder()
	c.rest.ServeHTTP(w, r)
	if w.Code != status {
		c.tb.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}
