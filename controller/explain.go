package controller

import (
	"fmt"

	"weft/api"
	"weft/controller/ofp/wire"
	"weft/controller/rest/backend"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// explain puts a flow into words: as ovs-ofctl would print it, and which logical object it serves.
func explain(at *api.Snapshot, f plan.Flow) backend.Flow {
	names := pipeline.Names{Table: func(id tables.ID) string { return tables.Name(tables.ClassOf(f.Bridge), id) }}
	out := backend.Flow{
		Bridge: f.Bridge, Table: f.Table, TableName: names.Table(tables.ID(f.Table)), Priority: f.Priority,
		Cookie: fmt.Sprintf("%#x", f.Cookie), Text: wire.Dump(f, names),
	}
	if d, err := wire.Decode(f); err == nil {
		out.Match, out.Actions = d.Match.String(), pipeline.FormatActions(d.Match, d.Actions, names)
	}
	if f.Subject.ID != "" {
		out.Subject = &backend.Subject{Kind: f.Subject.Kind, ID: f.Subject.ID, Name: nameOf(at, f.Subject)}
	}
	return out
}

// learnedFor finds the VTEP for which a switch learned a flow.
func learnedFor(at *api.Snapshot, f plan.Flow) (api.Ref, bool) {
	c := tables.Cookie(f.Cookie)
	if !c.IsLearned() {
		return api.Ref{}, false
	}
	for t := range at.VTEPs() {
		if pipeline.LearnedCookie(t) == c {
			return t.Ref(), true
		}
	}
	return api.Ref{}, false
}

// nameOf gives the name that people gave an object, "" if none.
func nameOf(at *api.Snapshot, r api.Ref) string {
	o, ok := at.Object(r)
	if !ok {
		return ""
	}
	switch o := o.(type) {
	case *api.Host:
		return string(o.ID)
	case *api.VTEP:
		return o.Name
	case *api.Network:
		return o.Name
	case *api.Subnet:
		return o.Name
	case *api.Port:
		return o.Name
	case *api.Router:
		return o.Name
	case *api.FloatingIP:
		return o.Addr.String()
	}
	return ""
}
