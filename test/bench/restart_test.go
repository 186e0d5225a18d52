package bench_test

import (
	"io"
	"net"
	"testing"

	"github.com/sirupsen/logrus"

	"weft/tables"
	"weft/test/ovstest"
)

// BenchmarkRestart stops the controller of a host that holds 100,000 flows, and measures from the start of the next one
// until it has confirmed that the host is in line: it compiles the host, reads both switches and compares. The state has
// not changed, so it must send no flow.
func BenchmarkRestart(b *testing.B) {
	const ports, perHost = 50_000, 200 // each remote port is two flows: its MAC's, and the answer to ARP
	c := newCloudOf(b, ports, perHost)
	c.sw = ovstest.Start(b)
	openflow := listen(b)
	addr := openflow.Addr().String()
	for _, name := range []string{tables.BridgeInt, tables.BridgeTun} {
		c.sw.AddBridge(name)
		c.dpids[name] = c.sw.DatapathID(name)
		c.sw.Vsctl("set-controller", name, "tcp:"+addr, "--", "set", "Controller", name, "max_backoff=1000") // milliseconds until it tries again
	}
	sent := newFlowMods()
	stop := c.start(openflow, sent.logger())
	held := sent.inLine()
	stop()
	for b.Loop() {
		b.StopTimer()
		l, err := net.Listen("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		sent = newFlowMods()
		b.StartTimer()
		stop := c.start(l, sent.logger())
		if n := sent.inLine(); n != 0 {
			b.Fatalf("%d flow-mods were sent over an unchanged state, want none", n)
		}
		b.StopTimer()
		stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(held), "flows")
	b.ReportMetric(0, "flow-mods/op")
}

// flowMods listens to what the controller says of comparisons: how many flows it put and dropped.
type flowMods struct{ done chan int }

func newFlowMods() *flowMods { return &flowMods{make(chan int, 100)} }

// inLine waits until both switches are in line, and gives how many flow-mods that took.
func (f *flowMods) inLine() int { return <-f.done + <-f.done }

func (f *flowMods) logger() *logrus.Logger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	log.AddHook(f)
	return log
}

// Levels implements logrus.Hook.
func (f *flowMods) Levels() []logrus.Level { return []logrus.Level{logrus.InfoLevel} }

// Fire implements logrus.Hook.
func (f *flowMods) Fire(e *logrus.Entry) error {
	put, ok := e.Data["put"].(int)
	if drop, both := e.Data["drop"].(int); ok && both {
		f.done <- put + drop
	}
	return nil
}
