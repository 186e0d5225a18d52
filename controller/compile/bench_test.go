package compile_test

import (
	"fmt"
	"testing"

	"weft/api"
	"weft/controller/compile"
	"weft/test/cloud"
)

// crowd is one network of ports on hosts, each host with its own neighbours, and one port that is not bound yet.
func crowd(hosts, ports int) *api.Snapshot {
	b := cloud.On(nil)
	for i := range hosts {
		b.Host(api.HostID(fmt.Sprintf("h%03d", i)), byte(i+1))
	}
	b.Network("net", api.NetworkVXLAN, 100, "")
	b.Subnet("sub", "net", "10.0.0.0/16")
	for i := range ports {
		id := api.PortID(fmt.Sprintf("p%05d", i))
		b.Port(id, fmt.Sprintf("fa:16:3e:00:%02x:%02x", i>>8, i&0xff), "sub", fmt.Sprintf("10.0.%d.%d", i>>8, i&0xff))
		if i > 0 {
			b.Put(&api.Binding{PortID: id, HostID: api.HostID(fmt.Sprintf("h%03d", i%hosts)), NetworkID: "net", OFPort: uint32(10 + i/hosts)})
		}
	}
	s, _ := b.Done()
	return s
}

// BenchmarkOnePortMore binds one more port; its cost per host must not grow with the ports that are there.
func BenchmarkOnePortMore(b *testing.B) {
	for _, ports := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("hosts=100/ports=%d", ports), func(b *testing.B) {
			c := &compile.Compiler{}
			old := crowd(100, ports)
			tx := old.Txn()
			tx.Put(&api.Binding{PortID: "p00000", HostID: "h000", NetworkID: "net", OFPort: 9})
			changes := tx.Changes()
			next := tx.Commit(tx.Next())
			for b.Loop() {
				onePass(b, c, old, next, changes)
			}
		})
	}
}

// BenchmarkOneVTEPMore adds an external VTEP; its cost must not grow with the ports of hosts, only with the hosts.
func BenchmarkOneVTEPMore(b *testing.B) {
	for _, ports := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("hosts=100/ports=%d", ports), func(b *testing.B) {
			old := crowd(100, ports)
			with := cloud.On(old)
			with.VTEP("v", "net", "10.9.0.1")
			changes := with.Changes()
			next := with.Commit(with.Next())
			for b.Loop() {
				onePass(b, &compile.Compiler{}, old, next, changes)
			}
		})
	}
}

func onePass(b *testing.B, c *compile.Compiler, old, next *api.Snapshot, changes []api.Change) {
	for h, refs := range c.Affected(old, next, changes) {
		for _, s := range []*api.Snapshot{old, next} {
			if _, err := c.Some(s, h, refs); err != nil {
				b.Fatal(err)
			}
		}
	}
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
