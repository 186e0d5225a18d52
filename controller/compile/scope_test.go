package compile_test

import (
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
		if ok && (n.Table == "filter" || n.Order < 0) {
			ns, _, _ := strings.Cut(n.NS, "-")
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
