package rest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzHandler sends anything to the whole handler: no input may give a 5xx, and what is refused changes nothing.
func FuzzHandler(f *testing.F) {
	const n = "00000001-0000-4000-a000-000000000000" // the id of the one network
	for _, s := range [][4]string{
		{"GET", "/v2.0/ports", "fixed_ips=ip_address%3D10.0.0.1&fields=id&limit=1&marker=x&page_reverse=True", ""},
		{"GET", "/v2.0/networks", "sort_key=mtu&sort_dir=desc&router:external=true&name=", ""},
		{"POST", "/v2.0/networks", "wait=hosts", `{"network": {"mtu": 1e3, "name": "\ud800", "provider:network_type": "vlan"}}`},
		{"POST", "/v2.0/networks", "", `{"networks": [{"provider:segmentation_id": 4294967296}]}`},
		{"POST", "/v2.0/subnets", "", `{"subnet": {"network_id": "` + n + `", "ip_version": 4, "cidr": "0.0.0.0/0"}}`},
		{"POST", "/v2.0/subnets", "", `{"subnet": {"network_id": "` + n + `", "ip_version": 6, "cidr": "::/0", "allocation_pools": [{"start": "::", "end": "ffff::"}]}}`},
		{"POST", "/v2.0/subnets", "", `{"subnet": {"network_id": "` + n + `", "ip_version": 4, "cidr": "255.255.255.255/32", "gateway_ip": null}}`},
		{"POST", "/v2.0/ports", "", `{"port": {"network_id": "` + n + `", "fixed_ips": [{}, {}], "allowed_address_pairs": [{"ip_address": "::/0"}]}}`},
		{"PUT", "/v2.0/networks/" + n, "", `{"network": {"admin_state_up": 0, "shared": "on", "router:external": true}}`},
		{"DELETE", "/v2.0/networks/" + n, "wait=moon", ""},
		{"POST", "/v2.0/routers", "", `{"router": {"external_gateway_info": {"network_id": "` + n + `", "external_fixed_ips": [{"ip_address": "10.0.0.1"}]}}}`},
		{"PUT", "/v2.0/routers/x/add_router_interface", "", `{"subnet_id": "` + n + `", "port_id": null}`},
		{"POST", "/v2.0/floatingips", "", `{"floatingip": {"floating_network_id": "` + n + `", "floating_ip_address": "10.0.0.1", "port_id": null}}`},
		{"POST", "/v1/hosts", "", `{"host": {"name": "h1"}}`},
		{"GET", "/v1/hosts/h1/flows", "table=60&bridge=br-int", ""},
		{"BREW", "/%2e%2e/\x00", "%", "\xff"},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		w := newWorld(t)
		w.network("one")
		if len(method)+len(path)+len(query) > 4096 || strings.ContainsAny(method, " \r\n\t") || method == "" {
			return // no HTTP server passes these on
		}
		before := w.store.Snapshot().Revision()
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
		r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
		r.Header.Set("X-Auth-Token", testToken)
		got := w.send(r)
		if got.status >= 500 && got.status != http.StatusNotImplemented && !strings.Contains(got.text, "HostNotConnected") {
			t.Fatalf("%s %q?%q %q: %d %s\n%s", method, path, query, body, got.status, got.text, w.log)
		}
		if after := w.store.Snapshot().Revision(); got.status >= 400 && after != before {
			t.Fatalf("%s %q?%q %q: %d, but revision %d became %d", method, path, query, body, got.status, before, after)
		}
	})
}
