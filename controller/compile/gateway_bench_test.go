package compile_test

import (
	"fmt"
	"testing"

	"weft/api"
	"weft/controller/compile"
	"weft/plan"
	"weft/test/cloud"
)

// BenchmarkOneMoreGateway compiles what one router more makes of all hosts of which each is the gateway host of a router on the
// same external network: how many look, and how many flows and items the others than its own gateway host get.
func BenchmarkOneMoreGateway(b *testing.B) {
	for _, typ := range []api.NetworkType{api.NetworkVLAN, api.NetworkVXLAN} {
		for _, hosts := range []int{30, 240} {
			b.Run(fmt.Sprintf("%s/hosts=%d", typ, hosts), func(b *testing.B) {
				with := cloud.On(nil)
				with.Network("ext", typ, 300, map[api.NetworkType]string{api.NetworkVLAN: "phys"}[typ])
				with.Subnet("outside", "ext", "100.64.0.0/16")
				for i := range hosts {
					with.Host(crowdHost(i), byte(i+1), "phys")
					gatedRouter(with, i, i)
				}
				old, _ := with.Done()
				with = cloud.On(old)
				gatedRouter(with, hosts, 0)
				next, changes := with.Done()
				looked, told := 0, 0
				for b.Loop() {
					looked, told = others(b, old, next, changes)
				}
				b.ReportMetric(float64(looked), "hosts/op")
				b.ReportMetric(float64(told), "flows-and-items/op")
			})
		}
	}
}

// gatedRouter adds the n-th router, with its gateway on a host.
func gatedRouter(b cloud.Builder, n, on int) {
	id, h := api.RouterID(fmt.Sprintf("r%d", n)), crowdHost(on)
	r := *b.Router(id, "ext")
	gw := *r.Gateway
	gw.HostID = h
	r.Gateway = &gw
	b.Put(&r)
	p := *b.Port(gw.PortID, fmt.Sprintf("fa:16:3e:02:%02x:%02x", n>>8, n&0xff), "outside", fmt.Sprintf("100.64.%d.%d", 1+n>>8, n&0xff))
	p.DeviceOwner, p.DeviceID, p.HostID = api.OwnerRouterGateway, string(id), h
	b.Put(&p)
	b.Put(&api.Placement{RouterID: id, HostID: h, LinkLocal: uint16(n)})
	b.Bind(p.ID, h)
}

// others gives how many hosts but the first look at a change, and how much it makes them put.
func others(b *testing.B, old, next *api.Snapshot, changes []api.Change) (looked, told int) {
	c := &compile.Compiler{}
	for h, subjects := range c.Affected(old, next, changes) {
		if h == crowdHost(0) {
			continue
		}
		looked++
		d := plan.Between(some(b, old, h, subjects), some(b, next, h, subjects))
		told += len(d.PutFlows) + len(d.PutItems) + len(d.DropFlows) + len(d.DropItems)
	}
	return looked, told
}
