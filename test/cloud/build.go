package cloud

import (
	"fmt"
	"net/netip"

	"weft/api"
	"weft/tables"
)

// Builder puts objects into a transaction. It is for states that make sense; it checks nothing.
type Builder struct{ *api.Txn }

// On starts from a state; nil is the empty one.
func On(s *api.Snapshot) Builder {
	if s == nil {
		s = api.NewSnapshot()
	}
	return Builder{s.Txn()}
}

// Done settles and commits, and gives the changes with the new state.
func (b Builder) Done() (*api.Snapshot, []api.Change) {
	b.Settle()
	changes := b.Changes()
	return b.Commit(b.Next()), changes
}

// OpenFlow ports that Host reports. Bindings have higher numbers.
const (
	PatchTun  = 1
	PatchInt  = 1
	VXLAN     = 2
	IntPhys   = 2 // of the first provider bridge, 3 of the second …
	PhysPatch = 1
	firstPort = 10
)

// IPv6Underlay gives the address that takes the place of a host's tunnel address where the underlay is IPv6.
func IPv6Underlay(a netip.Addr) netip.Addr {
	b := netip.MustParseAddr("2001:db8::").As16()
	v4 := a.As4()
	copy(b[12:], v4[:])
	return netip.AddrFrom16(b)
}

// Host adds a host with a tunnel address, the MAC fa:16:3f:00:00:N, and one provider bridge for each physical network.
func (b Builder) Host(id api.HostID, n byte, physnets ...string) *api.Host {
	h := &api.Host{
		ID:             id,
		MAC:            api.MAC{0xfa, 0x16, 0x3f, 0, 0, n},
		TunnelIP:       netip.AddrFrom4([4]byte{10, 0, 0, n}),
		BridgeMappings: map[string]string{},
	}
	in := map[string]uint32{tables.PatchTun: PatchTun}
	for i, p := range physnets {
		bridge := "br-" + p
		h.BridgeMappings[p] = bridge
		in[tables.IntPatch(bridge)] = uint32(IntPhys + i)
		h.Bridges = append(h.Bridges, api.BridgeState{Name: bridge, Ports: map[string]uint32{tables.PhysPatch(bridge): PhysPatch}})
	}
	h.Bridges = append(h.Bridges,
		api.BridgeState{Name: tables.BridgeInt, Ports: in},
		api.BridgeState{Name: tables.BridgeTun, Ports: map[string]uint32{tables.PatchInt: PatchInt, tables.VXLANPort: VXLAN}},
	)
	b.Put(h)
	return h
}

// Network adds a network that is up.
func (b Builder) Network(id api.NetworkID, typ api.NetworkType, seg uint32, physnet string) *api.Network {
	n := &api.Network{
		ID: id, AdminStateUp: true, MTU: 1450, Type: typ, PhysicalNetwork: physnet, SegmentationID: seg,
		PortSecurityEnabled: true,
	}
	b.Put(n)
	return n
}

// Subnet adds a subnet whose gateway is the first address.
func (b Builder) Subnet(id api.SubnetID, n api.NetworkID, cidr string) *api.Subnet {
	p := netip.MustParsePrefix(cidr)
	s := &api.Subnet{ID: id, NetworkID: n, CIDR: p, GatewayIP: p.Addr().Next(), EnableDHCP: true}
	b.Put(s)
	return s
}

// Port adds a guest's port that is up and guarded, with an address of a subnet.
func (b Builder) Port(id api.PortID, mac string, sub api.SubnetID, addr string) *api.Port {
	s, ok := b.View.Subnet(sub)
	if !ok {
		panic("no subnet " + sub)
	}
	p := &api.Port{
		ID: id, NetworkID: s.NetworkID, MAC: api.MustMAC(mac), AdminStateUp: true, PortSecurityEnabled: true,
		DeviceOwner: "compute:nova",
		FixedIPs:    []api.FixedIP{{SubnetID: sub, Addr: netip.MustParseAddr(addr)}},
	}
	b.Put(p)
	return p
}

// Router adds a router that is up, with a gateway to an external network unless ext is "".
func (b Builder) Router(id api.RouterID, ext api.NetworkID) *api.Router {
	r := &api.Router{ID: id, AdminStateUp: true}
	if ext != "" {
		r.Gateway = &api.Gateway{NetworkID: ext, PortID: externalID(id), EnableSNAT: true}
	}
	b.Put(r)
	return r
}

// Leg gives a router a leg with the gateway's address of a subnet.
func (b Builder) Leg(id api.PortID, mac string, r api.RouterID, sub api.SubnetID) *api.Port {
	s, ok := b.View.Subnet(sub)
	if !ok {
		panic("no subnet " + sub)
	}
	p := &api.Port{
		ID: id, NetworkID: s.NetworkID, MAC: api.MustMAC(mac), AdminStateUp: true,
		DeviceOwner: api.OwnerRouterInterface, DeviceID: string(r),
		FixedIPs: []api.FixedIP{{SubnetID: sub, Addr: s.GatewayIP}},
	}
	b.Put(p)
	return p
}

// FloatingIP adds a floating IP for a port's first address.
func (b Builder) FloatingIP(id api.FloatingIPID, ext api.NetworkID, addr string, r api.RouterID, port api.PortID) *api.FloatingIP {
	f := &api.FloatingIP{ID: id, NetworkID: ext, Addr: netip.MustParseAddr(addr)}
	if p, ok := b.View.Port(port); ok {
		f.PortID, f.FixedIP, f.RouterID = port, p.FixedIPs[0].Addr, r
		f.RulePriority, f.Changed = 57482, b.Next()
	}
	b.Put(f)
	return f
}

// Bind plugs a port in on a host, at the next free OpenFlow port there; it unplugs it elsewhere.
func (b Builder) Bind(p api.PortID, h api.HostID) *api.Binding {
	b.Unbind(p)
	return b.plug(p, h)
}

func (b Builder) plug(p api.PortID, h api.HostID) *api.Binding {
	used := map[uint32]bool{}
	for x := range b.BindingsOn(h) {
		used[x.OFPort] = true
	}
	of := uint32(firstPort)
	for used[of] {
		of++
	}
	bind := &api.Binding{PortID: p, HostID: h, OFPort: of, Interface: fmt.Sprintf("tap%d", of)}
	if port, ok := b.View.Port(p); ok {
		bind.NetworkID = port.NetworkID
	}
	b.Put(bind)
	return bind
}

// Unbind unplugs a port wherever it is.
func (b Builder) Unbind(p api.PortID) {
	for _, x := range collect(b.BindingsOf(p)) {
		b.Delete(x)
	}
}

// tunnelIP gives the i-th host an address on one of two networks, of one family or the other.
func (w World) tunnelIP(i int) netip.Addr {
	a := netip.AddrFrom4([4]byte{10, 0, byte(w.n(2, "net")), byte(i + 1)})
	if w.n(3, "family") == 0 {
		return IPv6Underlay(a)
	}
	return a
}
