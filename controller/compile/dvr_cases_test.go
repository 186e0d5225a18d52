package compile_test

import (
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/plan"
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
