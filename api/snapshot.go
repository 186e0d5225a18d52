package api

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// View reads one state of the world. Its methods never block and are safe for concurrent use on a Snapshot; the View of
// a Txn sees the Txn's own writes and belongs to one goroutine. What it yields is what there was when the loop began, so a
// Txn may write in the middle of it.
type View struct {
	tables map[Kind]*table
	seen   *int // how many objects were looked at, if somebody counts them
}

// Snapshot is the whole state at one revision. It is immutable.
type Snapshot struct {
	View
	rev Revision
}

// NewSnapshot gives the empty state at revision 0.
func NewSnapshot() *Snapshot { return &Snapshot{View: View{tables: schema()}} }

// Revision is the revision of the state.
func (s *Snapshot) Revision() Revision { return s.rev }

// Txn starts a change of a private copy of the state. The Snapshot itself never changes.
func (s *Snapshot) Txn() *Txn {
	return &Txn{View: View{maps.Clone(s.tables), s.seen}, base: s.rev, changed: map[Ref]*Change{}}
}

// Change is one object before and after; Before is nil for a new object, After for a deleted one.
type Change struct {
	Before, After Object
}

// Ref names the object that changed.
func (c Change) Ref() Ref {
	if c.After != nil {
		return c.After.Ref()
	}
	return c.Before.Ref()
}

// Txn is a change of the state in the making. It belongs to one goroutine.
type Txn struct {
	View
	base    Revision
	changed map[Ref]*Change
}

// Put stores o in place of the object with its Ref, if any. The caller must not change o afterwards.
func (t *Txn) Put(o Object) {
	ref := o.Ref()
	before, _ := t.Object(ref)
	t.writable(ref.Kind).put(ref.ID, before, o)
	t.changes(ref, before, o)
}

// Delete removes the object with o's Ref, if it is there.
func (t *Txn) Delete(o Object) {
	ref := o.Ref()
	before, ok := t.Object(ref)
	if !ok {
		return
	}
	t.writable(ref.Kind).remove(ref.ID, before)
	t.changes(ref, before, nil)
}

// writable gives the transaction's own copy of a table.
func (t *Txn) writable(k Kind) *table {
	if !t.tables[k].open {
		t.tables[k] = t.tables[k].copied()
	}
	return t.tables[k]
}

// changes notes that next took the place of before; nil stands for none.
func (t *Txn) changes(ref Ref, before, next Object) {
	if ref.Kind == tallies {
		return
	}
	if c, ok := t.changed[ref]; ok {
		c.After = next
	} else {
		t.changed[ref] = &Change{before, next}
	}
	t.count(before, next)
}

// Become makes the state equal to that of a snapshot.
func (t *Txn) Become(other *Snapshot) {
	for _, k := range Kinds {
		var gone []Object
		for o := range t.All(k) {
			if _, ok := other.Object(o.Ref()); !ok {
				gone = append(gone, o)
			}
		}
		for _, o := range gone {
			t.Delete(o)
		}
		for o := range other.All(k) {
			t.Put(o)
		}
	}
}

// Next is the revision that Commit will give.
func (t *Txn) Next() Revision { return t.base + 1 }

// Changes lists what is different now from the state at the start, one Change an object, in the order of their kinds
// and ids. An object that was put and deleted again, or put back equal to what it was, is not listed.
func (t *Txn) Changes() []Change {
	refs := make([]Ref, 0, len(t.changed))
	for ref, c := range t.changed {
		if !reflect.DeepEqual(c.Before, c.After) { // else it was put back as it was, or made and deleted again
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, compareRefs)
	out := make([]Change, len(refs))
	for i, ref := range refs {
		out[i] = *t.changed[ref]
	}
	return out
}

func compareRefs(a, b Ref) int {
	if a.Kind == b.Kind {
		return strings.Compare(a.ID, b.ID)
	}
	return slices.Index(Kinds[:], a.Kind) - slices.Index(Kinds[:], b.Kind)
}

// Commit gives the changed state as revision rev (Next(), or what a store read from its file). The Txn is spent.
func (t *Txn) Commit(rev Revision) *Snapshot {
	for _, table := range t.tables {
		if table.open { // others are other states' too, whose readers read this
			table.open = false
		}
	}
	s := &Snapshot{View: t.View, rev: rev}
	t.View = View{}
	return s
}
