package rest

import (
	"net/http"
	"strings"
	"testing"
)

// named makes a network with a subnet and gives the id of the network.
func (w *world) named(domain string) string {
	w.t.Helper()
	n := w.must("POST", "/v2.0/networks", fieldsOf{"network": fieldsOf{"dns_domain": domain}})["id"].(string)
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": n, "ip_version": 4, "cidr": "10.0.0.0/24"}})
	return n
}

// assigned is the first entry of a port's dns_assignment, as "hostname fqdn".
func assigned(p map[string]any) string {
	all, _ := p["dns_assignment"].([]any)
	if len(all) == 0 {
		return ""
	}
	first := all[0].(map[string]any)
	return first["hostname"].(string) + " " + first["fqdn"].(string)
}

func TestPortsAndNetworksHaveNames(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Ops.Domain = "cloud.example" })
	n := w.named("")
	p := w.must("POST", "/v2.0/ports", fieldsOf{"port": fieldsOf{"network_id": n, "dns_name": "WEB"}})
	if p["dns_name"] != "web" || assigned(p) != "web web.cloud.example." {
		t.Errorf("%v: %s", p["dns_name"], assigned(p))
	}
	one := "/v2.0/ports/" + p["id"].(string)
	w.must("PUT", "/v2.0/networks/"+n, fieldsOf{"network": fieldsOf{"dns_domain": "Blue.Example."}})
	if got := w.must("GET", one, nil); assigned(got) != "web web.blue.example." {
		t.Errorf("after the network's change: %s", assigned(got))
	}
	own := w.must("PUT", one, fieldsOf{"port": fieldsOf{"dns_name": "", "dns_domain": "own.example."}})
	if addr := own["fixed_ips"].([]any)[0].(map[string]any)["ip_address"].(string); assigned(own) !=
		"host-"+strings.ReplaceAll(addr, ".", "-")+" host-"+strings.ReplaceAll(addr, ".", "-")+".own.example." {
		t.Errorf("without a name: %s", assigned(own))
	}
	if ids := w.do("GET", "/v2.0/ports?dns_domain=own.example.&fields=id", nil).list("id"); len(ids) != 1 {
		t.Errorf("found by its domain: %v", ids)
	}
}

func TestBadNamesAreRefusedInNeutronsWords(t *testing.T) {
	w := newWorld(t)
	n := w.named("")
	for _, c := range []struct{ attr, value, says string }{
		{"dns_name", `"a_b"`, "Invalid input for dns_name. Reason: 'a_b' not a valid PQDN or FQDN. Reason: Name 'a_b' must be 1-63"},
		{"dns_name", `7`, "'7' is not a name of DNS"},
		{"dns_name", `null`, "'None' is not a name of DNS"},
		{"dns_domain", `"example"`, "Invalid input for dns_domain. Reason: 'example' is not a FQDN."},
		{"dns_assignment", `[]`, "Attribute 'dns_assignment' not allowed in POST"},
	} {
		got := w.do("POST", "/v2.0/ports", `{"port": {"network_id": "`+n+`", "`+c.attr+`": `+c.value+`}}`)
		if got.status != http.StatusBadRequest || !strings.Contains(got.text, c.says) {
			t.Errorf("%s=%s: %d %s", c.attr, c.value, got.status, got.text)
		}
	}
}

func TestAFloatingIPKeepsItsName(t *testing.T) {
	w := newWorld(t)
	ext := w.must("POST", "/v2.0/networks", fieldsOf{"network": fieldsOf{"router:external": true}})["id"].(string)
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": ext, "ip_version": 4, "cidr": "2.2.2.0/24"}})
	f := w.must("POST", "/v2.0/floatingips", fieldsOf{"floatingip": fieldsOf{
		"floating_network_id": ext, "dns_name": "web", "dns_domain": "example.org."}})
	if f["dns_name"] != "web" || f["dns_domain"] != "example.org." {
		t.Errorf("%v.%v", f["dns_name"], f["dns_domain"])
	}
	got := w.do("PUT", "/v2.0/floatingips/"+f["id"].(string), fieldsOf{"floatingip": fieldsOf{"dns_name": "other"}})
	if got.status != http.StatusBadRequest || !strings.Contains(got.text, "dns_name") {
		t.Errorf("%d %s", got.status, got.text)
	}
}

func TestSubnetsShowWhomTheyAreFor(t *testing.T) {
	w := newWorld(t)
	n := w.network("n")
	s := w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{
		"network_id": n, "ip_version": 4, "cidr": "10.0.0.0/24", "service_types": []string{"compute:nova"}}})
	if types := s["service_types"].([]any); len(types) != 1 || types[0] != "compute:nova" {
		t.Errorf("%v", types)
	}
	got := w.do("POST", "/v2.0/ports", fieldsOf{"port": fieldsOf{"network_id": n}})
	if kind, _ := got.fault(); got.status != http.StatusConflict || kind != "IpAddressGenerationFailureNoMatchingSubnet" {
		t.Errorf("%d %s", got.status, got.text)
	}
	for _, bad := range []string{`"compute:nova"`, `[7]`, `["router"]`, `[{"a": 1}]`} {
		if got := w.do("PUT", "/v2.0/subnets/"+s["id"].(string), `{"subnet": {"service_types": `+bad+`}}`); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, got.status, got.text)
		}
	}
	if s = w.must("PUT", "/v2.0/subnets/"+s["id"].(string), `{"subnet": {"service_types": []}}`); len(s["service_types"].([]any)) != 0 {
		t.Errorf("%v", s["service_types"])
	}
}
