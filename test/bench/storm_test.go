package bench_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"weft/test/standin"
)

// calmHosts are those of BenchmarkStorm that stay connected.
const calmHosts = 2 * rowOfHosts

// BenchmarkStorm runs a controller for the hosts of BenchmarkFleet, all of which hang up and connect again at once, but for
// some that stay in line. Meanwhile ports are made and plugged in on these, one after another. It reports how long that
// takes, from POST until the port's switches have confirmed it: half of the ports, and the slowest; and how long until all have
// been compared again.
func BenchmarkStorm(b *testing.B) {
	for b.Loop() {
		f := &fleet{scale: newScale(b, *scaleHosts)}
		f.begin()
		f.fill()
		first := len(f.hosts) - calmHosts
		calm, others := f.runs(f.hosts[first:]), f.runs(f.hosts[:first])
		f.inLine()
		f.storm("storm", first, func() {
			others()
			back := f.back(f.hosts[:first])
			others = f.runs(f.hosts[:first])
			back()
		})
		others()
		calm()
		f.must(f.ctl.Stop())
		f.api.Close()
	}
	b.ReportMetric(0, "ns/op")
}

// runs has hosts connect, and gives what makes all of them hang up.
func (f *fleet) runs(hosts []*standin.Host) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	for _, h := range hosts {
		done.Go(func() { h.Run(ctx, f.openflow, f.agents) })
	}
	return func() { cancel(); done.Wait() }
}

// back gives what waits until both switches of hosts have been read once more, and all hosts are in line.
func (f *fleet) back(hosts []*standin.Host) (wait func()) {
	reads := map[*standin.Switch]int{}
	for _, h := range hosts {
		reads[h.Int], reads[h.Tun] = h.Int.Reads(), h.Tun.Reads()
	}
	return func() {
		for _, h := range hosts {
			for !h.Connected() || h.Int.Reads() == reads[h.Int] || h.Tun.Reads() == reads[h.Tun] {
				time.Sleep(10 * time.Millisecond) // a poll of what cannot be waited for
			}
		}
		f.inLine()
	}
}

// storm makes ports on the hosts from the first calm one on while something goes on.
func (f *fleet) storm(what string, first int, goesOn func()) {
	stop, took := make(chan struct{}), make(chan []float64)
	go func() { took <- f.portsUntil(stop, first) }()
	f.measure(what, goesOn)
	close(stop)
	all := <-took
	slices.Sort(all)
	f.report(what+"-ports", float64(len(all)))
	f.report(what+"-p50-ms", all[len(all)/2])
	f.report(what+"-slowest-ms", all[len(all)-1])
}

func (f *fleet) portsUntil(stop <-chan struct{}, first int) (took []float64) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return took
		default:
		}
		host := first + i%calmHosts
		f.net = f.netOf(host, i%rowNetworks)
		took = append(took, 1000*f.took(func() { f.port(f.hosts[host], uint32(100+i)) }))
		time.Sleep(50 * time.Millisecond) // a user's pace
	}
}
