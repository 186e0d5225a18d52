package cloud

import (
	"fmt"
	"hash/crc32"
	"iter"
	"net/netip"
	"slices"

	"weft/api"
)

func collect[T any](s iter.Seq[T]) []T { return slices.Collect(s) }

// Settle derives what follows from the rest: who needs which network and router, the hosts' gateway ports, and the
// bindings of legs and gateway ports as their agents would report them.
func (b Builder) Settle() {
	b.dropOrphans()
	b.standbys()
	b.subPorts()
	b.routerGateways()
	b.centralIPs()
	b.placements()
	b.gateways()
	b.segments()
	b.bindings()
}

// centralIPs decides which floating IPs the gateway hosts serve.
func (b Builder) centralIPs() {
	for _, f := range collect(b.FloatingIPs()) {
		central := len(f.Forwards) > 0
		if p, ok := b.View.Port(f.PortID); ok && p.HostID == "" && len(p.Expected()) == 0 && !slices.ContainsFunc(collect(b.BindingsOf(p.ID)), func(*api.Binding) bool { return true }) {
			for range b.PortsWithPair(p.NetworkID, f.FixedIP) {
				central = true
			}
		}
		if central != f.Central {
			c := *f
			c.Central = central
			b.Put(&c)
		}
	}
}

// dropOrphans removes what refers to something that is gone.
func (b Builder) dropOrphans() {
	for o := range b.All(api.KindBinding) {
		x := o.(*api.Binding)
		if _, ok := b.View.Port(x.PortID); !ok || !b.hasHost(x.HostID) {
			defer b.Delete(x)
		}
	}
}

func (b Builder) hasHost(h api.HostID) bool {
	_, ok := b.View.Host(h)
	return ok
}

type hostRouter struct {
	host   api.HostID
	router api.RouterID
}

type hostNetwork struct {
	host    api.HostID
	network api.NetworkID
}

func (b Builder) guestsBound(yield func(*api.Port, api.HostID)) {
	for _, p := range collect(b.Ports()) {
		for bind := range b.GoodBindings(p.ID) {
			if p.IsGuest() {
				yield(p, bind.HostID)
			}
		}
	}
}

func (b Builder) placements() {
	want := map[hostRouter]bool{}
	b.guestsBound(func(p *api.Port, h api.HostID) {
		for _, f := range p.FixedIPs {
			for leg := range b.LegsOnSubnet(f.SubnetID) {
				want[hostRouter{h, api.RouterID(leg.DeviceID)}] = true
			}
		}
	})
	for p := range b.Ports() {
		if p.IsCentralSNAT() && b.hasHost(p.HostID) {
			want[hostRouter{p.HostID, api.RouterID(p.DeviceID)}] = true
		}
	}
	for b.routedBy(want) {
		continue
	}
	used := map[api.HostID]map[uint16]bool{}
	for _, o := range collect(b.All(api.KindPlacement)) {
		pl := o.(*api.Placement)
		if k := (hostRouter{pl.HostID, pl.RouterID}); !want[k] {
			b.Delete(pl)
		} else {
			delete(want, k)
			mark(used, pl.HostID, pl.LinkLocal)
		}
	}
	for _, k := range sorted(want, func(k hostRouter) string { return string(k.host) + "/" + string(k.router) }) {
		b.Put(&api.Placement{HostID: k.host, RouterID: k.router, LinkLocal: free(used, k.host, 0)})
	}
}

// routedBy adds the routers that others lead to by a static route, and reports whether any was new.
func (b Builder) routedBy(want map[hostRouter]bool) (more bool) {
	for _, k := range sorted(want, func(k hostRouter) string { return string(k.host) + "/" + string(k.router) }) {
		r, ok := b.View.Router(k.router)
		if !ok {
			continue
		}
		for leg := range b.LegsOf(k.router) {
			for _, hr := range r.Routes {
				hop, ok := b.PortByAddr(leg.FixedIPs[0].SubnetID, hr.NextHop)
				if !ok || !hop.IsRouterInterface() {
					continue
				}
				if to := (hostRouter{k.host, api.RouterID(hop.DeviceID)}); !want[to] {
					want[to], more = true, true
				}
			}
		}
	}
	return more
}

func (b Builder) gateways() {
	want := map[hostNetwork]bool{}
	for f := range b.FloatingIPs() {
		for bind := range b.GoodBindings(f.PortID) {
			if f.RouterID != "" {
				want[hostNetwork{bind.HostID, f.NetworkID}] = true
			}
		}
	}
	for _, p := range collect(b.Ports()) {
		if k := (hostNetwork{p.HostID, p.NetworkID}); p.IsAgentGateway() && !want[k] {
			b.Unbind(p.ID)
			b.Delete(p)
		} else if p.IsAgentGateway() {
			delete(want, k)
		}
	}
	for _, k := range sorted(want, func(k hostNetwork) string { return string(k.host) + "/" + string(k.network) }) {
		b.newGateway(k)
	}
}

// gatewayID differs in its first letters, of which device names are made.
func gatewayID(k hostNetwork) api.PortID {
	return api.PortID(fmt.Sprintf("%08x-fg", crc32.ChecksumIEEE([]byte(string(k.host)+"/"+string(k.network)))))
}

func (b Builder) newGateway(k hostNetwork) {
	h, ok := b.View.Host(k.host)
	if !ok {
		return
	}
	p := &api.Port{
		ID: gatewayID(k), NetworkID: k.network, HostID: k.host,
		MAC: api.MAC{0xfa, 0x16, 0x3e, 0xf9, byte(crc32.ChecksumIEEE([]byte(k.network))), h.MAC[5]}, AdminStateUp: true, DeviceOwner: api.OwnerAgentGateway,
	}
	for sub := range b.SubnetsOf(k.network) {
		if sub.IPVersion() == 6 {
			continue
		}
		base := sub.CIDR.Addr().As4()
		base[3] = 200 + h.MAC[5]
		p.FixedIPs = []api.FixedIP{{SubnetID: sub.ID, Addr: netip.AddrFrom4(base)}}
		break
	}
	b.Put(p)
}

func (b Builder) segments() {
	want := map[hostNetwork]bool{}
	for _, p := range collect(b.Ports()) {
		switch {
		case p.IsRouterInterface():
			for pl := range b.PlacementsOf(api.RouterID(p.DeviceID)) {
				want[hostNetwork{pl.HostID, p.NetworkID}] = true
			}
		case p.IsAgentGateway(), central(p) && b.hasHost(p.HostID):
			want[hostNetwork{p.HostID, p.NetworkID}] = true
		default:
			for bind := range b.GoodBindings(p.ID) {
				want[hostNetwork{bind.HostID, p.NetworkID}] = true
			}
		}
	}
	used := map[api.HostID]map[uint16]bool{}
	for _, o := range collect(b.All(api.KindSegment)) {
		seg := o.(*api.Segment)
		if k := (hostNetwork{seg.HostID, seg.NetworkID}); !want[k] {
			b.Delete(seg)
		} else {
			delete(want, k)
			mark(used, seg.HostID, seg.LocalVLAN)
			mark(used, seg.HostID, seg.TaggedVLAN)
		}
	}
	for _, k := range sorted(want, func(k hostNetwork) string { return string(k.host) + "/" + string(k.network) }) {
		seg := &api.Segment{HostID: k.host, NetworkID: k.network, LocalVLAN: free(used, k.host, 1)}
		if n, ok := b.View.Network(k.network); ok && n.VLANTransparent {
			seg.TaggedVLAN = free(used, k.host, 1)
		}
		b.Put(seg)
	}
}

// bindings plugs legs in where their routers are, and gateway ports in on their hosts.
func (b Builder) bindings() {
	for _, p := range collect(b.Ports()) {
		want := map[api.HostID]bool{}
		switch {
		case p.IsRouterInterface():
			for pl := range b.PlacementsOf(api.RouterID(p.DeviceID)) {
				want[pl.HostID] = true
			}
		case p.IsAgentGateway(), central(p) && b.hasHost(p.HostID):
			want[p.HostID] = true
		case central(p):
		default:
			continue
		}
		for _, x := range collect(b.BindingsOf(p.ID)) {
			if want[x.HostID] {
				delete(want, x.HostID)
			} else {
				b.Delete(x)
			}
		}
		for _, h := range sorted(want, func(h api.HostID) string { return string(h) }) {
			b.plug(p.ID, h)
		}
	}
}

func sorted[K comparable](m map[K]bool, key func(K) string) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b K) int {
		if key(a) < key(b) {
			return -1
		}
		return 1
	})
	return out
}

func mark(used map[api.HostID]map[uint16]bool, h api.HostID, n uint16) {
	if used[h] == nil {
		used[h] = map[uint16]bool{}
	}
	used[h][n] = true
}

func free(used map[api.HostID]map[uint16]bool, h api.HostID, from uint16) uint16 {
	for used[h][from] {
		from++
	}
	mark(used, h, from)
	return from
}
