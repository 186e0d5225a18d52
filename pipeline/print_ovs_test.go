package pipeline_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/pipeline"
	"weft/tables"
	"weft/test/flowgen"
	"weft/test/ovstest"
)

func TestStringIsTheLineThatOVSDumps(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	rapid.Check(t, func(t *rapid.T) {
		flows := flowgen.Flows("br0", 40).Draw(t, "flows")
		var want []string
		for i, f := range flows {
			want = append(want, f.Format(tables.MakeCookie(f.Kind, uint64(i)), pipeline.Names{}))
		}
		sw.Ofctl("del-flows", "br0")
		sw.AddFlows("br0", want...)
		slices.Sort(want)
		if diff := cmp.Diff(want, sw.DumpFlows("br0")); diff != "" {
			t.Fatalf("flows (-want +got):\n%s", diff)
		}
	})
}
