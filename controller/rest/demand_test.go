package rest

import (
	"slices"
	"strings"
	"testing"

	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

func TestWhateverARequestMayNameHasAUser(t *testing.T) {
	w := newWorld(t)
	s := w.handler.(*server)
	var check func(where string, typ wire.Schema)
	check = func(where string, typ wire.Schema) {
		if _, known := s.work.Named[noun.PlainWord(typ.Ref)]; typ.Ref != "" && !known {
			t.Errorf("%s names a %s, and no declaration says who may use one", where, typ.Ref)
		}
		if typ.Items != nil {
			check(where, *typ.Items)
		}
		for _, m := range typ.Members {
			check(where+":"+m.Name, m.Schema)
		}
	}
	for _, res := range s.resources {
		d := res.Describe()
		for _, a := range d.Attributes {
			if a.OnCreate || a.OnUpdate {
				check(d.Singular+" "+a.Name, a.Schema)
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
		if len(rt.Pattern) < 3 || ids[rt.Pattern[1]] == "" || rt.Pattern[2] != "*" {
			continue
		}
		who := "a"
		if rt.Pattern[1] == "trunks" { // the one that is there is a's
			who = "b"
		}
		parts := slices.Clone(rt.Pattern)
		parts[2] = e.ids[ids[parts[1]]]
		for i := 3; i < len(parts); i++ {
			if parts[i] == "*" {
				parts[i] = e.ids["ext"] // any id
			}
		}
		for method := range rt.Methods {
			called++
			before := e.store.Snapshot().Revision()
			got := e.as(who, method, "/"+strings.Join(parts, "/"), `{}`)
			if got.status < 400 || got.status >= 500 || e.store.Snapshot().Revision() != before {
				t.Errorf("%s: %s %s: %d %s", who, method, rt.Name, got.status, got.text)
			}
			if name := e.ids[ids[parts[1]]]; method == "GET" && got.status != 404 && got.status != 403 {
				t.Errorf("%s: GET %s of %s: %d", who, rt.Name, name, got.status)
			}
		}
	}
	if called < 40 {
		t.Errorf("only %d calls: the test does not see the routes", called)
	}
}
