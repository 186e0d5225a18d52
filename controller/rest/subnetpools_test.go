package rest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fieldsOf is a JSON object.
type fieldsOf = map[string]any

func (w *world) pool(attrs fieldsOf) fieldsOf {
	w.t.Helper()
	return w.must("POST", "/v2.0/subnetpools", fieldsOf{"subnetpool": attrs})
}

// refusal sends a request that has to be refused, and gives the message.
func (w *world) refusal(status int, kind, method, path string, body any) string {
	w.t.Helper()
	got := w.do(method, path, body)
	fault, _ := got.body["NeutronError"].(map[string]any)
	if got.status != status || fault["type"] != kind {
		w.t.Fatalf("%s %s %v: %d %s, want %d %s", method, path, body, got.status, got.text, status, kind)
	}
	return fault["message"].(string)
}

func TestASubnetPoolLooksAsInNeutron(t *testing.T) {
	w := newWorld(t)
	p := w.pool(fieldsOf{"name": "p", "prefixes": []any{"192.168.1.0/24", "10.0.0.0/16", "192.168.0.0/24"}, "min_prefixlen": "24"})
	want := fieldsOf{
		"name": "p", "prefixes": []any{"10.0.0.0/16", "192.168.0.0/23"}, "ip_version": 4.0, "min_prefixlen": "24", "max_prefixlen": "32",
		"default_prefixlen": "24", "default_quota": nil, "address_scope_id": nil, "is_default": false, "shared": false, "project_id": "",
	}
	for k := range want {
		if diff := cmp.Diff(want[k], p[k]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", k, diff)
		}
	}
	w.must("PUT", "/v2.0/subnetpools/"+p["id"].(string), fieldsOf{"subnetpool": fieldsOf{"default_quota": 0}})
	for query, n := range map[string]int{
		"ip_version=4": 1, "ip_version=6": 0, "prefixes=192.168.0.0/23": 1, "default_quota=0": 1, "min_prefixlen=24": 1, "is_default=true": 0,
		"sort_key=min_prefixlen&shared=false": 1, "address_scope_id=": 1,
	} {
		if got := w.do("GET", "/v2.0/subnetpools?"+query, nil); len(got.body["subnetpools"].([]any)) != n {
			t.Errorf("%s: %s, want %d", query, got.text, n)
		}
	}
	w.refusal(400, "HTTPBadRequest", "PUT", "/v2.0/subnetpools/"+p["id"].(string), fieldsOf{"subnetpool": fieldsOf{"shared": true}})
}

func TestSubnetPoolsThatNeutronRefuses(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name   string
		attrs  fieldsOf
		status int
		kind   string
	}{
		{"no-name", fieldsOf{"prefixes": []any{"10.0.0.0/8"}}, 400, "HTTPBadRequest"},
		{"no-prefixes", fieldsOf{"name": "p"}, 400, "HTTPBadRequest"},
		{"empty-prefixes", fieldsOf{"name": "p", "prefixes": []any{}}, 400, "EmptySubnetPoolPrefixList"},
		{"no-length", fieldsOf{"name": "p", "prefixes": []any{"10.0.0.1"}}, 400, "HTTPBadRequest"},
		{"twice", fieldsOf{"name": "p", "prefixes": []any{"10.0.0.0/8", "10.0.0.0/8"}}, 400, "HTTPBadRequest"},
		{"number", fieldsOf{"name": "p", "prefixes": 7}, 400, "HTTPBadRequest"},
		{"negative-length", fieldsOf{"name": "p", "prefixes": []any{"10.0.0.0/8"}, "min_prefixlen": -1}, 400, "HTTPBadRequest"},
		{"scope-of-nobody", fieldsOf{"name": "p", "prefixes": []any{"10.0.0.0/8"}, "address_scope_id": "11111111-2222-4333-8444-555555555555"}, 404, "AddressScopeNotFound"},
		{"unknown", fieldsOf{"name": "p", "prefixes": []any{"10.0.0.0/8"}, "colour": "red"}, 400, "HTTPBadRequest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.refusal(c.status, c.kind, "POST", "/v2.0/subnetpools", fieldsOf{"subnetpool": c.attrs})
		})
	}
}

func TestSubnetsOfAPoolAreAllMadeOrNone(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(fieldsOf{"name": "p", "prefixes": []any{"10.0.0.0/24"}, "default_prefixlen": 26})["id"]
	bulk := func(n int) fieldsOf {
		var list []any
		for i := range n {
			list = append(list, fieldsOf{"network_id": w.network(fmt.Sprint("n", i)), "ip_version": 4, "subnetpool_id": pool})
		}
		return fieldsOf{"subnets": list}
	}
	w.refusal(409, "SubnetAllocationError", "POST", "/v2.0/subnets", bulk(5))
	got := w.do("POST", "/v2.0/subnets", bulk(4))
	if got.status != http.StatusCreated || strings.Count(got.text, `"subnetpool_id":"`+pool.(string)) != 4 || !strings.Contains(got.text, "10.0.0.192/26") {
		t.Errorf("%d %s", got.status, got.text)
	}
	w.refusal(400, "SubnetPoolDeleteError", "DELETE", "/v2.0/subnetpools/"+pool.(string), nil)
	if msg := w.refusal(400, "HTTPBadRequest", "POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": w.network("n")}}); !strings.Contains(msg, "ip_version") {
		t.Error(msg)
	}
}

func TestPrefixesOfAPoolChangeByActions(t *testing.T) {
	w := newWorld(t)
	pool := "/v2.0/subnetpools/" + w.pool(fieldsOf{"name": "p", "prefixes": []any{"10.0.0.0/24"}})["id"].(string)
	n := w.network("n")
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": n, "ip_version": 4, "cidr": "10.9.0.0/24"}})
	for _, c := range []struct {
		action string
		body   fieldsOf
		want   string
	}{
		{"add_prefixes", fieldsOf{"prefixes": []any{"10.0.1.0/24"}}, `{"prefixes":["10.0.0.0/23"]}`},
		{"remove_prefixes", fieldsOf{"prefixes": []any{"10.0.0.0/24"}}, `{"prefixes":["10.0.1.0/24"]}`},
		{"onboard_network_subnets", fieldsOf{"network_id": n}, `[{"id":"`},
	} {
		got := w.do("PUT", pool+"/"+c.action, c.body)
		if got.status != http.StatusOK || !strings.HasPrefix(got.text, c.want) {
			t.Errorf("%s: %d %s, want %s", c.action, got.status, got.text, c.want)
		}
	}
	for _, body := range []any{fieldsOf{}, fieldsOf{"prefixes": 1}, fieldsOf{"prefixes": []any{}, "more": 1}, fieldsOf{"network_id": "x"}, "[]", ""} {
		for _, action := range []string{"add_prefixes", "remove_prefixes", "onboard_network_subnets"} {
			if got := w.do("PUT", pool+"/"+action, body); got.status != http.StatusBadRequest {
				t.Errorf("%s %v: %d %s", action, body, got.status, got.text)
			}
		}
	}
	nobody := "/v2.0/subnetpools/nobody/"
	w.refusal(404, "SubnetPoolNotFound", "PUT", nobody+"add_prefixes", fieldsOf{"prefixes": []any{}})
	w.refusal(404, "SubnetPoolNotFound", "PUT", nobody+"onboard_network_subnets", fieldsOf{"network_id": n})
	if got := w.do("PUT", pool+"/add_prefixes", fieldsOf{"prefixes": []any{"10.7.0.0/24"}}, "If-Match: revision_number=1"); got.status != 412 {
		t.Errorf("If-Match of an old revision: %d %s", got.status, got.text)
	}
}

func TestANetworkShowsTheAddressScopesOfItsSubnets(t *testing.T) {
	w := newWorld(t)
	scope := w.must("POST", "/v2.0/address-scopes", fieldsOf{"address_scope": fieldsOf{"name": "s", "ip_version": 6, "shared": true}})["id"].(string)
	pool := w.pool(fieldsOf{"name": "p", "prefixes": []any{"fd00::/48"}, "address_scope_id": scope})
	n := w.network("n")
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": n, "ip_version": 6, "subnetpool_id": pool["id"]}})
	if got := w.must("GET", "/v2.0/networks/"+n, nil); got["ipv6_address_scope"] != scope || got["ipv4_address_scope"] != nil {
		t.Errorf("network %v", got)
	}
	path := "/v2.0/address-scopes/" + scope
	w.refusal(409, "AddressScopeInUse", "DELETE", path, nil)
	w.refusal(400, "AddressScopeUpdateError", "PUT", path, fieldsOf{"address_scope": fieldsOf{"shared": false}})
	w.refusal(400, "HTTPBadRequest", "PUT", path, fieldsOf{"address_scope": fieldsOf{"ip_version": 4}})
	w.refusal(400, "HTTPBadRequest", "POST", "/v2.0/address-scopes", fieldsOf{"address_scope": fieldsOf{"name": "s"}})
	w.refusal(404, "AddressScopeNotFound", "GET", "/v2.0/address-scopes/nobody", nil)
}
