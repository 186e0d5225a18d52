package api

import (
	"iter"
	"strings"
)

// Described is an object that people ask for. It carries Meta, and so has a name and a project to be found by.
type Described interface {
	Object
	Standard() *Meta
}

// Standard implements Described for what embeds Meta.
func (m *Meta) Standard() *Meta { return m }

// Named yields the objects of a kind with a name, however it is capitalised, in the order of ids.
func (v View) Named(k Kind, name string) iter.Seq[Object] {
	return scan[Object](v, k, byName, nameKey(name))
}

// OfProject yields the objects of a described kind that belong to a project, in the order of ids.
func (v View) OfProject(k Kind, project string) iter.Seq[Object] {
	return scan[Object](v, k, byProject, projectKey(project))
}

// nameKey is never empty, so that all are found in the order of their names, and in lower case, as they are sorted.
func nameKey(name string) string {
	return "=" + strings.ToLower(name)
}

// projectKey is never empty: what belongs to no project is found as well.
func projectKey(project string) string { return "@" + project }
