package rest

import (
	"net/http"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"weft/api"
)

func TestVTEPIsMadeShownChangedAndRemoved(t *testing.T) {
	w := newWorld(t)
	n := w.network("n")
	got := w.must("POST", "/v1/vteps", `{"vtep": {"name": "bare", "network_id": "`+n+`", "address": "10.9.0.1",
		"entries": [{"mac_address": "52:54:00:00:00:01", "ip_address": "10.0.0.9"}, {"mac_address": "52:54:00:00:00:02"}]}}`)
	id := got["id"].(string)
	if got["learning"] != true || got["vni"] != 1.0 || len(got["entries"].([]any)) != 2 || got["script"] != nil {
		t.Errorf("created: %v", got)
	}
	if got := w.must("PUT", "/v1/vteps/"+id, `{"vtep": {"learning": false, "flood": "broadcast", "entries": []}}`); got["learning"] != false ||
		got["flood"] != "broadcast" || len(got["entries"].([]any)) != 0 {
		t.Errorf("changed: %v", got)
	}
	if ids := w.do("GET", "/v1/vteps?network_id="+n, nil).list("id"); len(ids) != 1 || ids[0] != id {
		t.Errorf("of the network: %v", ids)
	}
	if got := w.do("DELETE", "/v1/vteps/"+id, nil); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.text)
	}
	if kind, _ := w.do("GET", "/v1/vteps/"+id, nil).fault(); kind != "VtepNotFound" {
		t.Errorf("after that: %s", kind)
	}
}

func TestBadVTEPsAreRefusedAndSayWhy(t *testing.T) {
	w := newWorld(t)
	n := w.network("n")
	for body, want := range map[string]string{
		`{"address": "10.9.0.1"}`:                                                          "network_id",
		`{"network_id": "` + n + `"}`:                                                      "address",
		`{"network_id": "` + n + `", "address": "x"}`:                                      "address",
		`{"network_id": "` + n + `", "address": "10.9.0.1", "learn_age": 70000}`:           "learn_age",
		`{"network_id": "` + n + `", "address": "10.9.0.1", "flood": "all"}`:               "flood",
		`{"network_id": "` + n + `", "address": "10.9.0.1", "vni": 7}`:                     "vni",
		`{"network_id": "` + n + `", "address": "10.9.0.1", "entries": [{}]}`:              "entries",
		`{"network_id": "` + n + `", "address": "10.9.0.1", "entries": [{"mac": "x"}]}`:    "entries",
		`{"network_id": "` + n + `", "address": "10.9.0.1", "entries": {"mac_address":1}}`: "entries",
	} {
		got := w.do("POST", "/v1/vteps", `{"vtep": `+body+`}`)
		if _, message := got.fault(); got.status != http.StatusBadRequest || !strings.Contains(message, want) {
			t.Errorf("%s: %d %s, want 400 that names %s", body, got.status, got.text, want)
		}
	}
}

// The script is for root's shell: what people wrote must not be in it, and a shell must take it.
func TestScriptOfAVTEPHoldsHostsAndMachinesAndNothingThatPeopleWrote(t *testing.T) {
	w := newWorld(t)
	n := w.network("$(reboot)")
	v := w.must("POST", "/v1/vteps", map[string]any{"vtep": map[string]any{"name": "`reboot`", "description": "\nreboot",
		"network_id": n, "address": "10.9.0.1"}})
	if _, err := w.store.Update(t.Context(), func(tx *api.Txn) error {
		tx.Put(&api.Host{ID: "h1", TunnelIP: netip.MustParseAddr("10.1.1.3")})
		tx.Put(&api.Host{ID: "h2", TunnelIP: netip.MustParseAddr("10.1.1.4")})
		p := &api.Port{ID: "p", NetworkID: api.NetworkID(n), MAC: api.MustMAC("fa:16:3e:00:00:01"), AdminStateUp: true,
			FixedIPs: []api.FixedIP{{SubnetID: "s", Addr: netip.MustParseAddr("10.0.0.5")}}}
		tx.Put(p)
		tx.Put(&api.Segment{HostID: "h1", NetworkID: api.NetworkID(n), LocalVLAN: 1})
		tx.Put(&api.Binding{PortID: "p", HostID: "h1", NetworkID: api.NetworkID(n), OFPort: 5})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	path := "/v1/vteps?fields=script&id=" + v["id"].(string)
	learning := w.do("GET", path, nil).list("script")[0]
	w.must("PUT", "/v1/vteps/"+v["id"].(string), `{"vtep": {"learning": false}}`)
	told := w.do("GET", path, nil).list("script")[0]
	for text, want := range map[string][]string{
		learning: {"type vxlan id 1 dstport 4789 local 10.9.0.1 learning", "mtu 1450",
			"bridge fdb append 00:00:00:00:00:00 dev vxlan1 dst 10.1.1.3"},
		told: {"nolearning proxy", "bridge fdb replace fa:16:3e:00:00:01 dev vxlan1 dst 10.1.1.3",
			"ip neigh replace 10.0.0.5 lladdr fa:16:3e:00:00:01 dev vxlan1 nud permanent"},
	} {
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("the script lacks %q:\n%s", part, text)
			}
		}
		if strings.Contains(text, "reboot") || strings.Contains(text, "10.1.1.4") {
			t.Errorf("the script has what it must not:\n%s", text)
		}
		sh := exec.Command("sh", "-n")
		sh.Stdin = strings.NewReader(text)
		if out, err := sh.CombinedOutput(); err != nil {
			t.Errorf("the shell says %s: %v", out, err)
		}
	}
	if strings.Contains(learning, "ip neigh") {
		t.Errorf("a learning machine is told neighbours:\n%s", learning)
	}
}

func TestScriptOfAVTEPOverIPv6NamesTheHostsThatItReaches(t *testing.T) {
	w := newWorld(t)
	n := w.network("n")
	v := w.must("POST", "/v1/vteps", map[string]any{"vtep": map[string]any{"network_id": n, "address": "fd09::1"}})
	if _, err := w.store.Update(t.Context(), func(tx *api.Txn) error {
		for id, addr := range map[api.HostID]string{"h4": "10.1.1.3", "h6": "fd00:1::3"} {
			tx.Put(&api.Host{ID: id, TunnelIP: netip.MustParseAddr(addr)})
			tx.Put(&api.Segment{HostID: id, NetworkID: api.NetworkID(n), LocalVLAN: 1})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	text := w.do("GET", "/v1/vteps?fields=script&id="+v["id"].(string), nil).list("script")[0]
	for _, want := range []string{"local fd09::1 ", " udp6zerocsumrx", "dst fd00:1::3 self permanent"} {
		if !strings.Contains(text, want) {
			t.Errorf("the script lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "10.1.1.3") {
		t.Errorf("the script names a host whose tunnels are of IPv4:\n%s", text)
	}
}

func TestWhetherANetworkFloodsUnknownUnicastIsSetAndShown(t *testing.T) {
	w := newWorld(t)
	id := w.network("n")
	path := "/v2.0/networks/" + id
	if got := w.must("GET", path, nil)["weft:unknown_unicast"]; got != "flood" {
		t.Errorf("a new network: %v", got)
	}
	if got := w.must("PUT", path, `{"network": {"weft:unknown_unicast": "drop"}}`)["weft:unknown_unicast"]; got != "drop" {
		t.Errorf("set to drop: %v", got)
	}
	if got := w.must("PUT", path, `{"network": {"weft:unknown_unicast": "flood"}}`)["weft:unknown_unicast"]; got != "flood" {
		t.Errorf("set back: %v", got)
	}
	for _, body := range []string{`{"network": {"weft:unknown_unicast": "perhaps"}}`, `{"network": {"weft:unknown_unicast": 1}}`} {
		if got := w.do("PUT", path, body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, got.status, got.text)
		}
	}
	got := w.do("POST", "/v2.0/networks", `{"network": {"provider:network_type": "vlan", "provider:physical_network": "p",
		"provider:segmentation_id": 7, "weft:unknown_unicast": "drop"}}`)
	if _, message := got.fault(); got.status != http.StatusBadRequest || !strings.Contains(message, "vxlan") {
		t.Errorf("drop on a VLAN: %d %s", got.status, got.text)
	}
}
