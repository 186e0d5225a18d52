package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"weft/api"
)

// BenchmarkPortToSwitch measures a port from its POST until the switch of its host has confirmed its flows: REST, state
// file with fsync, plugging as an agent reports it, compile, OpenFlow bundle and barrier on both bridges. The number of
// ports that the network has already must not matter.
func BenchmarkPortToSwitch(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("present=%d", n), func(b *testing.B) {
			c := newCloud(b, n)
			c.serve()
			body := fmt.Sprintf(`{"port":{"network_id":%q,"binding:host_id":%q}}`, c.net.ID, measured)
			var post, plug, confirm time.Duration
			for b.Loop() {
				start := time.Now()
				w := c.do(http.MethodPost, "/v2.0/ports", strings.NewReader(body), http.StatusCreated)
				posted := time.Now()
				p := portID(b, w.Body.Bytes())
				c.plug(p, 9000)
				plugged := time.Now()
				c.wait(c.store.Snapshot().Revision())
				confirm += time.Since(plugged)
				post, plug = post+posted.Sub(start), plug+plugged.Sub(posted)
				if st := c.ctl.Port(p); st != "ACTIVE" {
					b.Fatalf("port is %s, want ACTIVE", st)
				}
				b.StopTimer()
				c.plug(p, 0)
				c.do(http.MethodDelete, "/v2.0/ports/"+string(p), http.NoBody, http.StatusNoContent)
				c.wait(c.store.Snapshot().Revision())
				b.StartTimer()
			}
			b.ReportMetric(milliseconds(post)/float64(b.N), "post-ms/op")
			b.ReportMetric(milliseconds(plug)/float64(b.N), "plug-ms/op")
			b.ReportMetric(milliseconds(confirm)/float64(b.N), "confirm-ms/op")
		})
	}
}

func portID(b *testing.B, answer []byte) api.PortID {
	b.Helper()
	var made struct{ Port struct{ ID api.PortID } }
	if err := json.Unmarshal(answer, &made); err != nil {
		b.Fatal(err)
	}
	return made.Port.ID
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// plug makes the agent report a port's interface, or, with number 0, that it is gone.
func (c *cloud) plug(p api.PortID, n uint32) {
	c.mu.Lock()
	if n == 0 {
		delete(c.taps, p)
	} else {
		c.taps[p] = n
	}
	c.mu.Unlock()
	c.report(c.store.Snapshot().Revision())
}

// BenchmarkMemory reports the controller's memory for the state of 10,000 ports on 200 hosts.
func BenchmarkMemory(b *testing.B) {
	const ports = 10_000
	for b.Loop() {
		before := heap()
		c := newCloud(b, ports)
		c.taken()
		b.ReportMetric((heap()-before)/(ports/1000)/1024, "KiB/1000ports")
		runtime.KeepAlive(c)
	}
}

// taken takes all commits, as a controller does, so that the store keeps no old state.
func (c *cloud) taken() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _ = c.store.Wait(ctx, c.store.Snapshot().Revision()) // there are none after it
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
