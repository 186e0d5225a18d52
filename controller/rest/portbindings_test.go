package rest

import (
	"context"
	"net/http"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/intent"
)

// compute gives a world a host that reports, with the ports plugged there.
func (w *world) compute(name, tunnel string, ports ...string) {
	w.t.Helper()
	r := intent.ReportedHost{TunnelIP: netip.MustParseAddr(tunnel)}
	for i, p := range ports {
		r.Interfaces = append(r.Interfaces, intent.ReportedInterface{PortID: api.PortID(p), Name: "tap", OFPort: uint32(5 + i)})
	}
	w.reports(name, r)
}

// reports is compute with all that the host says of itself.
func (w *world) reports(name string, r intent.ReportedHost) {
	w.t.Helper()
	if got := w.do("POST", "/v1/hosts", map[string]any{"host": map[string]any{"name": name}}); got.status != 201 && got.status != 409 {
		w.t.Fatal(got.text)
	}
	ops := &intent.Ops{Now: stepClock(), NewID: counterIDs()}
	if _, err := w.store.Update(context.Background(), func(tx *api.Txn) error {
		return ops.ReportHost(tx, api.HostID(name), r)
	}); err != nil {
		w.t.Fatal(err)
	}
}

// statuses gives the bindings of a port as host=status.
func (w *world) statuses(port string) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, b := range w.do("GET", "/v2.0/ports/"+port+"/bindings", nil).body["bindings"].([]any) {
		m := b.(map[string]any)
		out[m["host"].(string)] = m["status"].(string)
	}
	return out
}

func (w *world) guestPort(attrs map[string]any) string {
	w.t.Helper()
	attrs["network_id"] = w.network("n")
	attrs["device_owner"] = "compute:nova"
	return w.must("POST", "/v2.0/ports", map[string]any{"port": attrs})["id"].(string)
}

func TestAPortIsBoundOnTwoHostsAndMovesBetweenThem(t *testing.T) {
	w := newWorld(t)
	w.compute("h1", "192.0.2.1")
	w.compute("h2", "192.0.2.2")
	id := w.guestPort(map[string]any{"binding:host_id": "h1", "binding:profile": map[string]any{"on": "h1"}})
	path := "/v2.0/ports/" + id + "/bindings"
	made := w.do("POST", path, `{"binding": {"host": "h2", "profile": {"migrating_to": "h2", "n": [1, {"a": null}]}}}`)
	if made.status != http.StatusCreated {
		t.Fatalf("create: %d %s", made.status, made.text)
	}
	want := map[string]any{
		"host": "h2", "status": "INACTIVE", "vnic_type": "normal", "vif_type": "ovs", "weft:status": "DOWN",
		"profile": map[string]any{"migrating_to": "h2", "n": []any{1.0, map[string]any{"a": nil}}},
		"vif_details": map[string]any{
			"port_filter": false, "ovs_hybrid_plug": false, "connectivity": "l2", "bridge_name": "br-int",
			"datapath_type": "system", "bound_drivers": map[string]any{"0": "openvswitch"},
		},
	}
	if diff := cmp.Diff(want, made.body["binding"]); diff != "" {
		t.Errorf("the binding: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"h1": "ACTIVE", "h2": "INACTIVE"}, w.statuses(id)); diff != "" {
		t.Errorf("before: -want +got:\n%s", diff)
	}
	if got := w.must("PUT", path+"/h2", `{"binding": {"profile": {"x": 1}}}`); got["host"] != "h2" || got["status"] != "INACTIVE" {
		t.Errorf("change: %v", got)
	}
	moved := w.do("PUT", path+"/h2/activate", `{"binding": {"anything": 1}}`)
	if moved.status != http.StatusOK || moved.body["host"] != "h2" || moved.body["status"] != "ACTIVE" {
		t.Errorf("activate: %d %s", moved.status, moved.text)
	}
	if diff := cmp.Diff(map[string]string{"h1": "INACTIVE", "h2": "ACTIVE"}, w.statuses(id)); diff != "" {
		t.Errorf("after: -want +got:\n%s", diff)
	}
	p := w.must("GET", "/v2.0/ports/"+id, nil)
	if p["binding:host_id"] != "h2" || !cmp.Equal(p["binding:profile"], map[string]any{"x": 1.0}) {
		t.Errorf("the port is on %v with profile %v", p["binding:host_id"], p["binding:profile"])
	}
	if got := w.do("DELETE", path+"/h1", nil); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.text)
	}
	if got := w.must("GET", path+"/h2", nil); got["status"] != "ACTIVE" {
		t.Errorf("show: %v", got)
	}
}

func TestThePortsOfNobodyBindWhereTheirFirstBindingSays(t *testing.T) {
	w := newWorld(t)
	w.compute("h1", "192.0.2.1")
	id := w.guestPort(map[string]any{})
	if got := w.do("GET", "/v2.0/ports/"+id+"/bindings", nil).list("host"); len(got) != 0 {
		t.Errorf("bindings of an unbound port: %v", got)
	}
	if got := w.must("POST", "/v2.0/ports/"+id+"/bindings", `{"binding": {"host": "h1"}}`); got["status"] != "ACTIVE" {
		t.Errorf("the first binding: %v", got)
	}
	if got := w.must("GET", "/v2.0/ports/"+id, nil); got["binding:host_id"] != "h1" || got["binding:vif_type"] != "ovs" {
		t.Errorf("the port: %v", got)
	}
}

func TestBindingsAreListedAsOtherThingsAre(t *testing.T) {
	w := newWorld(t)
	for _, h := range []string{"h1", "h2", "h3"} {
		w.compute(h, "192.0.2."+h[1:])
	}
	id := w.guestPort(map[string]any{"binding:host_id": "h2"})
	path := "/v2.0/ports/" + id + "/bindings"
	for _, h := range []string{"h3", "h1"} {
		w.must("POST", path, map[string]any{"binding": map[string]any{"host": h}})
	}
	for query, want := range map[string][]string{
		"":                                {"h1", "h2", "h3"},
		"?status=INACTIVE":                {"h1", "h3"},
		"?host=h3&host=h2":                {"h2", "h3"},
		"?sort_key=host&sort_dir=desc":    {"h3", "h2", "h1"},
		"?limit=1&marker=h1":              {"h2"},
		"?vnic_type=normal&status=ACTIVE": {"h2"},
	} {
		if got := w.do("GET", path+query, nil).list("host"); !cmp.Equal(got, want) {
			t.Errorf("%q gives %v, want %v", query, got, want)
		}
	}
	if got := w.do("GET", path+"/h1?fields=host", nil); !cmp.Equal(got.body["binding"], map[string]any{"host": "h1"}) {
		t.Errorf("fields: %s", got.text)
	}
}

func TestRequestsForBindingsThatMakeNoSenseAreRefused(t *testing.T) {
	w := newWorld(t)
	w.compute("h1", "192.0.2.1")
	w.compute("h2", "192.0.2.2")
	id := w.guestPort(map[string]any{"binding:host_id": "h1"})
	path := "/v2.0/ports/" + id + "/bindings"
	none := "/v2.0/ports/00000000-0000-4000-a000-00000000dead/bindings"
	for _, x := range []struct {
		method, path string
		body         any
		status       int
		kind         string
	}{
		{"POST", path, `{"binding": {"host": "h1"}}`, 409, "PortBindingAlreadyExists"},
		{"POST", path, `{"binding": {"host": "nowhere"}}`, 409, "PortBindingError"},
		{"POST", path, `{"binding": {"host": ""}}`, 400, "InvalidInput"},
		{"POST", path, `{"binding": {"host": "a b"}}`, 400, "InvalidInput"},
		{"POST", path, `{"binding": {"host": null}}`, 400, ""},
		{"POST", path, `{"binding": {"host": 7}}`, 400, ""},
		{"POST", path, `{"binding": {}}`, 400, ""},
		{"POST", path, `{"binding": 7}`, 400, ""},
		{"POST", path, `{"binding": {"host": "h2", "status": "ACTIVE"}}`, 400, ""},
		{"POST", path, `{"binding": {"host": "h2", "vnic_type": "direct"}}`, 400, ""},
		{"POST", path, `{"binding": {"host": "h2", "profile": "x"}}`, 400, ""},
		{"POST", none, `{"binding": {"host": "h2"}}`, 404, "PortNotFound"},
		{"GET", none, nil, 404, "PortNotFound"},
		{"GET", path + "/h2", nil, 404, "PortBindingNotFound"},
		{"PUT", path + "/h2", `{"binding": {"profile": {}}}`, 404, "PortBindingNotFound"},
		{"PUT", path + "/h1", `{"binding": {"host": "h2"}}`, 400, ""},
		{"PUT", path + "/h1/activate", nil, 409, "PortBindingAlreadyActive"},
		{"PUT", path + "/h2/activate", nil, 404, "PortBindingNotFound"},
		{"PUT", none + "/h2/activate", nil, 404, "PortNotFound"},
		{"DELETE", path + "/h2", nil, 404, "PortBindingNotFound"},
		{"DELETE", path, nil, 405, ""},
		{"GET", path + "/h1/activate", nil, 405, ""},
		{"GET", path + "?nonsense=1", nil, 400, ""},
		{"GET", path + "/%00", nil, 404, ""},
	} {
		got := w.do(x.method, x.path, x.body)
		if kind, _ := got.fault(); got.status != x.status || x.kind != "" && kind != x.kind {
			t.Errorf("%s %s %v: %d %s, want %d %s", x.method, x.path, x.body, got.status, got.text, x.status, x.kind)
		}
	}
	if got := w.do("DELETE", path+"/h1", nil, "If-Match: revision_number=99"); got.status != http.StatusPreconditionFailed {
		t.Errorf("a stale revision: %d %s", got.status, got.text)
	}
}
