package controller_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"weft/api"
	"weft/controller"
	"weft/controller/compile"
	"weft/controller/intent"
	"weft/controller/pki"
	"weft/plan"
	"weft/store"
	"weft/tables"
	"weft/test/ovstest"
)

// world is a controller over a store in memory, with a real switch as its one host. The test plays the agent.
type world struct {
	t     *testing.T
	sw    *ovstest.Switch
	store *store.Store
	ops   *intent.Ops
	pki   *pki.Authority
	addr  string // where switches connect

	*controller.Controller
	log  *logtest.Hook
	stop func()
}

const hostID api.HostID = "host1"

func newWorld(t *testing.T) *world {
	t.Helper()
	authority, err := pki.LoadOrCreate(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ops := &intent.Ops{Now: time.Now, NewID: uuid.NewString}
	w := &world{t: t, sw: ovstest.Start(t), ops: ops, pki: authority, store: store.NewMemory(store.Options{Settle: ops.Settle})}
	t.Cleanup(func() { _ = w.store.Close() })
	for _, b := range []string{tables.BridgeInt, tables.BridgeTun} {
		w.sw.AddBridge(b)
	}
	w.sw.AddPort(tables.BridgeInt, tables.PatchTun, 1)
	w.sw.AddPort(tables.BridgeTun, tables.PatchInt, 1)
	w.sw.AddPort(tables.BridgeTun, tables.VXLANPort, 2)
	w.start()
	t.Cleanup(func() { w.stop() })
	w.update(func(tx *api.Txn) error {
		h, err := ops.CreateHost(tx, intent.HostRequest{Name: hostID})
		if err != nil {
			return err
		}
		joined := *h
		joined.CertHash = "joined"
		tx.Put(&joined)
		return nil
	})
	return w
}

// start runs a controller over the store on a free port, or on the one it had before.
func (w *world) start() {
	w.t.Helper()
	if w.addr == "" {
		w.addr = "127.0.0.1:0"
	}
	openflow := listenAgain(w.t, w.addr)
	w.addr = openflow.Addr().String()
	agents, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	cert := w.pki.Serving([]string{"127.0.0.1"})
	log, hook := logtest.NewNullLogger()
	log.SetOutput(io.Discard)
	log.SetLevel(logrus.DebugLevel)
	w.log = hook
	w.Controller = controller.New(controller.Config{
		Store: w.store, Ops: w.ops, Compiler: &compile.Compiler{Strict: true}, Authority: w.pki, Certificate: cert,
		Log: logrus.NewEntry(log), Now: time.Now,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := w.Run(ctx, openflow, agents); err != nil {
			w.t.Errorf("run: %v", err)
		}
	})
	w.stop = func() { cancel(); done.Wait() }
}

// listenAgain listens on an address, which a stranger's connection may have taken for a moment since it was given up.
func listenAgain(t *testing.T, addr string) net.Listener {
	t.Helper()
	for late := time.Now().Add(time.Minute); ; {
		l, err := net.Listen("tcp", addr)
		if err == nil {
			return l
		}
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(late) {
			t.Fatal(err)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func (w *world) update(f func(*api.Txn) error) *api.Snapshot {
	w.t.Helper()
	s, err := w.store.Update(context.Background(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// connect points the bridges at the controller.
func (w *world) connect() {
	for _, b := range []string{tables.BridgeInt, tables.BridgeTun} {
		w.sw.Vsctl("set-controller", b, "tcp:"+w.addr, "--", "set", "controller", b, "max_backoff=1000", "inactivity_probe=5000")
	}
}

// report says what an agent would: the bridges, and the interfaces of ports by OpenFlow port number.
func (w *world) report(rev api.Revision, ifaces map[api.PortID]uint32) {
	w.t.Helper()
	r := plan.Report{Revision: rev, TunnelIP: netip.MustParseAddr("10.1.1.3"), Bridges: []api.BridgeState{
		{Name: tables.BridgeInt, DatapathID: w.sw.DatapathID(tables.BridgeInt), Ports: map[string]uint32{tables.PatchTun: 1}},
		{Name: tables.BridgeTun, DatapathID: w.sw.DatapathID(tables.BridgeTun), Ports: map[string]uint32{tables.PatchInt: 1, tables.VXLANPort: 2}},
	}}
	for p, n := range ifaces {
		r.Interfaces = append(r.Interfaces, plan.Interface{IfaceID: p, Name: fmt.Sprintf("tap%d", n), OFPort: n})
	}
	if err := w.Report(context.Background(), hostID, r); err != nil {
		w.t.Fatal(err)
	}
}

// listen plays an agent's plan stream: it acknowledges whatever comes, keeping the interfaces.
func (w *world) listen(ifaces map[api.PortID]uint32) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	c := w.Controller
	done.Go(func() {
		_ = c.Stream(ctx, hostID, func(m plan.Message) error {
			w.report(m.Revision, ifaces)
			return nil
		})
	})
	stop := w.stop
	w.stop = func() { cancel(); done.Wait(); stop() }
}

// network makes a network with a subnet and n ports on it.
func (w *world) network(n int) []api.PortID {
	w.t.Helper()
	var ids []api.PortID
	w.update(func(tx *api.Txn) error {
		net, err := w.ops.CreateNetwork(tx, intent.NetworkRequest{MetaRequest: intent.MetaRequest{Name: intent.Some("blue")}})
		if err != nil {
			return err
		}
		_, err = w.ops.CreateSubnet(tx, intent.SubnetRequest{
			NetworkID: net.ID, IPVersion: 4, CIDR: intent.Some(netip.MustParsePrefix("192.168.10.0/24")),
		})
		for i := 0; err == nil && i < n; i++ {
			var p *api.Port
			if p, err = w.ops.CreatePort(tx, intent.PortRequest{NetworkID: net.ID}); err == nil {
				ids = append(ids, p.ID)
			}
		}
		return err
	})
	return ids
}

// eventually waits for ok to hold.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			for _, e := range w.log.AllEntries() {
				line, _ := e.String()
				w.t.Log(line)
			}
			w.t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// inLine counts the bridges that have been brought in line since the controller was started.
func (w *world) inLine() int {
	seen := map[any]bool{}
	for _, e := range w.log.AllEntries() {
		if e.Message == "bridge is in line" {
			seen[e.Data["bridge"]] = true
		}
	}
	return len(seen)
}
