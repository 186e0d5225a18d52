package rest

import (
	"net/http"
	"strings"
	"testing"
)

func TestWhoAsksForAnyNetworkGetsOne(t *testing.T) {
	w := newWorld(t)
	const path = "/v2.0/auto-allocated-topology/blue"
	for _, query := range []string{"", "?fields=dry-run"} {
		got := w.do("GET", path+query, nil)
		if kind, _ := got.fault(); got.status != http.StatusConflict || kind != "AutoAllocationFailure" || !strings.Contains(got.text, "Deployment error") {
			t.Errorf("%s of a cloud that is not ready: %d %s", query, got.status, got.text)
		}
	}
	ext := w.must("POST", "/v2.0/networks", fieldsOf{"network": fieldsOf{"router:external": true, "is_default": true}})
	if ext["is_default"] != true {
		t.Errorf("%v", ext)
	}
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": ext["id"], "ip_version": 4, "cidr": "2.2.2.0/24"}})
	w.must("POST", "/v2.0/subnetpools", fieldsOf{"subnetpool": fieldsOf{"name": "auto", "prefixes": []string{"10.9.0.0/16"}, "default_prefixlen": 24, "is_default": true}})
	if got := w.must("GET", path+"?fields=dry-run", nil); got["id"] != "dry-run=pass" || got["tenant_id"] != "blue" {
		t.Errorf("dry run: %v", got)
	}
	if ids := w.do("GET", "/v2.0/networks?project_id=blue", nil).list("id"); len(ids) != 0 {
		t.Errorf("the dry run made %v", ids)
	}
	if got := w.do("GET", path+"?fields=name", nil); got.status != http.StatusBadRequest {
		t.Errorf("another field: %d %s", got.status, got.text)
	}
	made := w.must("GET", path, nil)
	if n := w.must("GET", "/v2.0/networks/"+made["id"].(string), nil); n["project_id"] != "blue" || len(n["subnets"].([]any)) != 1 {
		t.Errorf("%v", n)
	}
	if again := w.must("GET", path, nil); again["id"] != made["id"] {
		t.Errorf("%v and %v", made, again)
	}
	for range 2 {
		if got := w.do("DELETE", path, nil); got.status != http.StatusNoContent {
			t.Errorf("DELETE: %d %s", got.status, got.text)
		}
	}
	if got := w.do("GET", "/v2.0/networks/"+made["id"].(string), nil); got.status != http.StatusNotFound {
		t.Errorf("afterwards: %d", got.status)
	}
	if got := w.do("GET", "/v2.0/auto-allocated-topology/"+strings.Repeat("x", 300), nil); got.status != http.StatusBadRequest {
		t.Errorf("a long project: %d", got.status)
	}
}
