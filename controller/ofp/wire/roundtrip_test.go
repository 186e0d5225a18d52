package wire_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
	"weft/test/flowgen"
	"weft/test/ovstest"
)

// TestSwitchHoldsWhatIsEncoded sends random flows to a real switch and asks for them in both ways: the dump of ovs-ofctl
// must be the flow's own text, and the flow stats must have its key and cookie and decode to the same text.
func TestSwitchHoldsWhatIsEncoded(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	rapid.Check(t, func(t *rapid.T) {
		c := dialSwitch(t, sw.Mgmt("br0"))
		flows := flowgen.Flows("br0", 60).Draw(t, "flows")
		encoded, lines := encodeAll(t, flows)
		c.deleteAll(t)
		c.add(t, encoded)
		if diff := cmp.Diff(lines, sw.DumpFlows("br0")); diff != "" {
			t.Fatalf("dump of ovs-ofctl (-want +got):\n%s", diff)
		}
		held := c.flows(t, "br0")
		if diff := cmp.Diff(keys(encoded), keys(held)); diff != "" {
			t.Fatalf("keys and cookies (-want +got):\n%s", diff)
		}
		var decoded []string
		for _, f := range held {
			d, err := wire.Decode(f)
			if err != nil {
				t.Fatalf("decode what the switch holds: %v", err)
			}
			decoded = append(decoded, d.Format(tables.Cookie(f.Cookie), pipeline.Names{}))
		}
		slices.Sort(decoded)
		if diff := cmp.Diff(lines, decoded); diff != "" {
			t.Fatalf("decoded flow stats (-want +got):\n%s", diff)
		}
	})
}

// encodeAll gives the wire forms, and the sorted lines that a dump should have.
func encodeAll(t *rapid.T, flows []pipeline.Flow) (encoded []plan.Flow, lines []string) {
	for _, f := range flows {
		e, err := wire.Encode(f, api.Ref{})
		if err != nil {
			t.Fatal(err)
		}
		encoded = append(encoded, e)
		lines = append(lines, f.Format(tables.Cookie(e.Cookie), pipeline.Names{}))
	}
	slices.Sort(lines)
	return encoded, lines
}

func keys(flows []plan.Flow) map[plan.FlowKey]uint64 {
	m := make(map[plan.FlowKey]uint64, len(flows))
	for _, f := range flows {
		m[f.FlowKey] = f.Cookie
	}
	return m
}

func TestDecodeIsTheInverseOfEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := flowgen.Flow("br0").Draw(t, "flow")
		e, err := wire.Encode(f, api.Ref{Kind: api.KindPort, ID: "p"})
		if err != nil {
			t.Fatal(err)
		}
		d, err := wire.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f.String(), d.String()); diff != "" || d.Kind != f.Kind {
			t.Fatalf("kind %d, want %d; text (-want +got):\n%s", d.Kind, f.Kind, diff)
		}
		again, err := wire.Encode(d, e.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Fatalf("encoded again (-first +second):\n%s", diff)
		}
	})
}
