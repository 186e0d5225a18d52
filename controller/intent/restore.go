package intent

import (
	"reflect"

	"weft/api"
)

// Restored ends a change that made the state what it was in a backup: the revisions in it are those of another time, or
// of another controller. What differs from the state of now changed now, and what does not never did.
func (*Ops) Restored(tx *api.Txn) {
	for _, ch := range tx.Changes() {
		switch after := ch.After.(type) {
		case *api.Binding:
			before, _ := ch.Before.(*api.Binding)
			putDated(tx, before, *after, func(b *api.Binding) *api.Revision { return &b.Changed })
		case *api.FloatingIP:
			before, _ := ch.Before.(*api.FloatingIP)
			putDated(tx, before, *after, func(f *api.FloatingIP) *api.Revision { return &f.Changed })
		}
	}
}

// putDated puts an object that carries the revision at which it changed.
func putDated[T any, P interface {
	*T
	api.Object
}](tx *api.Txn, before P, after T, changed func(P) *api.Revision) {
	date := changed(&after)
	if before != nil {
		*date = *changed(before)
		if reflect.DeepEqual(*before, after) {
			tx.Put(before)
			return
		}
	}
	*date = tx.Next()
	tx.Put(P(&after))
}
