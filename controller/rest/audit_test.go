package rest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTheAuditLogSaysWhoDidWhatToWhat(t *testing.T) {
	var events []Event
	w := newWorld(t, func(c *Config) {
		c.Auth = callers()
		c.Audit = func(e Event) { events = append(events, e) }
	})
	made := w.must("POST", "/v2.0/networks", `{"network": {"name": "n", "mtu": 1400}}`, "X-Auth-Token: a")["id"].(string)
	answers := []reply{
		w.do("GET", "/v2.0/networks", nil, "X-Auth-Token: a"),
		w.do("PUT", "/v2.0/networks/"+made, `{"network": {"name": "m"}}`, "X-Auth-Token: a"),
		w.do("PUT", "/v2.0/networks/"+made, `{"network": {"name": "x"}}`, "X-Auth-Token: b"),
		w.do("POST", "/v2.0/networks", `{"network": {"shared": true}}`, "X-Auth-Token: a"),
		w.do("GET", "/v1/hosts", nil, "X-Auth-Token: a"),
		w.do("GET", "/v2.0/networks", nil, "X-Auth-Token: a-wrong-one"),
		w.do("GET", "/v2.0/networks", nil, "X-Auth-Token: "),
		w.do("PUT", "/v2.0/networks/"+made+"/tags/t", nil, "X-Auth-Token: a"),
		w.do("DELETE", "/v2.0/networks/"+made, nil, "X-Auth-Token: a"),
	}
	a := Event{User: "someone", Project: "a", From: "192.0.2.1:1234"}
	event := func(e Event, method, route string, status int, kind string, objects []string, changed ...string) Event {
		e.Method, e.Route, e.Status, e.Error, e.Objects, e.Changed = method, route, status, kind, objects, changed
		return e
	}
	b, nobody := a, Event{From: a.From}
	b.Project = "b"
	one := []string{made}
	want := []Event{
		event(a, "POST", "/v2.0/networks", 201, "", one, "mtu", "name"),
		event(a, "PUT", "/v2.0/networks/{id}", 200, "", one, "name"),
		event(b, "PUT", "/v2.0/networks/{id}", 404, "NetworkNotFound", one, "name"),
		event(a, "POST", "/v2.0/networks", 403, "PolicyNotAuthorized", nil, "shared"),
		event(a, "GET", "/v1/hosts", 403, "PolicyNotAuthorized", nil),
		event(nobody, "GET", "/v2.0/networks", 401, "Unauthorized", nil),
		event(a, "PUT", "/v2.0/networks/{id}/tags/{tag}", 201, "", []string{made, "t"}),
		event(a, "DELETE", "/v2.0/networks/{id}", 204, "", one),
	}
	if diff := cmp.Diff(want, events, cmpopts.IgnoreFields(Event{}, "Time", "Request", "Millis"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("events (-want +have):\n%s", diff)
	}
	if id := answers[1].header.Get("X-Openstack-Request-Id"); events[1].Request != id || events[1].Time.IsZero() {
		t.Errorf("event %+v, answer has the id %s", events[1], id)
	}
}

func TestTheAuditLogHoldsNoSecret(t *testing.T) {
	var lines []string
	w := newWorld(t, func(c *Config) {
		c.Audit = func(e Event) {
			b, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			lines = append(lines, string(b))
		}
	})
	host := w.must("POST", "/v1/hosts", `{"host": {"name": "h1", "description": "a private word"}}`)
	w.do("POST", "/v2.0/networks", `{"network": `)
	w.do("POST", "/v2.0/networks", `{"network": {"`+strings.Repeat("x", 5000)+`": 1}}`)
	w.do("DELETE", "/v2.0/networks/"+strings.Repeat("y", 5000), nil)
	all := strings.Join(lines, "\n")
	for _, secret := range []string{testToken, host["join_token"].(string), "a private word"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in\n%s", secret, all)
		}
	}
	if len(lines) != 4 || slices.ContainsFunc(lines, func(l string) bool { return len(l) > 2000 }) {
		t.Errorf("%d lines:\n%s", len(lines), all)
	}
}
