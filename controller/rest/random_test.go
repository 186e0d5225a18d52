package rest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weft/controller/intent"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// stranger sends requests that are nearly right, or not at all, made from the declarations of the resources.
type stranger struct {
	*rapid.T
	w     *world
	known map[string][]string // ids by resource, also of what was deleted since
}

// TestNoRequestBreaksTheServerOrChangesWhatItRefuses sends many requests to one server: none may get a 5xx, none that is
// refused may change anything, each answer to GET must be the same when asked again, and in the end all can be listed.
func TestNoRequestBreaksTheServerOrChangesWhatItRefuses(t *testing.T) {
	t.Parallel()
	resources := Resources()
	rapid.Check(t, func(rt *rapid.T) {
		s := &stranger{rt, newWorld(t), map[string][]string{}}
		s.settled()
		for range rapid.IntRange(1, 40).Draw(rt, "requests") {
			s.once(resources[rapid.IntRange(0, len(resources)-1).Draw(rt, "resource")])
		}
		for _, r := range resources {
			got := s.send(http.MethodGet, s.collection(r), "", nil)
			if gone := r.Parent != "" && got.status == http.StatusNotFound; got.status != http.StatusOK && !gone {
				rt.Fatalf("GET %s: %d %s", r.Path, got.status, got.text)
			}
		}
	})
}

// settled is a cloud to begin with: whatever a request may name is there.
func (s *stranger) settled() {
	w := s.w
	put := func(path, one string, members fieldsOf) {
		s.known[one] = append(s.known[one], w.must("POST", path, fieldsOf{one: members})["id"].(string))
	}
	put("/v2.0/networks", "network", fieldsOf{"router:external": true, "provider:network_type": "flat", "provider:physical_network": "p"})
	put("/v2.0/networks", "network", fieldsOf{"name": "n"})
	put("/v2.0/subnetpools", "subnetpool", fieldsOf{"name": "p", "prefixes": []string{"10.1.0.0/16"}, "default_prefixlen": 24})
	put("/v2.0/address-scopes", "address_scope", fieldsOf{"name": "s", "ip_version": 4})
	put("/v2.0/subnets", "subnet", fieldsOf{"network_id": s.known["network"][0], "ip_version": 4, "cidr": "2.2.2.0/28"})
	put("/v2.0/subnets", "subnet", fieldsOf{"network_id": s.known["network"][1], "ip_version": 4, "cidr": "10.0.0.0/28"})
	put("/v2.0/routers", "router", fieldsOf{"external_gateway_info": fieldsOf{"network_id": s.known["network"][0]}})
	w.must("PUT", "/v2.0/routers/"+s.known["router"][0]+"/add_router_interface", fieldsOf{"subnet_id": s.known["subnet"][1]})
	for range 3 {
		put("/v2.0/ports", "port", fieldsOf{"network_id": s.known["network"][1]})
	}
	put("/v2.0/floatingips", "floatingip", fieldsOf{"floating_network_id": s.known["network"][0], "port_id": s.known["port"][0]})
	put("/v2.0/trunks", "trunk", fieldsOf{"port_id": s.known["port"][1]})
	w.reports("h1", intent.ReportedHost{TunnelIP: netip.MustParseAddr("192.0.2.1"), BridgeMappings: map[string]string{"p": "br-ex"}})
	s.known["host"] = []string{"h1"}
	s.known["agent"] = w.do("GET", "/v2.0/agents", nil).list("id")
}

func (s *stranger) pick(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(s.T, what)
}

func (s *stranger) often(what string) bool { return rapid.IntRange(0, 9).Draw(s.T, what) > 0 }

// id is one that a resource has or had, or none.
func (s *stranger) id(resource string) string {
	return s.pick("id", append(s.known[resource], "none", "00000000-0000-4000-8000-000000000000", "\u202eé\U0001F600", "..")...)
}

// once sends one request and looks at what came of it.
func (s *stranger) once(r noun.Description) {
	method, path, body := s.request(r)
	query := ""
	if method == "GET" || !s.often("without a query") {
		query = s.query(r)
	}
	headers := []string{}
	if rapid.IntRange(0, 5).Draw(s.T, "conditional") == 0 {
		headers = append(headers, "If-Match: "+s.pick("revision", "revision_number=1", "revision_number=2", "revision_number=x", `"1"`, "*"))
	}
	before := s.w.store.Snapshot()
	got := s.send(method, path, query, body, headers...)
	if got.status >= 500 && got.status != http.StatusNotImplemented {
		s.Fatalf("%s %s?%s %v: %d %s\n%s", method, path, query, body, got.status, got.text, s.w.log)
	}
	after := s.w.store.Snapshot()
	if changed := after.Revision() != before.Revision(); changed && (got.status >= 400 || method == http.MethodGet) {
		s.Fatalf("%s %s?%s %v: %d, but revision %d became %d", method, path, query, body, got.status, before.Revision(), after.Revision())
	}
	if id := find(got.body, "id"); got.status == http.StatusCreated && id != "" {
		s.known[r.Singular] = append(s.known[r.Singular], id)
	}
	if method == http.MethodGet {
		if again := s.send(method, path, query, nil); again.status != got.status || again.text != got.text {
			s.Fatalf("GET %s?%s: %d %s, then %d %s", path, query, got.status, got.text, again.status, again.text)
		}
	}
}

func (s *stranger) send(method, path, query string, body any, headers ...string) reply {
	raw, err := json.Marshal(body)
	if err != nil {
		s.Fatal(err)
	}
	if body == nil {
		raw = nil
	}
	r := httptest.NewRequest(http.MethodGet, "/", bytes.NewReader(raw))
	r.Method = method
	r.URL = &url.URL{Path: path, RawQuery: query}
	r.Header.Set("X-Auth-Token", testToken)
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Set(k, v)
	}
	return s.w.send(r)
}

// request is something that might be asked of a resource: of its collection, an object, or by an action.
func (s *stranger) request(r noun.Description) (method, path string, body any) {
	if rapid.IntRange(0, 4).Draw(s.T, "action") == 0 {
		return s.action()
	}
	method = s.method(r)
	path = s.collection(r)
	if method == "PUT" || method == "DELETE" || method != "POST" && s.often("one") {
		path += "/" + s.id(r.Singular)
	}
	if !s.often("plain") {
		path += s.pick("suffix", "/", ".json", "//", "/tags", "/tags/x")
	}
	switch {
	case method == "GET", method == "DELETE":
		return method, path, nil
	case !s.often("object"):
		return method, path, s.junk()
	case method == "POST" && rapid.IntRange(0, 3).Draw(s.T, "bulk") == 0:
		return method, path, fieldsOf{r.Plural: []any{s.members(r, true), s.members(r, true)}}
	}
	return method, path, fieldsOf{r.Singular: s.members(r, method == "POST")}
}

// collection is the path of a resource's objects, those below some object if it is a nested one.
func (s *stranger) collection(r noun.Description) string {
	return strings.NewReplacer("{port_id}", s.id("port"), "{floatingip_id}", s.id("floatingip")).Replace(r.Path)
}

// method is as a rule one that a resource has.
func (s *stranger) method(r noun.Description) string {
	of := []string{"GET", "HEAD"}
	for m, has := range map[string]bool{"POST": r.Creatable, "PUT": r.Updatable, "DELETE": r.Deletable} {
		if has {
			of = append(of, m)
		}
	}
	slices.Sort(of)
	if !s.often("method") {
		of = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"}
	}
	return s.pick("method", of...)
}

// members are attributes with values, most of them such as the declaration wants.
func (s *stranger) members(r noun.Description, creating bool) fieldsOf {
	out := fieldsOf{}
	for _, a := range r.Attributes {
		if creating && a.Required && s.often("required") {
			out[a.Name] = s.value(a.Schema, a.Name, 0)
		}
	}
	for range rapid.IntRange(0, 2).Draw(s.T, "more") {
		a := r.Attributes[rapid.IntRange(0, len(r.Attributes)-1).Draw(s.T, "attribute")]
		if creating && a.OnCreate || !creating && a.OnUpdate || !s.often("settable") {
			out[a.Name] = s.value(a.Schema, a.Name, 0)
		}
	}
	if !s.often("known") {
		out[s.pick("unknown", "nonsense", "", "id", "a.b", "é")] = s.junk()
	}
	return out
}

// value is one of a schema, as a rule.
func (s *stranger) value(t wire.Schema, name string, depth int) any {
	switch {
	case !s.often("sane") && !s.often("really") || depth > 4:
		return s.junk()
	case t.Ref != "":
		return s.id(t.Ref)
	case len(t.Enum) > 0:
		return s.pick("enum", t.Enum...)
	}
	switch t.Type {
	case "boolean":
		return rapid.SampledFrom([]any{true, false, "True", "0", "off"}).Draw(s.T, "boolean")
	case "integer":
		return rapid.SampledFrom([]any{0, 1, 4, 6, 24, 1450, -1, "7", 4.0, 1 << 24}).Draw(s.T, "integer")
	case "array":
		items := []any{}
		for range rapid.IntRange(0, 3).Draw(s.T, "items") {
			if t.Items == nil {
				items = append(items, s.text(name))
				continue
			}
			items = append(items, s.value(*t.Items, name, depth+1))
		}
		return items
	case "object":
		out := fieldsOf{}
		for _, m := range t.Members {
			if m.Required && s.often("member") || rapid.Bool().Draw(s.T, "optional") {
				out[m.Name] = s.value(m.Schema, m.Name, depth+1)
			}
		}
		return out
	}
	return s.text(name)
}

// likely are values that attributes of these names may have.
var likely = map[string][]string{
	"cidr": {"10.2.0.0/28", "10.3.0.0/24", "fd00:1::/64", "10.0.0.128/25"}, "prefixes": {"10.4.0.0/16", "10.1.0.0/16"},
	"ip_address": {"10.0.0.5", "10.0.0.6", "2.2.2.7"}, "mac_address": {"fa:16:3e:00:00:07"}, "gateway_ip": {"10.2.0.1", "10.0.0.1"},
	"protocol": {"tcp", "udp"}, "device_owner": {"compute:nova", "network:dhcp"}, "name": {"x", ""}, "description": {"y"},
	"destination": {"10.9.0.0/16"}, "nexthop": {"10.0.0.4"}, "address": {"192.0.2.9"}, "target_tenant": {"t", "*"},
}

// text is a string that somebody might send, of any kind.
func (s *stranger) text(name string) string {
	if of := likely[name]; of != nil && s.often("likely") {
		return s.pick(name, of...)
	}
	if ids := s.known[strings.TrimSuffix(name, "_id")]; len(ids) > 0 && s.often("reference") {
		return s.id(strings.TrimSuffix(name, "_id"))
	}
	return s.pick(name, "", "x", "10.0.0.5", "10.0.0.0/24", "10.1.2.0/24", "fd00::/64", "fd00::5", "2.2.2.5", "0.0.0.0/0", "::", "255.255.255.255",
		"fa:16:3e:00:00:07", "ff:ff:ff:ff:ff:ff", "compute:nova", "network:dhcp", "network:router_interface", "tcp", "h1", "*", "slaac",
		"\u202eé\U0001F600", strings.Repeat("a", 255), strings.Repeat("é", 256), "vlan", "p", "10.0.0.2", "10.0.0.14", "-1", "1e400")
}

// junk is JSON that nobody wants here.
func (s *stranger) junk() any {
	deep := any("x")
	for range 20 {
		deep = []any{deep}
	}
	return rapid.SampledFrom([]any{
		nil, true, -1, 1e300, "", "x", "\u0000", []any{}, []any{nil}, fieldsOf{}, fieldsOf{"": nil}, fieldsOf{"id": []any{1}}, deep,
		strings.Repeat("y", 5000), "9999999999999999999999", []any{fieldsOf{}, 7},
	}).Draw(s.T, "junk")
}

// query is one of a list, as a rule.
func (s *stranger) query(r noun.Description) string {
	var pairs []string
	for range rapid.IntRange(0, 3).Draw(s.T, "pairs") {
		a := r.Attributes[rapid.IntRange(0, len(r.Attributes)-1).Draw(s.T, "attribute")]
		name := s.pick("key", a.Name, a.Name, "fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse", "tags-any", "not-tags",
			"fixed_ips", "nonsense", "wait", "")
		value := s.pick("of key", a.Name, s.text(a.Name), "ip_address="+s.text("ip_address"), "subnet_id="+s.id("subnet"), "-1", "1", "true", "%")
		pairs = append(pairs, url.QueryEscape(name)+"="+s.pick("escaped", url.QueryEscape(value), url.QueryEscape(value), "%zz"))
	}
	return strings.Join(pairs, "&")
}

// action is one of those that are no plain change of an object.
func (s *stranger) action() (method, path string, body any) {
	paths := map[string][]string{ // members of the body
		"/v2.0/routers/" + s.id("router") + "/add_router_interface":               {"subnet_id", "port_id"},
		"/v2.0/routers/" + s.id("router") + "/remove_router_interface":            {"subnet_id", "port_id"},
		"/v2.0/routers/" + s.id("router") + "/add_extraroutes":                    {"router"},
		"/v2.0/trunks/" + s.id("trunk") + "/add_subports":                         {"sub_ports"},
		"/v2.0/trunks/" + s.id("trunk") + "/remove_subports":                      {"sub_ports"},
		"/v2.0/subnetpools/" + s.id("subnetpool") + "/add_prefixes":               {"prefixes"},
		"/v2.0/subnetpools/" + s.id("subnetpool") + "/remove_prefixes":            {"prefixes"},
		"/v2.0/subnetpools/" + s.id("subnetpool") + "/onboard_network_subnets":    {"network_id"},
		"/v2.0/agents/" + s.id("agent") + "/l3-routers":                           {"router_id"},
		"/v2.0/agents/" + s.id("agent") + "/l3-routers/" + s.id("router"):         {},
		"/v2.0/routers/" + s.id("router") + "/l3-agents":                          {},
		"/v2.0/networks/" + s.id("network") + "/dhcp-agents":                      {},
		"/v2.0/agents/" + s.id("agent") + "/dhcp-networks":                        {"network_id"},
		"/v2.0/floatingips/" + s.id("floatingip") + "/port_forwardings":           {"port_forwarding"},
		"/v2.0/ports/" + s.id("port") + "/bindings":                               {"binding"},
		"/v2.0/ports/" + s.id("port") + "/bindings/" + s.id("host") + "/activate": {},
		"/v2.0/quotas/" + s.id("project"):                                         {"quota"},
		"/v2.0/quotas/" + s.id("project") + "/details":                            {},
		"/v2.0/networks/" + s.id("network") + "/tags":                             {"tags"},
		"/v1/routers/" + s.id("router") + "/gateway-host":                         {"host"},
	}
	path = rapid.SampledFrom(slices.Sorted(maps.Keys(paths))).Draw(s.T, "path")
	out := fieldsOf{}
	for _, name := range paths[path] {
		switch name {
		case "router", "port_forwarding", "binding", "quota":
			out[name] = fieldsOf{s.pick("in "+name, "routes", "host", "port", "protocol", "internal_port_id", "network"): s.value(wire.Schema{}, "router", 0)}
		case "sub_ports", "prefixes", "tags":
			out[name] = s.value(wire.Schema{Type: "array"}, name, 0)
		default:
			if s.often(name) {
				out[name] = s.value(wire.Schema{}, name, 0)
			}
		}
	}
	return s.pick("method of action", "PUT", "POST", "GET", "DELETE"), path, out
}
