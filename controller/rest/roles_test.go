package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/rest/backend"
	"weft/controller/rest/noun"
)

// try is a state that takes every change and forgets it, so that one cloud serves all questions.
type try struct {
	backend.State
	settle func(*api.Txn) error
}

func (s try) Update(_ context.Context, f func(*api.Txn) error) (*api.Snapshot, error) {
	tx := s.Snapshot().Txn()
	if err := f(tx); err != nil {
		return nil, err
	}
	if err := s.settle(tx); err != nil {
		return nil, err
	}
	return tx.Commit(tx.Next()), nil
}

// askable are who ask, with their project and whether they are members of it, readers, or neither.
var askable = []struct{ token, project, role string }{
	{"a", "a", "member"}, {"a-reads", "a", "reader"}, {"a-other", "a", ""}, {"b", "b", "member"}, {"b-reads", "b", "reader"}, {"nobody", "", ""},
}

// council is a cloud with the questions that are put to it.
type council struct {
	*estate
	t     *testing.T
	rules map[string][]string
	asked int
}

func newCouncil(t *testing.T) *council {
	e := newEstate(t)
	e.make("b-on-a-sub", "subnet", `{"project_id": "b", "network_id": "{a-net}", "ip_version": 4, "cidr": "10.77.0.0/24"}`)
	post := func(name, path, one, attrs string) {
		o := e.must("POST", e.fill("/v2.0/"+path), fmt.Sprintf(`{%q: %s}`, one, e.fill(attrs)))
		e.ids[name] = o["id"].(string)
	}
	post("a-pool", "subnetpools", "subnetpool", `{"project_id": "a", "name": "p", "prefixes": ["10.64.0.0/16"]}`)
	post("b-shared-pool", "subnetpools", "subnetpool", `{"project_id": "b", "name": "q", "prefixes": ["10.65.0.0/16"], "shared": true}`)
	post("a-scope", "address-scopes", "address_scope", `{"project_id": "a", "ip_version": 4}`)
	post("b-shared-scope", "address-scopes", "address_scope", `{"project_id": "b", "ip_version": 4, "shared": true}`)
	post("a-policy", "rbac-policies", "rbac_policy", `{"project_id": "a", "object_type": "network", "object_id": "{a-net}", "action": "access_as_shared", "target_tenant": "z"}`)
	e.make("a-free-fip", "floatingip", `{"project_id": "a", "floating_network_id": "{ext}"}`)
	post("a-forward", "floatingips/{a-free-fip}/port_forwardings", "port_forwarding",
		`{"protocol": "tcp", "external_port": 80, "internal_port": 80, "internal_port_id": "{a-spare}"}`)
	e.crowdOfHosts(1)
	e.ids["agent"] = e.do("GET", "/v2.0/agents", nil).list("id")[0]
	s := e.handler.(*server).work
	s.State = try{s.State, s.Ops.Settle}
	return &council{estate: e, t: t, rules: policies(t)}
}

// hold puts a question to everybody: what an admin is answered is what those get who may do it.
func (c *council) hold(verb, method, path, body string, o thing, rules map[string]string) {
	c.t.Helper()
	want := c.as("admin", method, path, body)
	if want.status >= 400 && want.status != http.StatusConflict {
		c.t.Errorf("an admin cannot: %s %s %s: %d %s", method, path, body, want.status, want.text)
		return
	}
	for _, who := range askable {
		if o.new {
			o.owner = who.project
		}
		may := !o.new || o.network == "" || o.network == who.project || o.shared
		for name, given := range rules {
			words, _ := rule(c.rules, name)
			may = may && fits(words, who.project, who.role, o, verb == "get", given)
		}
		seen := o.owner == who.project || !o.new && c.as(who.token, "GET", path, "").status == http.StatusOK
		status := c.verdict(verb, who.token, who.role, may, seen, want.status)
		c.asked++
		if got := c.as(who.token, method, path, body); !slices.Contains(status, got.status) {
			c.t.Errorf("%s: %s %s %s: %d %s, want %v by %v", who.token, method, path, body, got.status, got.text, status, slices.Sorted(maps.Keys(rules)))
		}
	}
}

// verdict gives the statuses that are right: an object is not there for those who may not see it.
func (c *council) verdict(verb, token, role string, may, seen bool, admins int) []int {
	switch {
	case token == "nobody":
		return []int{http.StatusUnauthorized}
	case role == "":
		return []int{http.StatusForbidden}
	case may:
		return []int{admins}
	case verb == "create":
		return []int{http.StatusForbidden, http.StatusNotFound}
	case seen && verb != "get":
		return []int{http.StatusForbidden}
	}
	return []int{http.StatusNotFound}
}

// byRules tells whether Neutron has rules for a resource.
func (c *council) byRules(d noun.Description) bool {
	_, ok := c.rules["get_"+d.Singular]
	return ok
}

func (c *council) path(d noun.Description) string {
	return strings.ReplaceAll(d.Path, "{floatingip_id}", "{a-free-fip}")
}

func TestWhoMaySeeChangeAndDeleteIsAsNeutronsRulesSay(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	for _, d := range Resources() {
		if !c.byRules(d) {
			continue
		}
		if len(things()[d.Singular]) == 0 {
			t.Errorf("there is no %s to ask about", d.Singular)
		}
		for _, o := range things()[d.Singular] {
			path := c.path(d) + "/" + o.name
			c.hold("get", "GET", path, "", o, map[string]string{"get_" + d.Singular: ""})
			if d.Updatable && !constantOnly(d) {
				c.changes(d, path, o)
			}
			if d.Deletable {
				c.hold("delete", "DELETE", path, "", o, map[string]string{"delete_" + d.Singular: ""})
			}
		}
	}
	t.Logf("%d questions", c.asked)
}

func constantOnly(d noun.Description) bool {
	return !slices.ContainsFunc(d.Attributes, func(a noun.Attribute) bool { return a.OnUpdate && !a.Constant })
}

// changes puts each attribute that may change into a PUT.
func (c *council) changes(d noun.Description, path string, o thing) {
	object := c.must("GET", c.fill(path), nil)
	for _, a := range d.Attributes {
		if !a.OnUpdate {
			continue
		}
		for _, v := range c.valuesOf(d, a, object, "update") {
			rules := c.ruled("update", d, a, v)
			c.hold("update", "PUT", path, o.fill(fmt.Sprintf(`{%q: {%q: %s}}`, d.Singular, a.Name, v)), o, rules)
		}
	}
}

// ruled gives the rules that a value asks for, with the value itself.
func (c *council) ruled(verb string, d noun.Description, a noun.Attribute, value string) map[string]string {
	base := verb + "_" + d.Singular
	out := map[string]string{base: ""}
	if _, ok := rule(c.rules, base+":"+a.Name); ok {
		out[base+":"+a.Name] = value
	}
	for name := range c.rules {
		inner, ok := strings.CutPrefix(name, base+":"+a.Name+":")
		if ok && strings.Contains(value, fmt.Sprintf("%q", inner)) {
			out[name] = value
		}
	}
	return out
}

// valuesOf are values to give to an attribute, other than what it is by itself.
func (c *council) valuesOf(d noun.Description, a noun.Attribute, object map[string]any, verb string) []string {
	if of, ok := particular[d.Singular+"."+a.Name]; ok {
		return of
	}
	if of, ok := particular[a.Name]; ok {
		return of
	}
	switch {
	case a.Constant && verb == "update":
		raw, _ := json.Marshal(object[a.Name])
		return []string{string(raw)}
	case a.Constant:
		return nil
	case (a.Format == "uuid" || a.Format == "ip") && object[a.Name] != nil:
		return []string{fmt.Sprintf("%q", object[a.Name])}
	case a.Format == "port-range":
		return []string{`"1400"`}
	case len(a.Enum) > 0:
		return []string{fmt.Sprintf("%q", a.Enum[0])}
	case a.Type == "boolean":
		return []string{fmt.Sprint(object[a.Name] != true)}
	case a.Type == "string":
		return []string{`"x"`}
	case a.Type == "array":
		return []string{"[]"}
	}
	return []string{"1400"}
}

func TestWhoMayMakeWhatIsAsNeutronsRulesSay(t *testing.T) {
	t.Parallel()
	c := newCouncil(t)
	for _, d := range Resources() {
		if !c.byRules(d) || !d.Creatable {
			continue
		}
		if len(beginnings[d.Singular]) == 0 {
			t.Errorf("nothing is said about how a %s is made", d.Singular)
		}
		usual := map[string]any{}
		for _, a := range d.Attributes {
			if a.Default != nil {
				usual[a.Name] = *a.Default
			}
		}
		for _, b := range beginnings[d.Singular] {
			b.thing.new = true
			c.makings(d, b, usual)
		}
	}
	t.Logf("%d questions", c.asked)
}

// makings asks who may make an object with nothing but what it needs, and with each other attribute.
func (c *council) makings(d noun.Description, b beginning, usual map[string]any) {
	base := map[string]string{"create_" + d.Singular: ""}
	if b.rule != "" {
		base[b.rule] = b.members[strings.LastIndex(b.members, " ")+1:]
	}
	try := func(more string, rules map[string]string) {
		maps.Copy(rules, base)
		body := fmt.Sprintf(`{%q: {%s}}`, d.Singular, strings.Trim(b.members+more, ", "))
		c.hold("create", "POST", c.path(d), b.thing.fill(body), b.thing, rules)
	}
	try("", map[string]string{})
	for _, a := range d.Attributes {
		if !a.OnCreate || a.Required || a.Name == "project_id" || slices.Contains(companions, d.Singular+"."+a.Name) {
			continue
		}
		for _, v := range c.valuesOf(d, a, usual, "create") {
			try(fmt.Sprintf(`, %q: %s`, a.Name, v), c.ruled("create", d, a, v))
		}
	}
}

func TestWhoMaySeeWhichAttributeIsAsNeutronsRulesSay(t *testing.T) {
	c := newCouncil(t)
	for _, d := range Resources() {
		for _, o := range things()[d.Singular] {
			for _, who := range askable {
				got := c.as(who.token, "GET", c.path(d)+"/"+o.name, "")
				if got.status != http.StatusOK {
					continue
				}
				object := got.body[d.Singular].(map[string]any)
				for _, a := range d.Attributes {
					words, ruled := rule(c.rules, "get_"+d.Singular+":"+a.Name)
					want := a.Shown && !a.OnDemand && !strings.HasPrefix(a.Name, "weft:")
					if ruled {
						want = want && fits(words, who.project, who.role, o, true, "")
					}
					if _, have := object[a.Name]; have != want && !strings.HasPrefix(a.Name, "weft:") {
						t.Errorf("%s: %s of %s %s is shown: %t", who.token, a.Name, d.Singular, o.name, have)
					}
				}
			}
		}
	}
}
