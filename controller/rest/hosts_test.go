package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/rest/backend"
)

func TestAHostsJoinTokenIsShownOnce(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.JoinToken = func(h api.HostID, secret string) string { return string(h) + ":" + secret }
	})
	got := w.must("POST", "/v1/hosts", `{"host": {"name": "h1", "description": "first"}}`)
	token, _ := got["join_token"].(string)
	secret, ok := strings.CutPrefix(token, "h1:")
	if !ok || len(secret) != 64 {
		t.Fatalf("join token is %q", token)
	}
	h, _ := w.store.Snapshot().Host("h1")
	if sum := sha256.Sum256([]byte(secret)); h.JoinHash != hex.EncodeToString(sum[:]) {
		t.Errorf("the state holds %q, not the secret's hash", h.JoinHash)
	}
	for _, path := range []string{"/v1/hosts", "/v1/hosts/h1"} {
		if text := w.do("GET", path, nil).text; strings.Contains(text, secret) || strings.Contains(text, h.JoinHash) || strings.Contains(text, "join_token") {
			t.Errorf("GET %s shows the secret: %s", path, text)
		}
	}
	if again := w.must("POST", "/v1/hosts", `{"host": {"name": "h2"}}`); again["join_token"] == "h2:"+secret {
		t.Error("two hosts have one secret")
	}
}

func TestHostNamesAreChecked(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"", "-a", "a-", "a/b", "a b", "ä", "a\n", strings.Repeat("a", 64), ".."} {
		if got := w.do("POST", "/v1/hosts", map[string]any{"host": map[string]any{"name": name}}); got.status != http.StatusBadRequest {
			t.Errorf("%q: %d %s", name, got.status, got.text)
		}
	}
	for _, name := range []string{"a", "node-1.example.org", strings.Repeat("a", 63)} {
		w.must("POST", "/v1/hosts", map[string]any{"host": map[string]any{"name": name}})
	}
	if got := w.do("POST", "/v1/hosts", `{"host": {"name": "a"}}`); got.status != http.StatusConflict {
		t.Errorf("the same name again: %d %s", got.status, got.text)
	}
	if got := w.do("DELETE", "/v1/hosts/a", nil); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.text)
	}
	if got := w.do("GET", "/v1/hosts/a", nil); got.status != http.StatusNotFound {
		t.Errorf("after delete: %d %s", got.status, got.text)
	}
}

func TestAHostShowsHowItIs(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "/v1/hosts", `{"host": {"name": "h1"}}`)
	if h := w.must("GET", "/v1/hosts/h1", nil); h["state"] != "joining" || h["last_seen"] != nil ||
		!strings.Contains(h["problem"].(string), "its agent has not come yet") {
		t.Errorf("before it joins: %v", h)
	}
	w.hosts.state = backend.HostState{
		Alive: true, LastSeen: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Problem: "br-ex is missing", Agent: "1", Wanted: 9, Confirmed: 8,
	}
	h := w.must("GET", "/v1/hosts/h1?fields=state&fields=alive&fields=last_seen&fields=problem&fields=revision_wanted&fields=revision_confirmed", nil)
	want := map[string]any{
		"state": "up", "alive": true, "last_seen": "2026-01-02T03:04:05Z", "problem": "br-ex is missing",
		"revision_wanted": 9.0, "revision_confirmed": 8.0,
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	w.hosts.state.Alive = false
	w.status.problems[api.Ref{Kind: api.KindHost, ID: "h1"}] = "another host has its datapath id"
	if h := w.must("GET", "/v1/hosts/h1", nil); h["state"] != "down" ||
		!strings.Contains(h["problem"].(string), "nothing is heard of its agent") ||
		!strings.Contains(h["problem"].(string), "(known before: br-ex is missing; another host has its datapath id)") {
		t.Errorf("after its agent fell silent: %v, %v", h["state"], h["problem"])
	}
	if names := w.do("GET", "/v1/hosts?alive=true", nil).list("name"); len(names) != 0 {
		t.Errorf("alive hosts: %v", names)
	}
	s := w.do("GET", "/v1/status", nil)
	if diff := cmp.Diff(map[string]any{"total": 1.0, "alive": 0.0}, s.body["hosts"]); diff != "" {
		t.Errorf("status: %s", diff)
	}
}

func TestAHostsPlanFlowsAndDiff(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "/v1/hosts", `{"host": {"name": "h1"}}`)
	const flow = `{"bridge":"br-int","table":60,"table_name":"transient","priority":100,"match":"dl_vlan=1","actions":"drop",` +
		`"cookie":"0x1","text":"table=60, priority=100,dl_vlan=1 actions=drop","packets":0,"bytes":0,` +
		`"subject":{"kind":"port","id":"1","name":"web"}}`
	for path, want := range map[string]string{
		"flows":                        `{"flows":[` + flow + `]}`,
		"flows?bridge=br-int&table=60": `{"flows":[` + flow + `]}`,
		"flows?bridge=br-tun":          `{"flows":[]}`,
		"plan": `{"revision":7,"flows":[` + flow + `],"items":[{"kind":"namespace","ns":"qrouter-1","id":"qrouter-1","spec":{"name":"qrouter-1"},` +
			`"subject":{"kind":"router","id":"1"}}]}`,
	} {
		if got := w.do("GET", "/v1/hosts/h1/"+path, nil); got.status != http.StatusOK || strings.TrimSpace(got.text) != want {
			t.Errorf("%s: %d\n got %s\nwant %s", path, got.status, got.text, want)
		}
	}
	if got := w.do("GET", "/v1/hosts/h1/diff", nil); got.status != http.StatusServiceUnavailable || !strings.Contains(got.text, "not connected") {
		t.Errorf("diff: %d %s", got.status, got.text)
	}
	for _, path := range []string{"h1/flows?table=256", "h1/flows?table=x", "h1/flows?colour=red"} {
		if got := w.do("GET", "/v1/hosts/"+path, nil); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	if got := w.do("GET", "/v1/hosts/h9/plan", nil); got.status != http.StatusNotFound {
		t.Errorf("plan of no host: %d %s", got.status, got.text)
	}
}

func TestAPortShowsHowItIsPlugged(t *testing.T) {
	w := newWorld(t)
	n := w.network("a")
	id := w.must("POST", "/v2.0/ports", `{"port": {"network_id": "`+n+`"}}`)["id"].(string)
	w.must("POST", "/v1/hosts", `{"host": {"name": "h1"}}`)
	put := func(b *api.Binding) {
		t.Helper()
		if _, err := w.store.Update(t.Context(), func(tx *api.Txn) error {
			h, _ := tx.Host("h1")
			up := *h
			up.TunnelIP, up.NetdevDatapath = netip.MustParseAddr("192.0.2.1"), true
			tx.Put(&up)
			tx.Put(b)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(&api.Binding{PortID: api.PortID(id), HostID: "h1", OFPort: 5, Interface: "tap1"})
	p := w.must("GET", "/v2.0/ports/"+id, nil)
	details := p["binding:vif_details"].(map[string]any)
	if p["binding:vif_type"] != "ovs" || p["binding:host_id"] != "h1" || details["datapath_type"] != "netdev" || details["bridge_name"] != "br-int" {
		t.Errorf("plugged port: %v", p)
	}
	if got := w.do("GET", "/v2.0/ports?binding:host_id=h1&fields=id", nil).list("id"); len(got) != 1 {
		t.Errorf("ports on h1: %v", got)
	}
	p = w.must("PUT", "/v2.0/ports/"+id, `{"port": {"binding:host_id": "nowhere"}}`)
	if p["binding:vif_type"] != "binding_failed" {
		t.Errorf("port on an unknown host: %v", p["binding:vif_type"])
	}
}

func TestKnownHostGetsANewJoinToken(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "/v1/hosts", `{"host": {"name": "h1"}}`)
	before, _ := w.store.Snapshot().Host("h1")
	if got := w.must("PUT", "/v1/hosts/h1", `{"host": {"description": "in rack 2"}}`); got["join_token"] != nil {
		t.Errorf("a change of the description shows a join token: %v", got)
	}
	got := w.must("PUT", "/v1/hosts/h1", `{"host": {"rejoin": true}}`)
	after, _ := w.store.Snapshot().Host("h1")
	if token, _ := got["join_token"].(string); token == "" || after.JoinHash == before.JoinHash {
		t.Errorf("got %v, want a new token", got)
	}
	if after.Description != "in rack 2" {
		t.Errorf("description %q", after.Description)
	}
}

func TestGatewayIsMovedByREST(t *testing.T) {
	w := newWorld(t)
	router := w.must("POST", "/v2.0/routers", `{"router": {"name": "r"}}`)["id"].(string)
	path := "/v1/routers/" + router + "/gateway-host"
	for _, tc := range []struct {
		path, body string
		want       int
	}{
		{path, `{"host": "h1"}`, http.StatusNotFound},
		{path, `{"host": 7}`, http.StatusBadRequest},
		{path, `{}`, http.StatusBadRequest},
		{path, `{"host": "h1", "force": true}`, http.StatusBadRequest},
		{"/v1/routers/none/gateway-host", `{"host": "h1"}`, http.StatusNotFound},
	} {
		if got := w.do("PUT", tc.path, tc.body); got.status != tc.want {
			t.Errorf("PUT %s %s: %d %s, want %d", tc.path, tc.body, got.status, got.text, tc.want)
		}
	}
	w.must("POST", "/v1/hosts", `{"host": {"name": "h1"}}`)
	if got := w.do("PUT", path, `{"host": "h1"}`); got.status != http.StatusBadRequest || !strings.Contains(got.text, "no external gateway") {
		t.Errorf("a router without a gateway: %d %s", got.status, got.text)
	}
	if got := w.must("GET", "/v2.0/routers/"+router, nil); got["weft:gateway_host"] != nil {
		t.Errorf("gateway host %v, want null", got["weft:gateway_host"])
	}
}
