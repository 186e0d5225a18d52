package rest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
)

func TestQuotaLimitsWhatAProjectMakes(t *testing.T) {
	w := newWorld(t)
	network := func(project string) reply {
		return w.do("POST", "/v2.0/networks", map[string]any{"network": map[string]any{"project_id": project}})
	}
	quota := func() map[string]any { return w.must("GET", "/v2.0/quotas/demo", nil) }
	if got := quota()["network"]; got != float64(-1) {
		t.Errorf("limit of networks before anybody set it: %v, want -1", got)
	}
	got := w.must("PUT", "/v2.0/quotas/demo", `{"quota": {"network": 2, "port": "7"}}`)
	want := map[string]any{"network": 2.0, "port": 7.0, "subnet": -1.0, "router": -1.0, "floatingip": -1.0,
		"subnetpool": -1.0, "trunk": -1.0, "rbac_policy": -1.0, "security_group": -1.0, "security_group_rule": -1.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer of PUT: -want +got:\n%s", diff)
	}
	for i, want := range []int{201, 201, 409} {
		if got := network("demo"); got.status != want {
			t.Errorf("network %d: %d %s, want %d", i, got.status, got.text, want)
		}
	}
	if kind, message := network("demo").fault(); kind != "OverQuota" || message != "Quota exceeded for resources: ['network']." {
		t.Errorf("over the limit: %s %s", kind, message)
	}
	if got := network("other"); got.status != http.StatusCreated {
		t.Errorf("another project: %d %s", got.status, got.text)
	}
	bulk := w.do("POST", "/v2.0/networks", `{"networks": [{"project_id": "b"}, {"project_id": "demo"}]}`)
	if n := len(w.do("GET", "/v2.0/networks?project_id=b", nil).list("id")); bulk.status != http.StatusConflict || n != 0 {
		t.Errorf("many at once, one too many: %d, and %d of them are there", bulk.status, n)
	}
	details := w.must("GET", "/v2.0/quotas/demo/details.json", nil)["network"]
	if diff := cmp.Diff(map[string]any{"limit": 2.0, "used": 2.0, "reserved": 0.0}, details); diff != "" {
		t.Errorf("details: -want +got:\n%s", diff)
	}
	if got := w.do("DELETE", "/v2.0/quotas/demo", nil); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.text)
	}
	if got := network("demo"); got.status != http.StatusCreated {
		t.Errorf("after the limit is gone: %d %s", got.status, got.text)
	}
}

func TestQuotaRefusesWhatItCannotLimit(t *testing.T) {
	w := newWorld(t)
	for body, says := range map[string]string{
		`{"quota": {"network": -2}}`:     "too small",
		`{"quota": {"network": "many"}}`: "not an integer",
		`{"quota": {"vtep": 1}}`:         "Unrecognized attribute(s) 'vtep'",
		`{"quota": {"force": "maybe"}}`:  "cannot be converted to boolean",
		`{"quota": 7}`:                   "Unable to find 'quota'",
	} {
		if got := w.do("PUT", "/v2.0/quotas/demo", body); got.status != http.StatusBadRequest || !strings.Contains(got.text, says) {
			t.Errorf("%s: %d %s, want 400 %s", body, got.status, got.text, says)
		}
	}
	if got := w.do("PUT", "/v2.0/quotas/a%00b", `{"quota": {"network": 1}}`); got.status != http.StatusBadRequest {
		t.Errorf("a project with NUL: %d, want 400", got.status)
	}
	if got := w.do("DELETE", "/v2.0/quotas/demo", nil); got.status != http.StatusNotFound {
		t.Errorf("delete what was never set: %d, want 404", got.status)
	}
	if got := w.do("POST", "/v2.0/quotas", `{"quota": {}}`); got.status != http.StatusNotImplemented {
		t.Errorf("POST: %d, want 501 as from Neutron", got.status)
	}
}

func TestEveryKindOfAQuotaIsCountedAndRefused(t *testing.T) {
	w := newWorld(t)
	net, ext := w.network("n"), w.must("POST", "/v2.0/networks", `{"network": {"router:external": true}}`)["id"].(string)
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": ext, "ip_version": 4, "cidr": "2.2.2.0/24"}})
	parent := func() string {
		return w.must("POST", "/v2.0/ports", fieldsOf{"port": fieldsOf{"network_id": net}})["id"].(string)
	}
	for _, tc := range []struct {
		kind, path string
		one        func(n int) fieldsOf
	}{
		{"network", "networks", func(int) fieldsOf { return fieldsOf{} }},
		{"subnet", "subnets", func(n int) fieldsOf {
			return fieldsOf{"network_id": net, "ip_version": 4, "cidr": fmt.Sprintf("10.0.%d.0/24", n)}
		}},
		{"subnetpool", "subnetpools", func(int) fieldsOf { return fieldsOf{"name": "p", "prefixes": []string{"10.0.0.0/8"}} }},
		{"port", "ports", func(int) fieldsOf { return fieldsOf{"network_id": net} }},
		{"router", "routers", func(int) fieldsOf { return fieldsOf{} }},
		{"floatingip", "floatingips", func(int) fieldsOf { return fieldsOf{"floating_network_id": ext} }},
		{"rbac_policy", "rbac-policies", func(n int) fieldsOf {
			return fieldsOf{"object_type": "network", "object_id": net, "action": "access_as_shared", "target_tenant": fmt.Sprint("t", n)}
		}},
		{"trunk", "trunks", func(int) fieldsOf { return fieldsOf{"port_id": parent()} }},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			w.must("PUT", "/v2.0/quotas/q", fieldsOf{"quota": fieldsOf{tc.kind: 1}})
			for n, want := range []int{201, 409} {
				one := tc.one(n)
				one["project_id"] = "q"
				got := w.do("POST", "/v2.0/"+tc.path, fieldsOf{tc.kind: one})
				if kind, _ := got.fault(); got.status != want || want == 409 && kind != "OverQuota" {
					t.Errorf("number %d: %d %s, want %d", n, got.status, got.text, want)
				}
			}
			details := w.must("GET", "/v2.0/quotas/q/details", nil)[tc.kind]
			if diff := cmp.Diff(map[string]any{"limit": 1.0, "used": 1.0, "reserved": 0.0}, details); diff != "" {
				t.Errorf("details: -want +got:\n%s", diff)
			}
			less := w.do("PUT", "/v2.0/quotas/q", fieldsOf{"quota": fieldsOf{tc.kind: 0, "check_limit": true}})
			if less.status != http.StatusBadRequest || !strings.Contains(less.text, "already used 1") {
				t.Errorf("a checked limit below what is used: %d %s", less.status, less.text)
			}
			w.must("PUT", "/v2.0/quotas/q", fieldsOf{"quota": fieldsOf{tc.kind: 0, "force": true}})
		})
	}
}

func TestPortsOfRoutersCountAndGatewaysAreNobodys(t *testing.T) {
	w := newWorld(t)
	net, ext := w.network("n"), w.must("POST", "/v2.0/networks", `{"network": {"router:external": true}}`)["id"].(string)
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": ext, "ip_version": 4, "cidr": "2.2.2.0/24"}})
	subnet := w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": net, "ip_version": 4, "cidr": "10.0.0.0/24"}})["id"]
	router := w.must("POST", "/v2.0/routers", fieldsOf{"router": fieldsOf{
		"project_id": "q", "external_gateway_info": fieldsOf{"network_id": ext}}})["id"].(string)
	w.must("POST", "/v2.0/floatingips", fieldsOf{"floatingip": fieldsOf{"floating_network_id": ext, "project_id": "q"}})
	used := func() any { return w.must("GET", "/v2.0/quotas/q/details", nil)["port"].(map[string]any)["used"] }
	if got := used(); got != 0.0 {
		t.Errorf("a gateway and a floating IP count as %v ports", got)
	}
	w.must("PUT", "/v2.0/routers/"+router+"/add_router_interface", fieldsOf{"subnet_id": subnet})
	if got := used(); got != 1.0 {
		t.Errorf("with an interface of a router %v ports are counted", got)
	}
}

func TestProjectsWithoutAQuotaHaveTheDefaultOne(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Ops.Quotas = map[api.Kind]int{api.KindNetwork: 1, api.KindPort: 0} })
	for path, want := range map[string]float64{"/v2.0/quotas/a": 1, "/v2.0/quotas/a/default": 1} {
		if got := w.must("GET", path, nil); got["network"] != want || got["port"] != 0.0 || got["trunk"] != -1.0 {
			t.Errorf("%s: %v", path, got)
		}
	}
	for n, want := range []int{201, 409} {
		if got := w.do("POST", "/v2.0/networks", `{"network": {"project_id": "a"}}`); got.status != want {
			t.Errorf("network %d: %d %s, want %d", n, got.status, got.text, want)
		}
	}
	w.must("PUT", "/v2.0/quotas/a", `{"quota": {"network": -1}}`)
	if got := w.do("POST", "/v2.0/networks", `{"network": {"project_id": "a"}}`); got.status != http.StatusCreated {
		t.Errorf("with a quota of its own: %d %s", got.status, got.text)
	}
	for _, r := range w.must("GET", "/v1/resources", nil)["resources"].([]any) {
		d := r.(map[string]any)
		if d["name"] != "quota" {
			continue
		}
		for _, a := range d["attributes"].([]any) {
			if a := a.(map[string]any); a["name"] == "network" && a["default"] != 1.0 {
				t.Errorf("the description says %v", a)
			}
		}
	}
}

func TestAvailabilityCountsPoolsAndPorts(t *testing.T) {
	w := newWorld(t)
	net := w.network("blue")
	w.network("bare")
	for _, s := range []map[string]any{
		{"network_id": net, "ip_version": 4, "cidr": "10.0.0.0/24", "name": "four"},
		{"network_id": net, "ip_version": 6, "cidr": "fd00::/64"},
	} {
		w.must("POST", "/v2.0/subnets", map[string]any{"subnet": s})
	}
	w.must("POST", "/v2.0/ports", map[string]any{"port": map[string]any{"network_id": net}})
	got := w.do("GET", "/v2.0/network-ip-availabilities/"+net, nil)
	if !strings.Contains(got.text, `"total_ips":18446744073709551867,"used_ips":2,`) { // 253 + 2^64 - 2
		t.Errorf("both versions: %s", got.text)
	}
	four := w.do("GET", "/v2.0/network-ip-availabilities?ip_version=4", nil)
	if diff := cmp.Diff([]string{"blue"}, four.list("network_name")); diff != "" || !strings.Contains(four.text, `"total_ips":253,"used_ips":1,`) ||
		strings.Contains(four.text, "fd00") {
		t.Errorf("IPv4: %s", four.text)
	}
	if names := w.do("GET", "/v2.0/network-ip-availabilities", nil).list("network_name"); len(names) != 2 {
		t.Errorf("all: %v", names)
	}
	if got := w.do("GET", "/v2.0/network-ip-availabilities?ip_version=5", nil); got.status != http.StatusBadRequest {
		t.Errorf("version 5: %d, want 400", got.status)
	}
	if got := w.do("POST", "/v2.0/network-ip-availabilities", `{}`); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d, want 405", got.status)
	}
}

func TestHostsAreSeenAsNeutronsAgents(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "/v1/hosts", `{"host": {"name": "h1"}}`)
	w.must("POST", "/v1/hosts", `{"host": {"name": "h2"}}`)
	ids := w.do("GET", "/v2.0/agents?host=h2&binary=neutron-l3-agent", nil).list("id")
	if len(ids) != 1 || len(ids[0]) != 36 {
		t.Fatalf("L3 agents of h2: %v, want one UUID", ids)
	}
	a := w.must("GET", "/v2.0/agents/"+ids[0], nil)
	if a["host"] != "h2" || a["agent_type"] != "L3 agent" || a["alive"] != false {
		t.Errorf("agent: %v", a)
	}
	if n := len(w.do("GET", "/v2.0/agents", nil).list("id")); n != 6 {
		t.Errorf("%d agents of two hosts, want 6", n)
	}
	if got := w.do("GET", "/v2.0/agents/nobody", nil); got.status != http.StatusNotFound {
		t.Errorf("nobody: %d, want 404", got.status)
	}
}

func TestTheOneZoneIsAvailableWhileAHostIs(t *testing.T) {
	w := newWorld(t)
	state := func() []string { return w.do("GET", "/v2.0/availability_zones?resource=router", nil).list("state") }
	if diff := cmp.Diff([]string{"unavailable"}, state()); diff != "" {
		t.Error(diff)
	}
	w.must("POST", "/v1/hosts", `{"host": {"name": "h1"}}`)
	w.hosts.state.Alive = true
	if diff := cmp.Diff([]string{"available"}, state()); diff != "" {
		t.Error(diff)
	}
	if got := w.do("GET", "/v2.0/service-providers", nil); !strings.Contains(got.text, `{"service_providers":[{"service_type":"L3_ROUTER_NAT","name":"dvr","default":true}]}`) {
		t.Errorf("service providers: %s", got.text)
	}
}
