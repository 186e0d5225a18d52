package controller

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"weft/controller/ofp"
	"weft/controller/rest/backend"
	"weft/plan"
	"weft/tables"
)

func TestATunnelIsNotBlamedForASwitchThatHasJustCome(t *testing.T) {
	came := time.Unix(1000, 0)
	session := new(ofp.Session)
	for _, c := range []struct {
		name string
		tun  *bridge
		now  time.Time
		want string
	}{
		{"never-there", nil, came, "not connected"},
		{"away", &bridge{doubt: true, since: came}, came.Add(time.Hour), "not connected"},
		{"without-flows", &bridge{session: session, since: came, doubt: true}, came.Add(time.Hour), "just now"},
		{"without-neighbours", &bridge{session: session, since: came}, came.Add(newborn - 1), "just now"},
		{"long-there", &bridge{session: session, since: came}, came.Add(newborn), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &host{id: "h1", bridges: map[string]*bridge{}}
			if c.tun != nil {
				h.bridges[tables.BridgeTun] = c.tun
			}
			if got := h.young(c.now); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want one that says %q", got, c.want)
			}
		})
	}
}

func TestDiagnosisNamesWhatBreaksATunnel(t *testing.T) {
	a, b := netip.MustParseAddr("10.1.1.3"), netip.MustParseAddr("10.1.2.4")
	check := backend.TunnelCheck{From: "h1", To: "h2", FromIP: a, ToIP: b, Size: 1500}
	small := check
	small.Small = true
	cases := []struct {
		name     string
		check    backend.TunnelCheck
		answer   plan.Answer
		answered bool
		want     []string
	}{
		{"filtered", check, plan.Answer{Route: "eth0", Echo: true, Large: true}, true, []string{"UDP 4789 is filtered from 10.1.1.3 to 10.1.2.4"}},
		{"no-route-on-the-host", check, plan.Answer{Error: "network is unreachable"}, true, []string{"no route", "on host h1", "network is unreachable"}},
		{"no-route-further-on", check, plan.Answer{Route: "eth0", Reason: "no route to host"}, true, []string{"no route from 10.1.1.3", "not even ping (no route to host)"}},
		{"mtu-that-a-router-tells", small, plan.Answer{Route: "eth0", MTU: 1400, Echo: true}, true, []string{"wrong MTU", "1500 bytes", "1400 fit", "up to 1450"}},
		{"mtu-that-nobody-tells", small, plan.Answer{}, false, []string{"wrong MTU", "1500 bytes do not pass"}},
		{"agent-silent", check, plan.Answer{}, false, []string{"nothing passes", "agent of h1 does not answer"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := diagnose(c.check, c.answer, c.answered)
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("got %q, which lacks %q", got, w)
				}
			}
		})
	}
}
