package fip_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/fip"
	"weft/pipeline"
	"weft/plan"
	"weft/test/cloud"
)

const (
	router   = string(cloud.SeedRouter)
	external = string(cloud.SeedExternal)
	rfp      = "rfp-28e4ec01-f"
	fpr      = "fpr-28e4ec01-f"
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

// floating is what a host holds for the seed's floating IP.
func floating(t *testing.T, s *pipeline.Site) pipeline.Part {
	t.Helper()
	f, ok := s.FloatingIP(cloud.SeedFloating)
	if !ok {
		t.Fatal("there is no floating IP")
	}
	return fip.FloatingIP(s, f)
}

// lines writes routes, rules and translations as ip and iptables would, each behind the sort of its namespace.
func lines(items ...plan.Item) []string {
	var out []string
	for _, i := range items {
		switch x := i.Spec.(type) {
		case plan.Route:
			out = append(out, fmt.Sprintf("%s: route %s via %s dev %s table %d", short(x.NS), x.Dst, x.Via, x.Dev, x.Table))
		case plan.Rule:
			from := "iif " + x.IIF
			if x.From.IsValid() {
				from = "from " + x.From.String()
			}
			out = append(out, fmt.Sprintf("%s: rule %d %s table %d", short(x.NS), x.Priority, from, x.Table))
		case plan.NAT:
			out = append(out, fmt.Sprintf("%s: -t %s -A %s %s", short(x.NS), x.Table, x.Chain, x.Rule))
		}
	}
	return out
}

func short(ns string) string {
	return strings.NewReplacer("-"+router, "", "-"+external, "").Replace(ns)
}

func TestAFloatingIPIsTranslatedOnItsGuestsHost(t *testing.T) {
	s := at(t, "server-233", nil)
	want := []string{
		"fip: route 2.2.2.100/32 via 169.254.64.0 dev " + fpr + " table 254",
		"qrouter: rule 57482 from 192.168.10.222/32 table 16",
		"qrouter: -t nat -A PREROUTING -d 2.2.2.100/32 -i " + rfp + " -j DNAT --to-destination 192.168.10.222",
		"qrouter: -t nat -A float-snat -s 192.168.10.222/32 -j SNAT --to-source 2.2.2.100",
	}
	if diff := cmp.Diff(want, lines(floating(t, s).Items...)); diff != "" {
		t.Errorf("what serves the address (-want +got):\n%s", diff)
	}
	way := lines(fip.Router(s, cloud.SeedRouter).Items...)
	for _, w := range []string{
		"qrouter: route 0.0.0.0/0 via 169.254.64.1 dev " + rfp + " table 16",
		"qrouter: -t nat -A POSTROUTING ! -o " + rfp + " -m conntrack ! --ctstate DNAT -j ACCEPT",
		"fip: rule 2852012033 iif " + fpr + " table 2852012033",
	} {
		if !slices.Contains(way, w) {
			t.Errorf("the router's way out lacks %s\nit is\n%s", w, strings.Join(way, "\n"))
		}
	}
}

func TestOtherHostsOnlyTellTheMACOfWhoServesAFloatingIP(t *testing.T) {
	s := at(t, "server-68", nil)
	part := floating(t, s)
	if len(part.Items) != 0 {
		t.Errorf("the host holds %v", part.Items)
	}
	var gateway *api.Port
	for p := range s.Ports() {
		if p.IsAgentGateway() && p.HostID == "server-233" {
			gateway = p
		}
	}
	if len(part.Flows) != 1 || !strings.Contains(part.Flows[0].String(), "set_field:"+gateway.MAC.String()+"->arp_sha") {
		t.Errorf("flows %v, want one that answers with %s", part.Flows, gateway.MAC)
	}
	if way := fip.Router(s, cloud.SeedRouter); len(way.Items) != 0 {
		t.Errorf("the host has a way out that nobody takes: %v", way.Items)
	}
}

func TestAFloatingIPIsServedOnceEverythingIsThere(t *testing.T) {
	edit := func(change func(p *api.Port)) func(cloud.Builder) {
		return func(b cloud.Builder) {
			p, _ := b.View.Port(cloud.SeedCirros)
			c := *p
			change(&c)
			b.Put(&c)
		}
	}
	missing := map[string]func(cloud.Builder){
		"the-guest-is-unplugged":  func(b cloud.Builder) { b.Unbind(cloud.SeedCirros) },
		"the-guests-port-is-down": edit(func(p *api.Port) { p.AdminStateUp = false }),
		"the-router-is-down": func(b cloud.Builder) {
			r, _ := b.View.Router(cloud.SeedRouter)
			c := *r
			c.AdminStateUp = false
			b.Put(&c)
		},
		"it-is-for-nobody": func(b cloud.Builder) {
			b.FloatingIP(cloud.SeedFloating, cloud.SeedExternal, "2.2.2.100", "", "")
		},
	}
	for name, change := range missing {
		t.Run(name, func(t *testing.T) {
			s := at(t, "server-233", change)
			part := floating(t, s)
			part.Add(fip.Router(s, cloud.SeedRouter))
			if len(part.Items)+len(part.Flows) != 0 {
				t.Errorf("the host holds\n%s", strings.Join(lines(part.Items...), "\n"))
			}
		})
	}
}

func TestGuestsWithoutAFloatingIPLeaveByTheGatewayHost(t *testing.T) {
	r, _ := at(t, "server-68", nil).Router(cloud.SeedRouter)
	gateway := r.GatewayHost()
	for _, host := range []api.HostID{"server-233", "server-64", "server-68"} {
		s := at(t, host, nil)
		var legs []string
		for p := range s.Ports() {
			if p.IsCentralSNAT() {
				legs = append(legs, lines(fip.CentralLeg(s, p).Items...)...)
			}
		}
		central := lines(fip.Central(s, cloud.SeedRouter).Items...)
		for _, w := range []string{
			"qrouter: rule 3232238081 from 192.168.10.0/24 table 3232238081",
			"qrouter: route 0.0.0.0/0 via 192.168.10.197 dev qr-c1920000-00 table 3232238081",
			"qrouter: rule 168430081 from 10.10.10.0/24 table 168430081",
		} {
			if !slices.Contains(legs, w) {
				t.Errorf("host %s lacks %s\nit has\n%s", host, w, strings.Join(legs, "\n"))
			}
		}
		translates := slices.Contains(central, "snat: -t nat -A snat -o qg-2cd2e148-qg -j SNAT --to-source 2.2.2.197")
		if translates != (host == gateway) || !translates && len(central) > 0 {
			t.Errorf("host %s translates: %v; the gateway host is %s", host, central, gateway)
		}
	}
}

func TestWithoutSNATTheRouterLeadsOutAndTranslatesNothing(t *testing.T) {
	r, _ := at(t, "server-68", nil).Router(cloud.SeedRouter)
	s := at(t, r.GatewayHost(), func(b cloud.Builder) {
		r, _ := b.View.Router(cloud.SeedRouter)
		c, g := *r, *r.Gateway
		g.EnableSNAT = false
		c.Gateway = &g
		b.Put(&c)
	})
	for _, l := range lines(fip.Central(s, cloud.SeedRouter).Items...) {
		if strings.Contains(l, "-A snat") {
			t.Errorf("the gateway host translates: %s", l)
		}
	}
	p, _ := s.Port(r.Gateway.PortID)
	way := lines(fip.ExternalLeg(s, p).Items...)
	if !slices.ContainsFunc(way, func(l string) bool {
		return strings.HasPrefix(l, "snat: route 0.0.0.0/0 via 2.2.2.1 ")
	}) {
		t.Errorf("it does not lead out:\n%s", strings.Join(way, "\n"))
	}
}

func TestStaticRoutesBehindTheExternalNetworkLeadOutByBothWays(t *testing.T) {
	r, _ := at(t, "server-68", nil).Router(cloud.SeedRouter)
	routes := func(b cloud.Builder) {
		r, _ := b.View.Router(cloud.SeedRouter)
		c := *r
		c.Routes = []api.HostRoute{
			{Destination: netip.MustParsePrefix("172.16.0.0/16"), NextHop: netip.MustParseAddr("2.2.2.9")},
			{Destination: netip.MustParsePrefix("172.17.0.0/16"), NextHop: netip.MustParseAddr("10.10.10.9")},
		}
		b.Put(&c)
	}
	served := lines(fip.Router(at(t, "server-233", routes), cloud.SeedRouter).Items...)
	central := lines(fip.Central(at(t, r.GatewayHost(), routes), cloud.SeedRouter).Items...)
	has := func(in []string, prefix string) bool {
		return slices.ContainsFunc(in, func(l string) bool { return strings.HasPrefix(l, prefix) })
	}
	switch {
	case !has(served, "fip: route 172.16.0.0/16 via 2.2.2.9 "), has(served, "fip: route 172.17.0.0/16"):
		t.Errorf("for floating IPs:\n%s", strings.Join(served, "\n"))
	case !has(central, "snat: route 172.16.0.0/16 via 2.2.2.9 "), !has(central, "snat: route 172.17.0.0/16 via 10.10.10.9 "):
		t.Errorf("for the others:\n%s", strings.Join(central, "\n"))
	}
}
