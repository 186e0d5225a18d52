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

// CountOfProject is how many OfProject yields, without a look at them.
func (v View) CountOfProject(k Kind, project string) int {
	if t, ok := first[*tally](v, tallies, byID, tallyKey(k, project)); ok {
		return t.n
	}
	return 0
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

// tallies is the table of how many objects of a kind a project has. It follows from the others: no Change tells of it.
const tallies Kind = "tally"

type tally struct {
	key string
	n   int
}

func tallyKey(k Kind, project string) string { return string(k) + "/" + project }

// count keeps the tallies when o takes the place of before; nil stands for none.
func (t *Txn) count(before, o Object) {
	was, had := before.(Described)
	is, has := o.(Described)
	if had && has && was.Standard().ProjectID == is.Standard().ProjectID {
		return
	}
	if had {
		t.tally(before.Ref().Kind, was.Standard().ProjectID, -1)
	}
	if has {
		t.tally(o.Ref().Kind, is.Standard().ProjectID, 1)
	}
}

func (t *Txn) tally(k Kind, project string, by int) {
	next := &tally{key: tallyKey(k, project), n: t.CountOfProject(k, project) + by}
	change := t.txn.Insert
	if next.n == 0 { // or what a project once had would stay for ever
		change = t.txn.Delete
	}
	if err := change(string(tallies), next); err != nil {
		panic(err) // it is there if it becomes 0: a fault in the program
	}
}
