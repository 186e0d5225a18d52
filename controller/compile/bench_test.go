package compile_test

import (
	"fmt"
	"testing"

	"weft/api"
	"weft/controller/compile"
	"weft/test/cloud"
)

// crowd is one network of ports on hosts, each host with its own neighbours, and one port that is not bound yet. Each
// host has a provider bridge.
func crowd(hosts, ports int) *api.Snapshot {
	b := cloud.On(nil)
	for i := range hosts {
		b.Host(crowdHost(i), byte(i+1), "phys")
	}
	b.Network("net", api.NetworkVXLAN, 100, "")
	b.Subnet("sub", "net", "10.0.0.0/16")
	for i := range ports {
		id := api.PortID(fmt.Sprintf("p%05d", i))
		b.Port(id, fmt.Sprintf("fa:16:3e:00:%02x:%02x", i>>8, i&0xff), "sub", fmt.Sprintf("10.0.%d.%d", i>>8, i&0xff))
		if i > 0 {
			b.Put(&api.Binding{PortID: id, HostID: crowdHost(i % hosts), NetworkID: "net", OFPort: uint32(10 + i/hosts)})
		}
	}
	s, _ := b.Done()
	return s
}

func crowdHost(i int) api.HostID { return api.HostID(fmt.Sprintf("h%03d", i)) }

// BenchmarkOneMore compiles, for every host, what one thing more touches. With the ports that are there nothing may grow.
//
// It reports on how many hosts how many flows are compiled, before and after together: numbers that no load of the
// machine changes.
func BenchmarkOneMore(b *testing.B) {
	for _, more := range []struct {
		name string
		add  func(cloud.Builder)
	}{
		{"port", func(b cloud.Builder) {
			b.Put(&api.Binding{PortID: "p00000", HostID: "h000", NetworkID: "net", OFPort: 9})
		}},
		{"vtep", func(b cloud.Builder) { b.VTEP("v", "net", "10.9.0.1") }},
		{"provider-network", providerNetwork},
		{"sub-port", subPort},
	} {
		for _, ports := range []int{100, 1000, 5000} {
			b.Run(fmt.Sprintf("%s/hosts=100/ports=%d", more.name, ports), func(b *testing.B) {
				old := crowd(100, ports)
				with := cloud.On(old)
				more.add(with)
				changes := with.Changes()
				next := with.Commit(with.Next())
				hosts, flows := 0, 0
				b.ReportAllocs()
				for b.Loop() {
					hosts, flows = onePass(b, old, next, changes)
				}
				b.ReportMetric(float64(hosts), "hosts/op")
				b.ReportMetric(float64(flows), "flows/op")
			})
		}
	}
}

// providerNetwork adds one with a guest's port on one host.
func providerNetwork(b cloud.Builder) {
	b.Network("wire", api.NetworkVLAN, 300, "phys")
	b.Subnet("street", "wire", "10.7.0.0/24")
	b.Port("guest", "fa:16:3e:01:00:00", "street", "10.7.0.5")
	b.Put(&api.Binding{PortID: "guest", HostID: "h000", NetworkID: "wire", OFPort: 9000})
	b.Put(&api.Segment{HostID: "h000", NetworkID: "wire", LocalVLAN: 4000})
}

// subPort makes of a plugged port a trunk with one sub-port on a network of its own.
func subPort(b cloud.Builder) {
	b.Network("inner", api.NetworkVXLAN, 101, "")
	b.Subnet("within", "inner", "10.8.0.0/24")
	b.Port("tagged", "fa:16:3e:01:00:01", "within", "10.8.0.5")
	b.Trunk("t", "p00001", 42, "tagged")
	parent, _ := b.View.Binding("p00001", crowdHost(1))
	b.Put(&api.Binding{PortID: "tagged", HostID: parent.HostID, NetworkID: "inner", OFPort: parent.OFPort, Parent: "p00001"})
	b.Put(&api.Segment{HostID: parent.HostID, NetworkID: "inner", LocalVLAN: 4001})
}

func onePass(b *testing.B, old, next *api.Snapshot, changes []api.Change) (hosts, flows int) {
	c := &compile.Compiler{}
	for h, refs := range c.Affected(old, next, changes) {
		hosts++
		for _, s := range []*api.Snapshot{old, next} {
			p, err := c.Some(s, h, refs)
			if err != nil {
				b.Fatal(err)
			}
			flows += len(p.Flows)
		}
	}
	return hosts, flows
}

// BenchmarkHost compiles all of one host.
func BenchmarkHost(b *testing.B) {
	c, s := &compile.Compiler{}, crowd(100, 5000)
	for b.Loop() {
		if _, err := c.Host(s, "h000"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkThousandsOfHosts compiles one host of very many that all have a port of one network: as a whole, and what it
// compiles when one of them gets its first port of the network.
func BenchmarkThousandsOfHosts(b *testing.B) {
	for _, hosts := range []int{300, 3000} {
		b.Run(fmt.Sprintf("whole/hosts=%d", hosts), func(b *testing.B) {
			s, c := multitude(hosts), &compile.Compiler{}
			b.ReportAllocs()
			for b.Loop() {
				p, err := c.Host(s, crowdHost(7))
				if err != nil {
					b.Fatal(err)
				}
				size := 0
				for _, f := range p.Flows {
					size += len(f.Match) + len(f.Instructions)
				}
				b.ReportMetric(float64(len(p.Flows)), "flows")
				b.ReportMetric(float64(size)/1024, "KiB-of-flows")
			}
		})
		b.Run(fmt.Sprintf("one-more/hosts=%d", hosts), func(b *testing.B) {
			with := cloud.On(multitude(hosts))
			bound, _ := with.View.Binding("p00000", crowdHost(0))
			with.Delete(bound)
			old, _ := with.Done()
			with = cloud.On(old)
			with.Put(bound)
			next, changes := with.Done()
			c := &compile.Compiler{}
			flows, size := 0, 0
			for b.Loop() {
				subjects := c.Affected(old, next, changes)[crowdHost(7)]
				p := some(b, next, crowdHost(7), subjects)
				flows, size = len(p.Flows), 0
				for _, f := range p.Flows {
					size += len(f.Match) + len(f.Instructions)
				}
			}
			b.ReportMetric(float64(flows), "flows")
			b.ReportMetric(float64(size), "bytes-of-flows")
		})
	}
}
