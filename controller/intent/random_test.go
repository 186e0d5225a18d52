package intent_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/intent"
)

var hostNames = []api.HostID{"h1", "h2", "h3"}

// actor draws requests, sensible and not, about what there is.
type actor struct {
	t *rapid.T
	w *world
}

// anID draws an id of what is there, or one of what is not.
func anID[T ~string](a actor, k api.Kind) T {
	ids := []string{"none"}
	for o := range a.w.All(k) {
		ids = append(ids, o.Ref().ID)
	}
	return T(rapid.SampledFrom(ids).Draw(a.t, string(k)))
}

func (a actor) maybe(what string) bool { return rapid.Bool().Draw(a.t, what) }

func (a actor) cidr() netip.Prefix {
	return netip.MustParsePrefix(rapid.SampledFrom([]string{
		"10.0.0.0/24", "10.0.1.0/28", "10.0.1.0/24", "10.0.2.0/29", "2.2.2.0/29", "2.2.3.0/29", "fd00:1::/64", "fd00:2::/64",
	}).Draw(a.t, "cidr"))
}

func (a actor) gateway() intent.Opt[intent.GatewayRequest] {
	if a.maybe("clear") {
		return intent.Opt[intent.GatewayRequest]{Set: true, Null: true}
	}
	return intent.Some(intent.GatewayRequest{NetworkID: anID[api.NetworkID](a, api.KindNetwork)})
}

func (a actor) hostID() intent.Opt[api.HostID] {
	if a.maybe("anywhere") {
		return intent.Opt[api.HostID]{}
	}
	return intent.Some(rapid.SampledFrom(append([]api.HostID{""}, hostNames...)).Draw(a.t, "host"))
}

func (a actor) subnetRequest() intent.SubnetRequest {
	r := intent.SubnetRequest{NetworkID: anID[api.NetworkID](a, api.KindNetwork), CIDR: intent.Some(a.cidr())}
	if r.CIDR.V.Addr().Is6() && a.maybe("slaac") {
		r.IPv6AddressMode, r.IPv6RAMode = intent.Some("slaac"), intent.Some("slaac")
	}
	return r
}

func (a actor) fixedIPs() intent.Opt[[]intent.FixedIPRequest] {
	if a.maybe("default") {
		return intent.Opt[[]intent.FixedIPRequest]{}
	}
	var out []intent.FixedIPRequest
	for range rapid.IntRange(0, 2).Draw(a.t, "addresses") {
		r := intent.FixedIPRequest{SubnetID: anID[api.SubnetID](a, api.KindSubnet)}
		if s, ok := a.w.Subnet(r.SubnetID); ok && a.maybe("named") {
			r.Addr = s.CIDR.Addr().Next().Next()
		}
		out = append(out, r)
	}
	return intent.Some(out)
}

func (a actor) portID() intent.Opt[api.PortID] {
	switch rapid.IntRange(0, 3).Draw(a.t, "association") {
	case 0:
		return intent.Opt[api.PortID]{}
	case 1:
		return intent.Opt[api.PortID]{Set: true, Null: true}
	}
	return intent.Some(anID[api.PortID](a, api.KindPort))
}

func (a actor) reported() intent.ReportedHost {
	r := intent.ReportedHost{
		TunnelIP: netip.AddrFrom4([4]byte{192, 0, 2, byte(rapid.IntRange(1, 3).Draw(a.t, "tunnel"))}),
		Bridges:  []api.BridgeState{{Name: "br-int", DatapathID: rapid.Uint64Range(1, 3).Draw(a.t, "dpid")}},
	}
	for range rapid.IntRange(0, 5).Draw(a.t, "interfaces") {
		r.Interfaces = append(r.Interfaces, intent.ReportedInterface{
			PortID: anID[api.PortID](a, api.KindPort), OFPort: uint32(rapid.IntRange(0, 3).Draw(a.t, "ofport")), Name: "tap",
		})
	}
	return r
}

// operations are what can be asked for, by name. Those that make things come more than once, so that there are some.
func (a actor) operations() map[string]func(*api.Txn) error {
	o := a.w.ops
	ops := map[string]func(*api.Txn) error{
		"create network": func(tx *api.Txn) error {
			_, err := o.CreateNetwork(tx, intent.NetworkRequest{External: intent.Some(a.maybe("external"))})
			return err
		},
		"create subnet": func(tx *api.Txn) error { _, err := o.CreateSubnet(tx, a.subnetRequest()); return err },
		"create port": func(tx *api.Txn) error {
			_, err := o.CreatePort(tx, intent.PortRequest{
				NetworkID: anID[api.NetworkID](a, api.KindNetwork), FixedIPs: a.fixedIPs(), HostID: a.hostID(),
			})
			return err
		},
		"create router": func(tx *api.Txn) error {
			_, err := o.CreateRouter(tx, intent.RouterRequest{Gateway: a.gateway()})
			return err
		},
		"create floating IP": func(tx *api.Txn) error {
			_, err := o.CreateFloatingIP(tx, intent.FloatingIPRequest{NetworkID: anID[api.NetworkID](a, api.KindNetwork), PortID: a.portID()})
			return err
		},
		"create host": func(tx *api.Txn) error {
			_, err := o.CreateHost(tx, intent.HostRequest{Name: rapid.SampledFrom(hostNames).Draw(a.t, "name")})
			return err
		},
		"report host": func(tx *api.Txn) error {
			return o.ReportHost(tx, anID[api.HostID](a, api.KindHost), a.reported())
		},
	}
	a.changes(ops)
	a.migrations(ops)
	a.deletions(ops)
	a.pools(ops)
	a.trunks(ops)
	a.forwardings(ops)
	a.vteps(ops)
	return ops
}

func (a actor) changes(ops map[string]func(*api.Txn) error) {
	o := a.w.ops
	ops["update network"] = func(tx *api.Txn) error {
		_, err := o.UpdateNetwork(tx, anID[api.NetworkID](a, api.KindNetwork), intent.NetworkRequest{External: intent.Some(a.maybe("external"))})
		return err
	}
	ops["update port"] = func(tx *api.Txn) error {
		_, err := o.UpdatePort(tx, anID[api.PortID](a, api.KindPort), intent.PortRequest{
			FixedIPs: a.fixedIPs(), HostID: a.hostID(),
			DeviceOwner: intent.Some(rapid.SampledFrom([]string{"", "compute:nova", "network:dhcp"}).Draw(a.t, "owner")),
		})
		return err
	}
	ops["update router"] = func(tx *api.Txn) error {
		_, err := o.UpdateRouter(tx, anID[api.RouterID](a, api.KindRouter), intent.RouterRequest{Gateway: a.gateway()})
		return err
	}
	ops["update floating IP"] = func(tx *api.Txn) error {
		_, err := o.UpdateFloatingIP(tx, anID[api.FloatingIPID](a, api.KindFloatingIP), intent.FloatingIPRequest{PortID: a.portID()})
		return err
	}
	ops["move gateway"] = func(tx *api.Txn) error {
		_, err := o.MoveGateway(tx, anID[api.RouterID](a, api.KindRouter), anID[api.HostID](a, api.KindHost))
		return err
	}
	ops["hosts live and die"] = func(tx *api.Txn) error {
		life := rapid.SampledFrom([]api.Life{api.Connected, api.CutOff, api.Dead}).Draw(a.t, "life")
		o.SetLives(tx, map[api.HostID]api.Life{anID[api.HostID](a, api.KindHost): life})
		return nil
	}
	ops["hosts take gateways"] = func(tx *api.Txn) error {
		_, err := o.UpdateHost(tx, anID[api.HostID](a, api.KindHost), intent.HostRequest{TakesGateways: intent.Some(a.maybe("takes"))})
		return err
	}
	ops["add leg by subnet"] = func(tx *api.Txn) error {
		_, err := o.AddRouterInterface(tx, anID[api.RouterID](a, api.KindRouter), intent.InterfaceRequest{SubnetID: anID[api.SubnetID](a, api.KindSubnet)})
		return err
	}
	ops["add leg by port"] = func(tx *api.Txn) error {
		_, err := o.AddRouterInterface(tx, anID[api.RouterID](a, api.KindRouter), intent.InterfaceRequest{PortID: anID[api.PortID](a, api.KindPort)})
		return err
	}
	ops["add routes"] = a.routes
	ops["remove leg"] = func(tx *api.Txn) error {
		_, err := o.RemoveRouterInterface(tx, anID[api.RouterID](a, api.KindRouter), intent.InterfaceRequest{SubnetID: anID[api.SubnetID](a, api.KindSubnet)})
		return err
	}
}

// migrations are what happens to ports that are bound on several hosts.
func (a actor) migrations(ops map[string]func(*api.Txn) error) {
	o := a.w.ops
	host := func() api.HostID { return rapid.SampledFrom(hostNames).Draw(a.t, "host") }
	ops["create binding"] = func(tx *api.Txn) error {
		return o.CreatePortBinding(tx, anID[api.PortID](a, api.KindPort), intent.PortBindingRequest{HostID: intent.Some(host())})
	}
	ops["activate binding"] = func(tx *api.Txn) error {
		return o.ActivatePortBinding(tx, anID[api.PortID](a, api.KindPort), host())
	}
	ops["delete binding"] = func(tx *api.Txn) error {
		return o.DeletePortBinding(tx, anID[api.PortID](a, api.KindPort), host())
	}
	ops["arrive"] = func(tx *api.Txn) error {
		for x := range a.w.All(api.KindBinding) {
			if b := x.(*api.Binding); b.Standby && a.maybe("arrives") {
				r := intent.ReportedHost{Arrivals: []intent.Arrival{{PortID: b.PortID, Changed: b.Changed}}}
				for y := range tx.BindingsOn(b.HostID) {
					r.Interfaces = append(r.Interfaces, intent.ReportedInterface{PortID: y.PortID, OFPort: y.OFPort, Name: y.Interface})
				}
				return o.ReportHost(tx, b.HostID, r)
			}
		}
		return nil
	}
}

func (a actor) deletions(ops map[string]func(*api.Txn) error) {
	o := a.w.ops
	ops["delete network"] = func(tx *api.Txn) error { return o.DeleteNetwork(tx, anID[api.NetworkID](a, api.KindNetwork)) }
	ops["delete subnet"] = func(tx *api.Txn) error { return o.DeleteSubnet(tx, anID[api.SubnetID](a, api.KindSubnet)) }
	ops["delete port"] = func(tx *api.Txn) error { return o.DeletePort(tx, anID[api.PortID](a, api.KindPort)) }
	ops["delete router"] = func(tx *api.Txn) error { return o.DeleteRouter(tx, anID[api.RouterID](a, api.KindRouter)) }
	ops["delete floating IP"] = func(tx *api.Txn) error {
		return o.DeleteFloatingIP(tx, anID[api.FloatingIPID](a, api.KindFloatingIP))
	}
	ops["delete host"] = func(tx *api.Txn) error { return o.DeleteHost(tx, anID[api.HostID](a, api.KindHost)) }
}

func names(ops map[string]func(*api.Txn) error) []string {
	var out []string
	for n := range ops {
		out = append(out, n)
		if n[0] == 'c' || n[0] == 'a' || n == "report host" {
			out = append(out, n, n)
		}
	}
	slices.Sort(out)
	return out
}

// TestWhateverIsAskedDerivedObjectsFollowFromTheState runs random requests, one to three a transaction, and holds the
// state after each against a computation from nothing.
func TestWhateverIsAskedDerivedObjectsFollowFromTheState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		a := actor{t, w}
		seed(t, w)
		ops := a.operations()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			before := w.View
			asked := step(t, w, ops)
			if wrong := keeps(before, w.View); wrong != nil && !asked["move gateway"] {
				t.Fatalf("flapping: %q", wrong)
			}
			if diff := cmp.Diff(derived(w.View), stored(w.View)); diff != "" {
				t.Fatalf("derived objects (-want +got):\n%s", diff)
			}
			if wrong := faults(w.View); wrong != nil {
				t.Fatalf("broken: %q", wrong)
			}
		}
	})
}

// seed makes a small cloud, so that random requests meet something.
func seed(t *rapid.T, w *world) {
	ext := w.network(t, intent.NetworkRequest{External: intent.Some(true)})
	w.subnet(t, ext.ID, "198.51.100.0/28")
	in := w.network(t, intent.NetworkRequest{})
	sub := w.subnet(t, in.ID, "10.9.0.0/28")
	w.router(t, ext.ID, sub.ID)
	for range 3 {
		w.port(t, intent.PortRequest{NetworkID: in.ID})
	}
	w.host(t, "h1")
	w.host(t, "h2")
}

// step runs a transaction and says what was asked for.
func step(t *rapid.T, w *world, ops map[string]func(*api.Txn) error) map[string]bool {
	asked := map[string]bool{}
	err := w.do(func(tx *api.Txn) error {
		for range rapid.IntRange(1, 3).Draw(t, "requests") {
			name := rapid.SampledFrom(names(ops)).Draw(t, "request")
			asked[name] = true
			if err := ops[name](tx); err != nil {
				return err
			}
		}
		return nil
	})
	var f *api.Fault
	if err != nil && !errors.As(err, &f) {
		t.Fatalf("not a fault: %v", err)
	}
	return asked
}
