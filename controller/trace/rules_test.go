package trace

import (
	"net/netip"
	"testing"

	"weft/api"
	"weft/plan"
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

// rulesOf are rules as a gateway host and a router have them.
func rulesOf(t *testing.T) ruleset {
	t.Helper()
	var p plan.Plan
	add := func(table, chain string, order int, rule, subject string) {
		if _, ok := parseRule(rule); !ok {
			t.Fatalf("%q is not understood", rule)
		}
		p.Items = append(p.Items, plan.Item{Spec: plan.NAT{NS: "ns", Table: table, Chain: chain, Order: order, Rule: rule},
			Subject: api.Ref{Kind: api.KindRouter, ID: subject}})
	}
	add("nat", "PREROUTING", 0, "-d 2.2.2.100/32 -i rfp-1 -j DNAT --to-destination 192.168.10.5", "dnat")
	add("nat", "PREROUTING", 0, "-d 2.2.2.9/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.168.10.7:8080", "forward")
	add("nat", "PREROUTING", 0, "-d 2.2.2.9/32 -p tcp -m tcp --dport 90:99 -j DNAT --to-destination 192.168.10.7:190-199/90", "range")
	add("nat", "PREROUTING", 0, "-d 2.2.2.9/32 -p sctp -m sctp --dport 90:99 -j DNAT --to-destination 192.168.10.7:36412", "to-one")
	add("nat", "POSTROUTING", 0, "! -o rfp-1 -m conntrack ! --ctstate DNAT -j ACCEPT", "inside")
	add("nat", "POSTROUTING", 10, "-j snat", "jump")
	add("nat", "snat", 0, "-j float-snat", "jump")
	add("nat", "float-snat", 0, "-s 192.168.10.5/32 -j SNAT --to-source 2.2.2.100", "float")
	add("nat", "snat", 5, "-o rfp-1 -j SNAT --to-source 2.2.2.2", "central")
	add("filter", "FORWARD", 0, "-i qr-1 -o qr-2 -j DROP", "scope")
	add("filter", "FORWARD", 0, "-i qg-1 -o sg-1 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP", "blocked")
	return ruleset{plan: p, ns: "ns"}
}

func TestRulesAreEvaluatedAsAKernelWouldForAFirstPacket(t *testing.T) {
	r := rulesOf(t)
	base := packet{from: ip("192.168.10.5"), to: ip("8.8.8.8"), proto: icmp}
	with := func(change func(*packet)) packet {
		p := base
		change(&p)
		return p
	}
	cases := []struct {
		name, chain, in, out string
		pkt, want            packet
		by                   string
	}{
		{"floating-ip-leaves", "POSTROUTING", "qr-1", "rfp-1", base, with(func(p *packet) { p.from = ip("2.2.2.100") }), "float"},
		{"others-leave-by-the-routers-address", "POSTROUTING", "qr-1", "rfp-1", with(func(p *packet) { p.from = ip("192.168.10.6") }),
			with(func(p *packet) { p.from = ip("2.2.2.2") }), "central"},
		{"between-subnets-nothing-changes", "POSTROUTING", "qr-1", "qr-2", base, base, ""},
		{"floating-ip-comes-in", "PREROUTING", "rfp-1", "", with(func(p *packet) { p.to = ip("2.2.2.100") }),
			with(func(p *packet) { p.to, p.dnat = ip("192.168.10.5"), true }), "dnat"},
		{"by-another-device-it-does-not", "PREROUTING", "qr-1", "", with(func(p *packet) { p.to = ip("2.2.2.100") }),
			with(func(p *packet) { p.to = ip("2.2.2.100") }), ""},
		{"port-forwarding", "PREROUTING", "qg-1", "", with(func(p *packet) { p.to, p.proto, p.port = ip("2.2.2.9"), "tcp", 80 }),
			with(func(p *packet) { p.to, p.proto, p.port, p.dnat = ip("192.168.10.7"), "tcp", 8080, true }), "forward"},
		{"range-of-ports", "PREROUTING", "qg-1", "", with(func(p *packet) { p.to, p.proto, p.port = ip("2.2.2.9"), "tcp", 97 }),
			with(func(p *packet) { p.to, p.proto, p.port, p.dnat = ip("192.168.10.7"), "tcp", 197, true }), "range"},
		{"range-of-ports-to-one", "PREROUTING", "qg-1", "", with(func(p *packet) { p.to, p.proto, p.port = ip("2.2.2.9"), "sctp", 99 }),
			with(func(p *packet) { p.to, p.proto, p.port, p.dnat = ip("192.168.10.7"), "sctp", 36412, true }), "to-one"},
		{"behind-a-range-of-ports", "PREROUTING", "qg-1", "", with(func(p *packet) { p.to, p.proto, p.port = ip("2.2.2.9"), "tcp", 100 }),
			with(func(p *packet) { p.to, p.proto, p.port = ip("2.2.2.9"), "tcp", 100 }), ""},
		{"port-forwarding-of-another-port", "PREROUTING", "qg-1", "", with(func(p *packet) { p.to, p.proto, p.port = ip("2.2.2.9"), "tcp", 81 }),
			with(func(p *packet) { p.to, p.proto, p.port = ip("2.2.2.9"), "tcp", 81 }), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.pkt
			by := r.translate(&got, c.chain, c.in, c.out)
			if got != c.want || nameOfRule(by) != c.by {
				t.Errorf("got %+v by %q, want %+v by %q", got, nameOfRule(by), c.want, c.by)
			}
		})
	}
}

func nameOfRule(i *plan.Item) string {
	if i == nil {
		return ""
	}
	return i.Subject.ID
}

func TestFiltersKeepAddressScopesApartButLetTranslatedPacketsPass(t *testing.T) {
	r := rulesOf(t)
	p := packet{from: ip("10.0.0.5"), to: ip("192.168.10.5"), proto: icmp}
	for _, c := range []struct {
		in, out string
		dnat    bool
		by      string
	}{
		{"qr-1", "qr-2", false, "scope"}, {"qr-2", "qr-1", false, ""}, {"qg-1", "sg-1", false, "blocked"}, {"qg-1", "sg-1", true, ""},
	} {
		p.dnat = c.dnat
		if by := nameOfRule(r.refused(p, c.in, c.out)); by != c.by {
			t.Errorf("from %s to %s, translated %t: dropped by %q, want %q", c.in, c.out, c.dnat, by, c.by)
		}
	}
	if by := (ruleset{plan: r.plan, ns: "other"}).refused(p, "qr-1", "qr-2"); by != nil {
		t.Errorf("a rule of another namespace counts: %v", by)
	}
}

func TestARuleWithUnknownWordsIsNotGuessed(t *testing.T) {
	for _, text := range []string{"", "-j", "-m mark --mark 0x1 -j DROP", "-s nonsense -j DROP", "-i qr-1", "-j SNAT --to-source x"} {
		if x, ok := parseRule(text); ok {
			t.Errorf("%q is taken for %+v", text, x)
		}
	}
}
