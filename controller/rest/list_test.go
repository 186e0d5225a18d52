package rest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/neutron"
	"weft/controller/rest/noun"
)

// town is a world with two networks, a subnet on each, and ports p0 … p4, the first three on the first network.
func town(t testing.TB) (w *world, nets, subs []string) {
	w = newWorld(t)
	for i := range 2 {
		nets = append(nets, w.network(fmt.Sprintf("net%d", i)))
		subs = append(subs, w.must("POST", "/v2.0/subnets", fmt.Sprintf(
			`{"subnet": {"network_id": %q, "ip_version": 4, "cidr": "10.0.%d.0/24"}}`, nets[i], i))["id"].(string))
	}
	for i := range 5 {
		w.must("POST", "/v2.0/ports", fmt.Sprintf(
			`{"port": {"network_id": %q, "name": "p%d", "device_id": "vm%d", "mac_address": "fa:16:3e:00:00:0%d",
			  "admin_state_up": %t, "fixed_ips": [{"ip_address": "10.0.%d.1%d"}]}}`, nets[i/3], i, i%2, i, i != 4, i/3, i))
	}
	return w, nets, subs
}

func TestListKeepsWhatTheFiltersAsk(t *testing.T) {
	w, nets, subs := town(t)
	fixed := func(s string) string { return "fixed_ips=" + url.QueryEscape(s) }
	for _, tc := range []struct {
		name, query string
		want        []string
	}{
		{"all", "", []string{"p0", "p1", "p2", "p3", "p4"}},
		{"one-value", "name=p1", []string{"p1"}},
		{"repeated-key-is-or", "name=p1&name=p3", []string{"p1", "p3"}},
		{"two-keys-are-and", "name=p1&name=p3&network_id=" + nets[1], []string{"p3"}},
		{"by-index", "network_id=" + nets[0], []string{"p0", "p1", "p2"}},
		{"by-two-values-of-an-index", "network_id=" + nets[0] + "&network_id=" + nets[1], []string{"p0", "p1", "p2", "p3", "p4"}},
		{"upper-case-id", "network_id=" + strings.ToUpper(nets[1]), []string{"p3", "p4"}},
		{"by-device", "device_id=vm1", []string{"p1", "p3"}},
		{"empty-value-of-text", "device_owner=", []string{"p0", "p1", "p2", "p3", "p4"}},
		{"no-such-value", "device_id=vm9", []string{}},
		{"boolean", "admin_state_up=False", []string{"p4"}},
		{"boolean-otherwise-spelled", "admin_state_up=1&device_id=vm1", []string{"p1", "p3"}},
		{"mac-otherwise-spelled", "mac_address=FA-16-3E-00-00-02", []string{"p2"}},
		{"fixed-address", fixed("ip_address=10.0.0.11"), []string{"p1"}},
		{"fixed-addresses", fixed("ip_address=10.0.0.11") + "&" + fixed("ip_address=10.0.1.13"), []string{"p1", "p3"}},
		{"fixed-subnet", fixed("subnet_id=" + subs[1]), []string{"p3", "p4"}},
		{"fixed-subnet-and-address", fixed("subnet_id="+subs[1]) + "&" + fixed("ip_address=10.0.0.11"), []string{}},
		{"fixed-part", fixed("ip_address_substr=.1.1"), []string{"p3", "p4"}},
		{"sorted", "sort_key=name&sort_dir=desc", []string{"p4", "p3", "p2", "p1", "p0"}},
		{"sorted-by-two", "sort_key=device_id&sort_dir=desc&sort_key=name&sort_dir=asc", []string{"p1", "p3", "p0", "p2", "p4"}},
		{"sorted-without-direction", "sort_key=device_id", []string{"p0", "p2", "p4", "p1", "p3"}},
		{"limit", "limit=2", []string{"p0", "p1"}},
		{"limit-0-is-all", "limit=0", []string{"p0", "p1", "p2", "p3", "p4"}},
		{"huge-limit", "limit=9223372036854775807&page_reverse=true", []string{"p0", "p1", "p2", "p3", "p4"}},
		{"last-page", "limit=2&page_reverse=True", []string{"p3", "p4"}},
		{"id-alone", "fields=name&id=00000005-0000-4000-a000-000000000000", []string{"p0"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := w.do("GET", "/v2.0/ports?"+tc.query, nil)
			if diff := cmp.Diff(tc.want, got.list("name")); got.status != http.StatusOK || diff != "" {
				t.Errorf("%d, names -want +got:\n%s\n%s", got.status, diff, got.text)
			}
		})
	}
}

func TestListRefusesWhatItDoesNotKnow(t *testing.T) {
	w, _, _ := town(t)
	for query, want := range map[string]string{
		"colour=red":                             "['colour'] is invalid attribute for filtering",
		"zz=1&aa=2":                              "['aa', 'zz'] is invalid attribute for filtering",
		"allowed_address_pairs=x":                "['allowed_address_pairs'] is invalid attribute for filtering",
		"admin_state_up=perhaps":                 "Invalid input for operation: 'perhaps' cannot be converted to boolean.",
		"project_id=a&tenant_id=a":               "'project_id' and 'tenant_id' may not both be filtered on",
		"fixed_ips=10.0.0.1":                     "Invalid input for operation: '10.0.0.1' is not of the form <key>=[value] with key ip_address, ip_address_substr or subnet_id.",
		"sort_key=colour&sort_dir=asc":           "['colour'] is invalid attribute for sort_keys",
		"sort_key=fixed_ips&sort_dir=asc":        "['fixed_ips'] is invalid attribute for sort_keys",
		"sort_key=name&sort_dir=up":              "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
		"sort_key=name&sort_key=id&sort_dir=asc": "The number of sort_keys and sort_dirs must be same",
		"limit=-1":                               "Bad limit request: Limit must be an integer 0 or greater and not '-1'.",
		"limit=99999999999999999999":             "Bad limit request: Limit must be an integer 0 or greater and not '99999999999999999999'.",
		"name=%zz":                               `Malformed query: invalid URL escape "%zz"`,
	} {
		got := w.do("GET", "/v2.0/ports?"+query, nil)
		if _, message := got.fault(); got.status != http.StatusBadRequest || message != want {
			t.Errorf("%s: %d %s, want 400 %s", query, got.status, message, want)
		}
	}
	if got := w.do("GET", "/v2.0/ports?limit=1&marker=nobody", nil); got.status != http.StatusNotFound {
		t.Errorf("unknown marker: %d %s, want 404", got.status, got.text)
	}
}

func TestFieldsRestrictTheAnswer(t *testing.T) {
	w, _, _ := town(t)
	got := w.do("GET", "/v2.0/ports?fields=name&fields=device_id&name=p1&fields=no-such-thing", nil)
	if want := `{"ports":[{"name":"p1","device_id":"vm1"}]}` + "\n"; got.text != want {
		t.Errorf("got %s, want %s", got.text, want)
	}
}

// Following next from the first page, or previous from the last, gives every object once and in order.
func TestPagesTogetherAreTheList(t *testing.T) {
	w, _, _ := town(t)
	all := w.do("GET", "/v2.0/ports?sort_key=device_id&sort_dir=desc", nil).list("name")
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 7).Draw(rt, "limit")
		back := rapid.Bool().Draw(rt, "back")
		rel, path := "next", fmt.Sprintf("/v2.0/ports?limit=%d&sort_key=device_id&sort_dir=desc", limit)
		if back {
			rel, path = "previous", path+"&page_reverse=True"
		}
		var seen []string
		for pages := 0; path != ""; pages++ {
			if pages > len(all)+1 {
				rt.Fatal("the pages never end")
			}
			got := w.do("GET", path, nil)
			names := got.list("name")
			if back {
				seen = append(slices.Clone(names), seen...)
			} else {
				seen = append(seen, names...)
			}
			path = ""
			if len(names) > 0 {
				path = linkOf(got, rel)
			}
		}
		if diff := cmp.Diff(all, seen); diff != "" {
			rt.Fatalf("limit %d, back %t: -list +pages:\n%s", limit, back, diff)
		}
	})
}

func linkOf(r reply, rel string) string {
	links, _ := r.body["ports_links"].([]any)
	for _, l := range links {
		if m := l.(map[string]any); m["rel"] == rel {
			return strings.TrimPrefix(m["href"].(string), "http://example.com")
		}
	}
	return ""
}

// TestIndexesFindWhatALookAtEverythingFinds compares, for random filters, what is found by an index with what is found
// without.
func TestIndexesFindWhatALookAtEverythingFinds(t *testing.T) {
	w, nets, subs := town(t)
	for i := range 12 { // some like each other, some without a name
		w.must("POST", "/v2.0/ports", fmt.Sprintf(
			`{"port": {"network_id": %q, "name": %q, "device_id": %q, "project_id": %q, "binding:host_id": %q}}`,
			nets[i%2], []string{"", "p1", "web"}[i%3], []string{"", "vm1"}[i%2], []string{"", "a", "b"}[i%3], []string{"", "h1"}[i%2]))
	}
	filters := map[string][]string{
		"id": {""}, "name": {"", "p1", "web", "p"}, "network_id": append(nets, ""), "device_id": {"", "vm1", "vm2"},
		"project_id": {"", "a", "b", "c"}, "binding:host_id": {"", "h1", "h2"},
		"mac_address": {"", "fa:16:3e:00:00:01", "FA-16-3E-00-00-02", "nonsense"},
		"fixed_ips": {
			"ip_address=10.0.0.11", "ip_address=10.0.1.13", "ip_address=x", "subnet_id=" + subs[0], "subnet_id=", "ip_address_substr=.1.1",
		},
	}
	for p := range w.store.Snapshot().Ports() {
		filters["id"] = append(filters["id"], string(p.ID))
	}
	indexed, scanned := portsByIndex(t), portsByIndex(t)
	scanned.Near = nil
	s := noun.Scope{View: w.store.Snapshot().View, Status: w.status, Inspector: w.hosts}
	s.Policy.Admin = true
	rapid.Check(t, func(rt *rapid.T) {
		var asked []noun.Pair
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(filters))), 1, 3, rapid.ID).Draw(rt, "names") {
			for _, v := range rapid.SliceOfN(rapid.SampledFrom(filters[name]), 1, 3).Draw(rt, name) {
				asked = append(asked, noun.Pair{Key: name, Value: v})
			}
		}
		q, err := noun.ReadQuery(asked)
		if err != nil {
			rt.Fatal(err)
		}
		want, err := scanned.List(s, q)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := indexed.List(s, q)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(viaJSON(t, want.Rows), viaJSON(t, got.Rows)); diff != "" {
			rt.Fatalf("%v:\n%s", asked, diff)
		}
	})
}

func portsByIndex(t *testing.T) *noun.Noun[*api.Port, intent.PortRequest] {
	t.Helper()
	for _, res := range neutron.Core(&intent.Ops{}) {
		if n, ok := res.(*noun.Noun[*api.Port, intent.PortRequest]); ok {
			return n
		}
	}
	t.Fatal("there is no resource of ports")
	return nil
}

func TestPagesGoOnAfterAMarkerThatTheFiltersDoNotKeep(t *testing.T) {
	w, _, _ := town(t)
	all := w.do("GET", "/v2.0/ports", nil).list("id")
	got := w.do("GET", "/v2.0/ports?limit=2&device_id=vm1&marker="+all[2], nil).list("name")
	if !slices.Equal(got, []string{"p3"}) {
		t.Errorf("after p2, of vm1: %v, want p3 alone", got)
	}
}
