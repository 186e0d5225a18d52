package intent_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func (w *world) addLeg(r api.RouterID, req intent.InterfaceRequest) func(*api.Txn) error {
	return func(tx *api.Txn) error { _, err := w.ops.AddRouterInterface(tx, r, req); return err }
}

func (w *world) removeLeg(r api.RouterID, req intent.InterfaceRequest) func(*api.Txn) error {
	return func(tx *api.Txn) error { _, err := w.ops.RemoveRouterInterface(tx, r, req); return err }
}

func (w *world) gateway(r api.RouterID, req intent.Opt[intent.GatewayRequest]) func(*api.Txn) error {
	return func(tx *api.Txn) error {
		_, err := w.ops.UpdateRouter(tx, r, intent.RouterRequest{Gateway: req})
		return err
	}
}

func via(n api.NetworkID) intent.Opt[intent.GatewayRequest] {
	return intent.Some(intent.GatewayRequest{NetworkID: n})
}

var noGateway = intent.Opt[intent.GatewayRequest]{Set: true, Null: true}

func TestRouterLegHoldsTheGatewayAddress(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	s := w.subnet(t, n.ID, "10.0.0.0/24")
	r := w.router(t, "")
	a := w.leg(t, r.ID, s.ID)
	p, ok := w.Port(a.PortID)
	if !ok || !p.IsRouterInterface() || p.DeviceID != string(r.ID) || p.FixedIPs[0].Addr != ip("10.0.0.1") || p.PortSecurityEnabled {
		t.Fatalf("leg %+v", p)
	}
	if a.RouterID != r.ID || a.NetworkID != n.ID || !slices.Equal(a.SubnetIDs, []api.SubnetID{s.ID}) {
		t.Errorf("answer %+v", a)
	}
	b := must(t, w, func(tx *api.Txn) (intent.InterfaceAnswer, error) {
		return w.ops.RemoveRouterInterface(tx, r.ID, intent.InterfaceRequest{SubnetID: s.ID, PortID: a.PortID})
	})
	if b.PortID != a.PortID || !slices.Equal(b.SubnetIDs, a.SubnetIDs) {
		t.Errorf("answer to removal %+v, want %+v", b, a)
	}
	if _, ok := w.Port(a.PortID); ok {
		t.Error("the leg's port stays behind")
	}
}

func TestRouterInterfaceRequestsThatAreRefused(t *testing.T) {
	l := newLab(t)
	twin := l.subnet(t, l.network(t, intent.NetworkRequest{}).ID, "192.168.10.128/25")
	bare := must(t, l.world, func(tx *api.Txn) (*api.Subnet, error) {
		return l.ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: twin.NetworkID,
			CIDR: intent.Some(netip.MustParsePrefix("10.3.0.0/24")), GatewayIP: intent.Opt[netip.Addr]{Set: true, Null: true}})
	})
	busy := l.port(t, intent.PortRequest{NetworkID: twin.NetworkID, DeviceID: intent.Some("vm")})
	empty := l.port(t, intent.PortRequest{NetworkID: twin.NetworkID, FixedIPs: fixed()})
	two := l.port(t, intent.PortRequest{NetworkID: twin.NetworkID, FixedIPs: fixed(at("10.3.0.9"), at("10.3.0.10"))})
	six := must(t, l.world, func(tx *api.Txn) (*api.Subnet, error) {
		return l.ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: twin.NetworkID, IPVersion: 6,
			CIDR: intent.Some(netip.MustParsePrefix("fd00:3::/64"))})
	})
	two6 := l.port(t, intent.PortRequest{NetworkID: twin.NetworkID, FixedIPs: fixed(at("fd00:3::9"), at("fd00:3::a"))})
	r := l.router.ID
	cases := []struct {
		name, want, says string
		req              intent.InterfaceRequest
	}{
		{"both", "BadRequest", "Cannot specify both subnet-id and port-id", intent.InterfaceRequest{SubnetID: twin.ID, PortID: busy.ID}},
		{"none", "BadRequest", "Either subnet_id or port_id must be specified", intent.InterfaceRequest{}},
		{"overlap", "BadRequest", "Cidr 192.168.10.128/25 of subnet " + string(twin.ID) + " overlaps with cidr 192.168.10.0/24", intent.InterfaceRequest{SubnetID: twin.ID}},
		{"twice", "BadRequest", "Router already has a port on subnet " + string(l.sub1.ID) + ".", intent.InterfaceRequest{SubnetID: l.sub1.ID}},
		{"no-gateway", "BadRequest", "must have a gateway IP", intent.InterfaceRequest{SubnetID: bare.ID}},
		{"no-subnet", "SubnetNotFound", "", intent.InterfaceRequest{SubnetID: "none"}},
		{"no-port", "PortNotFound", "", intent.InterfaceRequest{PortID: "none"}},
		{"port-in-use", "PortInUse", "", intent.InterfaceRequest{PortID: busy.ID}},
		{"port-without-address", "BadRequest", "at least one fixed IP", intent.InterfaceRequest{PortID: empty.ID}},
		{"port-with-two", "BadRequest", "multiple IPv4 subnets", intent.InterfaceRequest{PortID: two.ID}},
		{"port-with-two-of-IPv6", "BadRequest", "Router already has a port on subnet " + string(six.ID), intent.InterfaceRequest{PortID: two6.ID}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if msg := refused(t, l.world, c.want, l.addLeg(r, c.req)); !strings.Contains(msg, c.says) {
				t.Errorf("message %q does not say %q", msg, c.says)
			}
		})
	}
	refused(t, l.world, "RouterNotFound", l.addLeg("none", intent.InterfaceRequest{SubnetID: twin.ID}))
	refused(t, l.world, "RouterInterfaceNotFoundForSubnet", l.removeLeg(r, intent.InterfaceRequest{SubnetID: twin.ID}))
	refused(t, l.world, "RouterInterfaceNotFound", l.removeLeg(r, intent.InterfaceRequest{PortID: busy.ID}))
}

func TestPortBecomesALegAndAnotherRoutersGateway(t *testing.T) {
	l := newLab(t)
	p := l.port(t, intent.PortRequest{NetworkID: l.net1.ID, FixedIPs: fixed(at("192.168.10.20"))})
	r := l.router2(t, p.ID)
	leg, _ := l.Port(p.ID)
	if !leg.IsRouterInterface() || leg.DeviceID != string(r) || leg.PortSecurityEnabled || leg.RevisionNumber != 2 {
		t.Errorf("leg %+v", *leg)
	}
	refused(t, l.world, "SubnetMismatchForPort", l.removeLeg(r, intent.InterfaceRequest{PortID: p.ID, SubnetID: l.sub2.ID}))
	if err := l.do(l.removeLeg(r, intent.InterfaceRequest{PortID: p.ID})); err != nil {
		t.Fatal(err)
	}
}

func (l *lab) router2(t *testing.T, leg api.PortID) api.RouterID {
	t.Helper()
	r := l.world.router(t, "").ID
	if err := l.do(l.addLeg(r, intent.InterfaceRequest{PortID: leg})); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestIPv6SubnetsOfANetworkShareALeg(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	s4, s6, t6 := w.subnet(t, n.ID, "10.0.0.0/24"), w.subnet(t, n.ID, "fd00:1::/64"), w.subnet(t, n.ID, "fd00:2::/64")
	r := w.router(t, "")
	a4, a6, b6 := w.leg(t, r.ID, s4.ID), w.leg(t, r.ID, s6.ID), w.leg(t, r.ID, t6.ID)
	if a4.PortID == a6.PortID || a6.PortID != b6.PortID || !slices.Equal(b6.SubnetIDs, []api.SubnetID{t6.ID}) {
		t.Errorf("got legs %s, %s, %s of %v", a4.PortID, a6.PortID, b6.PortID, b6.SubnetIDs)
	}
	if err := w.do(w.removeLeg(r.ID, intent.InterfaceRequest{SubnetID: s6.ID})); err != nil {
		t.Fatal(err)
	}
	if p, ok := w.Port(b6.PortID); !ok || len(p.FixedIPs) != 1 || p.FixedIPs[0].SubnetID != t6.ID {
		t.Errorf("the shared leg is %+v", p)
	}
}

func TestRouterGatewayTakesAnAddressAndGivesItBack(t *testing.T) {
	l := newLab(t)
	r, _ := l.Router(l.router.ID)
	gw, ok := l.Port(r.Gateway.PortID)
	if !ok || gw.DeviceOwner != api.OwnerRouterGateway || gw.FixedIPs[0].Addr != ip("2.2.2.2") || !r.Gateway.EnableSNAT {
		t.Fatalf("gateway %+v, port %+v", r.Gateway, gw)
	}
	same := intent.Some(intent.GatewayRequest{NetworkID: l.ext.ID, EnableSNAT: intent.Some(false), FixedIPs: fixed(at("2.2.2.50"))})
	if err := l.do(l.gateway(r.ID, same)); err != nil {
		t.Fatal(err)
	}
	r, _ = l.Router(r.ID)
	if p, _ := l.Port(r.Gateway.PortID); r.Gateway.PortID != gw.ID || r.Gateway.EnableSNAT || p.FixedIPs[0].Addr != ip("2.2.2.50") {
		t.Errorf("changed gateway %+v, %v", r.Gateway, p.FixedIPs)
	}
	if err := l.do(l.gateway(r.ID, noGateway)); err != nil {
		t.Fatal(err)
	}
	if r, _ = l.Router(r.ID); r.Gateway != nil {
		t.Errorf("gateway %+v stays", r.Gateway)
	}
	if _, ok := l.Port(gw.ID); ok {
		t.Error("the gateway's port stays")
	}
}

func TestRouterRequestsThatAreRefused(t *testing.T) {
	l := newLab(t)
	r := l.router.ID
	other := l.network(t, intent.NetworkRequest{External: intent.Some(true)})
	l.subnet(t, other.ID, "10.10.10.0/28")
	l.floatingIP(t, l.ext.ID, l.guest.ID)
	refused(t, l.world, "RouterExternalGatewayInUseByFloatingIp", l.gateway(r, noGateway))
	refused(t, l.world, "RouterExternalGatewayInUseByFloatingIp", l.gateway(r, via(other.ID)))
	refused(t, l.world, "NetworkNotFound", l.gateway(r, via("none")))
	refused(t, l.world, "BadRequest", l.gateway(r, via(l.net1.ID)))
	refused(t, l.world, "RouterInterfaceInUseByFloatingIP", l.removeLeg(r, intent.InterfaceRequest{SubnetID: l.sub1.ID}))
	if msg := refused(t, l.world, "RouterInUse", func(tx *api.Txn) error { return l.ops.DeleteRouter(tx, r) }); !strings.Contains(msg, " has ports still attached: ") {
		t.Error(msg)
	}
	inside := l.subnet(t, l.network(t, intent.NetworkRequest{}).ID, "10.10.10.0/24")
	r2 := l.world.router(t, "", inside.ID)
	msg := refused(t, l.world, "BadRequest", l.gateway(r2.ID, via(other.ID)))
	if !strings.Contains(msg, "overlaps with cidr") {
		t.Error(msg)
	}
}

func TestRoutesNeedANeighbourThatIsNotTheRouterItself(t *testing.T) {
	l := newLab(t)
	set := func(hop string) func(*api.Txn) error {
		return func(tx *api.Txn) error {
			_, err := l.ops.UpdateRouter(tx, l.router.ID, intent.RouterRequest{Routes: intent.Some([]api.HostRoute{
				{Destination: netip.MustParsePrefix("10.51.0.0/16"), NextHop: ip(hop)},
			})})
			return err
		}
	}
	msg := refused(t, l.world, "InvalidRoutes", set("172.31.9.9"))
	want := "Invalid format for routes: [{'destination': '10.51.0.0/16', 'nexthop': '172.31.9.9'}], the nexthop is not connected with router"
	if msg != want {
		t.Errorf("got  %s\nwant %s", msg, want)
	}
	refused(t, l.world, "InvalidRoutes", set("192.168.10.1"))
	refused(t, l.world, "InvalidInput", set("fd00::1"))
	if err := l.do(set("192.168.10.77")); err != nil {
		t.Fatal(err)
	}
	refused(t, l.world, "RouterInterfaceInUseByRoute", l.removeLeg(l.router.ID, intent.InterfaceRequest{SubnetID: l.sub1.ID}))
	refused(t, l.world, "HTTPBadRequest", func(tx *api.Txn) error {
		_, err := l.ops.CreateRouter(tx, intent.RouterRequest{Routes: intent.Some([]api.HostRoute(nil))})
		return err
	})
}
