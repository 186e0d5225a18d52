package intent_test

import (
	"fmt"
	"net/netip"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// cloud is n networks, each with a subnet, a guest's port, a router with a gateway and a leg, and a floating IP, on n hosts.
func cloud(t *testing.T, n int) *world {
	t.Helper()
	w := newWorld()
	ext := w.network(t, intent.NetworkRequest{MetaRequest: intent.MetaRequest{Name: intent.Some("ext")}, External: intent.Some(true)})
	w.subnet(t, ext.ID, "100.64.0.0/10")
	for i := range n {
		h := api.HostID(fmt.Sprint("h", i))
		w.host(t, h)
		w.report(t, h, intent.ReportedHost{TunnelIP: netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), TunnelMTU: 1500})
		net := w.network(t, intent.NetworkRequest{})
		sub := w.subnet(t, net.ID, "10.0.0.0/24")
		w.router(t, ext.ID, sub.ID)
		p := w.port(t, intent.PortRequest{NetworkID: net.ID, HostID: intent.Some(h)})
		must(t, w, func(tx *api.Txn) (*api.FloatingIP, error) {
			return w.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{NetworkID: ext.ID, PortID: intent.Some(p.ID)})
		})
	}
	return w
}

func external(w *world) api.NetworkID {
	for n := range w.Networks() {
		if n.External {
			return n.ID
		}
	}
	return ""
}

// looks counts the objects that are looked at for one thing more of each kind, with all that follows from it.
func looks(t *testing.T, w *world) map[string]int {
	t.Helper()
	seen, ext := map[string]int{}, external(w)
	do := func(what string, f func(tx *api.Txn) error) {
		t.Helper()
		n := 0
		if err := w.do(func(tx *api.Txn) error { tx.View = tx.Counting(&n); return f(tx) }); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		seen[what] = n
	}
	var (
		net    *api.Network
		sub    *api.Subnet
		port   *api.Port
		router *api.Router
	)
	do("network", func(tx *api.Txn) (err error) { net, err = w.ops.CreateNetwork(tx, intent.NetworkRequest{}); return err })
	do("subnet", func(tx *api.Txn) (err error) {
		sub, err = w.ops.CreateSubnet(tx, intent.SubnetRequest{
			NetworkID: net.ID, IPVersion: 4, CIDR: intent.Some(netip.MustParsePrefix("10.9.0.0/24")),
		})
		return err
	})
	do("port", func(tx *api.Txn) (err error) {
		port, err = w.ops.CreatePort(tx, intent.PortRequest{NetworkID: net.ID, HostID: intent.Some(api.HostID("h1"))})
		return err
	})
	do("router", func(tx *api.Txn) (err error) {
		router, err = w.ops.CreateRouter(tx, intent.RouterRequest{})
		return err
	})
	do("leg", func(tx *api.Txn) error {
		_, err := w.ops.AddRouterInterface(tx, router.ID, intent.InterfaceRequest{SubnetID: sub.ID})
		return err
	})
	do("gateway", func(tx *api.Txn) error {
		_, err := w.ops.UpdateRouter(tx, router.ID, intent.RouterRequest{Gateway: intent.Some(intent.GatewayRequest{NetworkID: ext})})
		return err
	})
	do("floating IP", func(tx *api.Txn) error {
		_, err := w.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{NetworkID: ext, PortID: intent.Some(port.ID)})
		return err
	})
	do("a name", func(tx *api.Txn) error {
		_, err := w.ops.UpdatePort(tx, port.ID, intent.PortRequest{MetaRequest: intent.MetaRequest{Name: intent.Some("x")}})
		return err
	})
	return seen
}

func TestOneThingMoreCostsTheSameInALargeCloud(t *testing.T) {
	const little, large = 10, 100
	few, many := looks(t, cloud(t, little)), looks(t, cloud(t, large))
	for what, n := range many {
		most := few[what] + few[what]/4 + 10
		if what == "gateway" { // the election asks all hosts
			most += 4 * (large - little)
		}
		if n > most {
			t.Errorf("%s: %d objects are looked at in a cloud of %d, and %d in one of %d", what, n, large, few[what], little)
		}
	}
}
