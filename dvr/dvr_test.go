package dvr_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/dvr"
	"weft/pipeline"
	"weft/plan"
	"weft/test/cloud"
)

const leg192 api.PortID = "c1920000-0000-4000-8000-000000000192"

// Its device, and that of the other leg.
const (
	qr192 = "qr-c1920000-00"
	qr10  = "qr-c1010000-00"
)

// at is the seed's cloud, after a change, as one of its hosts sees it.
func at(t *testing.T, host api.HostID, change func(cloud.Builder)) *pipeline.Site {
	t.Helper()
	b := cloud.On(cloud.Seed())
	if change != nil {
		change(b)
	}
	s, _ := b.Done()
	site, ok := pipeline.At(s.View, host)
	if !ok {
		t.Fatalf("there is no host %s", host)
	}
	return site
}

func port(t *testing.T, s *pipeline.Site, id api.PortID) *api.Port {
	t.Helper()
	p, ok := s.Port(id)
	if !ok {
		t.Fatalf("there is no port %s", id)
	}
	return p
}

// flows writes a part's flows, each checked against its table's contract.
func flows(t *testing.T, p pipeline.Part) []string {
	t.Helper()
	var out []string
	for _, f := range p.Flows {
		if err := f.Check(); err != nil {
			t.Error(err)
		}
		out = append(out, f.String())
	}
	return out
}

// items are a part's items of one kind.
func items[T plan.Spec](p pipeline.Part) []T {
	var out []T
	for _, i := range p.Items {
		if x, ok := i.Spec.(T); ok {
			out = append(out, x)
		}
	}
	return out
}

func TestALegLeavesItsHostByTheHostsMACAlone(t *testing.T) {
	for host, mac := range map[api.HostID]string{"server-233": "fa:16:3f:00:00:e9", "server-68": "fa:16:3f:00:00:44"} {
		s := at(t, host, nil)
		got := flows(t, dvr.Leg(s, port(t, s, leg192)))
		want := []string{
			"table=1, priority=120,dl_vlan=3,dl_dst=fa:16:3e:35:25:42 actions=drop",
			"table=1, priority=120,arp,dl_vlan=3,arp_tpa=192.168.10.1 actions=drop",
			"table=1, priority=100,dl_vlan=3,dl_src=fa:16:3e:35:25:42 actions=set_field:" + mac + "->eth_src,goto_table:2",
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("host %s lacks %s\nit has\n%s", host, w, strings.Join(got, "\n"))
			}
		}
	}
}

func TestAGuestIsKnownOnEveryHostAndSeesItsOwnGateway(t *testing.T) {
	for host, here := range map[api.HostID]bool{"server-233": true, "server-64": false, "server-68": false} {
		s := at(t, host, nil)
		part := dvr.Guest(s, port(t, s, cloud.SeedCirros))
		known := []plan.Neighbour{{
			NS: pipeline.RouterNS(cloud.SeedRouter), Dev: qr192,
			Addr: netip.MustParseAddr("192.168.10.222"), MAC: api.MustMAC("fa:16:3e:ff:aa:66"),
		}}
		same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
		if diff := cmp.Diff(known, items[plan.Neighbour](part), same); diff != "" {
			t.Errorf("host %s, neighbours (-want +got):\n%s", host, diff)
		}
		var want []string
		if here {
			want = []string{"table=1, priority=100,dl_vlan=3,dl_dst=fa:16:3e:ff:aa:66 " +
				"actions=set_field:fa:16:3e:35:25:42->eth_src,goto_table:60"}
		}
		if diff := cmp.Diff(want, flows(t, part)); diff != "" {
			t.Errorf("host %s, flows (-want +got):\n%s", host, diff)
		}
	}
}

func TestARouterKnowsOnlyTheSharedAddressesThatOnePortHas(t *testing.T) {
	const addr = "192.168.10.50"
	pair := func(b cloud.Builder, ids ...api.PortID) {
		for _, id := range ids {
			p, _ := b.View.Port(id)
			q := *p
			q.AllowedAddressPairs = []api.AddressPair{{Prefix: netip.MustParsePrefix(addr + "/32"), MAC: p.MAC}}
			b.Put(&q)
		}
	}
	cases := []struct {
		name   string
		change func(cloud.Builder)
		known  bool
	}{
		{"one-port-speaks-for-it", func(b cloud.Builder) { pair(b, cloud.SeedCirros) }, true},
		{"two-ports-speak-for-it", func(b cloud.Builder) { pair(b, cloud.SeedCirros, cloud.SeedSameNet) }, false},
		{"another-port-has-it", func(b cloud.Builder) {
			pair(b, cloud.SeedCirros)
			b.Port("holder", "fa:16:3e:ff:aa:99", "sub-192", addr)
			b.Bind("holder", "server-64")
		}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := at(t, "server-68", c.change)
			got := slices.ContainsFunc(items[plan.Neighbour](dvr.Guest(s, port(t, s, cloud.SeedCirros))),
				func(n plan.Neighbour) bool { return n.Addr == netip.MustParseAddr(addr) })
			if got != c.known {
				t.Errorf("the router knows %s: %v, want %v", addr, got, c.known)
			}
		})
	}
}

func TestStaticRoutesLeadByTheLegOfTheirNextHop(t *testing.T) {
	route := func(dst, via string) api.HostRoute {
		return api.HostRoute{Destination: netip.MustParsePrefix(dst), NextHop: netip.MustParseAddr(via)}
	}
	s := at(t, "server-233", func(b cloud.Builder) {
		r, _ := b.View.Router(cloud.SeedRouter)
		c := *r
		c.Routes = []api.HostRoute{
			route("172.16.0.0/16", "10.10.10.9"),
			route("172.16.0.0/16", "10.10.10.8"),     // the lowest of several
			route("172.17.0.0/16", "192.168.10.7"),   // by the other leg
			route("172.18.0.0/16", "203.0.113.1"),    // behind none
			route("172.19.255.1/16", "192.168.10.6"), // with host bits
		}
		b.Put(&c)
	})
	var got []string
	for _, r := range items[plan.Route](dvr.Namespace(s, cloud.SeedRouter)) {
		got = append(got, r.Dst.String()+" via "+r.Via.String()+" dev "+r.Dev)
	}
	want := []string{
		"172.16.0.0/16 via 10.10.10.8 dev " + qr10,
		"172.17.0.0/16 via 192.168.10.7 dev " + qr192,
		"172.19.0.0/16 via 192.168.10.6 dev " + qr192,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

func TestARouterThatIsDownIsOnNoHost(t *testing.T) {
	s := at(t, "server-233", func(b cloud.Builder) {
		r, _ := b.View.Router(cloud.SeedRouter)
		c := *r
		c.AdminStateUp = false
		b.Put(&c)
	})
	var all pipeline.Part
	all.Add(dvr.Namespace(s, cloud.SeedRouter))
	all.Add(dvr.Leg(s, port(t, s, leg192)))
	all.Add(dvr.Guest(s, port(t, s, cloud.SeedCirros)))
	if len(all.Items)+len(all.Flows) != 0 {
		t.Errorf("the host has %d items and flows\n%s", len(all.Items), strings.Join(flows(t, all), "\n"))
	}
}

func TestOnAWireALegHearsOnlyAnswers(t *testing.T) {
	b := cloud.On(nil)
	b.Host("h1", 1, "phys")
	b.Network("wire", api.NetworkVLAN, 100, "phys")
	b.Subnet("sub", "wire", "192.168.20.0/24")
	b.Subnet("sub6", "wire", "fd00:20::/64")
	b.Router("r", "")
	leg := *b.Leg("leg", "fa:16:3e:01:00:01", "r", "sub")
	leg.FixedIPs = append(slices.Clone(leg.FixedIPs), api.FixedIP{SubnetID: "sub6", Addr: netip.MustParseAddr("fd00:20::1")})
	b.Put(&leg)
	b.Port("p", "fa:16:3e:00:00:01", "sub", "192.168.20.5")
	b.Bind("p", "h1")
	state, _ := b.Done()
	s, _ := pipeline.At(state.View, "h1")
	got := flows(t, dvr.Leg(s, port(t, s, "leg")))
	from := "in_port=2,dl_vlan=100,"
	for _, w := range []string{
		"priority=140,arp," + from + "dl_dst=fa:16:3e:01:00:01,arp_op=2 actions=goto_table:4",
		"priority=130," + from + "dl_dst=fa:16:3e:01:00:01 actions=drop",
		"priority=130,arp," + from + "arp_tpa=192.168.20.1 actions=drop",
		"priority=105," + from + "dl_src=fa:16:3e:01:00:01 actions=drop",
		"priority=105,arp," + from + "arp_spa=192.168.20.1 actions=drop",
		"priority=105,icmp6," + from + "icmp_type=136,nd_target=fd00:20::1 actions=drop",
		"priority=105,icmp6," + from + "icmp_type=136,nd_target=fe80::f816:3eff:fe01:1 actions=drop",
		"priority=105,ipv6," + from + "ipv6_src=fe80::f816:3eff:fe01:1 actions=drop",
	} {
		if !slices.Contains(got, w) {
			t.Errorf("missing %s\nin\n%s", w, strings.Join(got, "\n"))
		}
	}
}
