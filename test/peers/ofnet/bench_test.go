package ofnet

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
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

const (
	bridge = "br0"
	flows  = 10_000
)

// spec is a flow as both sides get it: a known MAC address on a remote host.
type spec struct {
	vlan   uint16
	mac    api.MAC
	tunnel uint32
	port   uint32
}

func specs() []spec {
	out := make([]spec, flows)
	for i := range out {
		out[i] = spec{uint16(1 + i%4000), api.MACFromUint64(0xfa163e000000 + uint64(i)), uint32(i % 4000), uint32(1 + i%100)}
	}
	return out
}

// peer is one way to bring flows into a switch.
type peer interface {
	// serve accepts switches on the address until stop is called, and sends on up and down as they come and go.
	serve(tb testing.TB, addr string, up, down chan<- struct{}) (stop func())
	// load puts flows into the switch that came last, in one atomic bundle, and returns when the switch has them.
	load(tb testing.TB, fs []spec)
}

func peers() map[string]func() peer {
	return map[string]func() peer{"weft": func() peer { return &weftPeer{} }, "ofnet": func() peer { return &ofnetPeer{} }}
}

// BenchmarkBundle brings 10,000 flows into an empty switch, from their description to the switch's confirmation.
func BenchmarkBundle(b *testing.B) {
	for _, name := range []string{"weft", "ofnet"} {
		b.Run(name, func(b *testing.B) {
			p := peers()[name]()
			sw, _, _ := connect(b, p)
			run(b, sw, func() { p.load(b, specs()) })
		})
	}
	b.Run("ovs-ofctl", func(b *testing.B) {
		sw := ovstest.Start(b)
		sw.AddBridge(bridge)
		var text strings.Builder
		for _, f := range specs() {
			fmt.Fprintf(&text, "table=20,priority=2,dl_vlan=%d,dl_dst=%s actions=set_field:%d->tun_id,output:%d\n",
				f.vlan, f.mac, f.tunnel, f.port)
		}
		run(b, sw, func() { sw.OfctlInput(text.String(), "--bundle", "add-flows", bridge, "-") })
	})
}

// run measures load on an empty switch, and checks that all flows are there.
func run(b *testing.B, sw *ovstest.Switch, load func()) {
	for b.Loop() {
		b.StopTimer()
		sw.Ofctl("del-flows", bridge)
		b.StartTimer()
		load()
		b.StopTimer()
		if want := fmt.Sprintf("flow_count=%d", flows); !strings.Contains(sw.Ofctl("dump-aggregate", bridge), want) {
			b.Fatalf("the switch does not hold %s", want)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(flows)*float64(b.N)/b.Elapsed().Seconds(), "flows/s")
}

// BenchmarkReconnect lets a switch go and come back, and reports how many goroutines each time leaves behind.
func BenchmarkReconnect(b *testing.B) {
	for _, name := range []string{"weft", "ofnet"} {
		b.Run(name, func(b *testing.B) {
			sw, up, down := connect(b, peers()[name]())
			target := sw.Vsctl("get-controller", bridge)
			before := runtime.NumGoroutine()
			for b.Loop() {
				sw.Vsctl("del-controller", bridge)
				receive(b, "disconnection", down)
				sw.Vsctl("set-controller", bridge, strings.TrimSpace(target))
				receive(b, "connection", up)
			}
			b.ReportMetric(float64(settled(before)-before)/float64(b.N), "goroutines-left/op")
		})
	}
}

// settled gives the number of goroutines once it is down to want, or has had two seconds to get there.
func settled(want int) int {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > want && time.Now().Before(end); {
		<-look.C
	}
	return runtime.NumGoroutine()
}

// connect starts a switch whose bridge is connected to the peer.
func connect(tb testing.TB, p peer) (sw *ovstest.Switch, up, down chan struct{}) {
	tb.Helper()
	sw = ovstest.Start(tb)
	sw.AddBridge(bridge)
	addr := freeAddress(tb)
	up, down = make(chan struct{}, 100), make(chan struct{}, 100)
	tb.Cleanup(p.serve(tb, addr, up, down))
	sw.Vsctl("set-controller", bridge, "tcp:"+addr)
	receive(tb, "connection", up)
	return sw, up, down
}

// freeAddress gives an address on loopback on which nobody listens now: ofnet takes no listener.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func receive(tb testing.TB, what string, c <-chan struct{}) {
	tb.Helper()
	select {
	case <-c:
	case <-time.After(30 * time.Second):
		tb.Fatalf("no %s in 30 s", what)
	}
}

// weftPeer is controller/ofp.
type weftPeer struct {
	up, down chan<- struct{}
	session  *ofp.Session
}

func (w *weftPeer) Connected(s *ofp.Session) error {
	w.session = s
	w.up <- struct{}{}
	return nil
}

func (w *weftPeer) Disconnected(*ofp.Session, error) { w.down <- struct{}{} }

func (w *weftPeer) serve(tb testing.TB, addr string, up, down chan<- struct{}) func() {
	w.up, w.down = up, down
	log := logrus.New()
	log.SetOutput(io.Discard)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- ofp.NewServer(ofp.Config{Handler: w, Log: logrus.NewEntry(log)}).Serve(ctx, l) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	}
}

func (w *weftPeer) load(tb testing.TB, fs []spec) {
	out := make([]plan.Flow, len(fs))
	for i, f := range fs {
		var err error
		out[i], err = wire.Encode(pipeline.Flow{
			Bridge: bridge, Kind: tables.KindPort, Table: tables.UcastToTun, Priority: 2,
			Match:   pipeline.Match{pipeline.DlVlan(f.vlan), pipeline.DlDst(f.mac)},
			Actions: []pipeline.Action{pipeline.Set(pipeline.TunID(f.tunnel)), pipeline.Output{Port: f.port}},
		}, api.Ref{})
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.session.Commit(tb.Context(), out, nil); err != nil {
		tb.Fatal(err)
	}
}
