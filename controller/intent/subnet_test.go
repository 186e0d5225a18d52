package intent_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

func pools(ends ...string) intent.Opt[[]api.AddrRange] {
	var out []api.AddrRange
	for i := 0; i < len(ends); i += 2 {
		out = append(out, api.AddrRange{Start: ip(ends[i]), End: ip(ends[i+1])})
	}
	return intent.Some(out)
}

func text(s *api.Subnet) string {
	var ps []string
	for _, p := range s.AllocationPools {
		ps = append(ps, fmt.Sprintf("%s-%s", p.Start, p.End))
	}
	return fmt.Sprintf("%s gateway %s pools %s", s.CIDR, s.GatewayIP, strings.Join(ps, ","))
}

func TestSubnetDefaultsFollowFromTheCIDR(t *testing.T) {
	noDHCP := intent.SubnetRequest{EnableDHCP: intent.Some(false)}
	cases := []struct {
		cidr string
		req  intent.SubnetRequest
		want string
	}{
		{"2.2.2.0/24", intent.SubnetRequest{}, "2.2.2.0/24 gateway 2.2.2.1 pools 2.2.2.2-2.2.2.254"},
		{"2.2.2.99/24", intent.SubnetRequest{}, "2.2.2.0/24 gateway 2.2.2.1 pools 2.2.2.2-2.2.2.254"},
		{"10.0.0.0/24", intent.SubnetRequest{GatewayIP: intent.Some(ip("10.0.0.9"))}, "10.0.0.0/24 gateway 10.0.0.9 pools 10.0.0.1-10.0.0.8,10.0.0.10-10.0.0.254"},
		{"10.0.0.0/24", intent.SubnetRequest{GatewayIP: intent.Some(ip("10.0.0.254"))}, "10.0.0.0/24 gateway 10.0.0.254 pools 10.0.0.1-10.0.0.253"},
		{"10.0.0.0/24", intent.SubnetRequest{GatewayIP: intent.Some(ip("192.0.2.1"))}, "10.0.0.0/24 gateway 192.0.2.1 pools 10.0.0.1-10.0.0.254"},
		{"10.0.0.0/24", intent.SubnetRequest{GatewayIP: intent.Opt[netip.Addr]{Set: true, Null: true}}, "10.0.0.0/24 gateway invalid IP pools 10.0.0.1-10.0.0.254"},
		{"10.0.0.0/24", intent.SubnetRequest{AllocationPools: pools("10.0.0.50", "10.0.0.60", "10.0.0.5", "10.0.0.9")}, "10.0.0.0/24 gateway 10.0.0.1 pools 10.0.0.5-10.0.0.9,10.0.0.50-10.0.0.60"},
		{"10.0.0.0/31", noDHCP, "10.0.0.0/31 gateway 10.0.0.1 pools 10.0.0.0-10.0.0.0"},
		{"10.0.0.7/32", noDHCP, "10.0.0.7/32 gateway 10.0.0.8 pools 10.0.0.7-10.0.0.7"},
		{"fd00::/64", intent.SubnetRequest{}, "fd00::/64 gateway fd00::1 pools fd00::2-fd00::ffff:ffff:ffff:ffff"},
	}
	for _, c := range cases {
		w := newWorld()
		c.req.NetworkID = w.network(t, intent.NetworkRequest{}).ID
		c.req.CIDR = intent.Some(netip.MustParsePrefix(c.cidr))
		s := must(t, w, func(tx *api.Txn) (*api.Subnet, error) { return w.ops.CreateSubnet(tx, c.req) })
		if got := text(s); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// subnetCase is a request for a subnet and the type of the fault that refuses it.
type subnetCase struct {
	name string
	req  intent.SubnetRequest
	want string
}

func cidr(s string) intent.SubnetRequest {
	return intent.SubnetRequest{CIDR: intent.Some(netip.MustParsePrefix(s))}
}

func with(s string, change func(*intent.SubnetRequest)) intent.SubnetRequest {
	r := cidr(s)
	change(&r)
	return r
}

func refusedSubnets(t *testing.T, cases []subnetCase) {
	t.Helper()
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "10.9.0.0/24")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.req.NetworkID = n.ID
			refused(t, w, c.want, func(tx *api.Txn) error { _, err := w.ops.CreateSubnet(tx, c.req); return err })
		})
	}
	refused(t, w, "NetworkNotFound", func(tx *api.Txn) error {
		req := cidr("10.0.0.0/24")
		req.NetworkID = "none"
		_, err := w.ops.CreateSubnet(tx, req)
		return err
	})
}

func TestSubnetsThatAreRefused(t *testing.T) {
	refusedSubnets(t, []subnetCase{
		{"no-cidr", intent.SubnetRequest{}, "BadRequest"},
		{"overlap", cidr("10.9.0.128/25"), "InvalidInput"},
		{"wrong-version", with("10.0.0.0/24", func(r *intent.SubnetRequest) { r.IPVersion = 6 }), "InvalidInput"},
		{"multicast", cidr("224.0.0.0/24"), "InvalidInput"},
		{"loopback", cidr("127.0.0.0/24"), "InvalidInput"},
		{"everything", cidr("0.0.0.0/0"), "InvalidInput"},
		{"reserved", cidr("250.0.0.0/24"), "InvalidInput"},
		{"unspecified", cidr("::/64"), "InvalidInput"},
		{"dhcp-in-31", cidr("10.0.0.0/31"), "InvalidInput"},
		{"six-nameservers", with("10.2.0.0/24", func(r *intent.SubnetRequest) {
			r.DNSNameservers = intent.Some([]netip.Addr{ip("9.9.9.1"), ip("9.9.9.2"), ip("9.9.9.3"), ip("9.9.9.4"), ip("9.9.9.5"), ip("9.9.9.6")})
		}), "DNSNameServersExhausted"},
		{"route-of-two-versions", with("10.2.0.0/24", func(r *intent.SubnetRequest) {
			r.HostRoutes = intent.Some([]api.HostRoute{{Destination: netip.MustParsePrefix("10.9.0.0/16"), NextHop: ip("fd00::1")}})
		}), "InvalidInput"},
		{"slaac-in-v4", with("10.2.0.0/24", func(r *intent.SubnetRequest) { r.IPv6AddressMode = intent.Some("slaac") }), "InvalidInput"},
		{"slaac-in-80", with("fd00::/80", func(r *intent.SubnetRequest) { r.IPv6AddressMode = intent.Some("slaac") }), "InvalidInput"},
		{"modes-differ", with("fd00::/64", func(r *intent.SubnetRequest) {
			r.IPv6AddressMode, r.IPv6RAMode = intent.Some("slaac"), intent.Some("dhcpv6-stateful")
		}), "InvalidInput"},
		{"unknown-mode", with("fd00::/64", func(r *intent.SubnetRequest) { r.IPv6RAMode = intent.Some("magic") }), "InvalidInput"},
	})
}

func TestGatewaysAndPoolsThatAreRefused(t *testing.T) {
	refusedSubnets(t, []subnetCase{
		{"gateway-is-broadcast", with("10.0.0.0/24", func(r *intent.SubnetRequest) { r.GatewayIP = intent.Some(ip("10.0.0.255")) }), "InvalidInput"},
		{"gateway-is-network", with("10.0.0.0/24", func(r *intent.SubnetRequest) { r.GatewayIP = intent.Some(ip("10.0.0.0")) }), "InvalidInput"},
		{"gateway-of-other-version", with("10.0.0.0/24", func(r *intent.SubnetRequest) { r.GatewayIP = intent.Some(ip("fd00::1")) }), "InvalidInput"},
		{"gateway-in-pool", with("10.2.0.0/24", func(r *intent.SubnetRequest) {
			r.GatewayIP, r.AllocationPools = intent.Some(ip("10.2.0.7")), pools("10.2.0.5", "10.2.0.9")
		}), "GatewayConflictWithAllocationPools"},
		{"pool-outside", with("10.2.0.0/24", func(r *intent.SubnetRequest) { r.AllocationPools = pools("10.3.0.5", "10.3.0.9") }), "OutOfBoundsAllocationPool"},
		{"pool-with-broadcast", with("10.2.0.0/24", func(r *intent.SubnetRequest) { r.AllocationPools = pools("10.2.0.5", "10.2.0.255") }), "OutOfBoundsAllocationPool"},
		{"pool-backwards", with("10.2.0.0/24", func(r *intent.SubnetRequest) { r.AllocationPools = pools("10.2.0.9", "10.2.0.5") }), "InvalidAllocationPool"},
		{"pool-of-two-versions", with("10.2.0.0/24", func(r *intent.SubnetRequest) { r.AllocationPools = pools("10.2.0.9", "fd00::1") }), "InvalidAllocationPool"},
		{"pools-overlap", with("10.2.0.0/24", func(r *intent.SubnetRequest) {
			r.AllocationPools = pools("10.2.0.5", "10.2.0.9", "10.2.0.9", "10.2.0.12")
		}), "OverlappingAllocationPools"},
	})
}

func TestSubnetUpdateKeepsTheRoutersGateway(t *testing.T) {
	l := newLab(t)
	update := func(req intent.SubnetRequest) func(*api.Txn) error {
		return func(tx *api.Txn) error { _, err := l.ops.UpdateSubnet(tx, l.sub1.ID, req); return err }
	}
	msg := refused(t, l.world, "GatewayIpInUse", update(intent.SubnetRequest{GatewayIP: intent.Some(ip("192.168.10.77"))}))
	if !strings.Contains(msg, "Current gateway ip 192.168.10.1 already in use by port") {
		t.Error(msg)
	}
	refused(t, l.world, "GatewayConflictWithAllocationPools", update(intent.SubnetRequest{AllocationPools: pools("192.168.10.1", "192.168.10.9")}))
	refused(t, l.world, "HTTPBadRequest", update(intent.SubnetRequest{CIDR: intent.Some(netip.MustParsePrefix("10.0.0.0/8"))}))
	if err := l.do(update(intent.SubnetRequest{DNSNameservers: intent.Some([]netip.Addr{ip("9.9.9.9")}), AllocationPools: pools("192.168.10.200", "192.168.10.201")})); err != nil {
		t.Fatal(err)
	}
	if s, _ := l.Subnet(l.sub1.ID); s.RevisionNumber != 2 || len(s.DNSNameservers) != 1 || s.CIDR != l.sub1.CIDR {
		t.Errorf("got %+v", *s)
	}
	if p := l.port(t, intent.PortRequest{NetworkID: l.net1.ID}); p.FixedIPs[0].Addr != ip("192.168.10.200") {
		t.Errorf("a port got %s, want the first of the new pool", p.FixedIPs[0].Addr)
	}
}

func TestSubnetInUseStaysButSelfMadeAddressesGoWithIt(t *testing.T) {
	l := newLab(t)
	refused(t, l.world, "SubnetInUse", func(tx *api.Txn) error { return l.ops.DeleteSubnet(tx, l.sub1.ID) })
	slaac := must(t, l.world, func(tx *api.Txn) (*api.Subnet, error) {
		return l.ops.CreateSubnet(tx, intent.SubnetRequest{
			NetworkID: l.net1.ID, CIDR: intent.Some(netip.MustParsePrefix("fd00::/64")), IPv6AddressMode: intent.Some("slaac"),
		})
	})
	p := l.port(t, intent.PortRequest{NetworkID: l.net1.ID, MAC: intent.Some(api.MustMAC("fa:16:3e:01:02:03"))})
	if len(p.FixedIPs) != 2 || p.FixedIPs[1].Addr != ip("fd00::f816:3eff:fe01:203") {
		t.Errorf("got %v, want an IPv4 address and fd00::f816:3eff:fe01:203", p.FixedIPs)
	}
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeleteSubnet(tx, slaac.ID) }); err != nil {
		t.Fatal(err)
	}
	if p, _ := l.Port(p.ID); len(p.FixedIPs) != 1 {
		t.Errorf("the port still has %v", p.FixedIPs)
	}
}
