package plan

import (
	"encoding/json"
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
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Message
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s came back differently (-sent +got):\n%s", b, d)
	}
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
