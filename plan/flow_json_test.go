package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
)

func TestFlowsSurviveTheAgentLink(t *testing.T) {
	want := Message{
		Type: "delta", Revision: 3,
		PutFlows: []Flow{
			{FlowKey{"br-int", 60, 100, "\x80\x00\x06\x06\xff\xfe\x00\x01"}, 0x7701ffffffffffff, []byte{0, 1, 0, 8, 60, 0, 0, 0}, api.Ref{}},
			{FlowKey{"br-tun", 0, 0, ""}, 0, nil, api.Ref{}},
		},
		DropFlows: []FlowKey{{"br-tun", 4, 7, "\x00\xff"}},
	}
	byType, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	byHand, err := want.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{byType, byHand} {
		var got Message
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s came back differently (-sent +got):\n%s", b, d)
		}
	}
}

func TestAMessageIsWrittenByHandAsByItsTypes(t *testing.T) {
	flow := Flow{FlowKey{`br-"<ö\`, 60, 100, "\x80"}, 7, []byte("12345678"), api.Ref{}}
	for _, m := range []Message{
		{Type: "ping"},
		{Type: "delta", Revision: 3, PutFlows: []Flow{flow, flow}},
		{Type: "delta", Revision: 3, Drop: []Key{{Kind: KindRoute, NS: "x", ID: "y"}}, DropFlows: []FlowKey{flow.FlowKey, {Bridge: "b"}}},
	} {
		want, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.AppendJSON([]byte("before ")); err != nil || string(got) != "before "+string(want) {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

// BenchmarkMessage writes a snapshot of 3,000 flows, by hand and by its types.
func BenchmarkMessage(b *testing.B) {
	m := Message{Type: "snapshot", Revision: 1}
	for i := range 3000 {
		m.PutFlows = append(m.PutFlows, Flow{FlowKey{"br-tun", 20, 100, fmt.Sprintf("match of %08d", i)}, 7, make([]byte, 64), api.Ref{}})
	}
	b.Run("by-hand", func(b *testing.B) {
		for b.Loop() {
			if _, err := m.AppendJSON(nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by-types", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestAFlowThatFitsIntoNoMessageIsRefused(t *testing.T) {
	for name, line := range map[string]string{
		"no-bridge":    `{"table":1,"priority":1,"cookie":"0x1"}`,
		"no-cookie":    `{"bridge":"br-int","table":1,"priority":1}`,
		"bad-cookie":   `{"bridge":"br-int","table":1,"priority":1,"cookie":"0x123456789abcdef01"}`,
		"table-256":    `{"bridge":"br-int","table":256,"priority":1,"cookie":"0x1"}`,
		"half-a-word":  `{"bridge":"br-int","table":1,"priority":1,"cookie":"0x1","instructions":"AAA="}`,
		"not-base64":   `{"bridge":"br-int","table":1,"priority":1,"cookie":"0x1","match":"%%"}`,
		"endless":      `{"bridge":"br-int","table":1,"priority":1,"cookie":"0x1","match":"` + strings.Repeat("AAAA", 30000) + `"}`,
		"not-a-object": `7`,
	} {
		t.Run(name, func(t *testing.T) {
			var f Flow
			if err := json.Unmarshal([]byte(line), &f); err == nil {
				t.Errorf("taken as %+v", f)
			}
		})
	}
}
