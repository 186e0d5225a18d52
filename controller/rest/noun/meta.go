package noun

import (
	"time"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/wire"
)

// The most characters of names, and of device_owner and the names of DHCP options.
const (
	MaxName  = 255
	MaxOwner = 255
)

// Standard gives the attributes that every resource has, before (id, name, project) and after its own.
func Standard[O api.Object, R any](meta func(O) *api.Meta, req func(*R) *intent.MetaRequest, own ...Attr[O]) []Attr[O] {
	all := []Attr[O]{
		Read("id", "id of the object, given by weft", wire.UUID[string](), func(_ Scope, o O) string { return o.Ref().ID }),
		RW("name", "name for people; need not be unique", wire.Text(MaxName),
			func(_ Scope, o O) string { return meta(o).Name }, func(r *R, v intent.Opt[string]) { req(r).Name = v }).Or(""),
		Once("project_id", "project that owns the object", wire.Text(MaxName),
			func(_ Scope, o O) string { return meta(o).ProjectID }, func(r *R, v intent.Opt[string]) { req(r).ProjectID = v }),
		Read("tenant_id", "old name of project_id; may be given in its place", wire.Text(MaxName),
			func(_ Scope, o O) string { return meta(o).ProjectID }),
	}
	all = append(all, own...)
	return append(all,
		RW("description", "what the object is for", wire.Text(MaxName),
			func(_ Scope, o O) string { return meta(o).Description }, func(r *R, v intent.Opt[string]) { req(r).Description = v }).Or(""),
		Once("tags", "labels; later changes go to the path /tags below the object's", TagList(),
			func(_ Scope, o O) []string { return meta(o).Tags }, func(r *R, v intent.Opt[[]string]) { req(r).Tags = v }).Or(wire.Empty()),
		Read("created_at", "when the object was made", wire.Instant(), func(_ Scope, o O) time.Time { return meta(o).CreatedAt }),
		Read("updated_at", "when the object last changed", wire.Instant(), func(_ Scope, o O) time.Time { return meta(o).UpdatedAt }),
		Read("revision_number", "counts the changes of the object", wire.Integer(0, 1<<62),
			func(_ Scope, o O) int { return meta(o).RevisionNumber }),
	)
}

// Problem is weft's own attribute: what keeps the object from working.
func Problem[O api.Object]() Attr[O] {
	return Read("weft:problem", "what keeps the object from working; empty if nothing is known to", wire.Text(MaxName),
		func(s Scope, o O) string { return s.Status.Problem(o.Ref()) }).Internal()
}
