package rest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/controller/intent"
	"weft/controller/rest/noun"
)

// reader asks for lists, and works out by itself what they have to be.
type reader struct {
	*rapid.T
	e   *estate
	who string
}

// crowded is an estate with objects of every resource, many of them alike.
func crowded(t *testing.T) *estate {
	e := newEstate(t)
	post := func(path, one, attrs string) {
		e.must("POST", e.fill(path), fmt.Sprintf(`{%q: %s}`, one, e.fill(attrs)))
	}
	for i := range 6 {
		own := fmt.Sprintf(`"project_id": "%c", "name": %q, "tags": %s`, "aab"[i%3], []string{"", "x", "Ü%&=", "x"}[i%4], []string{`["red", "blue"]`, `[]`, `["blue"]`}[i%3])
		post("/v2.0/networks", "network", fmt.Sprintf(`{%s, "mtu": %d}`, own, 1300+i%2))
		post("/v2.0/ports", "port", fmt.Sprintf(`{%s, "network_id": "{a-net}", "device_id": "vm%d", "admin_state_up": %t}`, own, i%2, i%3 == 0))
		post("/v2.0/routers", "router", fmt.Sprintf(`{%s, "admin_state_up": %t}`, own, i%2 == 0))
		post("/v2.0/floatingips", "floatingip", fmt.Sprintf(`{"project_id": "%c", "floating_network_id": "{ext}"}`, "aab"[i%3]))
		post("/v2.0/address-scopes", "address_scope", fmt.Sprintf(`{%s, "ip_version": %d, "shared": %t}`, own, 4+i%2*2, i == 0))
		post("/v2.0/subnetpools", "subnetpool", fmt.Sprintf(`{"project_id": "%c", "name": "p%d", "prefixes": ["10.%d.0.0/16"], "shared": %t}`, "ab"[i%2], i%2, 100+i, i == 0))
		post("/v2.0/subnets", "subnet", fmt.Sprintf(`{%s, "network_id": "{b-net}", "ip_version": 4, "cidr": "10.20.%d.0/24", "enable_dhcp": %t}`, own, i, i%2 == 0))
	}
	e.make("a-more-fip", "floatingip", `{"project_id": "a", "floating_network_id": "{ext}"}`)
	for i := range 4 {
		post("/v2.0/floatingips/{a-more-fip}/port_forwardings", "port_forwarding", fmt.Sprintf(
			`{"protocol": %q, "external_port": %d, "internal_port": %d, "internal_port_id": "{a-spare}"}`, []string{"tcp", "udp"}[i/2], 80+i, 8080+i))
	}
	e.settledHosts()
	return e
}

// crowdOfHosts makes the hosts h1, h2, …
func (e *estate) crowdOfHosts(n int) {
	for i := range n {
		e.reports(fmt.Sprintf("h%d", i+1), intent.ReportedHost{TunnelIP: netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + i)})})
	}
}

// settledHosts makes hosts, and what is on them.
func (e *estate) settledHosts() {
	e.crowdOfHosts(3)
	for i := range 3 {
		e.must("POST", "/v1/vteps", e.fill(fmt.Sprintf(`{"vtep": {"network_id": "{a-net}", "address": "192.0.2.%d", "name": "v"}}`, 101+i)))
		e.must("POST", "/v2.0/rbac-policies", e.fill(fmt.Sprintf(
			`{"rbac_policy": {"object_type": "network", "object_id": "{a-net}", "action": "access_as_shared", "target_tenant": "p%d", "project_id": "a"}}`, i)))
		e.must("POST", e.fill("/v2.0/ports/{b-port}/bindings"), fmt.Sprintf(`{"binding": {"host": "h%d"}}`, i+1))
	}
}

// all are the objects of a resource as a reader sees them, without a wish.
func (r reader) ask(d noun.Description, query string) (objects []map[string]any, answer map[string]any, raw string) {
	path := r.e.fill(strings.NewReplacer("{port_id}", "{b-port}", "{floatingip_id}", "{a-more-fip}").Replace(d.Path))
	if query != "" {
		path += "?" + query
	}
	got := r.e.as(r.who, "GET", path, "")
	if got.status != http.StatusOK {
		r.Fatalf("%s: GET %s: %d %s", r.who, path, got.status, got.text)
	}
	in := json.NewDecoder(bytes.NewReader([]byte(got.text))) // numbers as they are written
	in.UseNumber()
	if err := in.Decode(&answer); err != nil {
		r.Fatal(err)
	}
	for _, o := range answer[d.Plural].([]any) {
		objects = append(objects, o.(map[string]any))
	}
	return objects, answer, path
}

// sorting is an attribute to sort by.
type sorting struct {
	name string
	desc bool
}

// wish is a query, and what it means.
type wish struct {
	pairs   []string
	filters []func(map[string]any) bool
	sorts   []sorting
	fields  []string
	limit   int
	marker  string
	reverse bool
}

func (w *wish) add(key, value string) {
	w.pairs = append(w.pairs, url.QueryEscape(key)+"="+url.QueryEscape(value))
}

// spell is a value as a query has it.
func spell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return fmt.Sprint(v)
}

// wish draws a query about a resource of which these are the objects.
func (r reader) wish(d noun.Description, all []map[string]any) *wish {
	w := &wish{}
	var plain []noun.Attribute // what can be filtered by equality, and sorted by
	for _, a := range d.Attributes {
		scalar := a.Type != "array" && a.Type != "object"
		if scalar && a.Shown && !a.OnDemand && a.Filterable && (!a.Internal || r.who == "admin") {
			plain = append(plain, a)
		}
	}
	for _, a := range rapid.SliceOfNDistinct(rapid.SampledFrom(plain), 0, 2, func(a noun.Attribute) string { return a.Name }).Draw(r.T, "filters") {
		if a.Name != "tenant_id" {
			r.filter(w, a, all)
		}
	}
	r.filterTags(w, d)
	for _, a := range rapid.SliceOfNDistinct(rapid.SampledFrom(plain), 0, 2, func(a noun.Attribute) string { return a.Name }).Draw(r.T, "sorts") {
		o := sorting{a.Name, rapid.Bool().Draw(r.T, "desc")}
		w.sorts = append(w.sorts, o)
		w.add("sort_key", o.name)
		w.add("sort_dir", map[bool]string{true: "desc", false: "asc"}[o.desc])
	}
	for _, a := range rapid.SliceOfN(rapid.SampledFrom(d.Attributes), 0, 2).Draw(r.T, "fields") {
		if !a.OnDemand { // those are not there in what is compared with
			w.fields = append(w.fields, a.Name)
			w.add("fields", a.Name)
		}
	}
	r.page(w, d, all)
	return w
}

// filter asks for one or two values of an attribute, of which some object has one as a rule.
func (r reader) filter(w *wish, a noun.Attribute, all []map[string]any) {
	var have []any
	for _, o := range all {
		have = append(have, o[a.Name])
	}
	want := map[string]bool{}
	for range rapid.IntRange(1, 2).Draw(r.T, "values") {
		value := "nobody has this"
		switch {
		case len(have) > 0:
			value = spell(rapid.SampledFrom(have).Draw(r.T, a.Name))
		case a.Type != "string":
			value = ""
		}
		w.add(a.Name, value)
		if a.Type == "string" || value != "" {
			want[value] = true
		}
	}
	if len(want) > 0 {
		w.filters = append(w.filters, func(o map[string]any) bool { return want[spell(o[a.Name])] })
	}
}

func (r reader) filterTags(w *wish, d noun.Description) {
	if !slices.ContainsFunc(d.Attributes, func(a noun.Attribute) bool { return a.Name == "tags" }) || rapid.IntRange(0, 2).Draw(r.T, "by tags") > 0 {
		return
	}
	name := rapid.SampledFrom([]string{"tags", "tags-any", "not-tags", "not-tags-any"}).Draw(r.T, "tag filter")
	want := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"red", "blue", "green"}), 1, 2, rapid.ID).Draw(r.T, "tags")
	w.add(name, strings.Join(want, ","))
	w.filters = append(w.filters, func(o map[string]any) bool {
		n := 0
		for _, t := range o["tags"].([]any) {
			if slices.Contains(want, t.(string)) {
				n++
			}
		}
		fits := n == len(want)
		if strings.HasSuffix(name, "any") {
			fits = n > 0
		}
		return fits != strings.HasPrefix(name, "not")
	})
}

func (r reader) page(w *wish, d noun.Description, all []map[string]any) {
	if rapid.Bool().Draw(r.T, "whole") {
		return
	}
	w.limit = rapid.IntRange(1, 5).Draw(r.T, "limit")
	w.add("limit", fmt.Sprint(w.limit))
	if key := d.Key; len(all) > 0 && rapid.Bool().Draw(r.T, "go on") {
		w.marker = spell(rapid.SampledFrom(all).Draw(r.T, "marker")[key])
		w.add("marker", w.marker)
	}
	if w.reverse = rapid.Bool().Draw(r.T, "reverse"); w.reverse {
		w.add("page_reverse", "True")
	}
}

// before orders two values of an attribute.
func before(x, y any) int {
	nx, isNumber := x.(json.Number)
	ny, both := y.(json.Number)
	if isNumber && both {
		a, _ := nx.Int64()
		b, _ := ny.Int64()
		return cmp.Compare(a, b)
	}
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return -1
	case y == nil:
		return 1
	}
	return cmp.Compare(strings.ToLower(spell(x)), strings.ToLower(spell(y)))
}

// expect works out what a wish gives: everything, put in order, cut at the marker, sieved, and cut at the limit.
func (w *wish) expect(d noun.Description, all []map[string]any) []map[string]any {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(x, y map[string]any) int {
		for _, o := range w.sorts {
			c := before(x[o.name], y[o.name])
			if o.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	if w.limit > 0 && w.marker != "" {
		at := slices.IndexFunc(out, func(o map[string]any) bool { return spell(o[d.Key]) == w.marker })
		if w.reverse {
			out = out[:at]
		} else {
			out = out[at+1:]
		}
	}
	out = slices.DeleteFunc(slices.Clone(out), func(o map[string]any) bool {
		return slices.ContainsFunc(w.filters, func(keep func(map[string]any) bool) bool { return !keep(o) })
	})
	switch {
	case w.limit == 0 || len(out) <= w.limit:
		return out
	case w.reverse:
		return out[len(out)-w.limit:]
	}
	return out[:w.limit]
}

// only keeps the members of objects that a wish names.
func (w *wish) only(objects []map[string]any) []map[string]any {
	out := []map[string]any{}
	for _, o := range objects {
		shown := map[string]any{}
		for k, v := range o {
			if len(w.fields) == 0 || slices.Contains(w.fields, k) {
				shown[k] = v
			}
		}
		out = append(out, shown)
	}
	return out
}

// Whatever is asked of whatever collection by whomever, the answer is what a look at everything gives.
func TestListsAreWhatALookAtEverythingGives(t *testing.T) {
	t.Parallel()
	e := crowded(t)
	resources := slices.DeleteFunc(Resources(), func(d noun.Description) bool { return d.Singular == "quota" })
	rapid.Check(t, func(rt *rapid.T) {
		for _, d := range resources {
			r := reader{rt, e, "admin"}
			if !d.AdminOnly && d.Parent == "" {
				r.who = rapid.SampledFrom([]string{"admin", "a", "b", "a-reads"}).Draw(rt, "who")
			}
			all, _, _ := r.ask(d, "")
			if len(all) == 0 && r.who == "admin" {
				rt.Fatalf("there is no %s to ask for", d.Singular)
			}
			w := r.wish(d, all)
			got, answer, path := r.ask(d, strings.Join(w.pairs, "&"))
			want := w.only(w.expect(d, all))
			if diff := gocmp.Diff(want, append([]map[string]any{}, got...)); diff != "" {
				rt.Fatalf("%s: GET %s (-want +got):\n%s", r.who, path, diff)
			}
			if _, linked := answer[d.Plural+"_links"]; linked != (w.limit > 0) {
				rt.Fatalf("%s: links are there: %t", path, linked)
			}
		}
	})
}
