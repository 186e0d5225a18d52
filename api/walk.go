package api

import "iter"

// Order is a way through all objects of a kind.
type Order struct {
	ByName bool // by name, in lower case, and of one name by id; else by id alone
	Down   bool // the last name first, or the last id; of one name the ids ascend nevertheless
	Back   bool // all of that from its end to its beginning
}

// Walk yields the objects of a described kind in an order: those that come after one, which need not be there, or all if it
// is nil. It looks at no more of them than it yields.
func (v View) Walk(k Kind, o Order, after Described) iter.Seq[Object] {
	ix := byID
	if o.ByName {
		ix = byName
	}
	return func(yield func(Object) bool) {
		w := way{tree: v.tables[k].still(ix), keysDown: o.Down != o.Back, idsDown: o.Back, yield: func(e entry) bool {
			v.looked()
			return yield(e.object)
		}}
		if after == nil {
			w.all()
			return
		}
		start := entry{after.Ref().ID, &record{id: after.Ref().ID}}
		if o.ByName {
			start.key = nameKey(after.Standard().Name)
		}
		w.after(start)
	}
}

// way is a walk through an index: the keys one way, and the ids of one key the same way or the other.
type way struct {
	*tree
	keysDown, idsDown bool
	yield             func(entry) bool
}

func (w way) all() {
	switch {
	case w.keysDown != w.idsDown:
		first, some := w.Min()
		if w.keysDown {
			first, some = w.Max()
		}
		if some {
			w.groups(first.key)
		}
	case w.keysDown:
		w.Reverse(w.yield)
	default:
		w.Scan(w.yield)
	}
}

// after walks from the place of an entry on.
func (w way) after(start entry) {
	if w.keysDown == w.idsDown {
		w.step(w.keysDown, start, func(e entry) bool { return same(e, start) || w.yield(e) })
		return
	}
	if !w.group(start.key, func(e entry) bool { return !w.beyond(e, start) || w.yield(e) }) {
		return
	}
	if key, some := w.next(start.key); some {
		w.groups(key)
	}
}

func same(a, b entry) bool { return a.key == b.key && a.id == b.id }

// beyond reports whether one entry comes after another of the same key.
func (w way) beyond(e, start entry) bool {
	if w.idsDown {
		return e.id < start.id
	}
	return e.id > start.id
}

func (w way) step(down bool, from entry, f func(entry) bool) {
	if down {
		w.Descend(from, f)
	} else {
		w.Ascend(from, f)
	}
}

// groups walks through the entries of a key, and of those that come after it.
func (w way) groups(key string) {
	for some := true; some && w.group(key, w.yield); {
		key, some = w.next(key)
	}
}

// group walks through the entries of one key, and reports whether all of them were wanted.
func (w way) group(key string, yield func(entry) bool) (on bool) {
	on, from := true, entry{key, lowest}
	if w.idsDown {
		from.key = behind(key)
	}
	w.step(w.idsDown, from, func(e entry) bool {
		if e.key != key {
			return false
		}
		on = yield(e)
		return on
	})
	return on
}

// next finds the key that comes after one.
func (w way) next(key string) (found string, some bool) {
	from := entry{key, lowest}
	if !w.keysDown {
		from.key = behind(key)
	}
	w.step(w.keysDown, from, func(e entry) bool {
		found, some = e.key, true
		return false
	})
	return found, some
}

// behind is the first key that can come after one.
func behind(key string) string { return key + "\x00" }

// Counting gives a view of the same that adds to a number with each object that it looks at.
func (v View) Counting(n *int) View {
	v.seen = n
	return v
}

func (v View) looked() {
	if v.seen != nil {
		*v.seen++
	}
}
