package bench_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"weft/api"
	"weft/client"
	"weft/controller/intent"
	"weft/controller/pki"
	"weft/store"
	"weft/test/serve"
	"weft/test/standin"
)

var scaleHosts = flag.Int("hosts", 50, "hypervisors of BenchmarkScale")

// BenchmarkScale runs a real controller with TLS on all links for many hypervisors, which stand-ins in this process play,
// each with two bridges and an agent. It reports, one after the other:
//
//   - connect-s: all of them connect at once to a controller that has just begun, until all are in line;
//   - spread-s: then one network gets a port on every one of them;
//   - port-ms: a port more, from its POST until it is ACTIVE, and port-all-ms: its change, until all hosts have confirmed;
//   - leg-all-s: a router's leg on that network, until all hosts have confirmed;
//   - restart-s: the controller is killed and started, and all come back at once, until all are in line; with how many
//     flow-mods; busy-restart-s, live-ms and live-connected-ms: once more, and the slowest of the ports that were made and
//     plugged in meanwhile, until it was ACTIVE, and how much of that at most its host was connected;
//   - what the controller takes of memory after these, and at most.
//
// What ends in cpu-s is the controller's processor time, which other load on the machine changes little.
func BenchmarkScale(b *testing.B) {
	for b.Loop() {
		s := newScale(b, *scaleHosts)
		s.begin()
		s.measure("connect", s.connect)
		s.memory("connected-MiB")
		s.measure("spread", s.spread)
		s.memory("spread-MiB")
		s.report("port-ms", 1000*s.took(func() { s.port(s.hosts[0], 9000) }))
		s.report("port-all-ms", 1000*s.took(s.change))
		s.measure("leg-all", s.leg)
		s.restart()
		s.memory("restarted-MiB")
		s.end()
	}
	b.ReportMetric(0, "ns/op")
}

// scale is the cloud of BenchmarkScale.
type scale struct {
	*testing.B
	dir, program     string
	openflow, agents string
	hosts            []*standin.Host
	net, sub         string
	last             string // the port that was made last
	ctl              *serve.Controller
	api              *client.Client
	ctx              context.Context
	stop             func()
}

func newScale(b *testing.B, hosts int) *scale {
	b.Helper()
	s := &scale{B: b, dir: b.TempDir()}
	s.openflow, s.agents = freeAddress(b), freeAddress(b)
	var err error
	if s.program, err = serve.Build(b.TempDir()); err != nil {
		b.Fatal(err)
	}
	s.state(hosts)
	return s
}

// state makes the hosts in the controller's data directory, as if they had joined.
func (s *scale) state(hosts int) {
	authority, err := pki.LoadOrCreate(filepath.Join(s.dir, "pki"), time.Now)
	s.must(err)
	join, err := standin.NewJoiner(authority)
	s.must(err)
	ops := &intent.Ops{Now: time.Now, NewID: uuid.NewString}
	st, err := store.Open(filepath.Join(s.dir, "state.db"), store.Options{Settle: ops.Settle})
	s.must(err)
	_, err = st.Update(s.Context(), func(tx *api.Txn) error {
		for n := range hosts {
			h, err := join.Add(tx, ops, n)
			if err != nil {
				return err
			}
			s.hosts = append(s.hosts, h)
		}
		return nil
	})
	s.must(err)
	s.must(st.Close())
}

func (s *scale) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *scale) took(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}

// report notes a result, and tells it at once: a large cloud takes a while.
func (s *scale) report(what string, v float64) {
	s.ReportMetric(v, what)
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(os.Stderr, "%d hosts: %s %.1f (load %s)\n", len(s.hosts), what, v, strings.Join(strings.Fields(string(load))[:1], ""))
}

// measure reports how long something takes, and how much work it is for the controller.
func (s *scale) measure(what string, f func()) {
	before := s.work()
	s.report(what+"-s", s.took(f))
	s.report(what+"-cpu-s", s.work()-before)
}

func (s *scale) work() float64 {
	d, err := s.ctl.Work()
	s.must(err)
	return d.Seconds()
}

func (s *scale) memory(what string) {
	now, most, err := s.ctl.Memory()
	s.must(err)
	s.report(what, float64(now)/(1<<20))
	s.report("most-MiB", float64(most)/(1<<20))
}

// begin starts the controller where the last one was.
func (s *scale) begin() {
	var err error
	s.ctl, err = serve.Start(s.program, s.dir, io.Discard, "--listen-openflow", s.openflow, "--listen-agent", s.agents)
	s.must(err)
	s.api, err = client.New(client.Config{Endpoint: s.ctl.URL, Token: s.ctl.Token, Wait: true, Timeout: 10 * time.Minute})
	s.must(err)
}

func (s *scale) connect() {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	for _, h := range s.hosts {
		done.Go(func() { h.Run(ctx, s.openflow, s.agents) })
	}
	s.ctx, s.stop = ctx, func() { cancel(); done.Wait() }
	s.inLine()
}

// inLine waits until every host holds what it should.
func (s *scale) inLine() {
	s.until(func(h client.Object) bool {
		return number(h["revision_confirmed"]) >= max(1, number(h["revision_wanted"]))
	})
}

// until waits until every host has been seen to be as ok says.
func (s *scale) until(ok func(client.Object) bool) {
	query := url.Values{"fields": {"name", "revision_wanted", "revision_confirmed"}}
	for seen := map[string]bool{}; len(seen) < len(s.hosts); time.Sleep(200 * time.Millisecond) { // a poll of what cannot be waited for
		all, err := s.api.List(s.Context(), client.Hosts, query)
		s.must(err)
		for _, h := range all {
			if ok(h) {
				seen[h.Text("name")] = true
			}
		}
	}
}

func number(v any) float64 {
	n, _ := strconv.ParseFloat(fmt.Sprint(v), 64)
	return n
}

// freeAddress gives one that stays the same when the controller is started anew.
func freeAddress(b *testing.B) string {
	l := listen(b)
	defer l.Close()
	return l.Addr().String()
}

// spread gives one network a port on every host.
func (s *scale) spread() {
	quick := s.api.NotWaiting()
	n, err := quick.Create(s.Context(), client.Networks, client.Object{"name": "all"})
	s.must(err)
	s.net = n.Text("id")
	sub, err := quick.Create(s.Context(), client.Subnets, client.Object{"network_id": s.net, "cidr": "10.128.0.0/16", "ip_version": 4})
	s.must(err)
	s.sub = sub.Text("id")
	for some := range slices.Chunk(s.hosts, 500) {
		many := make([]client.Object, len(some))
		for i, h := range some {
			many[i] = client.Object{"network_id": s.net, "binding:host_id": string(h.ID)}
		}
		made, err := quick.CreateMany(s.Context(), client.Ports, many)
		s.must(err)
		for i, h := range some {
			h.Plug(api.PortID(made[i].Text("id")), 10)
		}
	}
	s.active(len(s.hosts))
	s.inLine()
}

// active waits until so many ports of the network are ACTIVE.
func (s *scale) active(want int) {
	query := url.Values{"network_id": {s.net}, "status": {"ACTIVE"}, "device_owner": {""}, "fields": {"id"}}
	for ; ; time.Sleep(200 * time.Millisecond) { // a poll of what cannot be waited for
		got, err := s.api.List(s.Context(), client.Ports, query)
		s.must(err)
		if len(got) >= want {
			return
		}
	}
}

// port makes a port, plugs it in and waits until it is ACTIVE. It gives how much of that its host was connected.
func (s *scale) port(h *standin.Host, ofport uint32) (connected time.Duration) {
	made, err := s.api.NotWaiting().Create(s.Context(), client.Ports, client.Object{"network_id": s.net, "binding:host_id": string(h.ID)})
	s.must(err)
	s.last = made.Text("id")
	h.Plug(api.PortID(s.last), ofport)
	var since time.Time
	for ; ; time.Sleep(time.Millisecond) { // a poll of what cannot be waited for
		if since.IsZero() && h.Connected() {
			since = time.Now()
		}
		p, err := s.api.Show(s.Context(), client.Ports, s.last)
		s.must(err)
		if p.Text("status") == "ACTIVE" {
			return time.Since(since)
		}
	}
}

// change switches the last port off, which all hosts must confirm.
func (s *scale) change() {
	_, err := s.api.Update(s.Context(), client.Ports, s.last, client.Object{"admin_state_up": false})
	s.must(err)
}

// leg gives a router a leg on the network, which all hosts must confirm.
func (s *scale) leg() {
	r, err := s.api.Create(s.Context(), client.Routers, client.Object{"name": "r"})
	s.must(err)
	_, err = s.api.Action(s.Context(), client.Routers, r.Text("id"), "add_router_interface", client.Object{"subnet_id": s.sub})
	s.must(err)
}

// restart kills the controller and starts it again, twice: all hosts come back at once, and the second time ports are made
// and plugged in meanwhile.
func (s *scale) restart() {
	before := s.flowMods()
	s.must(s.ctl.Kill())
	s.report("restart-s", s.took(func() { s.begin(); s.inLine() }))
	s.report("restart-cpu-s", s.work())
	s.report("restart-flow-mods", float64(s.flowMods()-before))
	s.must(s.ctl.Kill())
	live, stop := make(chan lived), make(chan struct{})
	s.report("busy-restart-s", s.took(func() {
		s.begin()
		go func() { live <- s.liveUntil(stop) }()
		s.until(func(h client.Object) bool { return number(h["revision_confirmed"]) > 0 })
	}))
	close(stop)
	slowest := <-live
	s.report("live-ms", slowest.all.Seconds()*1000)
	s.report("live-connected-ms", slowest.connected.Seconds()*1000)
}

func (s *scale) flowMods() (n int) {
	for _, h := range s.hosts {
		n += h.Int.Mods() + h.Tun.Mods()
	}
	return n
}

func (s *scale) end() {
	s.stop()
	s.must(s.ctl.Stop())
	s.api.Close()
}

// lived is the longest that a port took that was made while all hosts came back.
type lived struct{ all, connected time.Duration }

// liveUntil makes ports, one after another on hosts all over the cloud, and gives the longest time that one took, and that
// one took whose host was connected.
func (s *scale) liveUntil(stop <-chan struct{}) (slowest lived) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return slowest
		default:
			start := time.Now()
			connected := s.port(s.hosts[i*7919%len(s.hosts)], uint32(100+i))
			slowest = lived{max(slowest.all, time.Since(start)), max(slowest.connected, connected)}
		}
	}
}
