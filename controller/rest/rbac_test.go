package rest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// policy lets a project use an object by name, as its owner says.
func (e *estate) policy(who, kind, object, action, target string) reply {
	e.t.Helper()
	return e.as(who, "POST", "/v2.0/rbac-policies", fmt.Sprintf(
		`{"rbac_policy": {"object_type": %q, "object_id": "{%s}", "action": %q, "target_tenant": %q}}`, kind, object, action, target))
}

// granted is policy that has to succeed; the policy gets a name.
func (e *estate) granted(name, who, kind, object, action, target string) {
	e.t.Helper()
	got := e.policy(who, kind, object, action, target)
	if got.status != 201 {
		e.t.Fatalf("%d %s", got.status, got.text)
	}
	e.ids[name] = got.body["rbac_policy"].(map[string]any)["id"].(string)
}

func (e *estate) answers(who, request, body string, status int, kind string) {
	e.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	got := e.as(who, method, "/v2.0/"+path, body)
	if have, _ := got.fault(); got.status != status || have != kind {
		e.t.Errorf("%s: %s %s: %d %s, want %d %s", who, request, body, got.status, got.text, status, kind)
	}
}

func TestANetworkIsSharedWithOneProjectByAPolicy(t *testing.T) {
	e := newEstate(t)
	e.answers("b", "GET networks/{a-net}", ``, 404, "NetworkNotFound")
	e.granted("p", "a", "network", "a-net", "access_as_shared", "b")
	e.answers("b", "GET networks/{a-net}", ``, 200, "")
	e.answers("b", "GET subnets/{a-sub}", ``, 200, "")
	e.answers("b", "PUT networks/{a-net}", `{"network": {"name": "mine"}}`, 403, "PolicyNotAuthorized")
	e.answers("nowhere", "GET networks/{a-net}", ``, 404, "NetworkNotFound")
	if got := e.as("b", "GET", "/v2.0/networks/{a-net}?fields=shared", ""); !strings.Contains(got.text, `"shared":true`) {
		t.Errorf("whom it is shared with sees %s", got.text)
	}
	if got := e.as("a", "GET", "/v2.0/networks/{a-net}?fields=shared", ""); !strings.Contains(got.text, `"shared":false`) {
		t.Errorf("its owner sees %s", got.text)
	}
	if got := e.names(e.as("b", "GET", "/v2.0/networks", "")); !slices.Contains(got, "a-net") {
		t.Errorf("list %v", got)
	}
	e.answers("b", "POST ports", `{"port": {"network_id": "{a-net}"}}`, 201, "")
	e.answers("a", "DELETE rbac-policies/{p}", ``, 409, "RbacPolicyInUse")
	e.answers("a", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "c"}}`, 409, "RbacPolicyInUse")
	for _, id := range e.as("b", "GET", "/v2.0/ports?network_id={a-net}", "").list("id") {
		e.must("DELETE", "/v2.0/ports/"+id, nil)
	}
	e.answers("a", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "c"}}`, 200, "")
	e.answers("b", "GET networks/{a-net}", ``, 404, "NetworkNotFound")
	e.answers("a", "DELETE rbac-policies/{p}", ``, 204, "")
	e.answers("a", "GET rbac-policies/{p}", ``, 404, "RbacPolicyNotFound")
}

func TestWhoMayShareWhat(t *testing.T) {
	e := newEstate(t)
	e.granted("p", "a", "network", "a-net", "access_as_shared", "b")
	for _, c := range []struct {
		who, kind, object, action, target string
		want                              int
		fault                             string
	}{
		{"a", "network", "a-net", "access_as_shared", "b", 409, "DuplicateRbacPolicy"},
		{"a", "network", "a-net", "access_as_shared", "*", 403, "PolicyNotAuthorized"},
		{"a", "network", "b-net", "access_as_shared", "a", 404, "NetworkNotFound"},
		{"b", "network", "a-net", "access_as_shared", "c", 400, "InvalidInput"},
		{"a-reads", "network", "a-net", "access_as_shared", "c", 403, "PolicyNotAuthorized"},
		{"admin", "network", "a-net", "access_as_shared", "c", 201, ""},
		{"admin", "network", "nobody", "access_as_shared", "c", 400, "HTTPBadRequest"},
		{"admin", "network", "a-port", "access_as_shared", "c", 404, "NetworkNotFound"},
		{"admin", "port", "a-port", "access_as_shared", "c", 400, "InvalidInput"},
		{"admin", "subnetpool", "a-port", "access_as_external", "c", 404, "SubnetPoolNotFound"},
		{"admin", "network", "a-net", "access_as_owner", "c", 400, "InvalidInput"},
		{"admin", "network", "a-net", "access_as_shared", "", 400, "InvalidInput"},
	} {
		got := e.policy(c.who, c.kind, c.object, c.action, c.target)
		if kind, _ := got.fault(); got.status != c.want || kind != c.fault {
			t.Errorf("%+v: %d %s", c, got.status, got.text)
		}
	}
	e.answers("b", "GET rbac-policies/{p}", ``, 404, "RbacPolicyNotFound")
	e.answers("b", "DELETE rbac-policies/{p}", ``, 404, "RbacPolicyNotFound")
	e.answers("a", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "*"}}`, 403, "PolicyNotAuthorized")
	e.answers("a", "PUT rbac-policies/{p}", `{"rbac_policy": {"action": "access_as_external"}}`, 400, "HTTPBadRequest")
}

// What is shared with everyone and the policy for that are one thing.
func TestSharedAndThePolicyForEveryoneAreOne(t *testing.T) {
	e := newEstate(t)
	policies := func(object string) []string {
		return e.as("admin", "GET", "/v2.0/rbac-policies?object_id={"+object+"}", "").list("id")
	}
	if got := policies("b-shared"); len(got) != 1 {
		t.Fatalf("policies of a shared network: %v", got)
	}
	e.ids["p"] = policies("b-shared")[0]
	got := e.as("b", "GET", "/v2.0/rbac-policies/{p}", "").body["rbac_policy"]
	want := map[string]any{
		"id": e.ids["p"], "object_type": "network", "object_id": e.ids["b-shared"], "action": "access_as_shared", "target_tenant": "*",
		"project_id": "b", "tenant_id": "b",
	}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	e.answers("admin", "PUT networks/{b-shared}", `{"network": {"shared": false}}`, 409, "InvalidSharedSetting")
	e.answers("b", "DELETE rbac-policies/{p}", ``, 409, "RbacPolicyInUse")
	e.granted("for-a", "b", "network", "b-shared", "access_as_shared", "a")
	e.answers("b", "DELETE rbac-policies/{p}", ``, 204, "")
	if n := e.must("GET", e.fill("/v2.0/networks/{b-shared}"), nil); n["shared"] != false {
		t.Errorf("network is shared still: %v", n)
	}
	e.answers("a", "GET networks/{b-shared}", ``, 200, "")
	e.granted("again", "admin", "network", "b-shared", "access_as_shared", "*")
	if e.ids["again"] != e.ids["p"] {
		t.Errorf("the policy for everyone got the id %s, want %s again", e.ids["again"], e.ids["p"])
	}
	e.answers("admin", "DELETE networks/{b-shared}", ``, 409, "NetworkInUse")
}

func TestANetworkIsExternalToSome(t *testing.T) {
	e := newEstate(t)
	gateway := `{"router": {"external_gateway_info": {"network_id": "{b-net}"}}}`
	e.answers("a", "POST routers", gateway, 404, "NetworkNotFound")
	e.granted("p", "admin", "network", "b-net", "access_as_external", "a")
	if n := e.must("GET", e.fill("/v2.0/networks/{b-net}"), nil); n["router:external"] != true {
		t.Errorf("network %v", n)
	}
	e.answers("a", "POST routers", gateway, 201, "")
	e.answers("nowhere", "GET networks/{b-net}", ``, 404, "NetworkNotFound")
	e.answers("admin", "DELETE rbac-policies/{p}", ``, 409, "RbacPolicyInUse")
	id := e.as("a", "GET", "/v2.0/routers", "").list("id")
	for _, r := range id {
		if r != e.ids["a-router"] {
			e.must("DELETE", "/v2.0/routers/"+r, nil)
		}
	}
	e.answers("admin", "DELETE rbac-policies/{p}", ``, 204, "")
	if n := e.must("GET", e.fill("/v2.0/networks/{b-net}"), nil); n["router:external"] != false {
		t.Errorf("network %v is external to nobody", n)
	}
}

func TestPoolsAndScopesAreSharedByPolicies(t *testing.T) {
	e := newEstate(t)
	scope := e.must("POST", "/v2.0/address-scopes", `{"address_scope": {"name": "s", "ip_version": 4, "project_id": "b"}}`)
	e.ids["scope"] = scope["id"].(string)
	pool := e.must("POST", "/v2.0/subnetpools", `{"subnetpool": {"name": "p", "prefixes": ["10.64.0.0/16"], "project_id": "b"}}`)
	e.ids["pool"] = pool["id"].(string)
	inPool := `{"subnet": {"network_id": "{a-net2}", "subnetpool_id": "{pool}", "prefixlen": 26}}`
	e.make("a-net2", "network", `{"project_id": "a"}`)
	e.answers("a", "POST subnets", inPool, 404, "SubnetPoolNotFound")
	e.granted("p1", "b", "subnetpool", "pool", "access_as_shared", "a")
	e.answers("a", "POST subnets", inPool, 201, "")
	e.answers("a", "PUT subnetpools/{pool}/add_prefixes", `{"prefixes": ["10.65.0.0/16"]}`, 404, "HTTPNotFound")
	e.answers("b", "DELETE rbac-policies/{p1}", ``, 409, "RbacPolicyInUse")

	inScope := `{"subnetpool": {"name": "mine", "prefixes": ["10.99.0.0/16"], "address_scope_id": "{scope}"}}`
	e.answers("a", "POST subnetpools", inScope, 404, "AddressScopeNotFound")
	e.granted("p2", "b", "address_scope", "scope", "access_as_shared", "a")
	e.answers("a", "POST subnetpools", inScope, 201, "")
	e.answers("b", "DELETE rbac-policies/{p2}", ``, 409, "RbacPolicyInUse")
	e.answers("a", "POST subnetpools", `{"subnetpool": {"name": "x", "prefixes": ["10.98.0.0/16"], "shared": true}}`, 403, "PolicyNotAuthorized")
	e.answers("a", "PUT subnetpools/{pool}/onboard_network_subnets", `{"network_id": "{a-net}"}`, 404, "HTTPNotFound")
	e.answers("b", "PUT subnetpools/{pool}/onboard_network_subnets", `{"network_id": "{a-net}"}`, 404, "NetworkNotFound")
}
