package api

import (
	"maps"
	"slices"
)

// Load makes a state of objects, no two of which have the same Ref: what a transaction makes that puts one after the other,
// by far less work, since each index is sorted once and not searched for each of them. It gives all the pieces of that work
// to run, which may run at the same time, and which all runs before it returns.
func Load(rev Revision, objects map[Kind][]Object, run func([]func())) *Snapshot {
	s := NewSnapshot()
	s.rev = rev
	var work []func()
	for _, k := range Kinds {
		some := objects[k]
		records := make([]*record, len(some))
		for i, o := range some {
			records[i] = &record{o.Ref().ID, o}
		}
		work = append(work, s.tables[k].loading(records)...)
	}
	work = append(work, func() { loadTallies(s.tables[tallies], objects) })
	run(work)
	return s
}

// loading gives what is to be done to fill an empty table: a piece of work an index.
func (t *table) loading(records []*record) (work []func()) {
	for _, c := range t.columns {
		work = append(work, func() {
			entries := make([]entry, 0, len(records))
			for _, r := range records {
				for _, key := range c.keysOf(r) {
					if key != "" {
						entries = append(entries, entry{key, r})
					}
				}
			}
			slices.SortFunc(entries, entry.compare)
			for _, e := range entries {
				t.trees[c.index].Load(e)
			}
		})
	}
	return work
}

// loadTallies counts all objects.
func loadTallies(t *table, objects map[Kind][]Object) {
	sums := map[string]int{}
	for _, some := range objects {
		for _, o := range some {
			counts(nil, o, func(key string, by int) { sums[key] += by })
		}
	}
	var records []*record
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		records = append(records, &record{key, &tally{key, sums[key]}})
	}
	for _, f := range t.loading(records) {
		f()
	}
}
