package bench_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"weft/api"
	"weft/client"
)

// What BenchmarkFleet's hosts have: a row of some share networks, of which each of them has one port, and a router.
const (
	rowOfHosts  = 10
	rowNetworks = 5
	quietFor    = 20 * time.Second
	fleetPorts  = 300 // that are made one after another
)

// BenchmarkFleet runs a real controller with TLS on all links for as many hypervisors as -hosts says, which stand-ins in this
// process play, each with five ports on networks that ten of them share, and those networks with a router. It reports, one
// after the other:
//
//   - fill-s: networks, subnets, ports and routers over REST, before any host is connected;
//   - connect-s: all hosts connect at once, until all are in line and all ports are ACTIVE;
//   - quiet-cpu-%: what the controller does with nothing to do, of one processor;
//   - port-p50-ms and port-p99-ms: a port, from its POST until its switches have confirmed it;
//   - gateways-s: all routers get a gateway on one external network; gated-router-ms: one more, until all hosts have confirmed;
//   - restart-s: the controller is killed and started, until all are in line, with how many flow-mods;
//   - what the controller takes of memory after these.
func BenchmarkFleet(b *testing.B) {
	for b.Loop() {
		f := &fleet{scale: newScale(b, *scaleHosts)}
		f.begin()
		f.measure("fill", f.fill)
		f.memory("filled-MiB")
		f.measure("connect", func() { f.connect(); f.allActive() })
		f.memory("connected-MiB")
		f.quiet()
		f.ports()
		f.gateways()
		f.memory("gated-MiB")
		before := f.flowMods()
		f.must(f.ctl.Kill())
		f.report("restart-s", f.took(func() { f.begin(); f.inLine() }))
		f.report("restart-cpu-s", f.work())
		f.report("restart-flow-mods", float64(f.flowMods()-before))
		f.memory("restarted-MiB")
		f.end()
	}
	b.ReportMetric(0, "ns/op")
}

// fleet is the cloud of BenchmarkFleet.
type fleet struct {
	*scale
	nets, routers []string
}

func (f *fleet) fill() {
	quick := f.api.NotWaiting()
	rows := (len(f.hosts) + rowOfHosts - 1) / rowOfHosts
	many := func(r client.Resource, n int, attrs func(i int) client.Object) (ids []string) {
		for len(ids) < n {
			some := make([]client.Object, min(bulk, n-len(ids)))
			for i := range some {
				some[i] = attrs(len(ids) + i)
			}
			made, err := quick.CreateMany(f.Context(), r, some)
			f.must(err)
			for _, o := range made {
				ids = append(ids, o.Text("id"))
			}
		}
		return ids
	}
	f.nets = many(client.Networks, rows*rowNetworks, func(i int) client.Object { return client.Object{"name": fmt.Sprint("n", i)} })
	subs := many(client.Subnets, len(f.nets), func(i int) client.Object {
		return client.Object{"network_id": f.nets[i], "cidr": fmt.Sprintf("10.%d.0.0/24", i%rowNetworks), "ip_version": 4}
	})
	ports := many(client.Ports, len(f.hosts)*rowNetworks, func(i int) client.Object {
		return client.Object{"network_id": f.netOf(i/rowNetworks, i%rowNetworks), "binding:host_id": string(f.hosts[i/rowNetworks].ID)}
	})
	for i, p := range ports {
		f.hosts[i/rowNetworks].Plug(api.PortID(p), uint32(10+i%rowNetworks))
	}
	f.routers = many(client.Routers, rows, func(i int) client.Object { return client.Object{"name": fmt.Sprint("r", i)} })
	for i, s := range subs {
		f.must(quick.AddRouterInterface(f.Context(), f.routers[i/rowNetworks], s))
	}
}

// netOf gives the n-th network of a host.
func (f *fleet) netOf(host, n int) string { return f.nets[host/rowOfHosts*rowNetworks+n] }

// allActive waits until every port that is plugged in is confirmed.
func (f *fleet) allActive() {
	f.inLine()
	for i := range f.hosts {
		f.net = f.netOf(i, 0)
		if i%rowOfHosts == 0 {
			f.active(min(rowOfHosts, len(f.hosts)-i))
		}
	}
}

func (f *fleet) quiet() {
	before := f.work()
	ctx, stop := context.WithTimeout(f.Context(), quietFor)
	defer stop()
	<-ctx.Done() // the time is what is measured by
	f.report("quiet-cpu-%", 100*(f.work()-before)/quietFor.Seconds())
}

func (f *fleet) ports() {
	took := make([]float64, fleetPorts)
	f.measure("ports", func() {
		for i := range took {
			host := i * 7919 % len(f.hosts)
			f.net = f.netOf(host, i%rowNetworks)
			took[i] = 1000 * f.took(func() { f.port(f.hosts[host], uint32(100+i)) })
		}
	})
	slices.Sort(took)
	f.report("port-p50-ms", took[len(took)/2])
	f.report("port-p99-ms", took[len(took)*99/100])
}

func (f *fleet) gateways() {
	quick := f.api.NotWaiting()
	made, err := quick.Create(f.Context(), client.Networks, client.Object{"name": "public", "router:external": true})
	f.must(err)
	_, err = quick.Create(f.Context(), client.Subnets,
		client.Object{"network_id": made.Text("id"), "cidr": "100.64.0.0/10", "ip_version": 4, "enable_dhcp": false})
	f.must(err)
	gateway := client.Object{"external_gateway_info": client.Object{"network_id": made.Text("id")}}
	f.measure("gateways", func() {
		for _, r := range f.routers {
			_, err := quick.Update(f.Context(), client.Routers, r, gateway)
			f.must(err)
		}
		f.inLine()
	})
	f.measure("gated-router", func() {
		_, err = f.api.Create(f.Context(), client.Routers, gateway)
		f.must(err)
	})
}
