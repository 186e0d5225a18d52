package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPortGetsAnotherMACByNull(t *testing.T) {
	w := newWorld(t)
	n := w.network("n")
	p := w.must("POST", "/v2.0/ports", fieldsOf{"port": fieldsOf{"network_id": n, "mac_address": nil}})
	one := "/v2.0/ports/" + p["id"].(string)
	seen := []any{p["mac_address"]}
	for range 3 {
		next := w.must("PUT", one, `{"port": {"mac_address": null}}`)["mac_address"]
		if next == seen[len(seen)-1] || next == nil {
			t.Errorf("after %v: %v", seen, next)
		}
		seen = append(seen, next)
	}
	if kept := w.must("PUT", one, `{"port": {"description": "x"}}`)["mac_address"]; kept != seen[3] {
		t.Errorf("a PUT without mac_address gave %v", kept)
	}
}

func TestPortsGetTagsAsTheyAreMade(t *testing.T) {
	w := newWorld(t)
	n := w.network("n")
	port := func(tags ...string) fieldsOf { return fieldsOf{"network_id": n, "tags": append([]string{}, tags...)} }
	got := w.do("POST", "/v2.0/ports", fieldsOf{"ports": []any{port("a", "b"), port(), port("c")}})
	if got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.text)
	}
	var tags []any
	for _, p := range got.body["ports"].([]any) {
		tags = append(tags, p.(map[string]any)["tags"])
	}
	if diff := cmp.Diff([]any{[]any{"a", "b"}, []any{}, []any{"c"}}, tags); diff != "" {
		t.Error(diff)
	}
}

// It is not declared, since nobody should do it, but Neutron takes it, and there are clients that do.
func TestObjectsOfABulkMayBeWrappedEach(t *testing.T) {
	w := newWorld(t)
	n := w.network("n")
	for body, want := range map[string]int{
		`{"ports": [{"port": {"network_id": "` + n + `"}}, {"network_id": "` + n + `"}]}`: http.StatusCreated,
		`{"ports": [{"port": {"port": {"network_id": "` + n + `"}}}]}`:                    http.StatusBadRequest,
		`{"ports": [{"port": 7}]}`: http.StatusBadRequest,
	} {
		r := httptest.NewRequest(http.MethodPost, "/v2.0/ports", strings.NewReader(body))
		r.Header.Set("X-Auth-Token", testToken)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
}

func TestFloatingIPPoolsAreTheSubnetsOfExternalNetworks(t *testing.T) {
	w := newWorld(t)
	subnet := func(n, cidr string, version int) string {
		return w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": n, "ip_version": version, "cidr": cidr}})["id"].(string)
	}
	ext := w.must("POST", "/v2.0/networks", fieldsOf{"network": fieldsOf{"router:external": true}})["id"].(string)
	inside := w.network("inside")
	pool := subnet(ext, "2.2.2.0/24", 4)
	subnet(ext, "2001:db8::/64", 6)
	subnet(inside, "10.0.0.0/24", 4)
	got := w.do("GET", "/v2.0/floatingip-pools", nil)
	if diff := cmp.Diff([]string{pool}, got.list("subnet_id")); diff != "" || got.list("cidr")[0] != "2.2.2.0/24" {
		t.Errorf("%s %s", diff, got.text)
	}
	f := w.must("POST", "/v2.0/floatingips", fieldsOf{"floatingip": fieldsOf{"floating_network_id": ext, "subnet_id": pool}})
	if f["floating_ip_address"] == nil {
		t.Errorf("%v", f)
	}
}

func TestZonesAreFiltered(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string][]string{
		"resource=router": {"router"}, "name=nova": {"network", "router"}, "name=other": {}, "state=unavailable&resource=network": {"network"},
	} {
		got := w.do("GET", "/v2.0/availability_zones?"+query, nil).list("resource")
		if diff := cmp.Diff(want, append([]string{}, got...)); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}
