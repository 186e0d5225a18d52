package controller_test

import (
	"context"
	"io"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller"
	"weft/controller/compile"
	"weft/controller/intent"
	"weft/controller/pki"
	"weft/plan"
	"weft/store"
	"weft/tables"
	"weft/test/standin"
)

// crowd is a controller with TLS on all links, over a store in memory, and hosts that are stand-ins.
type crowd struct {
	*controller.Controller
	t                *testing.T
	ops              *intent.Ops
	store            *store.Store
	pki              *pki.Authority
	openflow, agents string
	hosts            []*standin.Host
	patience         time.Duration
	networks         byte
	stop             func()
}

// newCrowd makes hosts that have joined and reported, and starts a controller. Nothing connects yet.
func newCrowd(t *testing.T, hosts int) *crowd {
	t.Helper()
	return newCrowdOf(t, hosts, 0)
}

// newCrowdOf makes one whose controller has so much patience with a host.
func newCrowdOf(t *testing.T, hosts int, patience time.Duration) *crowd {
	t.Helper()
	authority, err := pki.LoadOrCreate(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ops := &intent.Ops{Now: time.Now, NewID: uuid.NewString}
	c := &crowd{t: t, ops: ops, pki: authority, patience: patience,
		store: store.NewMemory(store.Options{Settle: ops.Settle, History: 512})}
	t.Cleanup(func() { _ = c.store.Close() })
	join, err := standin.NewJoiner(authority)
	if err != nil {
		t.Fatal(err)
	}
	c.update(func(tx *api.Txn) error {
		for n := range hosts {
			h, err := join.Add(tx, ops, n)
			if err != nil {
				return err
			}
			c.hosts = append(c.hosts, h)
		}
		return nil
	})
	c.openflow, c.agents = "127.0.0.1:0", "127.0.0.1:0"
	c.start()
	t.Cleanup(func() { c.stop() })
	return c
}

// start runs a controller where the last one was.
func (c *crowd) start() {
	c.t.Helper()
	openflow, agents := listenAgain(c.t, c.openflow), listenAgain(c.t, c.agents)
	c.openflow, c.agents = openflow.Addr().String(), agents.Addr().String()
	cert := c.pki.Serving([]string{"127.0.0.1"})
	log := logrus.New()
	log.SetOutput(io.Discard)
	c.Controller = controller.New(controller.Config{
		Store: c.store, Ops: c.ops, Compiler: &compile.Compiler{Strict: true}, Authority: c.pki, Certificate: cert,
		OpenFlowTLS: true, Patience: c.patience, Log: logrus.NewEntry(log), Now: time.Now,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := c.Run(ctx, openflow, agents); err != nil {
			c.t.Errorf("run: %v", err)
		}
	})
	c.stop = func() { cancel(); done.Wait() }
}

// connect has hosts connect until the test ends.
func (c *crowd) connect(hosts ...*standin.Host) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	for _, h := range hosts {
		done.Go(func() { h.Run(ctx, c.openflow, c.agents) })
	}
	c.t.Cleanup(func() { cancel(); done.Wait() })
}

func (c *crowd) update(f func(*api.Txn) error) api.Revision {
	c.t.Helper()
	s, err := c.store.Update(context.Background(), f)
	if err != nil {
		c.t.Fatal(err)
	}
	return s.Revision()
}

// network makes a network with a subnet that no other has.
func (c *crowd) network() (id api.NetworkID) {
	c.t.Helper()
	c.update(func(tx *api.Txn) error {
		n, err := c.ops.CreateNetwork(tx, intent.NetworkRequest{})
		if err != nil {
			return err
		}
		id = n.ID
		c.networks++
		_, err = c.ops.CreateSubnet(tx, intent.SubnetRequest{
			NetworkID: n.ID, IPVersion: 4, CIDR: intent.Some(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, c.networks, 0, 0}), 16)),
		})
		return err
	})
	return id
}

// port makes a port and plugs it in.
func (c *crowd) port(n api.NetworkID, h *standin.Host, ofport uint32) (id api.PortID) {
	c.t.Helper()
	c.update(func(tx *api.Txn) error {
		p, err := c.ops.CreatePort(tx, intent.PortRequest{NetworkID: n})
		if err == nil {
			id = p.ID
		}
		return err
	})
	h.Plug(id, ofport)
	return id
}

// eventually waits for ok to hold, and looks whenever something moved.
func (c *crowd) eventually(what string, ok func() bool) {
	c.t.Helper()
	late := time.After(2 * time.Minute)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-late:
			c.t.Fatalf("waited in vain: %s", what)
		case <-again.C:
		}
	}
}

// inLine reports whether a host holds what the newest state wants of it.
func (c *crowd) inLine(h *standin.Host) bool {
	st := c.Host(h.ID)
	return st.Wanted > 0 && st.Confirmed >= st.Wanted
}

// equalToACompile compares what a host's switches hold with its plan, compiled as a whole.
func (c *crowd) equalToACompile(h *standin.Host) {
	c.t.Helper()
	full, err := (&compile.Compiler{}).Host(c.store.Snapshot(), h.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	have := &plan.Plan{}
	for name, s := range map[string]*standin.Switch{tables.BridgeInt: h.Int, tables.BridgeTun: h.Tun} {
		fs, err := s.Dump(name)
		if err != nil {
			c.t.Fatal(err)
		}
		have.Flows = append(have.Flows, fs...)
	}
	have.Sort()
	if d := plan.Between(have, &plan.Plan{Flows: full.Flows}); !d.Empty() {
		c.t.Errorf("host %s: %d flows are missing or differ, %d are too many", h.ID, len(d.PutFlows), len(d.DropFlows))
	}
}

func TestOneHostsCertificatePushesOutNobodyElsesSwitch(t *testing.T) {
	c := newCrowd(t, 2)
	victim, thief := c.hosts[0], c.hosts[1]
	c.update(func(tx *api.Txn) error { // as before its first report
		h, _ := tx.Host(victim.ID)
		next := *h
		next.Bridges = nil
		tx.Put(&next)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	parts.Go(func() { ended <- victim.Int.Serve(ctx, c.openflow, victim.TLS) })
	same := standin.New(victim.Int.DPID)
	parts.Go(func() { _ = same.Serve(ctx, c.openflow, thief.TLS) })
	c.eventually("both switches wait", func() bool { return c.Waiting() == 2 })
	if err := c.Report(ctx, victim.ID, plan.Report{TunnelIP: victim.TunnelIP, Bridges: victim.Bridges()}); err != nil {
		t.Fatal(err)
	}
	c.eventually("the host's own switch has its flows", func() bool { return victim.Int.Flows() > 0 })
	select {
	case err := <-ended:
		t.Errorf("the host's own switch was hung up on: %v", err)
	default:
	}
	if same.Flows() != 0 {
		t.Error("the other host's switch was given flows")
	}
}

func TestAHostsSwitchesThatWaitKeepNobodyElseOut(t *testing.T) {
	c := newCrowd(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	refused := make(chan error, 100)
	for i := range 100 {
		parts.Go(func() { refused <- standin.New(uint64(0xbad000+i)).Serve(ctx, c.openflow, c.hosts[0].TLS) })
	}
	for range 100 - controller.MaxWaitingOfHost {
		if err := <-refused; err == nil {
			t.Error("a switch ended by itself")
		}
	}
	parts.Go(func() { _ = standin.New(0x600d).Serve(ctx, c.openflow, c.hosts[1].TLS) })
	c.eventually("another host's switch waits too", func() bool { return c.Waiting() == controller.MaxWaitingOfHost+1 })
}

func TestHostsThatConnectAtOnceAreBroughtIntoLine(t *testing.T) {
	c := newCrowd(t, 30)
	n := c.network()
	c.connect(c.hosts...)
	for i, h := range c.hosts {
		p := c.port(n, h, uint32(10+i))
		c.eventually("port is ACTIVE", func() bool { return c.Port(p) == "ACTIVE" })
	}
	rev := c.update(func(tx *api.Txn) error {
		_, err := c.ops.UpdateNetwork(tx, n, intent.NetworkRequest{AdminStateUp: intent.Some(false)})
		return err
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := c.Wait(ctx, rev); err != nil {
		t.Fatal(err)
	}
	for _, h := range c.hosts {
		c.equalToACompile(h)
	}
}

func TestHostsThatKeepTheControllerWaitingHoldUpNobodyElse(t *testing.T) {
	c := newCrowdOf(t, 10, 4*time.Second)
	mute, good := c.hosts[:5], c.hosts[5:]
	for _, h := range mute {
		h.Int.Mute(true)
	}
	c.connect(mute...)
	c.eventually("all who say nothing are connected", func() bool { return c.Sessions() == 2*len(mute) })
	c.connect(good...)
	for _, h := range good {
		c.eventually("host is in line", func() bool { return c.inLine(h) })
		c.equalToACompile(h)
	}
	for _, h := range mute {
		if c.inLine(h) {
			t.Errorf("host %s is in line, and nobody knows what it holds", h.ID)
		}
	}
}

func TestASwitchThatStopsReadingKeepsOnlyItsOwnHostBack(t *testing.T) {
	c := newCrowd(t, 6)
	n := c.network()
	c.connect(c.hosts...)
	ports := make([]api.PortID, len(c.hosts))
	for i, h := range c.hosts {
		ports[i] = c.port(n, h, 10)
		c.eventually("port is ACTIVE", func() bool { return c.Port(ports[i]) == "ACTIVE" })
	}
	deaf := c.hosts[0]
	deaf.Int.Deafen(true)
	var rev api.Revision
	for i := range 50 {
		rev = c.update(func(tx *api.Txn) error {
			_, err := c.ops.UpdateNetwork(tx, n, intent.NetworkRequest{AdminStateUp: intent.Some(i%2 == 0)})
			return err
		})
	}
	for _, h := range c.hosts[1:] {
		c.eventually("a host that reads has it all", func() bool { return c.Host(h.ID).Confirmed >= rev })
		c.equalToACompile(h)
	}
	if got := c.Host(deaf.ID); got.Confirmed >= rev {
		t.Errorf("the host that does not read has confirmed revision %d", got.Confirmed)
	}
	deaf.Int.Deafen(false)
	c.eventually("a host that reads again has it all", func() bool { return c.Host(deaf.ID).Confirmed >= rev })
	c.equalToACompile(deaf)
}
