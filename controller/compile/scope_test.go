package compile_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/plan"
	"weft/test/cloud"
)

var device = regexp.MustCompile(`(sg|qg)-[0-9a-z-]+`)

// scopeRules are the rules that address scopes bring: those that drop, and those that leave addresses as they are.
func scopeRules(p *plan.Plan) []string {
	var out []string
	for _, i := range p.Items {
		n, ok := i.Spec.(plan.NAT)
		ns, _, _ := strings.Cut(n.NS, "-")
		if ok && ns != "fip" && (n.Table == "filter" || n.Order < 0) { // there, link-local pairs are kept apart always
			if n.Six {
				ns = "ip6 " + ns
			}
			out = append(out, ns+": "+device.ReplaceAllString(n.Rule, "$1"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestAddressScopesDecideWhatIsTranslatedAndWhatIsKeptApart(t *testing.T) {
	type scopes = map[api.SubnetID]api.AddressScopeID
	const (
		apart1 = "qrouter: -i qr-c1010000-00 -o qr-c1920000-00 -j DROP"
		apart2 = "qrouter: -i qr-c1920000-00 -o qr-c1010000-00 -j DROP"
		noNew  = "snat: -i qg -o sg -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"
		same10 = "snat: -s 10.10.10.0/24 -o qg -j ACCEPT"
		same19 = "snat: -s 192.168.10.0/24 -o qg -j ACCEPT"
	)
	for _, c := range []struct {
		name string
		snat bool
		in   scopes
		want []string
	}{
		{"no-scopes", true, scopes{}, nil},
		{"pools-without-scopes", true, scopes{"sub-10": "", "sub-192": "", "sub-ext": ""}, nil},
		{"all-of-one", true, scopes{"sub-10": "a", "sub-192": "a", "sub-ext": "a"}, []string{same10, same19}},
		{"one-with-outside", true, scopes{"sub-10": "a", "sub-ext": "a"}, []string{apart1, apart2, noNew, same10}},
		{"two-scopes", true, scopes{"sub-10": "a", "sub-192": "b"}, []string{apart1, apart2, noNew}},
		{"without-snat", false, scopes{"sub-10": "a", "sub-192": "a"}, []string{noNew}},
		{"outside-alone", true, scopes{"sub-ext": "a"}, []string{noNew}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scoped(cloud.Seed(), c.snat, c.in)
			r, _ := s.Router(cloud.SeedRouter)
			if diff := cmp.Diff(c.want, scopeRules(planOf(t, s, r.Gateway.HostID))); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

// scoped gives a cloud in which subnets are in address scopes.
func scoped(s *api.Snapshot, snat bool, scopes map[api.SubnetID]api.AddressScopeID) *api.Snapshot {
	b := cloud.On(s)
	for id, scope := range scopes {
		b.Pool(id, scope)
	}
	r, _ := s.Router(cloud.SeedRouter)
	next, gw := *r, *r.Gateway
	gw.EnableSNAT = snat
	next.Gateway = &gw
	b.Put(&next)
	out, _ := b.Done()
	return out
}

func TestNothingPassesBetweenIPv6SubnetsOfTwoScopes(t *testing.T) {
	b := cloud.On(cloud.Seed())
	for net, cidr := range map[api.NetworkID]string{"net-10": "fd00:10::/64", "net-192": "fd00:19::/64", cloud.SeedExternal: "fd00:ee::/64"} {
		b.Subnet(api.SubnetID(net)+"-six", net, cidr)
	}
	b.Leg("c6010000-0000-4000-8000-000000000010", "fa:16:3e:de:07:06", cloud.SeedRouter, "net-10-six")
	b.Leg("c6920000-0000-4000-8000-000000000192", "fa:16:3e:35:25:06", cloud.SeedRouter, "net-192-six")
	s, _ := b.Done()
	r, _ := s.Router(cloud.SeedRouter)
	old, _ := s.Port(r.Gateway.PortID)
	gw := *old
	gw.FixedIPs = append(slices.Clone(gw.FixedIPs), api.FixedIP{SubnetID: api.SubnetID(cloud.SeedExternal) + "-six", Addr: netip.MustParseAddr("fd00:ee::9")})
	b = cloud.On(s)
	b.Put(&gw)
	s, _ = b.Done()
	rules := func(scopes map[api.SubnetID]api.AddressScopeID) []string {
		return scopeRules(planOf(t, scoped(s, true, scopes), r.Gateway.HostID))
	}
	if got := rules(nil); len(got) != 0 {
		t.Errorf("without scopes: %q", got)
	}
	want := []string{
		"ip6 qrouter: -i qr-c6010000-00 -o qr-c6920000-00 -j DROP", "ip6 qrouter: -i qr-c6920000-00 -o qr-c6010000-00 -j DROP",
		"ip6 snat: -i qg -o sg -j DROP", "ip6 snat: -i sg -o qg -j DROP",
	}
	if diff := cmp.Diff(want, rules(map[api.SubnetID]api.AddressScopeID{"net-10-six": "a"})); diff != "" {
		t.Errorf("one network in a scope (-want +got):\n%s", diff)
	}
	all := map[api.SubnetID]api.AddressScopeID{"net-10-six": "a", "net-192-six": "a", api.SubnetID(cloud.SeedExternal) + "-six": "a"}
	if got := rules(all); len(got) != 0 {
		t.Errorf("all of one scope: %q", got)
	}
}

func TestASubnetThatComesIntoAScopeChangesWhatItsRoutersTranslateAndKeepApart(t *testing.T) {
	for _, subnet := range []api.SubnetID{"sub-10", "sub-192", "sub-ext"} {
		b := cloud.On(cloud.Seed())
		for f := range cloud.Seed().FloatingIPs() { // they would bring their routers along
			free := *f
			free.PortID, free.FixedIP, free.RouterID, free.RulePriority = "", netip.Addr{}, "", 0
			b.Put(&free)
		}
		b.Pool(subnet, "a")
		pooled, _ := b.Done()
		in, _ := pooled.Subnet(subnet)
		out := *in
		out.SubnetPoolID = ""
		b = cloud.On(pooled)
		b.Put(&out)
		old, _ := b.Done()
		b = cloud.On(old)
		b.Put(in) // the pool was there, so the change is of the subnet alone
		next, changes := b.Done()
		affected := strict().Affected(old, next, changes)
		r, _ := next.Router(cloud.SeedRouter)
		for h := range next.Hosts() {
			want := planOf(t, next, h.ID)
			if diff := difference(want, step(t, old, next, h.ID, affected[h.ID])); diff != "" {
				t.Errorf("%s, host %s:\n%s", subnet, h.ID, diff)
			}
			if h.ID == r.GatewayHost() && len(scopeRules(want)) == 0 {
				t.Errorf("%s: no rule on %s, so nothing was shown", subnet, h.ID)
			}
		}
	}
}
