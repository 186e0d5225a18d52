package rest

import (
	"time"

	"weft/api"
	"weft/controller/intent"
)

const (
	maxName  = 255
	maxOwner = 255
)

// standard gives the attributes that every resource has, before (id, name, project) and after its own.
func standard[O api.Object, R any](meta func(O) *api.Meta, req func(*R) *intent.MetaRequest, own ...attribute[O]) []attribute[O] {
	all := []attribute[O]{
		read("id", "id of the object, given by weft", uuid[string](), func(_ scope, o O) string { return o.Ref().ID }),
		rw("name", "name for people; need not be unique", text(maxName),
			func(_ scope, o O) string { return meta(o).Name }, func(r *R, v opt[string]) { req(r).Name = v }).or(""),
		once("project_id", "project that owns the object", text(maxName),
			func(_ scope, o O) string { return meta(o).ProjectID }, func(r *R, v opt[string]) { req(r).ProjectID = v }),
		read("tenant_id", "old name of project_id; may be given in its place", text(maxName),
			func(_ scope, o O) string { return meta(o).ProjectID }),
	}
	all = append(all, own...)
	return append(all,
		rw("description", "what the object is for", text(maxName),
			func(_ scope, o O) string { return meta(o).Description }, func(r *R, v opt[string]) { req(r).Description = v }).or(""),
		once("tags", "labels; later changes go to the path /tags below the object's", tagList(),
			func(_ scope, o O) []string { return meta(o).Tags }, func(r *R, v opt[[]string]) { req(r).Tags = v }).or(empty()),
		read("created_at", "when the object was made", instant(), func(_ scope, o O) time.Time { return meta(o).CreatedAt }),
		read("updated_at", "when the object last changed", instant(), func(_ scope, o O) time.Time { return meta(o).UpdatedAt }),
		read("revision_number", "counts the changes of the object", integer(0, 1<<62),
			func(_ scope, o O) int { return meta(o).RevisionNumber }),
	)
}

// problem is weft's own attribute: what keeps the object from working.
func problem[O api.Object]() attribute[O] {
	return read("weft:problem", "what keeps the object from working; empty if nothing is known to", text(maxName),
		func(s scope, o O) string { return s.status.Problem(o.Ref()) }).internal()
}

// empty is the value of attributes that are always the empty list.
func empty() []any { return []any{} }
