package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/controller/intent"
)

func TestRangesOfVLANsAreWrittenAsNeutronsAre(t *testing.T) {
	for _, tc := range []struct {
		text []string
		want []intent.SegmentRange
		says string
	}{
		{nil, nil, ""},
		{[]string{"a:1:4094", "b:7:7"}, []intent.SegmentRange{{PhysicalNetwork: "a", First: 1, Last: 4094}, {PhysicalNetwork: "b", First: 7, Last: 7}}, ""},
		{[]string{"a"}, nil, "want PHYSICAL_NETWORK:FIRST:LAST"},
		{[]string{":1:2"}, nil, "want PHYSICAL_NETWORK:FIRST:LAST"},
		{[]string{"a:-1:2"}, nil, "want PHYSICAL_NETWORK:FIRST:LAST"},
		{[]string{"a:0:2"}, nil, "1 through 4094"},
		{[]string{"a:1:4095"}, nil, "1 through 4094"},
		{[]string{"a:3:2"}, nil, "1 through 4094"},
	} {
		got, err := controllerFlags{vlans: tc.text}.vlanRanges()
		if diff := cmp.Diff(tc.want, got); diff != "" || (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%v: %v (-want +got):\n%s", tc.text, err, diff)
		}
	}
}
