package rest

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"weft/controller/intent"
	"weft/controller/rest/noun"
)

// Every example of the document is a request that is served, once it names what is there.
func TestExamplesOfTheOpenAPIDocumentAreServed(t *testing.T) {
	e := newEstate(t)
	e.reports("host1", intent.ReportedHost{TunnelIP: netip.MustParseAddr("192.0.2.1")})
	e.make("fip", "floatingip", `{"floating_network_id": "{ext}"}`)
	ids := map[string]string{ // in the place of sampleID, by the attribute
		"network_id": "{a-net}", "floating_network_id": "{ext}", "external_gateway_info": "{ext}", "object_id": "{a-net}",
		"port_id": "{a-spare}", "internal_port_id": "{a-guest}",
	}
	e.must("PUT", e.fill("/v2.0/routers/{b-router}/add_router_interface"), e.fill(`{"subnet_id": "{b-shared-sub}"}`))
	paths := e.do(http.MethodGet, "/openapi.json", nil).body["paths"].(map[string]any)
	examples := 0
	for _, res := range e.handler.(*server).declared() {
		d := res.Describe()
		if !d.Creatable {
			continue
		}
		example, there := at(paths, d.Path, "post", "requestBody", "content", "application/json", "example", d.Singular).(map[string]any)
		if !there || len(example) == 0 {
			t.Errorf("there is no example of POST %s", d.Path)
			continue
		}
		examples++
		path := strings.NewReplacer("{port_id}", "{a-guest}", "{floatingip_id}", "{fip}").Replace(d.Path)
		for name, id := range ids {
			if v := example[name]; v == noun.SampleID {
				example[name] = e.fill(id)
			} else if inner, ok := v.(map[string]any); ok {
				inner["network_id"] = e.fill(id)
			}
		}
		if got := e.do(http.MethodPost, e.fill(path), map[string]any{d.Singular: example}); got.status != http.StatusCreated {
			t.Errorf("POST %s %v: %d %s", path, example, got.status, got.text)
		}
	}
	if examples < 12 {
		t.Errorf("there are %d examples", examples)
	}
}

// at walks JSON objects.
func at(v any, path ...string) any {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}
