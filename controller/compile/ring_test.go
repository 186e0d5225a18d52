package compile_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"testing"

	"weft/api"
	"weft/controller/compile"
	"weft/pipeline"
	"weft/plan"
	"weft/test/cloud"
)

// largeHost adds the n-th host of a cloud in which not all know each other.
func largeHost(b cloud.Builder, n int) {
	h := *b.Host(crowdHost(n), 1, "phys")
	h.MAC, h.TunnelIP = api.MACFromUint64(0xfa163f000000+uint64(n)+1), netip.AddrFrom4([4]byte{10, 99, byte(n >> 8), byte(n)})
	b.Put(&h)
}

// large is a cloud of hosts with nothing on them, and networks with ports that are plugged nowhere.
func large(hosts int) *api.Snapshot {
	b := cloud.On(nil)
	for n := range hosts {
		largeHost(b, n)
	}
	b.Network("net0", api.NetworkVXLAN, 100, "")
	b.Network("net1", api.NetworkVLAN, 101, "phys")
	for n := range 2 {
		sub := api.SubnetID(fmt.Sprintf("sub%d", n))
		b.Subnet(sub, api.NetworkID(fmt.Sprintf("net%d", n)), fmt.Sprintf("10.%d.0.0/24", n))
		for p := range 8 {
			b.Port(api.PortID(fmt.Sprintf("p%d%d", n, p)), fmt.Sprintf("fa:16:3e:00:%02x:%02x", n, p), sub, fmt.Sprintf("10.%d.0.%d", n, 10+p))
		}
	}
	s, _ := b.Done()
	return s
}

// disturb changes a large cloud: a host comes, or goes, or moves, or a guest comes there or goes.
func disturb(r *rand.Rand, b cloud.Builder, hosts int) {
	n := r.IntN(hosts + 20)
	h, there := b.View.Host(crowdHost(n))
	p := api.PortID(fmt.Sprintf("p%d%d", r.IntN(2), r.IntN(8)))
	bound, plugged := b.BoundOn(p)
	switch what := r.IntN(5); {
	case !there:
		largeHost(b, n)
	case what == 0 && !occupied(b.View, h.ID):
		b.Delete(h)
	case what == 1:
		moved := *h
		moved.TunnelIP = netip.AddrFrom4([4]byte{10, 98, byte(r.IntN(256)), byte(n)})
		b.Put(&moved)
	case plugged:
		b.Delete(bound)
	default:
		net := api.NetworkID("net" + string(p[1]))
		b.Put(&api.Binding{PortID: p, HostID: h.ID, NetworkID: net, OFPort: 10 + 10*uint32(p[1]) + uint32(p[2])})
	}
}

func occupied(v api.View, h api.HostID) bool {
	for range v.BindingsOn(h) {
		return true
	}
	return false
}

func TestHostsOfALargeCloudLearnWhomTheyAreToKnow(t *testing.T) {
	const hosts = 2*api.Near + 6
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	c := &compile.Compiler{} // not strict, so that hosts share what they hold for others
	plans := map[api.HostID]*plan.Plan{}
	old := large(hosts)
	for range 12 {
		b := cloud.On(old)
		for range 1 + r.IntN(3) {
			disturb(r, b, hosts)
		}
		next, changes := b.Done()
		affected := c.Affected(old, next, changes)
		for h := range next.Hosts() {
			want, err := c.Host(next, h.ID)
			if err != nil {
				t.Fatal(err)
			}
			if before, known := plans[h.ID]; known {
				got := apply(before, plan.Between(someOf(t, c, old, h.ID, affected[h.ID]), someOf(t, c, next, h.ID, affected[h.ID])))
				if diff := difference(want, got); diff != "" {
					t.Fatalf("seed %d: host %s after %s, affected %v:\n%s", seed, h.ID, describe(changes), affected[h.ID], diff)
				}
			}
			plans[h.ID] = want
		}
		maps.DeleteFunc(plans, func(h api.HostID, _ *plan.Plan) bool { _, there := next.Host(h); return !there })
		old = next
	}
}

func TestWhatAHostHoldsDoesNotGrowWithTheCloud(t *testing.T) {
	flows := func(hosts int) int { return len(hostPlan(t, large(hosts), crowdHost(7)).Flows) }
	if some, many := flows(100), flows(1000); some != many {
		t.Errorf("a host of 100 holds %d flows, one of 1,000 %d", some, many)
	}
}

func TestWhoeverComesToALargeCloudIsToldToFew(t *testing.T) {
	old := large(1000)
	for name, change := range map[string]func(cloud.Builder){
		"new":   func(b cloud.Builder) { largeHost(b, 1000) },
		"moved": func(b cloud.Builder) { b.Host(crowdHost(7), 200, "phys") },
		"gone":  func(b cloud.Builder) { h, _ := b.View.Host(crowdHost(7)); b.Delete(h) },
	} {
		b := cloud.On(old)
		change(b)
		next, changes := b.Done()
		got := strict().Affected(old, next, changes)
		if len(got) < 2*api.Near || len(got) > 2*api.Near+1 {
			t.Errorf("%s: %d hosts look, want its %d neighbours and itself", name, len(got), 2*api.Near)
		}
	}
}

func TestHostsWithANetworkInCommonKnowEachOtherInALargeCloud(t *testing.T) {
	b := cloud.On(large(500))
	for p, h := range []int{3, 400} {
		b.Put(&api.Binding{PortID: api.PortID(fmt.Sprintf("p1%d", p)), HostID: crowdHost(h), NetworkID: "net1", OFPort: 10})
	}
	s, _ := b.Done()
	known := pipeline.Known(s.View, crowdHost(3))
	if !known[crowdHost(400)] || !pipeline.Known(s.View, crowdHost(400))[crowdHost(3)] {
		t.Error("one does not know the other, whose routed frames come on the provider network")
	}
	if len(known) > 2*api.Near+1 || known[crowdHost(3)] {
		t.Errorf("it knows %d hosts", len(known))
	}
}
