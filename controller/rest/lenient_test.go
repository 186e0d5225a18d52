package rest

import (
	"slices"
	"strings"
	"testing"
)

// Left off, a switch of admins may be given when a thing is made, not when it is changed.
func TestASwitchOfAdminsIsNotTurnedOffByOthers(t *testing.T) {
	e := newEstate(t)
	e.answers("a", "POST address-scopes", `{"address_scope": {"name": "s", "ip_version": 4, "shared": false}}`, 201, "")
	e.answers("a", "PUT networks/{a-net}", `{"network": {"shared": false}}`, 403, "PolicyNotAuthorized")
	e.answers("admin", "PUT networks/{a-net}", `{"network": {"shared": false}}`, 200, "")
}

func TestSubnetsAreFilteredByWhetherTheirNetworkIsShared(t *testing.T) {
	e := newEstate(t)
	got := e.as("a", "GET", "/v2.0/subnets?shared=true", "")
	if ids := got.list("id"); !slices.Equal(ids, []string{e.ids["b-shared-sub"]}) || strings.Contains(got.text, `"shared"`) {
		t.Errorf("%d %s", got.status, got.text)
	}
	if ids := e.as("a", "GET", "/v2.0/subnets?shared=false", "").list("id"); !slices.Equal(ids, []string{e.ids["a-sub"]}) {
		t.Errorf("not shared: %v", ids)
	}
}

// A policy for everyone becomes one for a project, and keeps its id as long as there is no other with it.
func TestAPolicyForEveryoneIsNarrowedToAProject(t *testing.T) {
	e := newEstate(t)
	e.ids["p"] = e.as("admin", "GET", "/v2.0/rbac-policies?object_id={b-shared}", "").list("id")[0]
	e.answers("admin", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "c"}}`, 409, "RbacPolicyInUse") // of a's guest
	e.answers("admin", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "a"}}`, 200, "")
	e.answers("a", "GET networks/{b-shared}", ``, 200, "")
	e.answers("nowhere", "GET networks/{b-shared}", ``, 404, "NetworkNotFound")
	e.granted("again", "admin", "network", "b-shared", "access_as_shared", "*")
	targets := e.as("admin", "GET", "/v2.0/rbac-policies?object_id={b-shared}", "").list("target_tenant")
	if slices.Sort(targets); !slices.Equal(targets, []string{"*", "a"}) {
		t.Errorf("policies for %v", targets)
	}
	e.answers("admin", "DELETE rbac-policies/{again}", ``, 204, "")
	e.answers("a", "GET networks/{b-shared}", ``, 200, "")
}

func TestAPoolIsSharedOnlyWithThoseWhoMayUseItsScope(t *testing.T) {
	e := newEstate(t)
	e.ids["scope"] = e.must("POST", "/v2.0/address-scopes", `{"address_scope": {"name": "s", "ip_version": 4, "project_id": "b"}}`)["id"].(string)
	e.make("pool", "subnetpool", `{"name": "p", "prefixes": ["10.64.3.4/16"], "project_id": "b", "address_scope_id": "{scope}"}`)
	if got := e.policy("b", "subnetpool", "pool", "access_as_shared", "a"); got.status != 400 {
		t.Errorf("%d %s", got.status, got.text)
	}
	e.granted("s", "b", "address_scope", "scope", "access_as_shared", "a")
	e.granted("p", "b", "subnetpool", "pool", "access_as_shared", "a")
	if got := e.must("GET", e.fill("/v2.0/subnetpools/{pool}"), nil)["prefixes"]; len(got.([]any)) != 1 || got.([]any)[0] != "10.64.0.0/16" {
		t.Errorf("host bits are not cut off: %v", got)
	}
}

func TestTagsOfSubPortsAreJudgedBeforeTheirPorts(t *testing.T) {
	e := newEstate(t)
	e.answers("a", "POST trunks", `{"trunk": {"port_id": "00000000-0000-4000-8000-00000000aaaa", "sub_ports": [
		{"port_id": "{a-spare}", "segmentation_type": "vlan", "segmentation_id": 2},
		{"port_id": "{a-port}", "segmentation_type": "vlan", "segmentation_id": 2}]}}`, 400, "HTTPBadRequest")
	if got := e.must("GET", e.fill("/v2.0/ports/{a-spare}"), nil); got["trunk_details"] != nil {
		t.Errorf("a port without a trunk shows %v", got["trunk_details"])
	}
}

// A policy for a project becomes one for everyone and one for a project again, and is the same policy all the time.
func TestAPolicyForAProjectIsWidenedToEveryone(t *testing.T) {
	for _, c := range []struct{ kind, path, body, missing string }{
		{"network", "networks", `{"project_id": "a"}`, "NetworkNotFound"},
		{"subnetpool", "subnetpools", `{"project_id": "a", "name": "p", "prefixes": ["10.64.0.0/16"]}`, "SubnetPoolNotFound"},
		{"address_scope", "address-scopes", `{"project_id": "a", "name": "s", "ip_version": 4}`, "AddressScopeNotFound"},
	} {
		e := newEstate(t)
		e.ids["o"] = e.must("POST", "/v2.0/"+c.path, `{"`+c.kind+`": `+c.body+`}`)["id"].(string)
		e.granted("p", "a", c.kind, "o", "access_as_shared", "b")
		e.answers("a", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "*"}}`, 403, "PolicyNotAuthorized")
		e.answers("admin", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "*"}}`, 200, "")
		e.answers("nowhere", "GET "+c.path+"/{o}", ``, 200, "")
		if got := e.must("GET", e.fill("/v2.0/rbac-policies/{p}"), nil)["target_tenant"]; got != "*" {
			t.Errorf("%s: the policy is for %v", c.kind, got)
		}
		if all := e.as("admin", "GET", "/v2.0/rbac-policies?object_id={o}", "").list("id"); !slices.Equal(all, []string{e.ids["p"]}) {
			t.Errorf("%s: policies %v", c.kind, all)
		}
		e.answers("admin", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "c"}}`, 200, "")
		e.answers("nowhere", "GET "+c.path+"/{o}", ``, 404, c.missing)
		e.answers("admin", "PUT rbac-policies/{p}", `{"rbac_policy": {"target_tenant": "*"}}`, 200, "")
		e.answers("admin", "DELETE rbac-policies/{p}", ``, 204, "")
		e.answers("admin", "GET rbac-policies/{p}", ``, 404, "RbacPolicyNotFound")
		e.answers("nowhere", "GET "+c.path+"/{o}", ``, 404, c.missing)
	}
}

// Who sees another project's port on a network of his own is told that it is not his to give a floating IP to.
func TestAFloatingIPIsNotForAPortOfAnotherProject(t *testing.T) {
	e := newEstate(t)
	e.answers("a", "PUT floatingips/{a-fip}", `{"floatingip": {"port_id": "{b-on-a}"}}`, 400, "BadRequest")
	e.answers("a", "PUT floatingips/{a-fip}", `{"floatingip": {"port_id": "{b-port}"}}`, 404, "PortNotFound")
}
