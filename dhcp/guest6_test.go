package dhcp_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/dhcp"
	"weft/pipeline"
	"weft/plan"
	"weft/test/cloud"
)

// modes are those of a subnet: ipv6_ra_mode and ipv6_address_mode.
type modes struct{ ra, address string }

func (m modes) String() string { return fmt.Sprintf("ra=%s,address=%s", m.ra, m.address) }

// sixth is a cloud with one guest on an IPv6 subnet, behind a router if routed.
type sixth struct {
	modes
	routed bool
	change func(cloud.Builder, *api.Subnet, *api.Port)
}

const guestMAC, legMAC, hostMAC = "fa:16:3e:00:00:01", "fa:16:3e:00:00:99", "fa:16:3f:00:00:01"

// part gives what the guest's host needs to answer it.
func (c sixth) part(t *testing.T) (d6 []plan.DHCP6, ras []plan.RA, flows string) {
	t.Helper()
	b := cloud.On(nil)
	b.Host("h", 1)
	b.Network("net", api.NetworkVXLAN, 7, "")
	s := *b.Subnet("sub", "net", "2001:db8::/64")
	s.IPv6RAMode, s.IPv6AddressMode = c.ra, c.address
	s.DNSNameservers = []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("2001:db8::53")}
	p := *b.Port("p", guestMAC, "sub", "2001:db8::f816:3eff:fe00:1")
	b.Bind("p", "h")
	if c.routed {
		b.Router("r", "")
		b.Leg("leg", legMAC, "r", "sub")
	}
	if c.change != nil {
		c.change(b, &s, &p)
	}
	b.Put(&s)
	b.Put(&p)
	state, _ := b.Done()
	site, _ := pipeline.At(state.View, "h")
	part := dhcp.Guest(site, &p)
	for _, f := range part.Flows {
		if err := f.Check(); err != nil {
			t.Error(err)
		}
		flows += f.String() + "\n"
	}
	for _, i := range part.Items {
		switch x := i.Spec.(type) {
		case plan.DHCP6:
			d6 = append(d6, x)
		case plan.RA:
			ras = append(ras, x)
		}
	}
	return d6, ras, flows
}

func TestIPv6ModesDecideWhoTellsAGuestWhat(t *testing.T) {
	const auto, link = "2001:db8::/64=auto", "2001:db8::/64"
	for _, c := range []struct {
		modes
		dhcp6    string // its addresses, "-" for none; "" if there is no answer
		prefixes string // "none": there is no advertisement at all
		flags    string
	}{
		{modes{"slaac", "slaac"}, "", auto, ""},
		{modes{"slaac", ""}, "", auto, ""},
		{modes{"", "slaac"}, "", "none", ""},
		{modes{"dhcpv6-stateless", "dhcpv6-stateless"}, "-", auto, "O"},
		{modes{"dhcpv6-stateless", ""}, "", auto, "O"},
		{modes{"", "dhcpv6-stateless"}, "-", "none", ""},
		{modes{"dhcpv6-stateful", "dhcpv6-stateful"}, "2001:db8::f816:3eff:fe00:1", link, "M"},
		{modes{"dhcpv6-stateful", ""}, "", link, "M"},
		{modes{"", "dhcpv6-stateful"}, "2001:db8::f816:3eff:fe00:1", "none", ""},
		{modes{"", ""}, "2001:db8::f816:3eff:fe00:1", "none", ""},
	} {
		t.Run(c.String(), func(t *testing.T) {
			d6, ras, _ := sixth{modes: c.modes}.part(t)
			if len(d6) != min(1, len(c.dhcp6)) || len(d6) == 1 && cmp.Or(d6[0].Addrs, "-") != c.dhcp6 {
				t.Errorf("DHCPv6 %+v, want %q", d6, c.dhcp6)
			}
			if (len(ras) == 0) != (c.prefixes == "none") {
				t.Fatalf("advertisements %+v, want %s", ras, c.prefixes)
			}
			if len(ras) == 0 {
				return
			}
			flags := ""
			if ras[0].Managed {
				flags += "M"
			}
			if ras[0].Other {
				flags += "O"
			}
			if ras[0].Prefixes != c.prefixes || flags != c.flags || ras[0].Lifetime != 0 || ras[0].RouterMAC.String() != hostMAC {
				t.Errorf("advertised %+v, want %s and flags %q, from no router", ras[0], c.prefixes, c.flags)
			}
		})
	}
}

func TestARouterIsAnnouncedByItsLeg(t *testing.T) {
	for _, m := range []modes{{"slaac", "slaac"}, {"", ""}} {
		_, ras, flows := sixth{modes: m, routed: true}.part(t)
		if len(ras) != 1 || ras[0].RouterMAC.String() != legMAC || ras[0].Lifetime != 1800 || ras[0].MTU != 1450 {
			t.Fatalf("%s: %+v", m, ras)
		}
		if !strings.Contains(flows, "icmp_type=133") {
			t.Errorf("%s: solicitations do not reach the agent:\n%s", m, flows)
		}
		if announced := ras[0].Prefixes != "" && ras[0].DNS == "2001:db8::53"; announced != (m.ra != "") {
			t.Errorf("%s: %+v", m, ras[0])
		}
	}
}

func TestARouterThatIsDownIsNone(t *testing.T) {
	_, ras, _ := sixth{modes: modes{"slaac", "slaac"}, routed: true, change: func(b cloud.Builder, _ *api.Subnet, _ *api.Port) {
		r, _ := b.View.Router("r")
		down := *r
		down.AdminStateUp = false
		b.Put(&down)
	}}.part(t)
	if len(ras) != 1 || ras[0].Lifetime != 0 || ras[0].RouterMAC.String() != hostMAC {
		t.Errorf("%+v", ras)
	}
}

func TestAGuestMakesUpNoAddressThatItsPortDoesNotHave(t *testing.T) {
	_, ras, _ := sixth{modes: modes{"slaac", "slaac"}, routed: true, change: func(b cloud.Builder, _ *api.Subnet, _ *api.Port) {
		other := *b.Subnet("sub2", "net", "2001:db8:0:2::/64")
		other.IPv6RAMode, other.IPv6AddressMode = "slaac", "slaac"
		b.Put(&other)
	}}.part(t)
	if len(ras) != 1 || ras[0].Prefixes != "2001:db8::/64=auto 2001:db8:0:2::/64" {
		t.Errorf("%+v", ras)
	}
}

func TestGuestsWithoutIPv6AreToldNothing(t *testing.T) {
	for name, change := range map[string]func(cloud.Builder, *api.Subnet, *api.Port){
		"no-address":  func(_ cloud.Builder, _ *api.Subnet, p *api.Port) { p.FixedIPs = nil },
		"down":        func(_ cloud.Builder, _ *api.Subnet, p *api.Port) { p.AdminStateUp = false },
		"not-plugged": func(b cloud.Builder, _ *api.Subnet, _ *api.Port) { b.Unbind("p") },
	} {
		if d6, ras, flows := (sixth{modes: modes{"slaac", "slaac"}, change: change}).part(t); len(d6)+len(ras)+len(flows) > 0 {
			t.Errorf("%s: %+v %+v by the flows\n%s", name, d6, ras, flows)
		}
	}
	off := sixth{modes: modes{"", ""}, change: func(_ cloud.Builder, s *api.Subnet, _ *api.Port) { s.EnableDHCP = false }}
	if d6, _, _ := off.part(t); len(d6) > 0 {
		t.Errorf("with DHCP off: %+v", d6)
	}
}
