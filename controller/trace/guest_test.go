package trace

import (
	"testing"

	"weft/plan"
	"weft/tables"
)

func TestRefusedARPIsCountedOnlyOverFlowsOfOneAge(t *testing.T) {
	of := func(packets uint64, youngest, oldest float64) plan.FlowCount {
		return plan.FlowCount{Packets: packets, Youngest: youngest, Oldest: oldest}
	}
	for _, c := range []struct {
		name         string
		in, passed   plan.FlowCount
		all, refused uint64
	}{
		{"all-pass", of(9, 60, 60), of(9, 60, 60), 9, 0},
		{"some-do-not", of(9, 60, 60), of(2, 60, 61), 9, 7},
		{"none-do", of(9, 60, 60), of(0, 60, 60), 9, 9},
		{"counted-at-another-moment", of(9, 60, 60), of(10, 60, 60), 9, 0},
		{"an-address-came-later", of(9, 60, 60), of(2, 5, 60), 9, 0},
		{"no-flow-lets-any-pass", of(9, 60, 60), of(0, 0, 0), 9, 0},
		{"the-port-is-not-guarded", of(0, 0, 0), of(0, 0, 0), 0, 0},
	} {
		all, refused := refusedARP(map[uint8]plan.FlowCount{uint8(tables.LocalSwitching): c.in, uint8(tables.ARPSpoof): c.passed})
		if all != c.all || refused != c.refused {
			t.Errorf("%s: %d of %d, want %d of %d", c.name, refused, all, c.refused, c.all)
		}
	}
}
