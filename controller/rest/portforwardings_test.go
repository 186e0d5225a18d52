package rest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forwarder gives a world a guest's port behind a router with a gateway, and a floating IP.
func (w *world) forwarder() (port, fip string) {
	w.t.Helper()
	create := func(path, one string, attrs map[string]any) string {
		return w.must("POST", "/v2.0/"+path, map[string]any{one: attrs})["id"].(string)
	}
	ext := create("networks", "network", map[string]any{"router:external": true})
	create("subnets", "subnet", map[string]any{"network_id": ext, "cidr": "203.0.113.0/24", "ip_version": 4})
	net := create("networks", "network", map[string]any{})
	sub := create("subnets", "subnet", map[string]any{"network_id": net, "cidr": "10.0.0.0/24", "ip_version": 4})
	router := create("routers", "router", map[string]any{"external_gateway_info": map[string]any{"network_id": ext}})
	if got := w.do("PUT", "/v2.0/routers/"+router+"/add_router_interface", map[string]any{"subnet_id": sub}); got.status != http.StatusOK {
		w.t.Fatal(got.text)
	}
	port = create("ports", "port", map[string]any{"network_id": net, "fixed_ips": []any{map[string]any{"ip_address": "10.0.0.9"}}})
	return port, create("floatingips", "floatingip", map[string]any{"floating_network_id": ext})
}

func TestPortForwardingsLiveUnderTheirFloatingIP(t *testing.T) {
	w := newWorld(t)
	port, fip := w.forwarder()
	path := "/v2.0/floatingips/" + fip + "/port_forwardings"
	attrs := map[string]any{
		"protocol": "tcp", "external_port": 8080, "internal_port": 80, "internal_port_id": port, "description": "web",
	}
	made := w.must("POST", path, map[string]any{"port_forwarding": attrs})
	want := map[string]any{
		"id": made["id"], "protocol": "tcp", "external_port": float64(8080), "internal_port": float64(80), "internal_port_id": port,
		"internal_ip_address": "10.0.0.9", "description": "web",
		"external_port_range": "8080:8080", "internal_port_range": "80:80",
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	one := path + "/" + made["id"].(string)
	if got := w.must("PUT", one, map[string]any{"port_forwarding": map[string]any{"external_port": 8081}}); got["external_port"] != float64(8081) {
		t.Errorf("changed: %v", got)
	}
	if got := w.do("GET", path+"?external_port=8081&protocol=tcp", nil).list("id"); len(got) != 1 {
		t.Errorf("listed: %v", got)
	}
	shown := w.must("GET", "/v2.0/floatingips/"+fip, nil)
	if all := shown["port_forwardings"].([]any); len(all) != 1 || shown["router_id"] == nil || shown["port_id"] != nil {
		t.Errorf("the floating IP: %v", shown)
	}
	for _, x := range []struct {
		method, path, body, kind string
		status                   int
	}{
		{"POST", path, `{"port_forwarding": {"protocol": "tcp", "external_port": 8081, "internal_port": 81, "internal_port_id": "` + port + `"}}`, "BadRequest", 400},
		{"POST", path, `{"port_forwarding": {"protocol": "icmp", "external_port": 1, "internal_port": 81, "internal_port_id": "` + port + `"}}`, "HTTPBadRequest", 400},
		{"POST", path, `{"port_forwarding": {"protocol": "tcp", "external_port": 70000, "internal_port": 81, "internal_port_id": "` + port + `"}}`, "HTTPBadRequest", 400},
		{"POST", path, `{"port_forwarding": {"protocol": "tcp"}}`, "HTTPBadRequest", 400},
		{"POST", path, `{"port_forwarding": {"protocol": "tcp", "external_port": 1, "internal_port": 81, "internal_port_id": "` + port + `", "internal_ip_address": "10.0.0.10"}}`, "BadRequest", 400},
		{"PUT", "/v2.0/floatingips/" + fip, `{"floatingip": {"port_id": "` + port + `"}}`, "PortHasPortForwarding", 400},
		{"DELETE", "/v2.0/floatingips/" + fip, "", "FipInUseByPortForwarding", 409},
		{"GET", path + "/00000000-0000-4000-8000-000000000000", "", "PortForwardingNotFound", 404},
		{"GET", "/v2.0/floatingips/00000000-0000-4000-8000-000000000000/port_forwardings", "", "FloatingIPNotFound", 404},
	} {
		var body any
		if x.body != "" {
			body = x.body
		}
		if got := w.do(x.method, x.path, body); got.status != x.status || !strings.Contains(got.text, `"`+x.kind+`"`) {
			t.Errorf("%s %s %s: %d %s, want %d %s", x.method, x.path, x.body, got.status, got.text, x.status, x.kind)
		}
	}
	if got := w.do("DELETE", one, nil); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.text)
	}
	if shown := w.must("GET", "/v2.0/floatingips/"+fip, nil); shown["router_id"] != nil {
		t.Errorf("without port forwardings: %v", shown)
	}
	if got := w.do("DELETE", "/v2.0/floatingips/"+fip, nil); got.status != http.StatusNoContent {
		t.Errorf("delete the floating IP: %d %s", got.status, got.text)
	}
}

func TestPortForwardingsGoWithTheGuestsPort(t *testing.T) {
	w := newWorld(t)
	port, fip := w.forwarder()
	w.must("POST", "/v2.0/floatingips/"+fip+"/port_forwardings", map[string]any{"port_forwarding": map[string]any{
		"protocol": "udp", "external_port": 53, "internal_port": 53, "internal_port_id": port,
	}})
	if got := w.do("DELETE", "/v2.0/ports/"+port, nil); got.status != http.StatusNoContent {
		t.Fatal(got.text)
	}
	shown := w.must("GET", "/v2.0/floatingips/"+fip, nil)
	if all := shown["port_forwardings"].([]any); len(all) != 0 || shown["router_id"] != nil {
		t.Errorf("the floating IP: %v", shown)
	}
}
