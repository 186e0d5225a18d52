package rest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheRulesOfTheProtocolHold walks the rules that hold for every resource, on networks.
func TestTheRulesOfTheProtocolHold(t *testing.T) {
	long := strings.Repeat("é", 255)
	for _, tc := range []struct {
		name, method, path string
		body               any
		status             int
		says               string
	}{
		{"trailing-slash", "GET", "/v2.0/networks/", nil, 200, `"networks"`},
		{"dot-json", "GET", "/v2.0/networks/ID.json", nil, 200, `"network"`},
		{"no-uuid", "GET", "/v2.0/networks/blue", nil, 404, "NetworkNotFound"},
		{"unknown-path", "GET", "/v2.0/nets", nil, 404, "HTTPNotFound"},
		{"deeper-path", "GET", "/v2.0/networks/ID/x", nil, 404, "HTTPNotFound"},
		{"put-on-the-collection", "PUT", "/v2.0/networks", fieldsOf{"network": fieldsOf{}}, 405, "HTTPMethodNotAllowed"},
		{"post-on-an-object", "POST", "/v2.0/networks/ID", fieldsOf{"network": fieldsOf{}}, 405, "HTTPMethodNotAllowed"},
		{"options", "OPTIONS", "/v2.0/networks", nil, 405, "Allowed: GET, POST"},
		{"name-as-number", "POST", "/v2.0/networks", `{"network": {"name": 7}}`, 400, "Invalid input for name"},
		{"number-as-text", "POST", "/v2.0/networks", `{"network": {"mtu": "1400"}}`, 201, `"mtu":1400`},
		{"number-with-a-point", "POST", "/v2.0/networks", `{"network": {"mtu": 1400.5}}`, 400, "not an integer"},
		{"boolean-as-text", "POST", "/v2.0/networks", `{"network": {"admin_state_up": "False"}}`, 201, `"admin_state_up":false`},
		{"longest-name", "POST", "/v2.0/networks", fieldsOf{"network": fieldsOf{"name": long}}, 201, long},
		{"too-long-name", "POST", "/v2.0/networks", fieldsOf{"network": fieldsOf{"name": long + "é"}}, 400, "exceeds maximum length of 255"},
		{"null-name", "PUT", "/v2.0/networks/ID", `{"network": {"name": null}}`, 400, "Invalid input for name"},
		{"null-body-of-the-object", "PUT", "/v2.0/networks/ID", `{"network": null}`, 400, "Unable to find 'network'"},
		{"nothing-to-change", "PUT", "/v2.0/networks/ID", `{"network": {}}`, 200, `"name":"blue"`},
		{"read-only", "PUT", "/v2.0/networks/ID", `{"network": {"status": "DOWN"}}`, 400, "read-only"},
		{"read-only-in-post", "POST", "/v2.0/networks", `{"network": {"status": "DOWN"}}`, 400, "not allowed in POST"},
		{"once-only", "PUT", "/v2.0/networks/ID", `{"network": {"project_id": "x"}}`, 400, "read-only"},
		{"unknown-attribute", "POST", "/v2.0/networks", `{"network": {"colour": "blue"}}`, 400, "Unrecognized attribute(s) 'colour'"},
		{"missing", "POST", "/v2.0/subnets", `{"subnet": {"ip_version": 4}}`, 400, "'network_id' not specified"},
		{"key-twice", "POST", "/v2.0/networks", `{"network": {"name": "a", "name": "b"}}`, 400, "given twice"},
		{"no-json", "POST", "/v2.0/networks", `name=blue`, 400, "Malformed"},
		{"empty", "POST", "/v2.0/networks", ``, 400, "body required"},
		{"empty-bulk", "POST", "/v2.0/networks", `{"networks": []}`, 400, "Resources required"},
		{"too-deep", "POST", "/v2.0/networks", `{"network": ` + strings.Repeat("[", 60000) + `}`, 400, "deeper"},
		{"no-unicode", "POST", "/v2.0/networks", "{\"network\": {\"name\": \"\xff\"}}", 400, "UTF-8"},
		{"both-projects", "GET", "/v2.0/networks?tenant_id=a&project_id=a", nil, 400, ""},
		{"unknown-filter", "GET", "/v2.0/networks?colour=blue", nil, 400, "invalid attribute for filtering"},
		{"filter-out-of-range", "GET", "/v2.0/networks?revision_number=-1", nil, 400, "Invalid input for revision_number"},
		{"filter-no-boolean", "GET", "/v2.0/networks?shared=perhaps", nil, 400, "boolean"},
		{"filter-several", "GET", "/v2.0/networks?name=blue&name=red&fields=name", nil, 200, `{"networks":[{"name":"blue"},{"name":"red"}]}`},
		{"filter-and", "GET", "/v2.0/networks?name=blue&mtu=7&fields=name", nil, 200, `{"networks":[]}`},
		{"sort-without-dir", "GET", "/v2.0/networks?sort_key=name&fields=name", nil, 200, `{"networks":[{"name":"blue"},{"name":"red"}]}`},
		{"sort-counts", "GET", "/v2.0/networks?sort_key=name&sort_dir=asc&sort_dir=desc", nil, 400, "must be same"},
		{"sort-by-a-list", "GET", "/v2.0/networks?sort_key=subnets", nil, 400, "invalid attribute for sort_keys"},
		{"sort-by-two", "GET", "/v2.0/networks?sort_key=mtu&sort_dir=asc&sort_key=name&sort_dir=desc&fields=name", nil, 200, `[{"name":"red"},{"name":"blue"}]`},
		{"marker-that-vanished", "GET", "/v2.0/networks?limit=1&marker=gone", nil, 404, "NetworkNotFound"},
		{"negative-limit", "GET", "/v2.0/networks?limit=-1", nil, 400, "Limit must be an integer"},
		{"bad-escape", "GET", "/v2.0/networks?name=%zz", nil, 400, "Malformed query"},
		{"no-links-without-a-limit", "GET", "/v2.0/networks?fields=name", nil, 200, `{"networks":[{"name":"blue"},{"name":"red"}]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.network("blue")
			w.network("red")
			before := w.store.Snapshot().Revision()
			got := w.do(tc.method, strings.Replace(tc.path, "ID", id, 1), tc.body)
			if got.status != tc.status || !strings.Contains(got.text, tc.says) {
				t.Errorf("%d %s, want %d %s", got.status, got.text, tc.status, tc.says)
			}
			if after := w.store.Snapshot().Revision(); tc.status >= 400 && after != before {
				t.Errorf("it is refused, and revision %d became %d", before, after)
			}
			if kind, message := got.fault(); tc.status >= 400 && (kind == "" || message == "") {
				t.Errorf("an error without type or message: %s", got.text)
			}
		})
	}
}

func TestARevisionThatIsDemandedIsHeldAgainstTheObjectWhateverIsDone(t *testing.T) {
	w := newWorld(t)
	id := w.network("blue")
	w.must("PUT", "/v2.0/networks/"+id, `{"network": {"name": "green"}}`)
	for _, tc := range []struct {
		method, path string
		body         any
	}{
		{"PUT", "", `{"network": {"name": "red"}}`}, {"PUT", "/tags", `{"tags": ["a"]}`}, {"PUT", "/tags/a", nil}, {"DELETE", "/tags", nil}, {"DELETE", "", nil},
	} {
		got := w.do(tc.method, "/v2.0/networks/"+id+tc.path, tc.body, "If-Match: revision_number=0")
		if kind, _ := got.fault(); got.status != http.StatusPreconditionFailed || kind != "RevisionNumberConstraintFailed" {
			t.Errorf("%s %s of an old revision: %d %s", tc.method, tc.path, got.status, got.text)
		}
		if got := w.do(tc.method, "/v2.0/networks/"+id+tc.path, tc.body, "If-Match: yes"); got.status != http.StatusBadRequest {
			t.Errorf("%s %s of nonsense: %d %s", tc.method, tc.path, got.status, got.text)
		}
	}
	now := int(w.must("GET", "/v2.0/networks/"+id, nil)["revision_number"].(float64))
	if got := w.do("DELETE", "/v2.0/networks/"+id, nil, fmt.Sprintf("If-Match: revision_number=%d", now)); got.status != http.StatusNoContent {
		t.Errorf("of the revision that it is: %d %s", got.status, got.text)
	}
}

func TestOfManyObjectsInOneRequestAllAreMadeOrNone(t *testing.T) {
	w := newWorld(t)
	net := w.network("n")
	subnet := func(cidr string) fieldsOf { return fieldsOf{"network_id": net, "ip_version": 4, "cidr": cidr} }
	for name, second := range map[string]any{
		"overlap": subnet("10.0.0.128/25"), "no-cidr": fieldsOf{"network_id": net, "ip_version": 4}, "no-network": fieldsOf{"ip_version": 4},
		"garbage": 7, "unknown": fieldsOf{"network_id": net, "ip_version": 4, "cidr": "10.1.0.0/24", "x": 1},
	} {
		got := w.do("POST", "/v2.0/subnets", fieldsOf{"subnets": []any{subnet("10.0.0.0/24"), second}})
		if n := len(w.do("GET", "/v2.0/subnets", nil).list("id")); got.status < 400 || got.status > 499 || n != 0 {
			t.Errorf("%s: %d %s, and %d subnets are there", name, got.status, got.text, n)
		}
		if at := got.header.Get("X-Weft-Item"); at != "1" {
			t.Errorf("%s: the answer blames object %q", name, at)
		}
	}
	if got := w.do("POST", "/v2.0/subnets", fieldsOf{"subnets": []any{subnet("10.0.0.0/24"), subnet("10.1.0.0/24")}}); got.status != http.StatusCreated || len(got.list("id")) != 2 {
		t.Errorf("two good ones: %d %s", got.status, got.text)
	}
}

func TestAHeadIsAnsweredAsAGetAndPackedBodiesAreNotUnpacked(t *testing.T) {
	w := newWorld(t)
	id := w.network("blue")
	head, get := w.do("HEAD", "/v2.0/networks/"+id, nil), w.do("GET", "/v2.0/networks/"+id, nil)
	if head.status != http.StatusOK || head.header.Get("Content-Length") != get.header.Get("Content-Length") {
		t.Errorf("HEAD: %d, length %s; GET has %s", head.status, head.header.Get("Content-Length"), get.header.Get("Content-Length"))
	}
	var part bytes.Buffer // of the bomb: one after the other, such files are one
	z := gzip.NewWriter(&part)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 1<<20))
	_ = z.Close()
	r := httptest.NewRequest(http.MethodPost, "/v2.0/networks", bytes.NewReader(bytes.Repeat(part.Bytes(), 100)))
	r.Header.Set("X-Auth-Token", testToken)
	r.Header.Set("Content-Encoding", "gzip")
	if got := w.send(r); got.status != http.StatusBadRequest {
		t.Errorf("a bomb of 100 MiB: %d %s", got.status, got.text)
	}
}

func TestPagesLeadThroughAllObjectsBothWays(t *testing.T) {
	w := newWorld(t)
	var all []string
	for i := range 5 {
		all = append(all, w.network(fmt.Sprint("n", i)))
	}
	read := func(path, rel string) (ids []string) {
		for range 10 {
			got := w.do("GET", path, nil)
			if got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", path, got.status, got.text)
			}
			page := got.list("id")
			if rel == "previous" {
				ids = append(page, ids...)
			} else {
				ids = append(ids, page...)
			}
			next := ""
			for _, l := range got.body["networks_links"].([]any) {
				if l := l.(map[string]any); l["rel"] == rel {
					next = strings.TrimPrefix(l["href"].(string), "http://example.com")
				}
			}
			if path = next; path == "" || len(page) == 0 {
				return ids
			}
		}
		t.Fatalf("the pages never end: %v", ids)
		return nil
	}
	if diff := cmp.Diff(all, read("/v2.0/networks?limit=2", "next")); diff != "" {
		t.Errorf("forwards (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(all[:4], read("/v2.0/networks?limit=2&page_reverse=True&marker="+all[4], "previous")); diff != "" {
		t.Errorf("backwards (-want +got):\n%s", diff)
	}
}
