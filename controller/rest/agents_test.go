package rest

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/intent"
)

// agentsWorld is two hosts that can carry a router's external network, a guest on the second, and the router.
type agentsWorld struct {
	*world
	net, router string
	ids         map[string]string // of agents: "h1/l3" …
}

func newAgentsWorld(t *testing.T) *agentsWorld {
	w := &agentsWorld{world: newWorld(t), ids: map[string]string{}}
	ext := w.must("POST", "/v2.0/networks", fieldsOf{"network": fieldsOf{
		"router:external": true, "provider:network_type": "flat", "provider:physical_network": "physnet1"}})["id"].(string)
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": ext, "ip_version": 4, "cidr": "2.2.2.0/24"}})
	w.net = w.network("inside")
	subnet := w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": w.net, "ip_version": 4, "cidr": "10.0.0.0/24"}})["id"]
	w.router = w.must("POST", "/v2.0/routers", fieldsOf{"router": fieldsOf{"external_gateway_info": fieldsOf{"network_id": ext}}})["id"].(string)
	w.must("PUT", "/v2.0/routers/"+w.router+"/add_router_interface", fieldsOf{"subnet_id": subnet})
	guest := w.must("POST", "/v2.0/ports", fieldsOf{"port": fieldsOf{"network_id": w.net, "device_owner": "compute:nova"}})["id"].(string)
	bridges := map[string]string{"physnet1": "br-ex"}
	w.reports("h1", intent.ReportedHost{TunnelIP: netip.MustParseAddr("192.0.2.1"), BridgeMappings: bridges})
	w.reports("h2", intent.ReportedHost{TunnelIP: netip.MustParseAddr("192.0.2.2"), BridgeMappings: bridges, Interfaces: []intent.ReportedInterface{
		{PortID: api.PortID(guest), Name: "tap0", OFPort: 5},
	}})
	for _, h := range []string{"h1", "h2"} {
		for short, binary := range map[string]string{"l3": "neutron-l3-agent", "dhcp": "neutron-dhcp-agent", "ovs": "neutron-openvswitch-agent"} {
			w.ids[h+"/"+short] = w.do("GET", "/v2.0/agents?host="+h+"&binary="+binary, nil).list("id")[0]
		}
	}
	return w
}

func (w *agentsWorld) gateway() any {
	return w.must("GET", "/v2.0/routers/"+w.router, nil)["weft:gateway_host"]
}

func (w *agentsWorld) set(agent, attr string, value any) reply {
	w.t.Helper()
	return w.do("PUT", "/v2.0/agents/"+w.ids[agent], fieldsOf{"agent": fieldsOf{attr: value}})
}

func (w *agentsWorld) hosts(path string) []string {
	hosts := w.do("GET", path, nil).list("host")
	slices.Sort(hosts)
	return hosts
}

func TestAnL3AgentThatIsDownGivesItsGatewaysUp(t *testing.T) {
	w := newAgentsWorld(t)
	if got := w.gateway(); got != "h1" {
		t.Fatalf("the gateway is on %v", got)
	}
	if got := w.set("h1/l3", "admin_state_up", false); got.status != http.StatusOK || got.body["agent"].(map[string]any)["admin_state_up"] != false {
		t.Fatalf("%d %s", got.status, got.text)
	}
	if got := w.gateway(); got != "h2" {
		t.Errorf("the gateway is on %v", got)
	}
	if host := w.must("GET", "/v1/hosts/h1", nil); host["takes_gateways"] != false || host["takes_guests"] != true {
		t.Errorf("the host says %v and %v", host["takes_gateways"], host["takes_guests"])
	}
	moved := w.do("POST", "/v2.0/agents/"+w.ids["h1/l3"]+"/l3-routers", fieldsOf{"router_id": w.router})
	if kind, _ := moved.fault(); moved.status != http.StatusNotFound || kind != "InvalidL3Agent" {
		t.Errorf("a router to an agent that is down: %d %s", moved.status, moved.text)
	}
}

func TestAHostWhoseSwitchAgentIsDownGetsNoFurtherGuests(t *testing.T) {
	w := newAgentsWorld(t)
	w.set("h2/ovs", "admin_state_up", false)
	guests := w.do("GET", "/v2.0/ports?device_owner=compute:nova", nil).list("binding:vif_type")
	if diff := cmp.Diff([]string{"ovs"}, guests); diff != "" {
		t.Errorf("the guest that was there: %s", diff)
	}
	create := func(host string) map[string]any {
		return w.must("POST", "/v2.0/ports", fieldsOf{"port": fieldsOf{
			"network_id": w.net, "device_owner": "compute:nova", "binding:host_id": host}})
	}
	fresh, other := create("h2"), create("h1")
	if fresh["binding:vif_type"] != "binding_failed" || other["binding:vif_type"] != "ovs" {
		t.Errorf("new guests: %v on h2, %v on h1", fresh["binding:vif_type"], other["binding:vif_type"])
	}
	if problem, _ := fresh["weft:problem"].(string); !strings.Contains(problem, "takes no further guests") {
		t.Errorf("the port does not say why: %v", fresh)
	}
	bind := w.do("POST", "/v2.0/ports/"+other["id"].(string)+"/bindings", fieldsOf{"binding": fieldsOf{"host": "h2"}})
	if kind, _ := bind.fault(); bind.status != http.StatusConflict || kind != "PortBindingError" {
		t.Errorf("a migration there: %d %s", bind.status, bind.text)
	}
	w.set("h2/ovs", "admin_state_up", true)
	if got := w.must("GET", "/v2.0/ports/"+fresh["id"].(string), nil)["binding:vif_type"]; got != "ovs" {
		t.Errorf("once it is up again: %v", got)
	}
}

func TestAgentsChangeInWhatCanChangeOnly(t *testing.T) {
	w := newAgentsWorld(t)
	if got := w.set("h1/dhcp", "description", "rack 3"); got.status != http.StatusOK {
		t.Errorf("description: %d %s", got.status, got.text)
	}
	if got := w.must("GET", "/v2.0/agents/"+w.ids["h1/l3"], nil)["description"]; got != "rack 3" {
		t.Errorf("the description of the host's other agent: %v", got)
	}
	for _, tc := range []struct {
		agent, attr string
		value       any
		status      int
		says        string
	}{
		{"h1/dhcp", "admin_state_up", true, 200, ""},
		{"h1/dhcp", "admin_state_up", false, 400, "enable_dhcp"},
		{"h1/l3", "admin_state_up", "perhaps", 400, "boolean"},
		{"h1/l3", "host", "h2", 400, "read-only"},
		{"h1/l3", "alive", true, 400, "read-only"},
		{"h1/l3", "description", nil, 200, `"description":null`},
		{"h1/l3", "unknown", 1, 400, "Unrecognized"},
	} {
		if got := w.set(tc.agent, tc.attr, tc.value); got.status != tc.status || !strings.Contains(got.text, tc.says) {
			t.Errorf("%s %s=%v: %d %s", tc.agent, tc.attr, tc.value, got.status, got.text)
		}
	}
	if got := w.do("POST", "/v2.0/agents", `{"agent": {}}`); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.status)
	}
}

func TestOnlyTheAgentsOfADeadHostAreDeleted(t *testing.T) {
	w := newAgentsWorld(t)
	one := "/v2.0/agents/" + w.ids["h1/ovs"]
	if kind, _ := w.do("DELETE", one, nil).fault(); kind != "AgentInUse" {
		t.Errorf("a living one: %s", kind)
	}
	ops := &intent.Ops{Now: stepClock(), NewID: counterIDs()}
	if _, err := w.store.Update(t.Context(), func(tx *api.Txn) error {
		ops.SetLives(tx, map[api.HostID]api.Life{"h1": api.Dead})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := w.do("DELETE", one, nil); got.status != http.StatusNoContent {
		t.Errorf("a dead one: %d %s", got.status, got.text)
	}
	if left := w.hosts("/v2.0/agents?binary=neutron-l3-agent"); !slices.Equal(left, []string{"h2"}) {
		t.Errorf("agents of %v are left", left)
	}
	if got := w.do("DELETE", one, nil); got.status != http.StatusNotFound {
		t.Errorf("again: %d", got.status)
	}
}

func TestSchedulersShowWhoRoutesAndWhoAnswersDHCP(t *testing.T) {
	w := newAgentsWorld(t)
	for path, want := range map[string][]string{
		"/v2.0/routers/" + w.router + "/l3-agents": {"h1", "h2"}, // the gateway's, and the guest's
		"/v2.0/networks/" + w.net + "/dhcp-agents": {"h1", "h2"},
	} {
		if diff := cmp.Diff(want, w.hosts(path)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
	for agent, want := range map[string][]string{"h1/l3": {w.router}, "h2/l3": {w.router}, "h1/ovs": {}} {
		if diff := cmp.Diff(want, w.do("GET", "/v2.0/agents/"+w.ids[agent]+"/l3-routers", nil).list("id")); diff != "" {
			t.Errorf("routers of %s: -want +got:\n%s", agent, diff)
		}
	}
	for agent, want := range map[string][]string{"h2/dhcp": {w.net}, "h2/l3": {}} {
		got := w.do("GET", "/v2.0/agents/"+w.ids[agent]+"/dhcp-networks", nil).list("id")
		if diff := cmp.Diff(want, slices.DeleteFunc(got, func(id string) bool { return id != w.net })); diff != "" {
			t.Errorf("networks of %s: -want +got:\n%s", agent, diff)
		}
	}
	for _, path := range []string{"routers/none/l3-agents", "networks/none/dhcp-agents", "agents/none/l3-routers", "agents/none/dhcp-networks"} {
		if got := w.do("GET", "/v2.0/"+path, nil); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestNetworksAndRoutersAreInTheZoneOfTheirHosts(t *testing.T) {
	w := newAgentsWorld(t)
	zones := func(path string) any { return w.must("GET", path, nil)["availability_zones"] }
	lonely := w.must("POST", "/v2.0/networks", `{"network": {"availability_zone_hints": ["nova"]}}`)
	router := w.must("POST", "/v2.0/routers", `{"router": {"availability_zone_hints": ["nova"]}}`)
	here, none := []any{"nova"}, []any{}
	for what, pair := range map[string][2]any{
		"hints of the network": {here, lonely["availability_zone_hints"]}, "hints of the router": {here, router["availability_zone_hints"]},
		"a network with a guest": {here, zones("/v2.0/networks/" + w.net)}, "a network without": {none, lonely["availability_zones"]},
		"a router with a gateway": {here, zones("/v2.0/routers/" + w.router)}, "a router without": {none, router["availability_zones"]},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	for body, want := range map[string]string{
		`{"network": {"availability_zone_hints": ["other"]}}`: "AvailabilityZoneNotFound",
		`{"network": {"availability_zone_hints": [7]}}`:       "HTTPBadRequest",
		`{"network": {"availability_zone_hints": "nova"}}`:    "HTTPBadRequest",
		`{"network": {"availability_zones": ["nova"]}}`:       "HTTPBadRequest",
	} {
		if kind, message := w.do("POST", "/v2.0/networks", body).fault(); kind != want {
			t.Errorf("%s: %s %s", body, kind, message)
		}
	}
}

func TestARoutersGatewayIsMovedByTheSchedulersOfNeutron(t *testing.T) {
	w := newAgentsWorld(t)
	on := func(agent string) string { return "/v2.0/agents/" + w.ids[agent] + "/l3-routers" }
	steps := []struct {
		method, path string
		body         any
		status       int
		kind, after  string
	}{
		{"POST", on("h2/l3"), fieldsOf{"router_id": w.router}, 201, "", "h2"},
		{"POST", on("h2/l3"), fieldsOf{"router_id": w.router}, 201, "", "h2"},
		{"DELETE", on("h1/l3") + "/" + w.router, nil, 409, "RouterNotHostedByL3Agent", "h2"},
		{"DELETE", on("h2/l3") + "/" + w.router, nil, 204, "", "h1"},
		{"DELETE", on("h1/l3") + "/none", nil, 404, "RouterNotFound", "h1"},
		{"POST", on("h2/dhcp"), fieldsOf{"router_id": w.router}, 404, "InvalidL3Agent", "h1"},
		{"POST", on("h2/l3"), fieldsOf{"router_id": "none"}, 400, "HTTPBadRequest", "h1"},
		{"POST", on("h2/l3"), fieldsOf{"router_id": "00000000-0000-4000-8000-000000000000"}, 404, "RouterNotFound", "h1"},
		{"POST", on("h2/l3"), fieldsOf{}, 400, "HTTPBadRequest", "h1"},
		{"POST", on("h2/l3"), `[]`, 400, "HTTPBadRequest", "h1"},
		{"POST", "/v2.0/agents/" + w.ids["h1/dhcp"] + "/dhcp-networks", fieldsOf{"network_id": w.net}, 409, "NetworkHostedByDHCPAgent", "h1"},
		{"DELETE", "/v2.0/agents/" + w.ids["h1/dhcp"] + "/dhcp-networks/" + w.net, nil, 409, "NetworkHostedByDHCPAgent", "h1"},
	}
	for i, s := range steps {
		got := w.do(s.method, s.path, s.body)
		if kind, _ := got.fault(); got.status != s.status || kind != s.kind || w.gateway() != s.after {
			t.Errorf("step %d, %s %s: %d %s, and the gateway is on %v; want %d %s and %s",
				i, s.method, s.path, got.status, got.text, w.gateway(), s.status, s.kind, s.after)
		}
	}
}
