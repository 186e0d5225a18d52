package flows_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// While there is no controller, what others do to flows of weft's is undone; what they do to their own stays.
func TestWithoutAControllerWhatOthersChangeIsMadeAsItWas(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	own := s.dump()
	want := append(s.dump(), "cookie=0x5, table=9, priority=7 actions=drop")
	slices.Sort(want)
	s.run()
	s.leave(true)
	s.sw.AddFlows(bridge, "cookie=5,table=9,priority=7,actions=drop")
	for _, words := range [][]string{
		{"del-flows", "table=60"},
		{"mod-flows", "table=0,actions=normal"},
		{"add-flow", "cookie=0x7701000000000001,table=98,priority=7,actions=drop"},
		{"add-flow", "table=0,priority=0,actions=normal"},
	} {
		before := s.count(&s.restored)
		s.sw.Ofctl(words[0], bridge, words[1])
		s.eventually(words[0]+" "+words[1]+" is undone", func() bool {
			return s.count(&s.restored) > before && cmp.Equal(want, s.dump())
		})
	}
	s.again() // and what the switch loses comes back as ever
	s.eventually("the flows are back", s.holds(own))
}

// A controller that is there, or comes while the keeper looks, is never contradicted.
func TestWhatAControllerChangesStays(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	s.run()
	s.leave(false)
	s.sw.Ofctl("del-flows", bridge, "table=60,udp")
	s.leave(true)
	one := s.dump() // what was changed while there was one is not known to be anybody's fault
	if len(one) != len(ours)-1 || s.count(&s.restored) != 0 {
		t.Fatalf("the keeper has changed what a controller did:\n%s", cmp.Diff(ours, one))
	}
	s.mu.Lock()
	s.alone = false // it comes, and begins at once
	s.mu.Unlock()
	s.sw.Ofctl("del-flows", bridge, "table=60")
	want := s.dump()
	s.leave(false)
	if got := s.dump(); len(want) == len(one) || !cmp.Equal(want, got) || s.count(&s.restored) != 0 {
		t.Errorf("the keeper has changed what a controller did (-controller +now):\n%s", cmp.Diff(want, got))
	}
}

// A bridge whose ports have other numbers is not given flows that name the old ones.
func TestWithoutAControllerFlowsWaitForPortNumbersToo(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	s.unready = errors.New("port guest has the number 9 yet, not 7")
	s.run()
	s.leave(true)
	want := s.dump()
	s.sw.Ofctl("del-flows", bridge, "table=60")
	less := s.dump()
	s.leave(true)
	if got := s.dump(); !cmp.Equal(less, got) {
		t.Errorf("flows for wrong port numbers:\n%s", cmp.Diff(less, got))
	}
	s.mu.Lock()
	s.unready = nil
	s.mu.Unlock()
	s.eventually("the flows are back", s.holds(want))
}
