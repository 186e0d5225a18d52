package intent_test

import (
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func (w *world) createFloating(req intent.FloatingIPRequest) func(*api.Txn) error {
	return func(tx *api.Txn) error { _, err := w.ops.CreateFloatingIP(tx, req); return err }
}

func (w *world) updateFloating(t *testing.T, id api.FloatingIPID, req intent.FloatingIPRequest) *api.FloatingIP {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.FloatingIP, error) { return w.ops.UpdateFloatingIP(tx, id, req) })
}

func TestFloatingIPLivesThroughAssociationsOfItsOwn(t *testing.T) {
	l := newLab(t)
	f := must(t, l.world, func(tx *api.Txn) (*api.FloatingIP, error) {
		return l.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{NetworkID: l.ext.ID, Addr: intent.Some(ip("2.2.2.100"))})
	})
	own, ok := l.Port(f.OwnPortID)
	if !ok || own.DeviceOwner != api.OwnerFloatingIP || own.FixedIPs[0].Addr != ip("2.2.2.100") || f.PortID != "" {
		t.Fatalf("floating IP %+v with port %+v", f, own)
	}
	l.updateFloating(t, f.ID, intent.FloatingIPRequest{PortID: intent.Some(l.guest.ID)})
	f, _ = l.FloatingIP(f.ID)
	if f.PortID != l.guest.ID || f.FixedIP != l.guest.FixedIPs[0].Addr || f.RouterID != l.router.ID || f.RulePriority != 32768 {
		t.Errorf("associated: %+v", *f)
	}
	kept := l.updateFloating(t, f.ID, intent.FloatingIPRequest{MetaRequest: intent.MetaRequest{Description: intent.Some("web")}})
	if kept.PortID != l.guest.ID || kept.RulePriority != 32768 || kept.RevisionNumber != 3 {
		t.Errorf("a change of the description made it %+v", *kept)
	}
	null := intent.Opt[api.PortID]{Set: true, Null: true}
	if f = l.updateFloating(t, f.ID, intent.FloatingIPRequest{PortID: null}); f.PortID != "" || f.RouterID != "" || f.FixedIP.IsValid() {
		t.Errorf("dissociated: %+v", *f)
	}
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteFloatingIP(tx, f.ID) }); err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Port(own.ID); ok {
		t.Error("its port stays")
	}
}

func TestFloatingIPMayLieOutsideOfThePools(t *testing.T) {
	l := newLab(t)
	ext := l.network(t, intent.NetworkRequest{External: intent.Some(true)})
	s := l.subnet(t, ext.ID, "3.3.3.0/24")
	must(t, l.world, func(tx *api.Txn) (*api.Subnet, error) {
		return l.ops.UpdateSubnet(tx, s.ID, intent.SubnetRequest{AllocationPools: pools("3.3.3.10", "3.3.3.20")})
	})
	if f := l.floatingIP(t, ext.ID, ""); f.Addr != ip("3.3.3.10") {
		t.Errorf("got %s, want the first of the pool", f.Addr)
	}
	if err := l.do(l.createFloating(intent.FloatingIPRequest{NetworkID: ext.ID, Addr: intent.Some(ip("3.3.3.99"))})); err != nil {
		t.Error(err)
	}
}

func TestFloatingIPRequestsThatAreRefused(t *testing.T) {
	l := newLab(t)
	taken := l.floatingIP(t, l.ext.ID, l.guest.ID)
	dry := l.network(t, intent.NetworkRequest{External: intent.Some(true)})
	l.subnet(t, dry.ID, "fd00::/64")
	far := l.port(t, intent.PortRequest{NetworkID: l.networkWith(t, "10.77.0.0/24")})
	two := l.port(t, intent.PortRequest{NetworkID: l.net1.ID, FixedIPs: fixed(at("192.168.10.90"), at("192.168.10.91"))})
	none := l.port(t, intent.PortRequest{NetworkID: l.net1.ID, FixedIPs: fixed()})
	on := func(p api.PortID, fixedIP string) intent.FloatingIPRequest {
		r := intent.FloatingIPRequest{NetworkID: l.ext.ID, PortID: intent.Some(p)}
		if fixedIP != "" {
			r.FixedIP = intent.Some(ip(fixedIP))
		}
		return r
	}
	r, _ := l.Router(l.router.ID)
	cases := []struct {
		name, want string
		req        intent.FloatingIPRequest
	}{
		{"no-such-network", "NetworkNotFound", intent.FloatingIPRequest{NetworkID: "none"}},
		{"not-external", "BadRequest", intent.FloatingIPRequest{NetworkID: l.net1.ID}},
		{"no-ipv4", "BadRequest", intent.FloatingIPRequest{NetworkID: dry.ID}},
		{"outside", "InvalidIpForNetwork", intent.FloatingIPRequest{NetworkID: l.ext.ID, Addr: intent.Some(ip("9.9.9.9"))}},
		{"taken", "IpAddressAlreadyAllocated", intent.FloatingIPRequest{NetworkID: l.ext.ID, Addr: intent.Some(taken.Addr)}},
		{"no-such-port", "PortNotFound", on("none", "")},
		{"no-route", "ExternalGatewayForFloatingIPNotFound", on(far.ID, "")},
		{"already", "FloatingIPPortAlreadyAssociated", on(l.guest.ID, "")},
		{"two-addresses", "BadRequest", on(two.ID, "")},
		{"not-its-address", "BadRequest", on(two.ID, "192.168.10.92")},
		{"no-address", "BadRequest", on(none.ID, "")},
		{"port-of-the-router", "BadRequest", on(r.Gateway.PortID, "")},
		{"address-without-port", "BadRequest", intent.FloatingIPRequest{NetworkID: l.ext.ID, FixedIP: intent.Some(ip("192.168.10.90"))}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { refused(t, l.world, c.want, l.createFloating(c.req)) })
	}
	f := must(t, l.world, func(tx *api.Txn) (*api.FloatingIP, error) {
		return l.ops.CreateFloatingIP(tx, on(two.ID, "192.168.10.91"))
	})
	if f.FixedIP != ip("192.168.10.91") {
		t.Errorf("associated with %s", f.FixedIP)
	}
	f = l.updateFloating(t, f.ID, intent.FloatingIPRequest{FixedIP: intent.Some(ip("192.168.10.90"))})
	if f.FixedIP != ip("192.168.10.90") || f.PortID != two.ID {
		t.Errorf("moved to %s of %s", f.FixedIP, f.PortID)
	}
}

func (l *lab) networkWith(t *testing.T, cidr string) api.NetworkID {
	t.Helper()
	n := l.network(t, intent.NetworkRequest{})
	l.subnet(t, n.ID, cidr)
	return n.ID
}

func TestFloatingIPPrefersTheRouterThatIsTheSubnetsGateway(t *testing.T) {
	l := newLab(t)
	for range 3 { // routers whose ids sort before and after
		p := l.port(t, intent.PortRequest{NetworkID: l.net1.ID})
		r := l.world.router(t, l.ext.ID)
		if err := l.do(l.addLeg(r.ID, intent.InterfaceRequest{PortID: p.ID})); err != nil {
			t.Fatal(err)
		}
	}
	if f := l.floatingIP(t, l.ext.ID, l.guest.ID); f.RouterID != l.router.ID {
		t.Errorf("router %s, want %s, which has the gateway address", f.RouterID, l.router.ID)
	}
}

func TestHostsGatewayOnAnExternalNetworkComesAndGoesWithItsFloatingIPs(t *testing.T) {
	l := newLab(t)
	f := l.floatingIP(t, l.ext.ID, l.guest.ID)
	l.plug(t, "h1", l.guest.ID)
	gw, ok := l.AgentGateway("h1", l.ext.ID)
	if !ok || gw.DeviceID != "h1" || gw.ProjectID != "" || gw.FixedIPs[0].Addr != ip("2.2.2.4") {
		t.Fatalf("agent gateway %+v", gw)
	}
	if _, ok := l.Segment("h1", l.ext.ID); !ok {
		t.Error("the external network is not on the host")
	}
	l.plug(t, "h1", l.guest.ID, gw.ID) // the agent has made fg-
	if b, ok := l.Binding(gw.ID, "h1"); !ok || !b.Usable() {
		t.Errorf("binding of fg- %+v", b)
	}
	l.updateFloating(t, f.ID, intent.FloatingIPRequest{PortID: intent.Opt[api.PortID]{Set: true, Null: true}})
	if _, ok := l.Port(gw.ID); ok {
		t.Error("the agent gateway stays after dissociation")
	}
	if _, ok := l.Binding(gw.ID, "h1"); ok {
		t.Error("its binding stays")
	}
	if _, ok := l.Segment("h1", l.ext.ID); ok {
		t.Error("the external network stays on the host")
	}
}

func TestHostsGatewayMovesWhenItsSubnetGoes(t *testing.T) {
	w := newWorld()
	ext := w.network(t, intent.NetworkRequest{External: intent.Some(true)})
	first := w.subnet(t, ext.ID, "2.2.2.0/24")
	n := w.network(t, intent.NetworkRequest{})
	s := w.subnet(t, n.ID, "10.0.0.0/24")
	second := w.subnet(t, ext.ID, "3.3.3.0/24")
	r := w.router(t, "", s.ID)
	if err := w.do(w.gateway(r.ID, intent.Some(intent.GatewayRequest{NetworkID: ext.ID, FixedIPs: fixed(at("3.3.3.3"))}))); err != nil {
		t.Fatal(err)
	}
	p := w.port(t, intent.PortRequest{NetworkID: n.ID})
	w.host(t, "h1")
	w.plug(t, "h1", p.ID)
	must(t, w, func(tx *api.Txn) (*api.FloatingIP, error) {
		return w.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{NetworkID: ext.ID, SubnetID: intent.Some(second.ID), PortID: intent.Some(p.ID)})
	})
	if gw, ok := w.AgentGateway("h1", ext.ID); !ok || gw.FixedIPs[0].SubnetID != first.ID {
		t.Fatalf("agent gateway %+v", gw)
	}
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeleteSubnet(tx, first.ID) }); err != nil {
		t.Fatal(err)
	}
	if gw, ok := w.AgentGateway("h1", ext.ID); !ok || gw.FixedIPs[0].SubnetID != second.ID {
		t.Errorf("agent gateway %+v, want it on the other subnet", gw)
	}
}

func TestAssociationFailsWhenTheHostCanHaveNoAddress(t *testing.T) {
	w := newWorld()
	ext := w.network(t, intent.NetworkRequest{External: intent.Some(true)})
	w.subnet(t, ext.ID, "2.2.2.0/29") // .2 to .6: router, four floating IPs, and none left for the host
	n := w.network(t, intent.NetworkRequest{})
	s := w.subnet(t, n.ID, "10.0.0.0/24")
	w.router(t, ext.ID, s.ID)
	p := w.port(t, intent.PortRequest{NetworkID: n.ID})
	w.host(t, "h1")
	w.plug(t, "h1", p.ID)
	var last *api.FloatingIP
	for range 4 {
		last = w.floatingIP(t, ext.ID, "")
	}
	refused(t, w, "IpAddressGenerationFailure", w.createFloating(intent.FloatingIPRequest{NetworkID: ext.ID}))
	associate := func(tx *api.Txn) error {
		_, err := w.ops.UpdateFloatingIP(tx, last.ID, intent.FloatingIPRequest{PortID: intent.Some(p.ID)})
		return err
	}
	if msg := refused(t, w, "IpAddressGenerationFailure", associate); !strings.Contains(msg, string(ext.ID)) {
		t.Error(msg)
	}
	for f := range w.FloatingIPs() {
		if f.ID != last.ID {
			if err := w.do(func(tx *api.Txn) error { return w.ops.DeleteFloatingIP(tx, f.ID) }); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if err := w.do(associate); err != nil {
		t.Error(err)
	}
}

func TestRulePrioritiesAreUniqueOnARouterAndStay(t *testing.T) {
	l := newLab(t)
	var fips []*api.FloatingIP
	for range 3 {
		p := l.port(t, intent.PortRequest{NetworkID: l.net1.ID})
		fips = append(fips, l.floatingIP(t, l.ext.ID, p.ID))
	}
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteFloatingIP(tx, fips[0].ID) }); err != nil {
		t.Fatal(err)
	}
	fips = append(fips, l.floatingIP(t, l.ext.ID, l.guest.ID))
	for i, want := range map[int]uint32{1: 32769, 2: 32770, 3: 32768} {
		if f, _ := l.FloatingIP(fips[i].ID); f.RulePriority != want {
			t.Errorf("floating IP %d has priority %d, want %d", i, f.RulePriority, want)
		}
	}
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteFloatingIP(tx, fips[3].ID) }); err != nil {
		t.Fatal(err)
	}
	again := l.updateFloating(t, fips[1].ID, intent.FloatingIPRequest{PortID: intent.Some(l.guest.ID)})
	if f, _ := l.FloatingIP(again.ID); f.PortID != l.guest.ID || f.RulePriority != 32769 {
		t.Errorf("associated again, and a lower priority is free: %+v", f)
	}
}
