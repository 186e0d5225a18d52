package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/rest/backend"
	"weft/store"
)

func TestOnlyTheTokenOpensTheAPI(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct {
		method, path, token, remote string
		want                        int
	}{
		{"GET", "/", "", "192.0.2.1:1", http.StatusOK},
		{"GET", "/healthz", "", "192.0.2.1:1", http.StatusOK},
		{"GET", "/readyz", "", "192.0.2.1:1", http.StatusOK},
		{"GET", "/v2.0", "", "127.0.0.1:1", http.StatusUnauthorized},
		{"GET", "/v2.0/networks", "", "127.0.0.1:1", http.StatusUnauthorized},
		{"GET", "/v2.0/networks", testToken[:31], "127.0.0.1:1", http.StatusUnauthorized},
		{"GET", "/v2.0/networks", testToken + "0", "127.0.0.1:1", http.StatusUnauthorized},
		{"GET", "/v2.0/networks", testToken, "192.0.2.1:1", http.StatusOK},
		{"POST", "/v1/hosts", "", "127.0.0.1:1", http.StatusUnauthorized},
		{"GET", "/v2.0/gadgets", "", "127.0.0.1:1", http.StatusUnauthorized},
		{"PATCH", "/v2.0/networks", "", "127.0.0.1:1", http.StatusUnauthorized},
		{"GET", "/metrics", "", "127.0.0.1:1", http.StatusOK},
		{"GET", "/metrics", "", "[::1]:1", http.StatusOK},
		{"GET", "/metrics", "", "192.0.2.1:1", http.StatusUnauthorized},
		{"GET", "/metrics", testToken, "192.0.2.1:1", http.StatusOK},
	} {
		r := httptest.NewRequest(tc.method, tc.path, nil)
		r.RemoteAddr = tc.remote
		if tc.token != "" {
			r.Header.Set("X-Auth-Token", tc.token)
		}
		got := w.send(r)
		if got.status != tc.want {
			t.Errorf("%s %s from %s with token %q: %d, want %d", tc.method, tc.path, tc.remote, tc.token, got.status, tc.want)
		}
		if e, _ := got.body["error"].(map[string]any); tc.want == http.StatusUnauthorized && (e["code"] != 401.0 || e["title"] != "Unauthorized") {
			t.Errorf("%s %s: body of the 401 is %s", tc.method, tc.path, got.text)
		}
	}
	proxied := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	proxied.RemoteAddr = "127.0.0.1:1"
	proxied.Header.Set("X-Forwarded-For", "192.0.2.1")
	if got := w.send(proxied); got.status != http.StatusUnauthorized {
		t.Errorf("metrics through a proxy: %d, want 401", got.status)
	}
}

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	w := newWorld(t)
	n := w.network("a")
	for _, tc := range []struct {
		method, path string
		want         int
		allow        string
	}{
		{"GET", "/v2.0/gadgets", 404, ""},
		{"GET", "/v2.0/networks/" + n + "/colour", 404, ""},
		{"GET", "/v2.0/networks/not-a-uuid", 404, ""},
		{"GET", "/v2.0/networks/%00%ff", 404, ""},
		{"GET", "/v2.0/extensions/security-group", 404, ""},
		{"GET", "/v2.0/networks.json", 200, ""},
		{"GET", "/v2.0/networks/" + n + ".json", 200, ""},
		{"GET", "/v2.0/networks/", 200, ""},
		{"HEAD", "/v2.0/networks", 200, ""},
		{"PUT", "/v2.0/networks", 405, "GET, POST"},
		{"POST", "/v2.0/networks/" + n, 405, "DELETE, GET, PUT"},
		{"GET", "/v2.0/routers/x/add_router_interface", 405, "PUT"},
		{"POST", "/v1/hosts/h1", 405, "DELETE, GET, PUT"},
		{"BREW", "/v2.0/networks", 405, "GET, POST"},
		{"PUT", "/v2.0/networks/" + strings.Repeat("x", 5000), 400, ""},
		{"DELETE", "/v2.0/networks/" + strings.Repeat("x", 5000), 404, ""},
	} {
		got := w.do(tc.method, tc.path, nil)
		if got.status != tc.want || got.header.Get("Allow") != tc.allow {
			t.Errorf("%s %.80s: %d Allow %q, want %d %q", tc.method, tc.path, got.status, got.header.Get("Allow"), tc.want, tc.allow)
		}
		if len(got.text) > 2000 {
			t.Errorf("%s %.80s: the answer repeats %d bytes", tc.method, tc.path, len(got.text))
		}
		if !strings.HasPrefix(got.header.Get("X-Openstack-Request-Id"), "req-") {
			t.Errorf("%s %.80s: no request id", tc.method, tc.path)
		}
	}
}

func TestExtensionsAreTheTrueOnes(t *testing.T) {
	w := newWorld(t)
	aliases := w.do("GET", "/v2.0/extensions", nil).list("alias")
	for _, a := range []string{"router", "dvr", "external-net", "provider", "binding", "sorting", "pagination", "revision-if-match"} {
		if !slices.Contains(aliases, a) {
			t.Errorf("%s is not listed", a)
		}
	}
	for _, a := range []string{"security-group", "qos", "segment"} {
		if slices.Contains(aliases, a) {
			t.Errorf("%s is listed", a)
		}
	}
	if e := w.must("GET", "/v2.0/extensions/dvr", nil); e["alias"] != "dvr" {
		t.Errorf("dvr: %v", e)
	}
}

func TestAPanicEndsOneRequest(t *testing.T) {
	w := newWorld(t)
	w.network("a")
	n := w.must("POST", "/v2.0/ports", `{"port": {"network_id": "`+w.network("b")+`"}}`)
	w.handler.(*server).work.Status = panicky{}
	got := w.do("GET", "/v2.0/ports/"+n["id"].(string), nil)
	kind, message := got.fault()
	if got.status != http.StatusInternalServerError || kind != "HTTPInternalServerError" || strings.Contains(message, "boom") {
		t.Errorf("got %d %s", got.status, got.text)
	}
	id := got.header.Get("X-Openstack-Request-Id")
	if log := w.log.String(); !strings.Contains(log, "boom") || !strings.Contains(log, id) {
		t.Errorf("the log lacks the cause or the request id %s:\n%s", id, log)
	}
	if got := w.do("GET", "/v2.0/networks", nil); got.status != http.StatusOK {
		t.Errorf("the next request: %d %s", got.status, got.text)
	}
}

type panicky struct{ backend.Status }

func (panicky) Port(api.PortID) string { panic("boom") }

// brokenState fails as a store with a full disk does, or in a way that nobody foresaw.
type brokenState struct {
	backend.State
	err error
}

func (b brokenState) Update(context.Context, func(*api.Txn) error) (*api.Snapshot, error) {
	return nil, b.err
}

func TestFailuresOfTheStateAreTold(t *testing.T) {
	for _, tc := range []struct {
		err    error
		status int
		says   string
	}{
		{fmt.Errorf("%w: state.db: no space left on device", store.ErrNotWritten), 503, "no space left on device"},
		{fmt.Errorf("update state: %w", store.ErrClosed), 503, "store is closed"},
		{fmt.Errorf("update state: %w", context.Canceled), 503, "try again"},
		{errors.New("secret detail"), 500, "internal server error"},
	} {
		w := newWorld(t, func(c *Config) { c.State = brokenState{c.State, tc.err} })
		got := w.do("POST", "/v2.0/networks", `{"network": {}}`)
		if got.status != tc.status || !strings.Contains(got.text, tc.says) || strings.Contains(got.text, "secret") {
			t.Errorf("%v: %d %s, want %d with %q", tc.err, got.status, got.text, tc.status, tc.says)
		}
	}
}

func TestReadyzSaysWhyNot(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Ready = func() error { return errors.New("the state is being read") } })
	got := w.do("GET", "/readyz", nil)
	if got.status != http.StatusServiceUnavailable || got.body["reason"] != "the state is being read" {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

func TestMetricsCountByRouteNotByPath(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.do("GET", fmt.Sprintf("/v2.0/networks/%d", i), nil)
		w.do("GET", fmt.Sprintf("/%d", i), nil)
	}
	text := w.do("GET", "/metrics", nil).text
	for _, want := range []string{
		`weft_rest_requests_total{code="404",method="GET",route="/v2.0/networks/{id}"} 3`,
		`weft_rest_requests_total{code="404",method="GET",route="unknown"} 3`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s:\n%s", want, text)
		}
	}
}

func TestNewRefusesAnOpenAPI(t *testing.T) {
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "authenticator") {
			t.Errorf("New without an authenticator: %v", p)
		}
	}()
	newWorld(t, func(c *Config) { c.Auth = nil })
}
