package intent_test

import (
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestNamesThatDNSDoesNotHaveAreRefused(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{DNSDomain: intent.Some("blue.example.")})
	long := strings.Repeat("a.", 120)
	for name, c := range map[string]struct{ host, domain, says string }{
		"capital":            {"Web", "", "alphanumeric"},
		"space":              {"a b", "", "alphanumeric"},
		"empty-label":        {"a..b", "", "empty component"},
		"hyphen":             {"-a", "", "hyphen"},
		"long-label":         {strings.Repeat("a", 64), "", "1-63"},
		"numeric-top":        {"a.1", "", "numeric"},
		"too-long":           {strings.Repeat("a.", 200), "", "FQDN limit"},
		"too-long-with-more": {long + "abcdef", "", "exceeds the maximum size"},
		"elsewhere":          {"a.green.example.", "", "must be equal"},
		"the-domain-itself":  {"blue.example.", "", "must be equal"},
		"relative-domain":    {"", "example", "is not a FQDN"},
		"long-domain":        {"", long + strings.Repeat("b", 13) + ".", "exceed the maximum"},
		"control-character":  {"a\x00b", "", "alphanumeric"},
	} {
		t.Run(name, func(t *testing.T) {
			says := refused(t, w, "HTTPBadRequest", func(tx *api.Txn) error {
				_, err := w.ops.CreatePort(tx, intent.PortRequest{
					NetworkID: n.ID, DNSName: intent.Some(c.host), DNSDomain: intent.Some(c.domain),
				})
				return err
			})
			if !strings.Contains(says, c.says) {
				t.Errorf("says %q, want something of %q", says, c.says)
			}
		})
	}
}

func TestAWholeNameIsOneOfItsDomain(t *testing.T) {
	w := newWorld()
	w.ops.Domain = "cloud.example"
	blue := w.network(t, intent.NetworkRequest{DNSDomain: intent.Some("blue.example.")})
	plain := w.network(t, intent.NetworkRequest{})
	for _, req := range []intent.PortRequest{
		{NetworkID: blue.ID, DNSName: intent.Some("a.blue.example.")},
		{NetworkID: plain.ID, DNSName: intent.Some("a.b.cloud.example.")},
		{NetworkID: plain.ID, DNSName: intent.Some("a.own.example."), DNSDomain: intent.Some("own.example.")},
	} {
		p := w.port(t, req)
		if got := w.NameOf(p, api.MustMAC("fa:16:3e:00:00:01").LinkLocal(), w.ops.Domain).FQDN; got != req.DNSName.V {
			t.Errorf("%s became %s", req.DNSName.V, got)
		}
	}
	p := w.port(t, intent.PortRequest{NetworkID: plain.ID, DNSName: intent.Some("web")})
	cleared := must(t, w, func(tx *api.Txn) (*api.Port, error) {
		return w.ops.UpdatePort(tx, p.ID, intent.PortRequest{DNSName: intent.Some("")})
	})
	if cleared.DNSName != "" || cleared.RevisionNumber != p.RevisionNumber+1 {
		t.Errorf("cleared: %+v", cleared)
	}
}

func TestAFloatingIPsNameIsWholeOrNotThere(t *testing.T) {
	l := newLab(t)
	for name, c := range map[string]struct{ host, domain, kind string }{
		"no-domain":  {"web", "", "BadRequest"},
		"no-name":    {"", "example.org.", "BadRequest"},
		"whole-name": {"web.example.org.", "example.org.", "HTTPBadRequest"},
		"relative":   {"web", "example.org", "HTTPBadRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, l.world, c.kind, func(tx *api.Txn) error {
				_, err := l.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{
					NetworkID: l.ext.ID, DNSName: intent.Some(c.host), DNSDomain: intent.Some(c.domain),
				})
				return err
			})
		})
	}
	f := must(t, l.world, func(tx *api.Txn) (*api.FloatingIP, error) {
		return l.ops.CreateFloatingIP(tx, intent.FloatingIPRequest{
			NetworkID: l.ext.ID, DNSName: intent.Some("web"), DNSDomain: intent.Some("example.org."),
		})
	})
	if f.DNSName != "web" || f.DNSDomain != "example.org." {
		t.Errorf("%+v", f)
	}
}
