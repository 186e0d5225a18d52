package rest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"weft/controller/intent"
)

// neutronRule is a rule of the Neutron API and requests that show it: all but the last succeed, and the last is answered so.
// The id that the nth of them makes is {n}, those of the cloud of refusing have their names.
type neutronRule struct {
	name   string
	steps  []string // "METHOD path body"
	status int
	says   string // type of the error, or a part of the answer
}

// step sends a request whose path is below /v2.0, if it does not begin with a slash.
func (w *world) step(ids []string, line string) (reply, string) {
	w.t.Helper()
	method, rest, _ := strings.Cut(strings.NewReplacer(ids...).Replace(line), " ")
	path, body, hasBody := strings.Cut(rest, " ")
	whole := "/v2.0/" + path
	if strings.HasPrefix(path, "/") {
		whole = path
	}
	if !hasBody {
		return w.do(method, whole, nil), method
	}
	return w.do(method, whole, body), method
}

// holds walks the steps of a rule in a cloud of its own.
func (c neutronRule) holds(t *testing.T) {
	t.Parallel()
	w, known := refusing(t)
	w.reports("h1", intent.ReportedHost{TunnelIP: netip.MustParseAddr("192.0.2.1")})
	w.reports("h2", intent.ReportedHost{TunnelIP: netip.MustParseAddr("192.0.2.2")})
	ids := slices.Clone(known)
	for i, line := range c.steps {
		before := w.store.Snapshot().Revision()
		got, method := w.step(ids, line)
		ids = append(ids, fmt.Sprintf("{%d}", i+1), find(got.body, "id"))
		last := i == len(c.steps)-1
		if !last && got.status > 299 {
			t.Fatalf("%s: %d %s", line, got.status, got.text)
		}
		if last && (got.status != c.status || !strings.Contains(got.text, strings.NewReplacer(ids...).Replace(c.says))) {
			t.Errorf("%s: %d %s, want %d %s", line, got.status, got.text, c.status, c.says)
		}
		after := w.store.Snapshot().Revision()
		if changed := after != before; changed && (got.status > 299 || method == "GET") {
			t.Errorf("%s: %d, and revision %d became %d", line, got.status, before, after)
		}
	}
}

func TestRulesOfNeutronHold(t *testing.T) {
	for noun, rules := range map[string][]neutronRule{
		"networks": networkRules(), "subnets": subnetRules(), "ports": portRules(), "routers": routerRules(),
		"floating-ips": floatingRules(), "others": otherRules(),
	} {
		for _, c := range rules {
			t.Run(noun+"/"+c.name, c.holds)
		}
	}
}
