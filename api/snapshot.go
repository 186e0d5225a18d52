package api

import (
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/go-memdb"
)

// View reads one state of the world. Its methods never block and are safe for concurrent use on a Snapshot; the View of
// a Txn sees the Txn's own writes and belongs to one goroutine.
type View struct {
	read func() *memdb.Txn
}

// Snapshot is the whole state at one revision. It is immutable.
type Snapshot struct {
	View
	db  *memdb.MemDB
	rev Revision
}

// NewSnapshot gives the empty state at revision 0.
func NewSnapshot() *Snapshot {
	db, err := memdb.NewMemDB(schema())
	if err != nil {
		panic(err) // the schema is a constant of this package
	}
	return newSnapshot(db, 0)
}

func newSnapshot(db *memdb.MemDB, rev Revision) *Snapshot {
	read := db.Txn(false) // reading changes nothing in it, so all readers share one
	return &Snapshot{View: View{read: func() *memdb.Txn { return read }}, db: db, rev: rev}
}

// Revision is the revision of the state.
func (s *Snapshot) Revision() Revision { return s.rev }

// Txn starts a change of a private copy of the state. The Snapshot itself never changes.
func (s *Snapshot) Txn() *Txn {
	db := s.db.Snapshot()
	t := db.Txn(true)
	t.TrackChanges()
	return &Txn{View: View{read: func() *memdb.Txn { return t }}, db: db, txn: t, base: s.rev}
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
	db   *memdb.MemDB
	txn  *memdb.Txn
	base Revision
}

// Put stores o in place of the object with its Ref, if any. The caller must not change o afterwards.
func (t *Txn) Put(o Object) {
	ref := o.Ref()
	before, _ := t.Object(ref)
	if err := t.txn.Insert(string(ref.Kind), o); err != nil {
		panic(err) // only an unknown table or a missing id can fail: a fault in the program
	}
	t.count(before, o)
}

// Delete removes the object with o's Ref, if it is there.
func (t *Txn) Delete(o Object) {
	ref := o.Ref()
	before, ok := t.Object(ref)
	if !ok {
		return
	}
	if err := t.txn.Delete(string(ref.Kind), o); err != nil {
		panic(err) // it is there: a fault in the program
	}
	t.count(before, nil)
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
	raw := t.txn.Changes()
	refs := make(map[Change]Ref, len(raw)) // a Ref costs a string for some kinds: make each once
	out := make([]Change, 0, len(raw))
	for _, c := range raw {
		if c.Table == string(tallies) {
			continue
		}
		var ch Change
		if c.Before != nil {
			ch.Before = c.Before.(Object)
		}
		if c.After != nil {
			ch.After = c.After.(Object)
		}
		if reflect.DeepEqual(ch.Before, ch.After) { // put back as it was, or made and deleted again
			continue
		}
		refs[ch] = ch.Ref()
		out = append(out, ch)
	}
	slices.SortFunc(out, func(a, b Change) int { return compareRefs(refs[a], refs[b]) })
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
	t.txn.Commit()
	return newSnapshot(t.db, rev)
}
