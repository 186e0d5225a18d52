package ofp_test

import (
	"net"
	"slices"
	"strings"
	"testing"

	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/plan"
	"weft/test/ovstest"
)

// watcher records what a server tells it of changed flows.
type watcher struct {
	*handler
	changes chan []wire.FlowChange
}

func (w watcher) FlowsChanged(_ *ofp.Session, c []wire.FlowChange) { w.changes <- c }

// What others do to flows is told at once; of a bundle of the session's own only that it was done.
func TestASwitchTellsWhatOthersDoToItsFlows(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	w := watcher{newHandler(), make(chan []wire.FlowChange, 4096)}
	addr := serve(t, ofp.Config{Handler: w})
	sw.Vsctl("set-controller", "br0", "tcp:"+addr)
	s := receive(t, "session", w.connected)
	if err := s.WatchFlows(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), cloud(t, 1000), nil); err != nil {
		t.Fatal(err)
	}
	sw.Ofctl("del-flows", "br0")
	own, gone := 0, 0
	for gone < 1000 {
		for _, c := range receive(t, "change", w.changes) {
			switch c.Event {
			case wire.FlowOwn:
				own++
			case wire.FlowDeleted:
				gone++
			default:
				t.Fatalf("told of %+v, which nobody else did", c)
			}
		}
	}
	if own == 0 || own > 10 {
		t.Errorf("a bundle of 1,000 flows was told %d times", own)
	}
}

// What is given back is told as that, and what others do before and after as theirs.
func TestFlowsThatAreGivenBackAreToldAsThat(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	w := watcher{newHandler(), make(chan []wire.FlowChange, 4096)}
	addr := serve(t, ofp.Config{Handler: w})
	sw.Vsctl("set-controller", "br0", "tcp:"+addr)
	s := receive(t, "session", w.connected)
	if err := s.WatchFlows(t.Context()); err != nil {
		t.Fatal(err)
	}
	here, all := local(t, sw), cloud(t, 3000)
	for range 2 { // what comes the second time takes the place of the same
		if err := here.GiveBack(t.Context(), "br0", all[1:], []plan.FlowKey{all[0].FlowKey}, nil); err != nil {
			t.Fatal(err)
		}
		sw.AddFlows("br0", "cookie=0x78,table=9,priority=9,actions=drop")
		given, others := 0, 0
		for others == 0 {
			for _, c := range receive(t, "change", w.changes) {
				switch {
				case c.Cookie == 0x78 && !c.Given:
					others++
				case c.Cookie != 0x78 && c.Given:
					given++
				default:
					t.Fatalf("told as another's doing than it was: %+v", c)
				}
			}
		}
		if want := len(all) - 1 + 2; given != want {
			t.Errorf("%d changes were told as given back, want %d", given, want)
		}
	}
	got := sw.DumpFlows("br0")
	if len(got) != len(all) || slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, "table=253") }) {
		t.Errorf("the switch holds %d flows, want %d, none of them a fence", len(got), len(all))
	}
}

// local is a session over the management socket of br0.
func local(t *testing.T, sw *ovstest.Switch) *ofp.Session {
	t.Helper()
	conn, err := net.Dial("unix", sw.Mgmt("br0"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ofp.NewSession(t.Context(), conn, ofp.Config{Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); s.Wait() })
	return s
}
