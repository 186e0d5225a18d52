package rest

import (
	"cmp"
	"iter"
	"slices"

	"weft/api"
)

// ownedBy gives the objects of a project by the index on it.
func ownedBy[O api.Object](k api.Kind) func(api.View, string) iter.Seq[O] {
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

// portsInReach gives a project's ports and those on its networks, in the order of ids.
func portsInReach(v api.View, project string) iter.Seq[*api.Port] {
	found := slices.Collect(ownedBy[*api.Port](api.KindPort)(v, project))
	for n := range ownedBy[*api.Network](api.KindNetwork)(v, project) {
		found = slices.AppendSeq(found, v.PortsOf(n.ID))
	}
	slices.SortFunc(found, func(a, b *api.Port) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Values(slices.Compact(found))
}
