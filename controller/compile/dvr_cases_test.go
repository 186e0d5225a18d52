package compile_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"weft/api"
	"weft/dvr"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
	"weft/test/cloud"
)

// specs picks the items of a type from a plan.
func specs[T plan.Spec](p *plan.Plan) []T {
	var out []T
	for _, i := range p.Items {
		if s, ok := i.Spec.(T); ok {
			out = append(out, s)
		}
	}
	return out
}

func TestAGatewayThatIsNotInItsSubnetIsReachedOverTheLink(t *testing.T) {
	b := cloud.On(cloud.Seed())
	via := netip.MustParseAddr("203.0.113.1")
	sub, _ := b.View.Subnet("sub-ext")
	far := *sub
	far.GatewayIP = via
	b.Put(&far)
	s, _ := b.Done()
	r, _ := s.Router(cloud.SeedRouter)
	for kind, host := range map[string]api.HostID{"fip-": "server-233", "snat-": r.Gateway.HostID} {
		over, by := false, false
		for _, route := range specs[plan.Route](planOf(t, s, host)) {
			if !strings.HasPrefix(route.NS, kind) {
				continue
			}
			over = over || route.Dst == netip.PrefixFrom(via, 32) && !route.Via.IsValid()
			by = by || route.Dst.Bits() == 0 && route.Via == via
		}
		if !over || !by {
			t.Errorf("namespace %s… on %s: a route over the link %t, a default route by the gateway %t", kind, host, over, by)
		}
	}
}

// neighbour gives the MAC that a host's routers know for an address.
func neighbour(p *plan.Plan, addr string) api.MAC {
	for _, n := range specs[plan.Neighbour](p) {
		if n.Addr == netip.MustParseAddr(addr) {
			return n.MAC
		}
	}
	return api.MAC{}
}

func TestOnlySingleAddressesOfTheSubnetAreNeighbours(t *testing.T) {
	b := cloud.On(cloud.Seed())
	own := api.MustMAC("00:00:5e:00:01:07")
	old, _ := b.View.Port(cloud.SeedPeer)
	p := *old
	for _, prefix := range []string{"10.10.10.77/32", "10.10.10.64/29", "172.16.0.9/32"} {
		p.AllowedAddressPairs = append(p.AllowedAddressPairs, api.AddressPair{MAC: own, Prefix: netip.MustParsePrefix(prefix)})
	}
	b.Put(&p)
	s, _ := b.Done()
	plan := planOf(t, s, "server-68")
	for addr, want := range map[string]api.MAC{
		"10.10.10.77": own, "10.10.10.64": {}, "10.10.10.65": {}, "172.16.0.9": {}, "10.10.10.4": p.MAC,
	} {
		if got := neighbour(plan, addr); got != want {
			t.Errorf("the router knows %s as %s, want %s", addr, got, want)
		}
	}
}

func TestAPortThatIsPluggedNowhereIsNoNeighbour(t *testing.T) {
	b := cloud.On(cloud.Seed())
	p := b.Port("a-port", "fa:16:3e:00:00:99", "sub-10", "10.10.10.99")
	s, _ := b.Done()
	if got := neighbour(planOf(t, s, "server-68"), "10.10.10.99"); !got.IsZero() {
		t.Errorf("before it is plugged in the router knows it as %s", got)
	}
	b = cloud.On(s)
	b.Bind(p.ID, "server-64")
	s, _ = b.Done()
	if got := neighbour(planOf(t, s, "server-68"), "10.10.10.99"); got != p.MAC {
		t.Errorf("once it is plugged in the router knows it as %s, want %s", got, p.MAC)
	}
}

func TestQuestionsForEachAddressOfALegStayOnItsHost(t *testing.T) {
	b := cloud.On(cloud.Seed())
	var leg api.Port
	for p := range b.View.PortsOnSubnet("sub-10") {
		if p.IsRouterInterface() {
			leg = *p
		}
	}
	leg.FixedIPs = append(leg.FixedIPs, api.FixedIP{SubnetID: "sub-10", Addr: netip.MustParseAddr("10.10.10.200")})
	b.Put(&leg)
	s, _ := b.Done()
	l, ok := pipeline.At(s.View, "server-68")
	net, here := l.Local(leg.NetworkID)
	if !ok || !here || len(leg.FixedIPs) != 2 {
		t.Fatalf("leg %+v on network %+v", leg, net)
	}
	for _, f := range leg.FixedIPs {
		want := pipeline.Match{pipeline.DlVlan(net.VLAN), pipeline.ARP(), pipeline.ArpTpa(pipeline.Host(f.Addr))}
		found := slices.ContainsFunc(dvr.Leg(l, &leg).Flows, func(x pipeline.Flow) bool {
			return x.Table == tables.DVRProcess && slices.Equal(x.Match, want) && len(x.Actions) == 0
		})
		if !found {
			t.Errorf("who asks for %s is heard on other hosts", f.Addr)
		}
	}
}

func TestTheTranslationFollowsTheGatewaysAddress(t *testing.T) {
	old := cloud.Seed()
	r, _ := old.Router(cloud.SeedRouter)
	b := cloud.On(old)
	before, _ := b.View.Port(r.Gateway.PortID)
	p, addr := *before, before.FixedIPs[0].Addr.Next().Next()
	p.FixedIPs = []api.FixedIP{{SubnetID: before.FixedIPs[0].SubnetID, Addr: addr}}
	b.Put(&p)
	next, changes := b.Done()
	host := r.Gateway.HostID
	got := step(t, old, next, host, strict().Affected(old, next, changes)[host])
	if diff := difference(planOf(t, next, host), got); diff != "" {
		t.Errorf("of a change of the address alone:\n%s", diff)
	}
	if !slices.ContainsFunc(specs[plan.NAT](got), func(n plan.NAT) bool { return strings.HasSuffix(n.Rule, "--to-source "+addr.String()) }) {
		t.Errorf("nothing is translated to %s", addr)
	}
}
