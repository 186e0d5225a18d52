package intent_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"weft/api"
	"weft/controller/intent"
)

// world is a state with the operations on it, a clock that stands still unless moved, and ids that count up.
type world struct {
	*api.Snapshot
	ops *intent.Ops
	now time.Time
	ids int
}

func newWorld() *world {
	w := &world{Snapshot: api.NewSnapshot(), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	w.ops = &intent.Ops{
		Now: func() time.Time { return w.now },
		NewID: func() string {
			w.ids++
			return fmt.Sprintf("00000000-0000-4000-8000-%012d", w.ids)
		},
	}
	return w
}

// do runs fn and Settle as one transaction; an error leaves the world as it was.
func (w *world) do(fn func(tx *api.Txn) error) error {
	tx := w.Txn()
	if err := fn(tx); err != nil {
		return err
	}
	if err := w.ops.Settle(tx); err != nil {
		return err
	}
	if len(tx.Changes()) > 0 {
		w.Snapshot = tx.Commit(tx.Next())
	}
	w.now = w.now.Add(time.Second)
	return nil
}

// failer is what testing.TB and rapid.T share.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// must runs an operation that cannot be refused.
func must[T any](t failer, w *world, op func(*api.Txn) (T, error)) T {
	t.Helper()
	var out T
	if err := w.do(func(tx *api.Txn) (err error) {
		out, err = op(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// refused runs an operation that must be refused with a Fault of a type, and gives the message.
func refused(t failer, w *world, kind string, op func(*api.Txn) error) string {
	t.Helper()
	before := w.Snapshot
	err := w.do(op)
	var f *api.Fault
	if !errors.As(err, &f) || f.Type != kind {
		t.Fatalf("got %T %v, want a fault of type %s", err, err, kind)
	}
	if w.Snapshot != before {
		t.Fatal("the refused request changed the state")
	}
	return f.Message
}

func (w *world) network(t failer, req intent.NetworkRequest) *api.Network {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.Network, error) { return w.ops.CreateNetwork(tx, req) })
}

func (w *world) subnet(t failer, n api.NetworkID, cidr string) *api.Subnet {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.Subnet, error) {
		return w.ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: n, CIDR: intent.Some(netip.MustParsePrefix(cidr))})
	})
}

func (w *world) port(t failer, req intent.PortRequest) *api.Port {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.Port, error) { return w.ops.CreatePort(tx, req) })
}

func (w *world) router(t failer, ext api.NetworkID, legs ...api.SubnetID) *api.Router {
	t.Helper()
	var req intent.RouterRequest
	if ext != "" {
		req.Gateway = intent.Some(intent.GatewayRequest{NetworkID: ext})
	}
	r := must(t, w, func(tx *api.Txn) (*api.Router, error) { return w.ops.CreateRouter(tx, req) })
	for _, s := range legs {
		w.leg(t, r.ID, s)
	}
	return r
}

func (w *world) leg(t failer, r api.RouterID, s api.SubnetID) intent.InterfaceAnswer {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (intent.InterfaceAnswer, error) {
		return w.ops.AddRouterInterface(tx, r, intent.InterfaceRequest{SubnetID: s})
	})
}

func (w *world) floatingIP(t failer, n api.NetworkID, p api.PortID) *api.FloatingIP {
	t.Helper()
	req := intent.FloatingIPRequest{NetworkID: n}
	if p != "" {
		req.PortID = intent.Some(p)
	}
	return must(t, w, func(tx *api.Txn) (*api.FloatingIP, error) { return w.ops.CreateFloatingIP(tx, req) })
}

func (w *world) host(t failer, name api.HostID) *api.Host {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.Host, error) { return w.ops.CreateHost(tx, intent.HostRequest{Name: name}) })
}

// plug reports a host with an interface for each of the ports, and nothing else.
func (w *world) plug(t failer, h api.HostID, ports ...api.PortID) {
	t.Helper()
	var r intent.ReportedHost
	for i, p := range ports {
		r.Interfaces = append(r.Interfaces, intent.ReportedInterface{PortID: p, Name: fmt.Sprintf("tap%d", i), OFPort: uint32(10 + i)})
	}
	w.report(t, h, r)
}

func (w *world) report(t failer, h api.HostID, r intent.ReportedHost) {
	t.Helper()
	if err := w.do(func(tx *api.Txn) error { return w.ops.ReportHost(tx, h, r) }); err != nil {
		t.Fatal(err)
	}
}

// lab is the two networks behind one router with a way out, a guest on the first, and two hosts.
type lab struct {
	*world
	net1, net2, ext *api.Network
	sub1, sub2      *api.Subnet
	router          *api.Router
	guest           *api.Port
}

func newLab(t testing.TB) *lab {
	t.Helper()
	w := newWorld()
	l := &lab{world: w}
	l.net1, l.net2 = w.network(t, intent.NetworkRequest{}), w.network(t, intent.NetworkRequest{})
	l.ext = w.network(t, intent.NetworkRequest{
		External: intent.Some(true), Type: intent.Some(api.NetworkFlat), PhysicalNetwork: intent.Some("physnet1"),
	})
	l.sub1, l.sub2 = w.subnet(t, l.net1.ID, "192.168.10.0/24"), w.subnet(t, l.net2.ID, "10.10.10.0/24")
	w.subnet(t, l.ext.ID, "2.2.2.0/24")
	l.router = w.router(t, l.ext.ID, l.sub1.ID, l.sub2.ID)
	l.guest = w.port(t, intent.PortRequest{NetworkID: l.net1.ID})
	w.host(t, "h1")
	w.host(t, "h2")
	return l
}
