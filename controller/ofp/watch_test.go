package ofp_test

import (
	"testing"

	"weft/controller/ofp"
	"weft/controller/ofp/wire"
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
