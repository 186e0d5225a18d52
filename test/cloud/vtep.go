package cloud

import (
	"fmt"
	"net/netip"

	"weft/api"
)

// VTEP adds an external VTEP that learns.
func (b Builder) VTEP(id api.VTEPID, n api.NetworkID, addr string, entries ...api.VTEPEntry) *api.VTEP {
	t := &api.VTEP{
		ID: id, NetworkID: n, Addr: netip.MustParseAddr(addr), Entries: entries,
		Learning: true, LearnLimit: 100, LearnAge: 300, Flood: api.FloodAll,
	}
	b.Put(t)
	return t
}

// Entry is a machine behind a VTEP; "" leaves the address out.
func Entry(mac, addr string) api.VTEPEntry {
	e := api.VTEPEntry{MAC: api.MustMAC(mac)}
	if addr != "" {
		e.Addr = netip.MustParseAddr(addr)
	}
	return e
}

// vtep makes a VTEP, changes it, or takes it away. Its addresses are no port's, as weft sees to.
func (w World) vtep(b Builder) {
	i := w.n(4, "vtep")
	id := api.VTEPID(fmt.Sprintf("v%d", i))
	n := []int{0, 1, 4, 0}[i]
	t, ok := b.View.VTEP(id)
	if !ok {
		if _, ok := b.View.Network(networkID(n)); ok {
			b.VTEP(id, networkID(n), fmt.Sprintf("10.9.0.%d", 10+i))
		}
		return
	}
	c := *t
	switch w.n(5, "what") {
	case 0:
		b.Delete(t)
		return
	case 1:
		c.Learning = !c.Learning
	case 2:
		c.Flood = api.FloodAll
		if w.flip("policy") {
			c.Flood = api.FloodBroadcast
		}
	case 3:
		c.Addr = netip.AddrFrom4([4]byte{10, 9, byte(w.n(2, "net")), byte(10 + i)})
		if w.flip("IPv6") {
			c.Addr = netip.MustParseAddr(fmt.Sprintf("fd09::%d", 10+i))
		}
	default:
		c.Entries = nil
		for k := range w.n(3, "entries") {
			e := Entry(fmt.Sprintf("52:54:00:00:0%d:0%d", i, k), "")
			if w.flip("address") {
				e.Addr = netip.AddrFrom4([4]byte{10, byte(n), 0, byte(200 + 10*i + k)})
			}
			c.Entries = append(c.Entries, e)
		}
	}
	b.Put(&c)
}
