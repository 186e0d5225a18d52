package rest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"weft/api"
)

const aNetwork = "00000001-0000-4000-a000-000000000000" // the id of a world's first network

var badBodies = []struct{ name, path, body, kind, message string }{
	{"nothing", "networks", "", "HTTPBadRequest", "Resource body required"},
	{"null", "networks", "null", "HTTPBadRequest", "Resource body required"},
	{"no-object", "networks", `[1]`, "HTTPBadRequest", "Malformed request body: want a JSON object"},
	{"half", "networks", `{"network": {"name": "x"`, "HTTPBadRequest", "Malformed request body: it ends in the middle"},
	{"two-values", "networks", `{"network": {}} {}`, "HTTPBadRequest", "Malformed request body: more follows the JSON value"},
	{"key-twice", "networks", `{"network": {"name": "a", "name": "b"}}`, "HTTPBadRequest", "Malformed request body: key 'name' is given twice"},
	{"invalid-utf-8", "networks", "{\"network\": {\"name\": \"\xff\"}}", "HTTPBadRequest", "Malformed request body: it is not valid UTF-8"},
	{"nul", "networks", `{"network": {"name": "a\u0000b"}}`, "HTTPBadRequest", "Malformed request body: a string has a NUL character"},
	{"deep", "networks", strings.Repeat(`{"network":`, 5000), "HTTPBadRequest", "Malformed request body: it is nested deeper than 16 levels"},
	{"nan", "networks", `{"network": {"mtu": NaN}}`, "HTTPBadRequest", "Malformed request body: invalid character 'N' looking for beginning of value"},
	{"other-wrapper", "networks", `{"subnet": {}}`, "HTTPBadRequest", "Unable to find 'network' in request body"},
	{"wrapped-list", "networks", `{"network": []}`, "HTTPBadRequest", "Object 'network' contains invalid data"},
	{"empty-bulk", "networks", `{"networks": []}`, "HTTPBadRequest", "Resources required"},
	{"bulk-of-numbers", "networks", `{"networks": [1]}`, "HTTPBadRequest", "Object 'network' contains invalid data"},
	{"unknown", "networks", `{"network": {"colour": 1, "ape": 2}}`, "HTTPBadRequest", "Unrecognized attribute(s) 'ape, colour'"},
	{"read-only", "networks", `{"network": {"status": "ACTIVE"}}`, "HTTPBadRequest", "Attribute 'status' not allowed in POST"},
	{"missing", "ports", `{"port": {}}`, "HTTPBadRequest", "Failed to parse request. Required attribute 'network_id' not specified"},
	{"projects-differ", "networks", `{"network": {"project_id": "a", "tenant_id": "b"}}`, "HTTPBadRequest", "'project_id' and 'tenant_id' do not match"},
	{"long-name", "networks", `{"network": {"name": "` + strings.Repeat("é", 256) + `"}}`, "HTTPBadRequest", ""},
	{"number-as-name", "networks", `{"network": {"name": 7}}`, "HTTPBadRequest", "Invalid input for name. Reason: '7' is not a valid string."},
	{"null-as-name", "networks", `{"network": {"name": null}}`, "HTTPBadRequest", "Invalid input for name. Reason: 'None' is not a valid string."},
	{"perhaps", "networks", `{"network": {"shared": "perhaps"}}`, "InvalidInput", "Invalid input for operation: 'perhaps' cannot be converted to boolean."},
	{"mtu-text", "networks", `{"network": {"mtu": "big"}}`, "InvalidInput", "Invalid input for operation: 'big' is not an integer."},
	{"mtu-fraction", "networks", `{"network": {"mtu": 1450.5}}`, "InvalidInput", "Invalid input for operation: '1450.5' is not an integer."},
	{"mtu-true", "networks", `{"network": {"mtu": true}}`, "InvalidInput", "Invalid input for operation: 'True' is not an integer."},
	{"mtu-huge", "networks", `{"network": {"mtu": 99999999999999999999}}`, "InvalidInput", "Invalid input for operation: Requested MTU is too big, maximum is 1450."},
	{"mtu-exponent", "networks", `{"network": {"mtu": 1e999}}`, "InvalidInput", "Invalid input for operation: '1e999' is not an integer."},
	{"mtu-negative", "networks", `{"network": {"mtu": -1}}`, "HTTPBadRequest", "Invalid input for mtu. Reason: '-1' is too small - must be at least '0'."},
	{"no-uuid", "ports", `{"port": {"network_id": "x"}}`, "HTTPBadRequest", "Invalid input for network_id. Reason: 'x' is not a valid UUID."},
	{"version-5", "subnets", `{"subnet": {"network_id": "` + aNetwork + `", "ip_version": 5}}`, "HTTPBadRequest", "Invalid input for ip_version. Reason: '5' is not in [4, 6]."},
	{"zone", "subnets", `{"subnet": {"network_id": "` + aNetwork + `", "ip_version": 6, "cidr": "fe80::/64", "gateway_ip": "fe80::1%eth0"}}`, "HTTPBadRequest", "Invalid input for gateway_ip. Reason: 'fe80::1%eth0' is not a valid IP address."},
	{"leading-zero", "subnets", `{"subnet": {"network_id": "` + aNetwork + `", "ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.010"}}`, "HTTPBadRequest", "Invalid input for gateway_ip. Reason: '10.0.0.010' is not a valid IP address."},
	{"half-pool", "subnets", `{"subnet": {"network_id": "` + aNetwork + `", "ip_version": 4, "cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.2"}]}}`, "HTTPBadRequest", "Invalid input for allocation_pools. Reason: Invalid data format for IP pool: '{'start': '10.0.0.2'}' lacks 'end'."},
	{"nameserver-twice", "subnets", `{"subnet": {"network_id": "` + aNetwork + `", "ip_version": 4, "cidr": "10.0.0.0/24", "dns_nameservers": ["9.9.9.9", "9.9.9.9"]}}`, "HTTPBadRequest", "Invalid input for dns_nameservers. Reason: Duplicate nameserver '9.9.9.9'."},
	{"multicast-mac", "ports", `{"port": {"network_id": "` + aNetwork + `", "mac_address": "01:00:5e:00:00:01"}}`, "HTTPBadRequest", "Invalid input for mac_address. Reason: '01:00:5e:00:00:01' is not a valid MAC address."},
	{"fixed-ip-key", "ports", `{"port": {"network_id": "` + aNetwork + `", "fixed_ips": [{"ip": "10.0.0.1"}]}}`, "HTTPBadRequest", "Invalid input for fixed_ips. Reason: Invalid data format for fixed IP: '{'ip': '10.0.0.1'}' has the unknown key 'ip'."},
	{"fixed-ips-object", "ports", `{"port": {"network_id": "` + aNetwork + `", "fixed_ips": {"ip_address": "10.0.0.1"}}}`, "HTTPBadRequest", "Invalid input for fixed_ips. Reason: Invalid data format for fixed IP: '{'ip_address': '10.0.0.1'}'."},
	{"dhcp-option-key", "ports", `{"port": {"network_id": "` + aNetwork + `", "extra_dhcp_opts": [{"opt_name": "mtu"}]}}`, "HTTPBadRequest", "Invalid input for extra_dhcp_opts. Reason: Invalid data format for extra DHCP option: '{'opt_name': 'mtu'}' lacks 'opt_value'."},
	{"dhcp-option-version", "ports", `{"port": {"network_id": "` + aNetwork + `", "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1", "ip_version": 9}]}}`, "HTTPBadRequest", ""},
	{"security-groups", "ports", `{"port": {"network_id": "` + aNetwork + `", "security_groups": ["a"]}}`, "HTTPBadRequest", "Invalid input for security_groups. Reason: '['a']' is not supported, only [] is."},
	{"central-router", "routers", `{"router": {"distributed": false}}`, "HTTPBadRequest", "Invalid input for distributed. Reason: 'False' is not supported, only True is."},
	{"routes-in-post", "routers", `{"router": {"routes": []}}`, "HTTPBadRequest", "Attribute 'routes' not allowed in POST"},
	{"gateway-key", "routers", `{"router": {"external_gateway_info": {"network": "x"}}}`, "HTTPBadRequest", "Invalid input for external_gateway_info. Reason: Invalid data format for external_gateway_info: '{'network': 'x'}' lacks 'network_id'."},
}

func TestBadBodiesAreRefusedAndChangeNothing(t *testing.T) {
	w := newWorld(t)
	w.network("first")
	before := w.store.Snapshot().Revision()
	for _, tc := range badBodies {
		t.Run(tc.name, func(t *testing.T) {
			got := w.do("POST", "/v2.0/"+tc.path, tc.body)
			kind, message := got.fault()
			if got.status != http.StatusBadRequest || kind != tc.kind || tc.message != "" && message != tc.message {
				t.Errorf("got %d %s: %s\nwant 400 %s: %s", got.status, kind, message, tc.kind, tc.message)
			}
			if len(got.text) > 2048 {
				t.Errorf("the answer has %d bytes: hostile text came back", len(got.text))
			}
		})
	}
	if after := w.store.Snapshot().Revision(); after != before {
		t.Errorf("revision went from %d to %d", before, after)
	}
}

// Whatever the type of an attribute, values of a wrong one are refused by its name or value and change nothing.
func TestEveryAttributeRefusesWrongTypes(t *testing.T) {
	w, nets, _ := town(t)
	before := w.store.Snapshot().Revision()
	required := map[string]any{"network_id": nets[0], "floating_network_id": nets[0], "ip_version": 4, "name": "h1"}
	wrong := []any{map[string]any{"surprise": map[string]any{}}, []any{map[string]any{"surprise": 1}}, -3.5, strings.Repeat("x", 300)}
	for _, res := range w.handler.(*server).resources {
		d := res.Describe()
		if !d.Creatable {
			continue
		}
		for _, a := range d.Attributes {
			for _, v := range wrong {
				if a.Name == "binding:profile" && fmt.Sprintf("%T", v) == "map[string]interface {}" {
					continue // any object is right
				}
				members := map[string]any{a.Name: v}
				for _, other := range d.Attributes {
					if other.Required && other.Name != a.Name {
						members[other.Name] = required[other.Name]
					}
				}
				got := w.do("POST", d.Path, map[string]any{d.Singular: members})
				if got.status != http.StatusBadRequest {
					t.Errorf("POST %s with %s = %v: %d %s, want 400", d.Path, a.Name, v, got.status, got.text)
				}
			}
		}
	}
	if after := w.store.Snapshot().Revision(); after != before {
		t.Errorf("revision went from %d to %d", before, after)
	}
}

func TestEveryAttributeIsDocumented(t *testing.T) {
	for _, res := range newWorld(t).handler.(*server).resources {
		seen := map[string]bool{}
		for _, a := range res.Describe().Attributes {
			if a.Doc == "" || a.Type == "" {
				t.Errorf("%s.%s has no description or no type", res.Describe().Singular, a.Name)
			}
			if seen[a.Name] {
				t.Errorf("%s.%s is declared twice", res.Describe().Singular, a.Name)
			}
			seen[a.Name] = true
		}
	}
}

func TestABodyOverTheLimitIs413(t *testing.T) {
	w := newWorld(t)
	got := w.do("POST", "/v2.0/networks", `{"network": {"name": "`+strings.Repeat("x", 1<<20)+`"}}`)
	if got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s, want 413", got.status, got.text)
	}
}

func TestReadOnlyAttributesCannotBeUpdated(t *testing.T) {
	w := newWorld(t)
	n := w.network("a")
	w.must("PUT", "/v2.0/networks/"+n, `{"network": {"provider:network_type": "vxlan", "provider:physical_network": null, "provider:segmentation_id": "1"}}`)
	for body, want := range map[string]string{
		`{"network": {"id": "x"}}`:                           "Cannot update read-only attribute id",
		`{"network": {"tenant_id": "x"}}`:                    "Cannot update read-only attribute project_id",
		`{"network": {"provider:network_type": "vlan"}}`:     "Invalid input for operation: Plugin does not support updating provider attributes.",
		`{"network": {"provider:segmentation_id": null}}`:    "Invalid input for operation: Plugin does not support updating provider attributes.",
		`{"network": {"no-such": 1, "revision_number": 17}}`: "Unrecognized attribute(s) 'no-such'",
	} {
		got := w.do("PUT", "/v2.0/networks/"+n, body)
		if _, message := got.fault(); got.status != http.StatusBadRequest || message != want {
			t.Errorf("%s: %d %s, want 400 %s", body, got.status, message, want)
		}
	}
}

func TestBulkIsAllOrNothing(t *testing.T) {
	w := newWorld(t)
	got := w.do("POST", "/v2.0/networks", `{"networks": [{"name": "a"}, {"name": "b"}]}`)
	if names := got.list("name"); got.status != http.StatusCreated || len(names) != 2 || names[0] != "a" {
		t.Fatalf("bulk: %d %s", got.status, got.text)
	}
	// The second port cannot have the first one's MAC, so there is no first one either.
	n := got.list("id")[0]
	got = w.do("POST", "/v2.0/ports", fmt.Sprintf(
		`{"ports": [{"network_id": %q, "mac_address": "fa:16:3e:00:00:01"}, {"network_id": %q, "mac_address": "fa:16:3e:00:00:01"}]}`, n, n))
	if kind, _ := got.fault(); got.status != http.StatusConflict || kind != "MacAddressInUse" {
		t.Errorf("bulk with a conflict: %d %s", got.status, got.text)
	}
	for p := range w.store.Snapshot().Ports() {
		t.Errorf("port %s is there", p.ID)
	}
	got = w.do("POST", "/v2.0/networks", `{"networks": [`+strings.Repeat(`{},`, 4096)+`{}]}`)
	if got.status != http.StatusBadRequest {
		t.Errorf("%d networks at once: %d", 4097, got.status)
	}
}

func TestIfMatchGuardsChanges(t *testing.T) {
	w := newWorld(t)
	n := w.network("a")
	path := "/v2.0/networks/" + n
	if got := w.do("PUT", path, `{"network": {"name": "b"}}`, "If-Match: revision_number=1"); got.status != http.StatusOK {
		t.Fatalf("right revision: %d %s", got.status, got.text)
	}
	got := w.do("PUT", path, `{"network": {"name": "c"}}`, "If-Match: revision_number=1")
	kind, message := got.fault()
	if got.status != http.StatusPreconditionFailed || kind != "RevisionNumberConstraintFailed" || message != "Constrained to 1, but current revision is 2" {
		t.Errorf("old revision: %d %s", got.status, got.text)
	}
	if got := w.do("DELETE", path, nil, "If-Match: revision_number=1"); got.status != http.StatusPreconditionFailed {
		t.Errorf("delete of an old revision: %d %s", got.status, got.text)
	}
	if got := w.do("PUT", path, `{"network": {}}`, `If-Match: "etag"`); got.status != http.StatusBadRequest {
		t.Errorf("an ETag: %d %s", got.status, got.text)
	}
	if o, _ := w.store.Snapshot().Network(api.NetworkID(n)); o == nil || o.Name != "b" {
		t.Errorf("network is %v, want name b", o)
	}
	if got := w.do("DELETE", path, nil, "If-Match: revision_number=2"); got.status != http.StatusNoContent {
		t.Errorf("delete of the right revision: %d %s", got.status, got.text)
	}
}

// Nova clears a port's host and profile with null, and a router's gateway goes with null or {}.
func TestNullClears(t *testing.T) {
	w, nets, _ := town(t)
	p := w.must("POST", "/v2.0/ports", `{"port": {"network_id": "`+nets[0]+`", "binding:host_id": "h1", "binding:profile": {"a": 1}}}`)
	p = w.must("PUT", "/v2.0/ports/"+p["id"].(string), `{"port": {"binding:host_id": null, "binding:profile": null, "device_id": ""}}`)
	if p["binding:host_id"] != "" || len(p["binding:profile"].(map[string]any)) != 0 || p["binding:vif_type"] != "unbound" {
		t.Errorf("port after clearing: %v", p)
	}
	w.must("PUT", "/v2.0/networks/"+nets[1], `{"network": {"router:external": true}}`)
	for _, none := range []string{"null", "{}"} {
		r := w.must("POST", "/v2.0/routers", `{"router": {"external_gateway_info": {"network_id": "`+nets[1]+`"}}}`)
		if r["external_gateway_info"] == nil {
			t.Fatalf("router without a gateway: %v", r)
		}
		r = w.must("PUT", "/v2.0/routers/"+r["id"].(string), `{"router": {"external_gateway_info": `+none+`}}`)
		if r["external_gateway_info"] != nil {
			t.Errorf("gateway after %s: %v", none, r["external_gateway_info"])
		}
	}
}
