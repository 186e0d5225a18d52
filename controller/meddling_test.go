package controller_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/plan"
	"weft/tables"
)

// Whatever others do to flows of weft's, in whatever way, they are soon as they were; flows of others stay.
func TestFlowsThatOthersChangeAreRepaired(t *testing.T) {
	w := newWorld(t)
	w.report(0, nil)
	w.connect()
	w.eventually("both bridges are in line", func() bool { return w.inLine() >= 2 })
	const theirs = "cookie=0x5, table=99, priority=3,ip actions=drop"
	w.sw.AddFlows(tables.BridgeTun, theirs)
	want := w.sw.DumpFlows(tables.BridgeTun)
	if !strings.Contains(strings.Join(want, "\n"), "table=99") {
		t.Fatalf("the flow of others is not there:\n%s", strings.Join(want, "\n"))
	}
	for _, c := range []struct {
		name string
		do   [][]string
	}{
		{"they change, remove and add some", [][]string{
			{"mod-flows", "table=1,actions=drop"}, // the cookies stay
			{"del-flows", "table=22"},
			{"add-flow", "cookie=0x7701000000000001,table=98,priority=7,actions=drop"},
			{"add-flow", "table=0,priority=0,actions=normal"}, // in the place of another
		}},
		{"they remove all", [][]string{{"del-flows", "cookie=0x7700000000000000/0xff00000000000000"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, words := range c.do {
				w.sw.Ofctl(words[0], tables.BridgeTun, words[1])
			}
			w.eventually("the flows are as they were", func() bool {
				return cmp.Equal(want, w.sw.DumpFlows(tables.BridgeTun))
			})
		})
	}
	if st := w.Host(hostID); st.RepairedAt.IsZero() || !strings.Contains(st.Repaired, "flows of br-tun") {
		t.Errorf("the host says of its repairs: %q, %v", st.Repaired, st.RepairedAt)
	}
	d, err := w.Diff(context.Background(), hostID)
	if err != nil || len(d.MissingFlows)+len(d.ExtraFlows) > 0 {
		t.Errorf("the difference is %+v, %v", d, err)
	}
	later := plan.Mended{What: "route qrouter-r default", At: time.Now().UTC().Add(time.Hour)}
	if err := w.Report(context.Background(), hostID, plan.Report{Mended: &later}); err != nil {
		t.Fatal(err)
	}
	if st := w.Host(hostID); st.Repaired != later.What || !st.RepairedAt.Equal(later.At) {
		t.Errorf("of what its agent has mended the host says %q, %v", st.Repaired, st.RepairedAt)
	}
}
