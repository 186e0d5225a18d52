package rest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTagsAreSetOneByOneAndTogether(t *testing.T) {
	w := newWorld(t)
	path := "/v2.0/networks/" + w.network("blue")
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("t%d", i)
	}
	for _, step := range []struct {
		method, path string
		body         any
		status       int
		says         string
	}{
		{"GET", "/tags", nil, 200, `{"tags":[]}`},
		{"PUT", "/tags/red", nil, 201, ""},
		{"PUT", "/tags/red", nil, 201, ""},
		{"PUT", "/tags/a%20b", nil, 201, ""},
		{"GET", "/tags", nil, 200, `{"tags":["a b","red"]}`},
		{"GET", "/tags/red", nil, 204, ""},
		{"GET", "/tags/blue", nil, 404, "TagNotFound"},
		{"DELETE", "/tags/blue", nil, 404, "TagNotFound"},
		{"DELETE", "/tags/red", nil, 204, ""},
		{"GET", "", nil, 200, `"tags":["a b"]`},
		{"PUT", "/tags", map[string]any{"tags": []string{"x", "y"}}, 200, `{"tags":["x","y"]}`},
		{"PUT", "/tags", map[string]any{"tags": []string{"x", "x"}}, 400, "Duplicate"},
		{"PUT", "/tags", map[string]any{"tags": "x"}, 400, "InvalidInput"},
		{"PUT", "/tags", map[string]any{"tags": []any{7}}, 400, "not a valid string"},
		{"PUT", "/tags", map[string]any{"tags": []string{""}}, 400, "1 to 255"},
		{"PUT", "/tags", map[string]any{"tags": []string{strings.Repeat("ä", 256)}}, 400, "256"},
		{"PUT", "/tags", map[string]any{"tags": many}, 400, "at most 50"},
		{"GET", "/tags", nil, 200, `{"tags":["x","y"]}`},
		{"DELETE", "/tags", nil, 204, ""},
		{"GET", "/tags", nil, 200, `{"tags":[]}`},
	} {
		got := w.do(step.method, path+step.path, step.body)
		if got.status != step.status || !strings.Contains(got.text, step.says) {
			t.Errorf("%s %s %v: %d %s, want %d and %q", step.method, step.path, step.body, got.status, got.text, step.status, step.says)
		}
	}
	if got := w.do("GET", "/v2.0/networks/nobody/tags", nil); got.status != http.StatusNotFound {
		t.Errorf("tags of nobody: %d, want 404", got.status)
	}
	if got := w.do("PUT", path+"/tags/late", nil, "If-Match: revision_number=1"); got.status != http.StatusPreconditionFailed {
		t.Errorf("a tag for a revision of the past: %d, want 412", got.status)
	}
}

func TestListsAreFilteredByTags(t *testing.T) {
	w := newWorld(t)
	for name, tags := range map[string][]string{"none": {}, "red": {"red"}, "both": {"red", "blue"}} {
		w.must("PUT", "/v2.0/networks/"+w.network(name)+"/tags", map[string]any{"tags": tags})
	}
	for query, want := range map[string][]string{
		"tags=red":               {"both", "red"},
		"tags=red,blue":          {"both"},
		"tags=red&tags=blue":     {"both"},
		"tags-any=blue,green":    {"both"},
		"not-tags=red,blue":      {"none", "red"},
		"not-tags-any=red,blue":  {"none"},
		"tags=red&not-tags=blue": {"red"},
	} {
		got := w.do("GET", "/v2.0/networks?sort_key=name&sort_dir=asc&"+query, nil)
		if diff := cmp.Diff(want, got.list("name")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", query, diff)
		}
	}
}

func TestExtraRoutesComeAndGoOneByOne(t *testing.T) {
	w := newWorld(t)
	net := w.network("blue")
	sub := w.must("POST", "/v2.0/subnets", map[string]any{"subnet": map[string]any{
		"network_id": net, "ip_version": 4, "cidr": "10.0.0.0/24"}})["id"]
	id := w.must("POST", "/v2.0/routers", `{"router": {}}`)["id"].(string)
	w.must("PUT", "/v2.0/routers/"+id+"/add_router_interface", map[string]any{"subnet_id": sub})
	route := func(dst, hop string) map[string]any { return map[string]any{"destination": dst, "nexthop": hop} }
	for _, step := range []struct {
		action string
		routes any
		status int
		want   int // routes then
	}{
		{"add", []any{route("1.0.0.0/8", "10.0.0.9"), route("2.0.0.0/8", "10.0.0.9")}, 200, 2},
		{"add", []any{route("1.0.0.0/8", "10.0.0.9"), route("3.0.0.0/8", "10.0.0.9")}, 200, 3},
		{"add", []any{route("4.0.0.0/8", "10.9.0.9")}, 400, 3},
		{"add", "many", 400, 3},
		{"remove", []any{route("1.0.0.0/8", "10.0.0.9"), route("9.0.0.0/8", "10.0.0.9")}, 200, 2},
		{"remove", []any{route("2.0.0.0/8", "10.0.0.9"), route("3.0.0.0/8", "10.0.0.9")}, 200, 0},
	} {
		got := w.do("PUT", "/v2.0/routers/"+id+"/"+step.action+"_extraroutes", map[string]any{"router": map[string]any{"routes": step.routes}})
		if got.status != step.status {
			t.Errorf("%s %v: %d %s, want %d", step.action, step.routes, got.status, got.text, step.status)
		}
		have := w.must("GET", "/v2.0/routers/"+id, nil)["routes"].([]any)
		if len(have) != step.want {
			t.Errorf("after %s %v: routes %v, want %d", step.action, step.routes, have, step.want)
		}
	}
	if got := w.do("PUT", "/v2.0/routers/nobody/add_extraroutes", `{"router": {"routes": []}}`); got.status != http.StatusNotFound {
		t.Errorf("routes for nobody: %d, want 404", got.status)
	}
}
