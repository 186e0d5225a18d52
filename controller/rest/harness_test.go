package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/intent"
	"weft/controller/rest/backend"
	"weft/controller/trace"
	"weft/plan"
	"weft/store"
)

const testToken = "0123456789abcdef0123456789abcdef"

// world is a controller's REST side over a state in memory.
type world struct {
	t       testing.TB
	store   *store.Store
	status  *fakeStatus
	hosts   *fakeInspector
	handler http.Handler
	log     *bytes.Buffer
}

func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	ops := &intent.Ops{Now: stepClock(), NewID: counterIDs()}
	w := &world{
		t: t, store: store.NewMemory(store.Options{Settle: ops.Settle}), status: newFakeStatus(), hosts: &fakeInspector{},
		log: new(bytes.Buffer),
	}
	t.Cleanup(func() { _ = w.store.Close() })
	log := logrus.New()
	log.SetOutput(&syncWriter{w: w.log})
	c := Config{
		State: w.store, Ops: ops, Status: w.status, Inspector: w.hosts, Keeper: w.store, Auth: auth.Single(testToken), Log: logrus.NewEntry(log),
	}
	for _, f := range change {
		f(&c)
	}
	w.handler = New(c)
	return w
}

// stepClock gives times a second apart, so that updated_at always moves.
func stepClock() func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

// counterIDs gives UUIDs whose order is that of their making.
func counterIDs() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("%08x-0000-4000-a000-000000000000", n)
	}
}

type syncWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// reply is an answer, decoded.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// do sends a request with the token. A body that is no string is sent as JSON; headers come as "Name: value".
func (w *world) do(method, path string, body any, headers ...string) reply {
	w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, path, in)
	r.Header.Set("X-Auth-Token", testToken)
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Set(k, v)
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) reply {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.held(rec, r)
	got := reply{status: rec.Code, header: rec.Header(), text: rec.Body.String()}
	isList := strings.HasPrefix(got.text, "[") // of one action alone
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") && !isList {
		if err := json.Unmarshal(rec.Body.Bytes(), &got.body); err != nil {
			w.t.Fatalf("%s %s: answer is no JSON object: %v\n%s", r.Method, r.URL, err, got.text)
		}
	}
	return got
}

// must is do, for steps that have to succeed; it gives the object in the answer.
func (w *world) must(method, path string, body any, headers ...string) map[string]any {
	w.t.Helper()
	got := w.do(method, path, body, headers...)
	if got.status < 200 || got.status > 299 {
		w.t.Fatalf("%s %s: %d %s", method, path, got.status, got.text)
	}
	for _, v := range got.body {
		if o, ok := v.(map[string]any); ok {
			return o
		}
	}
	return got.body
}

// fault gives the type and message of an error answer.
func (r reply) fault() (kind, message string) {
	e, _ := r.body["NeutronError"].(map[string]any)
	kind, _ = e["type"].(string)
	message, _ = e["message"].(string)
	return kind, message
}

// list gives the values of one attribute of a list answer.
func (r reply) list(attr string) []string {
	out := []string{}
	for k, v := range r.body {
		items, ok := v.([]any)
		if !ok || strings.HasSuffix(k, "_links") {
			continue
		}
		for _, i := range items {
			out = append(out, fmt.Sprint(i.(map[string]any)[attr]))
		}
	}
	return out
}

// network makes a network and returns its id.
func (w *world) network(name string) string {
	w.t.Helper()
	return w.must("POST", "/v2.0/networks", map[string]any{"network": map[string]any{"name": name}})["id"].(string)
}

// fakeStatus holds what it is told; whoever waits for a revision gets what wait says.
type fakeStatus struct {
	mu       sync.Mutex
	ports    map[api.PortID]string
	problems map[api.Ref]string
	wait     func(context.Context, api.Revision) error
}

func newFakeStatus() *fakeStatus {
	return &fakeStatus{
		ports: map[api.PortID]string{}, problems: map[api.Ref]string{},
		wait: func(context.Context, api.Revision) error { return nil },
	}
}

func (f *fakeStatus) Port(id api.PortID) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return cmp.Or(f.ports[id], "DOWN")
}

func (f *fakeStatus) PortOn(id api.PortID, h api.HostID) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return cmp.Or(f.ports[id+"@"+api.PortID(h)], "DOWN")
}

func (f *fakeStatus) FloatingIP(api.FloatingIPID) string { return "DOWN" }

func (f *fakeStatus) Router(api.RouterID) string { return "ACTIVE" }

func (f *fakeStatus) Problem(r api.Ref) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.problems[r]
}

func (f *fakeStatus) Wait(ctx context.Context, rev api.Revision) error { return f.wait(ctx, rev) }

// fakeInspector knows one flow for every host.
type fakeInspector struct{ state backend.HostState }

func (f *fakeInspector) Host(api.HostID) backend.HostState { return f.state }

func (f *fakeInspector) Plan(context.Context, api.HostID) (backend.HostPlan, error) {
	return backend.HostPlan{Revision: 7, Flows: []backend.Flow{oneFlow()}, Items: []plan.Item{{
		Spec: plan.Namespace{Name: "qrouter-1"}, Subject: api.Ref{Kind: api.KindRouter, ID: "1"},
	}}}, nil
}

func (f *fakeInspector) Flows(_ context.Context, _ api.HostID, q backend.FlowQuery) ([]backend.Flow, error) {
	if q.Bridge != "" && q.Bridge != "br-int" || q.Table != nil && *q.Table != 60 {
		return nil, nil
	}
	return []backend.Flow{oneFlow()}, nil
}

func (f *fakeInspector) Tunnels(_ context.Context, q backend.TunnelQuery) ([]backend.TunnelCheck, error) {
	return []backend.TunnelCheck{{From: q.From, To: "h2", Small: true, Size: 1500, Problem: "wrong MTU"}}, nil
}

func (f *fakeInspector) Trace(_ context.Context, q trace.Query) (trace.Result, error) {
	return trace.Result{Verdict: trace.Dropped, Why: fmt.Sprintf("%+v", q)}, nil
}

func (f *fakeInspector) Diff(context.Context, api.HostID) (backend.HostDiff, error) {
	return backend.HostDiff{}, api.Faultf(api.Unavailable, "HostNotConnected", "Host h1 is not connected.")
}

func oneFlow() backend.Flow {
	return backend.Flow{
		Bridge: "br-int", Table: 60, TableName: "transient", Priority: 100, Match: "dl_vlan=1", Actions: "drop", Cookie: "0x1",
		Text: "table=60, priority=100,dl_vlan=1 actions=drop", Subject: &backend.Subject{Kind: api.KindPort, ID: "1", Name: "web"},
	}
}
