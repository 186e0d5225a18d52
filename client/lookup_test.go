package client

import (
	"errors"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindTakesIDsAndNames(t *testing.T) {
	const missing = `404 {"NeutronError":{"type":"PortNotFound","message":"no","detail":""}}`
	byName := asked{"GET", "/v2.0/ports?name=web", ""}
	byID := asked{"GET", "/v2.0/ports/" + webID, ""}
	named := asked{"GET", "/v2.0/ports?name=" + url.QueryEscape(webID), ""}
	tests := map[string]struct {
		r       Resource
		ref     string
		answers []string
		asks    []asked
		id      string
	}{
		"name":                       {Ports, "web", []string{`200 {"ports":[{"id":"p1"}]}`}, []asked{byName}, "p1"},
		"id":                         {Ports, webID, []string{`200 {"port":{"id":"p1"}}`}, []asked{byID}, "p1"},
		"name that looks like an id": {Ports, webID, []string{missing, `200 {"ports":[{"id":"p1"}]}`}, []asked{byID, named}, "p1"},
		"host":                       {Hosts, "h1", []string{`200 {"host":{"name":"h1"}}`}, []asked{{"GET", "/v1/hosts/h1", ""}}, "h1"},
		"floating ip by address": {FloatingIPs, "2.2.2.100", []string{`200 {"floatingips":[{"id":"f1"}]}`},
			[]asked{{"GET", "/v2.0/floatingips?floating_ip_address=2.2.2.100", ""}}, "f1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, seen, _ := server(t, tt.answers...)
			id, err := dial(t, Config{Endpoint: s.URL}).ID(t.Context(), tt.r, tt.ref)
			if err != nil || id != tt.id {
				t.Errorf("id = %q, %v, want %q", id, err, tt.id)
			}
			if diff := cmp.Diff(tt.asks, *seen); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAMissingNameIsNotFound(t *testing.T) {
	bad := `400 {"NeutronError":{"type":"InvalidInput","message":"no address","detail":""}}`
	for name, tt := range map[string]struct {
		r      Resource
		answer string
	}{"port": {Ports, `200 {"ports":[]}`}, "floating ip that is no address": {FloatingIPs, bad}} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := server(t, tt.answer)
			_, err := dial(t, Config{Endpoint: s.URL}).ID(t.Context(), tt.r, "web")
			if !NotFound(err) {
				t.Errorf("got %v, want not found", err)
			}
		})
	}
}

func TestANameOfSeveralObjectsIsAmbiguousAndListsTheirIDs(t *testing.T) {
	s, _, _ := server(t, `200 {"ports":[{"id":"p1"},{"id":"p2"}]}`)
	_, err := dial(t, Config{Endpoint: s.URL}).Ports().Find(t.Context(), "web")
	var got *Ambiguous
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want an *Ambiguous", err)
	}
	if diff := cmp.Diff(&Ambiguous{Resource: Ports, Name: "web", IDs: []string{"p1", "p2"}}, got); diff != "" {
		t.Error(diff)
	}
}
