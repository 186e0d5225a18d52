package rest

import (
	"cmp"
	"encoding/json"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"weft/controller/rest/wire"
)

// What a declaration says of lists and of references leads those who know nothing else: programs that read and write any
// resource.
func TestDeclarationsSayWhatListsHoldAndWhereReferencesLead(t *testing.T) {
	known := map[string]bool{"quota": true}
	for _, r := range Resources() {
		known[squash(r.Singular)] = true
	}
	var check func(at string, s wire.Schema)
	check = func(at string, s wire.Schema) {
		if s.Ref != "" && !known[squash(s.Ref)] {
			t.Errorf("%s refers to %q, which is no resource", at, s.Ref)
		}
		if s.Items != nil {
			check(at+"[]", *s.Items)
		}
		for _, m := range s.Members {
			check(at+"."+m.Name, m.Schema)
		}
	}
	for _, r := range Resources() {
		names := map[string]bool{}
		for _, a := range r.Attributes {
			names[a.Name] = true
			check(r.Singular+"."+a.Name, a.Schema)
			if (a.OnCreate || a.OnUpdate) && !a.Constant && a.Type == "array" && a.Items == nil {
				t.Errorf("%s.%s: a list that may be given must say what it holds", r.Singular, a.Name)
			}
		}
		for _, set := range r.Identity {
			for _, name := range set {
				if !names[name] {
					t.Errorf("%s is told by %q, which it does not have", r.Singular, name)
				}
			}
		}
		if r.Own != nil && !names[r.Own.Attribute] {
			t.Errorf("%s: weft's own are told by %q, which it does not have", r.Singular, r.Own.Attribute)
		}
	}
}

func TestDefaultsAreWhatAnObjectHasThatIsMadeWithoutThem(t *testing.T) {
	w := newWorld(t)
	ext := w.must("POST", "/v2.0/networks", map[string]any{"network": map[string]any{"router:external": true}})["id"]
	w.must("POST", "/v2.0/subnets", map[string]any{"subnet": map[string]any{"network_id": ext, "ip_version": 4, "cidr": "2.2.2.0/24"}})
	net := w.network("n")
	sub := map[string]any{"network_id": net, "ip_version": 4, "cidr": "10.0.0.0/24"}
	port := w.must("POST", "/v2.0/ports", map[string]any{"port": map[string]any{"network_id": net}})["id"]
	made := map[string]map[string]any{
		"network": {}, "subnet": sub, "port": {"network_id": net}, "router": {}, "floatingip": {"floating_network_id": ext},
		"vtep": {"network_id": net, "address": "10.1.1.1"}, "trunk": {"port_id": port}, "host": {"name": "h1"},
		"subnetpool": {"name": "p", "prefixes": []any{"10.0.0.0/8"}}, "address_scope": {"ip_version": 4},
	}
	for _, r := range Resources() {
		if !r.Creatable || r.Parent != "" {
			continue
		}
		body, ok := made[r.Singular]
		if !ok {
			continue
		}
		have := w.must("POST", r.Path, map[string]any{r.Singular: body})
		for _, a := range r.Attributes {
			if a.Default == nil {
				continue
			}
			if diff := gocmp.Diff(viaJSON(t, *a.Default), have[cmp.Or(a.Asked, a.Name)]); diff != "" {
				t.Errorf("default of %s.%s (-said +made):\n%s", r.Singular, a.Name, diff)
			}
		}
	}
}

func squash(s string) string { return strings.NewReplacer("_", "", "-", "").Replace(s) }

func viaJSON(t *testing.T, v any) (out any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARouterIsMadeAndChangedWithItsInterfaces(t *testing.T) {
	w := newWorld(t)
	subnet := func(cidr string) string {
		return w.must("POST", "/v2.0/subnets", map[string]any{"subnet": map[string]any{
			"network_id": w.network(cidr), "ip_version": 4, "cidr": cidr,
		}})["id"].(string)
	}
	a, b, c := subnet("10.0.1.0/24"), subnet("10.0.2.0/24"), subnet("10.0.3.0/24")
	on := func(ids ...string) []any {
		out := []any{}
		for _, id := range ids {
			out = append(out, map[string]any{"subnet_id": id})
		}
		return out
	}
	r := w.must("POST", "/v2.0/routers", map[string]any{"router": map[string]any{"name": "r", "weft:interfaces": on(a, b)}})
	if diff := gocmp.Diff(any(on(a, b)), r["weft:interfaces"]); diff != "" {
		t.Fatal(diff)
	}
	path := "/v2.0/routers/" + r["id"].(string)
	legA := w.do("GET", "/v2.0/ports?device_id="+r["id"].(string)+"&fixed_ips=subnet_id%3D"+a, nil).list("id")
	other := append(on(a), map[string]any{"subnet_id": c, "ip_address": "10.0.3.7"})
	r = w.must("PUT", path, map[string]any{"router": map[string]any{
		"weft:interfaces": other, "routes": []any{map[string]any{"destination": "9.0.0.0/8", "nexthop": "10.0.3.9"}},
	}})
	if diff := gocmp.Diff(any(other), r["weft:interfaces"]); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(legA, w.do("GET", "/v2.0/ports?device_id="+r["id"].(string)+"&fixed_ips=subnet_id%3D"+a, nil).list("id")); diff != "" {
		t.Errorf("a leg that stays is another port: %s", diff)
	}
	got := w.do("PUT", path, map[string]any{"router": map[string]any{"weft:interfaces": on(a)}})
	if kind, _ := got.fault(); kind != "InvalidRoutes" {
		t.Errorf("a leg that a route needs: %d %s", got.status, got.text)
	}
	w.must("PUT", path, map[string]any{"router": map[string]any{"weft:interfaces": []any{}, "routes": []any{}}})
	if got := w.do("DELETE", path, nil); got.status != 204 {
		t.Errorf("delete: %d %s", got.status, got.text)
	}
	for _, bad := range []any{"x", on("nobody"), on(a, a), []any{map[string]any{"subnet_id": a, "ip_address": "10.9.9.9"}}} {
		got := w.do("POST", "/v2.0/routers", map[string]any{"router": map[string]any{"weft:interfaces": bad}})
		if got.status < 400 || got.status > 499 {
			t.Errorf("%v: %d %s", bad, got.status, got.text)
		}
	}
}

func TestAnObjectIsMadeWithItsTags(t *testing.T) {
	w := newWorld(t)
	n := w.must("POST", "/v2.0/networks", map[string]any{"network": map[string]any{"tags": []any{"b", "a"}}})
	if diff := gocmp.Diff(any([]any{"a", "b"}), n["tags"]); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []any{"x", []any{1}, []any{""}, []any{"a", "a"}, nil} {
		got := w.do("POST", "/v2.0/networks", map[string]any{"network": map[string]any{"tags": bad}})
		if got.status != 400 {
			t.Errorf("%v: %d %s", bad, got.status, got.text)
		}
	}
}
