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
			b.Put(&api.Binding{PortID: id, HostID: api.HostID(fmt.Sprintf("h%03d", i%hosts)), OFPort: uint32(10 + i/hosts)})
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
			tx.Put(&api.Binding{PortID: "p00000", HostID: "h000", OFPort: 9})
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

func TestAChangeOfAPortTouchesOnlyHostsWithItsNetwork(t *testing.T) {
	s := crowd(3, 9)
	b := cloud.On(s)
	b.Host("alone", 77)
	s, _ = b.Done()
	b = cloud.On(s)
	b.Bind("p00001", "h002")
	next, changes := b.Done()
	for h, refs := range strict().Affected(s, next, changes) {
		if h == "alone" {
			t.Errorf("host without the network: %v", refs)
		}
		if len(refs) > 2 {
			t.Errorf("host %s: %d subjects for one port: %v", h, len(refs), refs)
		}
	}
}

func TestAVTEPTouchesItselfAndItsNetworkWhereThatIs(t *testing.T) {
	s := crowd(3, 9)
	b := cloud.On(s)
	b.Host("alone", 77)
	b.VTEP("v", "net", "10.9.0.1")
	s, _ = b.Done()
	b = cloud.On(s)
	v, _ := b.View.VTEP("v")
	named := *v
	named.Name = "another"
	b.Put(&named)
	same, changes := b.Done()
	if got := strict().Affected(s, same, changes); len(got) > 0 || len(changes) != 1 {
		t.Errorf("a name affected %v", got)
	}
	b = cloud.On(s)
	b.Delete(v)
	next, changes := b.Done()
	got := strict().Affected(s, next, changes)
	for h, refs := range got {
		if h == "alone" || len(refs) != 2 {
			t.Errorf("host %s: subjects %v, want the VTEP and its network", h, refs)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d hosts are affected, want the 3 with the network", len(got))
	}
}

func TestAChangeOfANameTouchesNobody(t *testing.T) {
	s := cloud.Seed()
	b := cloud.On(s)
	for p := range s.Ports() {
		c := *p
		c.Name, c.RevisionNumber = "another", 9
		b.Put(&c)
	}
	next, changes := b.Done()
	if got := strict().Affected(s, next, changes); len(got) > 0 || len(changes) == 0 {
		t.Errorf("%d changes affected %v", len(changes), got)
	}
}
