package compile_test

import (
	"testing"

	"pgregory.net/rapid"

	"weft/test/cloud"
)

// TestEqualStatesGiveEqualPlans holds also what one compiler gives for all hosts and states, which keeps what hosts share,
// against what one of its own gives for each.
func TestEqualStatesGiveEqualPlans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, shared := cloud.World{T: rt}, strict()
		s := w.Start()
		for range 1 + rapid.IntRange(0, 2).Draw(rt, "changes") {
			for h := range s.Hosts() {
				got, err := shared.Host(s, h.ID)
				if err != nil {
					rt.Fatal(err)
				}
				if diff := difference(planOf(rt, s, h.ID), got); diff != "" {
					rt.Fatalf("host %s:\n%s", h.ID, diff)
				}
			}
			s, _ = w.Change(s)
		}
	})
}
