package api

import (
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// degree is how finely trees divide: a node has up to twice as many entries. A change copies a node of each level, and keeps
// the old one in memory for as long as someone reads the old state, so small nodes are cheap ones.
const degree = 8

// record is an object, as all indexes of its table share it.
type record struct {
	id     string
	object Object
}

// entry is an object under one of its keys. Entries are sorted by key, and those of one key by the objects' ids.
type entry struct {
	key string
	*record
}

// lowest is a record that comes before all others of a key.
var lowest = &record{}

func (e entry) before(other entry) bool { return e.compare(other) < 0 }

func (e entry) compare(other entry) int {
	if c := strings.Compare(e.key, other.key); c != 0 {
		return c
	}
	return strings.Compare(e.id, other.id)
}

type tree = btree.BTreeG[entry]

// column declares an index: the keys that an object has there, exactly one or any number. Of these "" stands for none.
type column struct {
	index index
	one   func(Object) string
	many  func(Object) []string
}

func (c column) keys(o Object) []string {
	if c.one == nil {
		return c.many(o)
	}
	return []string{c.one(o)}
}

// keysOf is keys of what a record holds, whose id needs not be spelt again.
func (c column) keysOf(r *record) []string {
	if c.index == byID {
		return []string{r.id}
	}
	return c.keys(r.object)
}

// table holds the objects of one kind. Its trees share what they can with those that they are copies of.
type table struct {
	columns []column
	mu      sync.Mutex // held while it is copied, which leaves a mark in the original
	trees   [indexes]*tree
	open    bool // it belongs to a transaction under way, which may write at any time
}

func newTable(columns []column) *table {
	t := &table{columns: columns}
	for _, c := range columns {
		t.trees[c.index] = btree.NewBTreeGOptions(entry.before, btree.Options{Degree: degree, NoLocks: true})
	}
	return t
}

// copied gives a copy to write into.
func (t *table) copied() *table {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &table{columns: t.columns, open: true}
	for _, col := range t.columns {
		c.trees[col.index] = t.trees[col.index].IsoCopy()
	}
	return c
}

// still gives an index as it is now, which stays so while it is walked through.
func (t *table) still(ix index) *tree {
	if t.open {
		return t.trees[ix].IsoCopy()
	}
	return t.trees[ix]
}

// first finds the object with the lowest id under a key.
func (t *table) first(ix index, key string) (found *record) {
	t.trees[ix].Ascend(entry{key, lowest}, func(e entry) bool {
		if e.key == key {
			found = e.record
		}
		return false
	})
	return found
}

// put replaces before, which may be nil, by an object with the same id.
func (t *table) put(id string, before, o Object) {
	r := &record{id, o}
	for _, c := range t.columns {
		keys := c.keysOf(r)
		t.leave(c, id, before, keys)
		for _, k := range keys {
			if k != "" {
				t.trees[c.index].Set(entry{k, r})
			}
		}
	}
}

func (t *table) remove(id string, o Object) {
	for _, c := range t.columns {
		t.leave(c, id, o, nil)
	}
}

// leave takes an object out of an index, but for the keys that are kept.
func (t *table) leave(c column, id string, o Object, kept []string) {
	if o == nil {
		return
	}
	for _, k := range c.keys(o) {
		if k != "" && !slices.Contains(kept, k) {
			t.trees[c.index].Delete(entry{k, &record{id: id}})
		}
	}
}
