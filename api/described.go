package api

import "iter"

// Described is an object that people ask for. It carries Meta, and so has a name and a project to be found by.
type Described interface {
	Object
	Standard() *Meta
}

// Standard implements Described for what embeds Meta.
func (m *Meta) Standard() *Meta { return m }

// Named yields the objects of a kind with a name, in the order of ids. Those without a name cannot be found this way.
func (v View) Named(k Kind, name string) iter.Seq[Object] {
	return scan[Object](v, k, byName, nameKey(name))
}

// OfProject yields the objects of a described kind that belong to a project, in the order of ids.
func (v View) OfProject(k Kind, project string) iter.Seq[Object] {
	return scan[Object](v, k, byProject, projectKey(project))
}

// nameKey ends at a NUL: a name with one in it cannot be told from another, which is found as well.
func nameKey(name string) string {
	if name == "" {
		return ""
	}
	return "=" + name
}

// projectKey is never empty: what belongs to no project is found as well.
func projectKey(project string) string { return "@" + project }
