package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
	"weft/test/ovstest"
)

// unicast gives the flows of a br-tun that knows n remote ports.
func unicast(tb testing.TB, n int) (flows []pipeline.Flow, encoded []plan.Flow) {
	tb.Helper()
	for i := range n {
		f := pipeline.Flow{
			Bridge: "br0", Kind: tables.KindPort, Table: tables.UcastToTun, Priority: 2,
			Match: pipeline.Match{
				pipeline.DlVlan(uint16(1 + i%4000)), pipeline.DlDst(api.MACFromUint64(0xfa163e000000 + uint64(i))),
			},
			Actions: []pipeline.Action{
				pipeline.PopVlan{}, pipeline.Set(pipeline.TunID(uint32(i % 4000))), pipeline.Output{Port: uint32(1 + i%100)},
			},
		}
		e, err := wire.Encode(f, api.Ref{})
		if err != nil {
			tb.Fatal(err)
		}
		flows, encoded = append(flows, f), append(encoded, e)
	}
	return flows, encoded
}

func session(tb testing.TB, sw *ovstest.Switch) *ofp.Session {
	tb.Helper()
	conn, err := net.Dial("unix", sw.Mgmt("br0"))
	if err != nil {
		tb.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	s, err := ofp.NewSession(context.Background(), conn, ofp.Config{Log: logrus.NewEntry(log)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close(); s.Wait() })
	return s
}

// BenchmarkCommit loads flows into an empty switch, in turns by one Commit and by one bundle of ovs-ofctl.
// "ratio" is ovs-ofctl's time over ours: above 1, weft is faster.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("flows=%d", n), func(b *testing.B) {
			sw := ovstest.Start(b)
			sw.AddBridge("br0")
			s := session(b, sw)
			flows, encoded := unicast(b, n)
			text := lines(flows, encoded)
			var ours, theirs time.Duration
			for b.Loop() {
				ours += clock(func() error { return s.Commit(b.Context(), encoded, nil) }, b)
				sw.Ofctl("del-flows", "br0")
				theirs += clock(func() error {
					_, err := sw.Try(text, "ovs-ofctl", "-O", "OpenFlow13", "--bundle", "add-flows", "br0", "-")
					return err
				}, b)
				sw.Ofctl("del-flows", "br0")
			}
			b.ReportMetric(0, "ns/op") // both together mean nothing
			b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "commit-ms/op")
			b.ReportMetric(float64(theirs.Milliseconds())/float64(b.N), "ovs-ofctl-ms/op")
			b.ReportMetric(float64(theirs)/float64(ours), "ratio")
		})
	}
}

func clock(f func() error, b *testing.B) time.Duration {
	b.Helper()
	start := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// lines gives the flows in ovs-ofctl's syntax.
func lines(flows []pipeline.Flow, encoded []plan.Flow) string {
	var text strings.Builder
	for i, f := range flows {
		text.WriteString(f.Format(tables.Cookie(encoded[i].Cookie), pipeline.Names{}) + "\n")
	}
	return text.String()
}

// BenchmarkResync reads 100,000 flows that have not changed and compares them with the plan. "ratio" is the time of
// ovs-ofctl dump-flows, which compares nothing, over ours.
func BenchmarkResync(b *testing.B) {
	const n = 100_000
	sw := ovstest.Start(b)
	sw.AddBridge("br0")
	s := session(b, sw)
	_, encoded := unicast(b, n)
	if err := s.Commit(b.Context(), encoded, nil); err != nil {
		b.Fatal(err)
	}
	var ours, theirs time.Duration
	for b.Loop() {
		ours += clock(func() error {
			have, err := s.ReadFlows(b.Context(), "br0")
			if d := plan.Between(&plan.Plan{Flows: have}, &plan.Plan{Flows: encoded}); err == nil && !d.Empty() {
				err = fmt.Errorf("%d flows to put and %d to drop, want none", len(d.PutFlows), len(d.DropFlows))
			}
			return err
		}, b)
		theirs += clock(func() error { return dump(sw) }, b)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "resync-ms/op")
	b.ReportMetric(float64(theirs.Milliseconds())/float64(b.N), "dump-flows-ms/op")
	b.ReportMetric(float64(theirs)/float64(ours), "ratio")
}

func dump(sw *ovstest.Switch) error {
	cmd := exec.Command("ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "unix:"+sw.Mgmt("br0"))
	var out bytes.Buffer
	cmd.Stdout = &out
	return cmd.Run()
}

// BenchmarkEncode encodes one flow.
func BenchmarkEncode(b *testing.B) {
	flows, _ := unicast(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Encode(flows[0], api.Ref{}); err != nil {
			b.Fatal(err)
		}
	}
}
