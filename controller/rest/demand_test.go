package rest

import (
	"slices"
	"strings"
	"testing"
)

func TestWhateverARequestMayNameHasAUser(t *testing.T) {
	w := newWorld(t)
	s := w.handler.(*server)
	var check func(where string, typ schema)
	check = func(where string, typ schema) {
		if _, known := s.work.named[plainWord(typ.Ref)]; typ.Ref != "" && !known {
			t.Errorf("%s names a %s, and no declaration says who may use one", where, typ.Ref)
		}
		if typ.Items != nil {
			check(where, *typ.Items)
		}
		for _, m := range typ.Members {
			check(where+":"+m.Name, m.schema)
		}
	}
	for _, res := range s.resources {
		d := res.describe()
		for _, a := range d.Attributes {
			if a.OnCreate || a.OnUpdate {
				check(d.Singular+" "+a.Name, a.schema)
			}
		}
	}
}

// TestNoRouteLeadsToWhatOthersOwn calls every route that names an object, whatever it is for, with another project's.
func TestNoRouteLeadsToWhatOthersOwn(t *testing.T) {
	e := newEstate(t)
	ids := map[string]string{"networks": "b-net", "subnets": "b-sub", "ports": "b-port", "routers": "b-router", "floatingips": "b-fip", "trunks": "a-trunk"}
	called := 0
	for _, rt := range e.handler.(*server).routes {
		if len(rt.pattern) < 3 || ids[rt.pattern[1]] == "" || rt.pattern[2] != "*" {
			continue
		}
		who := "a"
		if rt.pattern[1] == "trunks" { // the one that is there is a's
			who = "b"
		}
		parts := slices.Clone(rt.pattern)
		parts[2] = e.ids[ids[parts[1]]]
		for i := 3; i < len(parts); i++ {
			if parts[i] == "*" {
				parts[i] = e.ids["ext"] // any id
			}
		}
		for method := range rt.methods {
			called++
			before := e.store.Snapshot().Revision()
			got := e.as(who, method, "/"+strings.Join(parts, "/"), `{}`)
			if got.status < 400 || got.status >= 500 || e.store.Snapshot().Revision() != before {
				t.Errorf("%s: %s %s: %d %s", who, method, rt.name, got.status, got.text)
			}
			if name := e.ids[ids[parts[1]]]; method == "GET" && got.status != 404 && got.status != 403 {
				t.Errorf("%s: GET %s of %s: %d", who, rt.name, name, got.status)
			}
		}
	}
	if called < 40 {
		t.Errorf("only %d calls: the test does not see the routes", called)
	}
}
