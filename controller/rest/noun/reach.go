package noun

import (
	"iter"

	"weft/api"
)

// OwnedBy gives the objects of a project by the index on it.
func OwnedBy[O api.Object](k api.Kind) func(api.View, string) iter.Seq[O] {
	return func(v api.View, project string) iter.Seq[O] {
		return func(yield func(O) bool) {
			for o := range v.OfProject(k, project) {
				if !yield(o.(O)) {
					return
				}
			}
		}
	}
}
