package wire_test

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/controller/ofp/wire"
	"weft/tables"
)

// The messages are those that ovs-ofctl 3.1 and ovs-vswitchd exchanged.
func TestWatchingFlowsHasItsBytes(t *testing.T) {
	const request = "0412003000000006ffff0000000000004f4e46000000074e00000000000e0004ffffffffff0000000001000400000000"
	if got := hex.EncodeToString(wire.AppendWatchFlows(nil, 6)); got != request {
		t.Errorf("the request is\n%s, want\n%s", got, request)
	}
	const reply = "0413006800000000ffff0000000000004f4e46000000074e" +
		"00200001000200060000000000040100000000000000007800010004000000" + "00" +
		"003000010002000500000000001201000000000000000078" + "0001001280000a0208008000160401020304000000000000"
	m, err := wire.ParseMultipart(hexed(reply))
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.ParseFlowChanges(m)
	want := []wire.FlowChange{
		{Event: wire.FlowDeleted, Table: 1, Priority: 6, Cookie: 0x78},
		{Event: wire.FlowDeleted, Table: 1, Priority: 5, Cookie: 0x78},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestChangesOfFlowsThatAreNoneAreRefused(t *testing.T) {
	for _, c := range []struct{ name, entries string }{
		{"an entry that is longer than the message", "0030000100020005"},
		{"an entry of no length", "0000000100020005"},
		{"an entry that is cut off", "00200001"},
		{"a flow of too few bytes", "0010000100020006" + "0000000000040100"},
		{"an event that is not known", "0008000900020006"},
	} {
		m := wire.Multipart{Type: wire.PartExperimenter, Body: hexed("4f4e46000000074e" + c.entries)}
		if got, err := wire.ParseFlowChanges(m); err == nil {
			t.Errorf("%s: taken as %v", c.name, got)
		}
	}
	m := wire.Multipart{Type: wire.PartExperimenter, Body: hexed("4f4e460000000001")}
	if _, err := wire.ParseFlowChanges(m); err == nil {
		t.Error("another experiment's message was taken")
	}
}

// Whose doing a change is follows from the fences around it. What is told between a switch's two words that it cannot tell
// all (as ovs-vswitchd 3.1 sends them to who does not read) may be anybody's.
func TestWhatStandsBetweenFencesIsGivenBack(t *testing.T) {
	const paused, resumed = "04040010000000004f4e46000000074f", "04040010000000004f4e460000000750"
	come, gone := wire.FlowChange{Event: wire.FlowAdded, Cookie: 0x78}, wire.FlowChange{Event: wire.FlowDeleted, Cookie: 0x78}
	open := wire.FlowChange{Event: wire.FlowAdded, Cookie: uint64(tables.GivenBack)}
	shut := wire.FlowChange{Event: wire.FlowDeleted, Cookie: uint64(tables.GivenBack)}
	for _, c := range []struct {
		name  string
		words []any // changes, and messages
		want  string
	}{
		{"nobody gives back", []any{come, gone}, "--"},
		{"one bundle", []any{come, open, come, gone, shut, come}, "-++++-"},
		{"two bundles", []any{open, come, shut, gone, open, gone, shut, gone}, "+++-+++-"},
		{"a pause", []any{open, shut, come, paused, gone, come, resumed, come}, "++-++-"},
		{"a pause between fences", []any{open, paused, come, resumed, come}, "++-"},
		{"a fence that was there before", []any{shut, come}, "+-"},
	} {
		var fences wire.Fences
		got := ""
		for _, w := range c.words {
			switch w := w.(type) {
			case string:
				fences.Pause(hexed(w))
			case wire.FlowChange:
				told := []wire.FlowChange{w}
				fences.Mark(told)
				got += map[bool]string{true: "+", false: "-"}[told[0].Given]
			}
		}
		if got != c.want {
			t.Errorf("%s: given back are %s, want %s", c.name, got, c.want)
		}
	}
}
