package run

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"weft/plan"
)

func TestAnEndIsUsedAsLongAsAWantedPairHasIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b", "c"})
		w := NewWanted()
		for range rapid.IntRange(1, 20).Draw(rt, "changes") {
			v := plan.Veth{NS: name.Draw(rt, "ns"), Dev: name.Draw(rt, "dev"), PeerNS: name.Draw(rt, "peer ns"), PeerDev: name.Draw(rt, "peer")}
			if rapid.Bool().Draw(rt, "drop") {
				w.Drop(v.Key())
			} else {
				w.Put(plan.Item{Spec: v})
			}
		}
		for _, ns := range []string{"a", "b", "c"} {
			for _, dev := range []string{"a", "b", "c"} {
				want := map[plan.Key]bool{}
				for i := range w.All() {
					if v := i.Spec.(plan.Veth); v.NS == ns && v.Dev == dev || v.PeerNS == ns && v.PeerDev == dev {
						want[v.Key()] = true
					}
				}
				got := slices.Collect(w.PairsAt(ns, dev))
				if len(got) != len(want) || w.Uses(ns, dev) != (len(want) > 0) {
					rt.Fatalf("%s in %s: pairs %v, want %v", dev, ns, got, slices.Collect(maps.Keys(want)))
				}
			}
		}
	})
}
