package dhcp_test

import (
	"testing"

	"weft/api"
	"weft/test/cloud"
)

func TestAGuestIsCalledAsItsPortSays(t *testing.T) {
	for _, c := range []struct{ name, network, domain, want string }{
		{"", "", "", "host-10-0-0-5 openstacklocal"},
		{"web", "", "", "web openstacklocal"},
		{"web", "blue.example.", "", "web blue.example"},
		{"", "blue.example.", "", "host-10-0-0-5 blue.example"},
		{"web", "blue.example.", "own.example.", "web own.example"},
		{"web.rack1", "", "", "web rack1.openstacklocal"},
		{"web.example.org.", "", "", "web example.org"},
	} {
		d, _, _ := told(t, func(b cloud.Builder, _ *api.Subnet, p *api.Port) {
			n, _ := b.View.Network(p.NetworkID)
			named := *n
			named.DNSDomain = c.network
			b.Put(&named)
			p.DNSName, p.DNSDomain = c.name, c.domain
		})
		if got := d.HostName + " " + d.Domain; got != c.want {
			t.Errorf("%q in %q and %q: %s, want %s", c.name, c.network, c.domain, got, c.want)
		}
	}
}

func TestAGuestHasItsNameByDHCPv6Too(t *testing.T) {
	for _, m := range []modes{{"dhcpv6-stateful", "dhcpv6-stateful"}, {"dhcpv6-stateless", "dhcpv6-stateless"}} {
		d6, ras, _ := sixth{modes: m, routed: true, change: func(_ cloud.Builder, _ *api.Subnet, p *api.Port) {
			p.DNSName, p.DNSDomain = "web", "own.example."
		}}.part(t)
		if len(d6) != 1 || d6[0].HostName != "web" || d6[0].Domain != "own.example" {
			t.Errorf("%s: %+v", m, d6)
		}
		if len(ras) != 1 || ras[0].Domain != "own.example" {
			t.Errorf("%s: %+v", m, ras)
		}
	}
}
