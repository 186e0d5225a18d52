package rest

import (
	"fmt"
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
	within := []any{map[string]any{ // as clients of Neutron know it, with no word of ranges
		"id": made["id"], "protocol": "tcp", "external_port": float64(8081), "internal_port": float64(80), "internal_port_id": port,
		"internal_ip_address": "10.0.0.9",
	}}
	if diff := cmp.Diff(within, shown["port_forwardings"]); diff != "" || shown["router_id"] == nil || shown["port_id"] != nil {
		t.Errorf("the floating IP: %v\n%s", shown, diff)
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

// ranged asks for port forwardings of ranges in the words of JSON.
type ranged struct {
	*world
	path, port string
}

func newRanged(t *testing.T) *ranged {
	w := newWorld(t)
	port, fip := w.forwarder()
	return &ranged{w, "/v2.0/floatingips/" + fip + "/port_forwardings", port}
}

func (w *ranged) ask(method, path, members string) reply {
	return w.do(method, path, fmt.Sprintf(`{"port_forwarding": {%s}}`, members))
}

func (w *ranged) forward(proto, external, internal string) reply {
	return w.ask("POST", w.path, fmt.Sprintf(`"protocol": %q, "external_port_range": %s, "internal_port_range": %s, "internal_port_id": %q`,
		proto, external, internal, w.port))
}

// some makes four, and gives the id of the first.
func (w *ranged) some() string {
	w.t.Helper()
	id := ""
	for i, x := range [][3]string{{"tcp", `"80:90"`, `"180:190"`}, {"tcp", `"91"`, `191`}, {"tcp", `"100:110"`, `"500:500"`}, {"sctp", `"80:90"`, `"180"`}} {
		got := w.forward(x[0], x[1], x[2])
		if got.status != http.StatusCreated {
			w.t.Fatal(got.text)
		}
		if i == 0 {
			id = got.body["port_forwarding"].(map[string]any)["id"].(string)
		}
	}
	return id
}

func TestARangeOfPortsIsForwardedToAsManyOrToOne(t *testing.T) {
	w := newRanged(t)
	pf := w.must("GET", w.path+"/"+w.some(), nil)
	for name, want := range map[string]any{
		"external_port": nil, "external_port_range": "80:90", "internal_port": nil, "internal_port_range": "180:190",
	} {
		if got, there := pf[name]; got != want || !there {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for query, want := range map[string]int{
		"external_port_range=80:90": 2, "external_port_range=91": 1, "external_port_range=91:91": 1, "external_port=91": 1, "external_port=80": 0,
		"protocol=sctp": 1, "external_port_range=x": 0,
	} {
		if got := w.do("GET", w.path+"?"+query, nil).list("id"); len(got) != want {
			t.Errorf("%s: %v, want %d", query, got, want)
		}
	}
	inOrder := w.do("GET", w.path+"?protocol=tcp&sort_key=external_port_range&sort_dir=desc", nil).list("external_port_range")
	if diff := cmp.Diff([]string{"100:110", "91:91", "80:90"}, inOrder); diff != "" {
		t.Error(diff)
	}
	fip, _, _ := strings.Cut(w.path, "/port_forwardings")
	if all := w.must("GET", fip, nil)["port_forwardings"].([]any); len(all) != 4 {
		t.Errorf("the floating IP shows %v", all)
	}
}

func TestRangesOfPortsThatMakeNoSenseOrMeetAreRefused(t *testing.T) {
	w := newRanged(t)
	w.some()
	const invalid, bad = "HTTPBadRequest", "BadRequest"
	for _, x := range []struct{ proto, external, internal, kind string }{
		{"udp", `"80:90"`, `"180:190"`, ""},
		{"tcp", `"90:95"`, `"300:305"`, bad}, {"tcp", `"85"`, `"300"`, bad}, {"tcp", `"300"`, `"185"`, bad}, {"tcp", `"200:210"`, `"500"`, bad},
		{"tcp", `"200:210"`, `"200:211"`, bad}, {"tcp", `"200"`, `"200:201"`, bad}, {"tcp", `null`, `"1"`, bad}, {"tcp", `"1"`, `null`, bad},
		{"tcp", `"9:8"`, `"8"`, invalid}, {"tcp", `"8:"`, `"8"`, invalid}, {"tcp", `":8"`, `"8"`, invalid}, {"tcp", `"0:5"`, `"8"`, invalid},
		{"tcp", `"1:65536"`, `"8"`, invalid}, {"tcp", `"1:2:3"`, `"8"`, invalid}, {"tcp", `""`, `"8"`, invalid}, {"tcp", `"a:b"`, `"8"`, invalid},
		{"tcp", `[80]`, `"8"`, invalid}, {"tcp", `{"a": 1}`, `"8"`, invalid}, {"tcp", `true`, `"8"`, invalid}, {"tcp", `80.5`, `"8"`, invalid},
		{"dccp", `"1"`, `"1"`, invalid}, {"icmp", `"1"`, `"1"`, invalid},
	} {
		got := w.forward(x.proto, x.external, x.internal)
		if x.kind == "" && got.status != http.StatusCreated || x.kind != "" && (got.status != http.StatusBadRequest || !strings.Contains(got.text, `"`+x.kind+`"`)) {
			t.Errorf("%s %s to %s: %d %s, want %q", x.proto, x.external, x.internal, got.status, got.text, x.kind)
		}
	}
}

func TestARangeOfPortsIsChangedAsAWhole(t *testing.T) {
	w := newRanged(t)
	one := w.path + "/" + w.some()
	for _, x := range []struct {
		members, external, internal string // "": refused
	}{
		{`"external_port_range": "81:91"`, "", ""},
		{`"external_port_range": "80:89"`, "", ""},
		{`"external_port": 80`, "", ""},
		{`"external_port_range": "70:80", "internal_port_range": "170:180"`, "70:80", "170:180"},
		{`"external_port_range": null, "internal_port": null, "description": "x"`, "70:80", "170:180"},
		{`"internal_port": 600`, "70:80", "600:600"},
		{`"external_port": 71, "external_port_range": "70:80"`, "71:71", "600:600"},
		{`"external_port_range": "70:72", "internal_port_range": "600:602"`, "70:72", "600:602"},
	} {
		got := w.ask("PUT", one, x.members)
		if x.external == "" {
			if got.status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", x.members, got.status, got.text)
			}
			continue
		}
		now := w.must("GET", one, nil)
		if got.status != http.StatusOK || now["external_port_range"] != x.external || now["internal_port_range"] != x.internal {
			t.Errorf("%s: %d %v, want %s to %s", x.members, got.status, now, x.external, x.internal)
		}
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
