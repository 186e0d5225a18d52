package wire_test

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/controller/ofp/wire"
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
