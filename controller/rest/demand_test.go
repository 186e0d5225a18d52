package rest

import "testing"

func TestWhateverARequestMayNameHasAUser(t *testing.T) {
	w := newWorld(t)
	s := w.handler.(*server)
	var check func(where string, typ schema)
	check = func(where string, typ schema) {
		if _, known := s.named[plainWord(typ.Ref)]; typ.Ref != "" && !known {
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
