package cloud

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"pgregory.net/rapid"

	"weft/api"
	"weft/tables"
)

// World draws random changes over a small set of names, so that they meet often. All states that it leads to are ones
// that weft could be in: MACs and addresses are unique where they must be.
type World struct{ *rapid.T }

type step struct {
	name string
	do   func(World, Builder)
}

func steps() []step {
	return []step{
		{"host", World.host}, {"host report", World.report}, {"network", World.network}, {"subnet", World.subnet},
		{"port", World.port}, {"port", World.port}, {"pairs", World.pairs}, {"bind", World.bind}, {"bind", World.bind},
		{"bind", World.bind}, {"binding trouble", World.trouble}, {"router", World.router}, {"leg", World.leg},
		{"leg", World.leg}, {"floating ip", World.floatingIP}, {"floating ip", World.floatingIP},
		{"port forwarding", World.forward}, {"delete", World.delete},
		{"dhcp", World.dhcp}, {"second subnet", World.secondSubnet}, {"ipv6", World.ipv6}, {"ipv6", World.ipv6}, {"ipv6", World.ipv6},
		{"pool", World.pool},
		{"vtep", World.vtep}, {"vtep", World.vtep}, {"trunk", World.trunk}, {"trunk", World.trunk},
		{"migration", World.migration}, {"migration", World.migration}, {"trunks move", World.trunksMove},
	}
}

// Start draws a state in which there is a little of everything.
func (w World) Start() *api.Snapshot {
	b := On(nil)
	for i := range 4 {
		b.Host(hostID(i), byte(i+1), "phys")
	}
	types := []api.NetworkType{api.NetworkVXLAN, api.NetworkVXLAN, api.NetworkVLAN, api.NetworkFlat, api.NetworkVXLAN}
	for i, typ := range types {
		putNetwork(b, i, typ)
		putSubnet(b, i)
	}
	fill(b)
	neighbours(b)
	for range rapid.IntRange(0, 40).Draw(w.T, "steps before") {
		w.step(b)
	}
	s, _ := b.Done()
	return s
}

// fill gives each network ports on several hosts, legs of routers, and two floating IPs.
func fill(b Builder) {
	for r := range worldRouters {
		b.Router(routerID(r), External)
		for n := range worldNetworks - 1 {
			if r == 0 || n%2 == 0 {
				putLeg(b, r, n)
			}
		}
	}
	for i := range worldPorts - 1 {
		n := i % worldNetworks
		p := *b.Port(portID(i), fmt.Sprintf("fa:16:3e:00:00:%02x", i), subnetID(n), fmt.Sprintf("10.%d.0.%d", n, 10+i))
		p.PortSecurityEnabled = i != 7
		b.Put(&p)
		b.Bind(p.ID, hostID((i/10+n)%worldHosts))
	}
	b.FloatingIP("f0", External, "10.4.0.100", routerID(0), portID(0))
	b.FloatingIP("f1", External, "10.4.0.101", routerID(0), portID(6))
}

func putLeg(b Builder, r, n int) {
	b.Put(&api.Port{
		ID: legID(r, n), NetworkID: networkID(n), MAC: api.MAC{0xfa, 0x16, 0x3e, 1, byte(r), byte(n)}, AdminStateUp: true,
		DeviceOwner: api.OwnerRouterInterface, DeviceID: string(routerID(r)),
		FixedIPs: []api.FixedIP{{SubnetID: subnetID(n), Addr: netip.AddrFrom4([4]byte{10, byte(n), 0, byte(1 + r)})}},
	})
}

func legID(r, n int) api.PortID { return api.PortID(fmt.Sprintf("l%d%d", r, n)) }

// Change draws a change of one to three steps.
func (w World) Change(s *api.Snapshot) (*api.Snapshot, []api.Change) {
	b := On(s)
	for range rapid.IntRange(1, 3).Draw(w.T, "steps") {
		w.step(b)
	}
	return b.Done()
}

func (w World) step(b Builder) {
	all := steps()
	all[w.n(len(all), "step")].do(w, b)
}

func (w World) n(below int, what string) int { return rapid.IntRange(0, below-1).Draw(w.T, what) }
func (w World) flip(what string) bool        { return rapid.Bool().Draw(w.T, what) }

func hostID(i int) api.HostID       { return api.HostID(fmt.Sprintf("h%d", i)) }
func networkID(i int) api.NetworkID { return api.NetworkID(fmt.Sprintf("n%d", i)) }
func subnetID(i int) api.SubnetID   { return api.SubnetID(fmt.Sprintf("s%d", i)) }
func routerID(i int) api.RouterID   { return api.RouterID(fmt.Sprintf("r%d", i)) }
func portID(i int) api.PortID       { return api.PortID(fmt.Sprintf("p%02d", i)) }

const (
	worldHosts    = 4
	worldNetworks = 5
	worldRouters  = 2
	worldPorts    = 16
	// External is the random world's external network; its last.
	External = api.NetworkID("n4")
)

func putNetwork(b Builder, i int, typ api.NetworkType) {
	n := &api.Network{ID: networkID(i), AdminStateUp: true, MTU: 1450, Type: typ, SegmentationID: uint32(100 + i)}
	switch typ {
	case api.NetworkFlat:
		n.SegmentationID, n.PhysicalNetwork = 0, "phys"
	case api.NetworkVLAN:
		n.PhysicalNetwork = "phys"
	}
	n.External = n.ID == External
	n.VLANTransparent = i == 1 || i == 2 // of each type that can be
	b.Put(n)
}

func putSubnet(b Builder, i int) { b.Subnet(subnetID(i), networkID(i), fmt.Sprintf("10.%d.0.0/24", i)) }

// host removes a host, brings it back, or changes how others know it.
func (w World) host(b Builder) {
	i := w.n(worldHosts, "host")
	h, ok := b.View.Host(hostID(i))
	switch {
	case !ok:
		b.Host(hostID(i), byte(i+1), "phys")
	case w.n(4, "remove") == 0:
		b.Delete(h)
	default:
		c := *h
		if w.flip("address") {
			c.TunnelIP = w.tunnelIP(i)
		} else {
			c.MAC = api.MAC{0xfa, 0x16, 0x3f, 0, byte(w.n(2, "mac")), byte(i + 1)}
		}
		b.Put(&c)
	}
}

// report changes what a host's agent sees: its ports, or its mappings.
func (w World) report(b Builder) {
	h, ok := b.View.Host(hostID(w.n(worldHosts, "host")))
	if !ok {
		return
	}
	c := *h
	switch w.n(5, "what") {
	case 4:
		c.Down, c.Answers = time.Time{}, false
		if h.Alive() {
			c.Down, c.Answers = time.Unix(1_700_000_000, 0), w.n(2, "answers") == 1
		}
	case 0:
		c.Bridges = nil
	case 1:
		c.BridgeMappings = nil
	case 2:
		c.TunnelIP = netip.Addr{}
	default:
		fresh := On(nil).Host(h.ID, h.MAC[5], "phys")
		fresh.MAC, fresh.TunnelIP = h.MAC, h.TunnelIP
		fresh.Bridges[1].Ports[tables.PatchTun] = uint32(w.n(2, "port")*6 + 1)
		c = *fresh
	}
	b.Put(&c)
}

// port makes a port, or switches it.
func (w World) port(b Builder) {
	i, n := w.n(worldPorts, "port"), w.n(worldNetworks, "network")
	p, ok := b.View.Port(portID(i))
	if !ok {
		if _, ok := b.View.Subnet(subnetID(n)); ok {
			b.Port(portID(i), fmt.Sprintf("fa:16:3e:00:00:%02x", i), subnetID(n), fmt.Sprintf("10.%d.0.%d", n, 10+i))
		}
		return
	}
	c := *p
	switch w.n(3, "what") {
	case 0:
		c.AdminStateUp = !c.AdminStateUp
	case 1:
		c.PortSecurityEnabled = !c.PortSecurityEnabled
	default:
		c.Name = fmt.Sprint(w.n(3, "name"))
	}
	b.Put(&c)
}

func (w World) pairs(b Builder) {
	p, ok := b.View.Port(portID(w.n(worldPorts, "port")))
	if !ok {
		return
	}
	c := *p
	c.AllowedAddressPairs = nil
	for range w.n(3, "pairs") {
		a := p.FixedIPs[0].Addr.As4()
		a[3] = byte(10 + w.n(worldPorts+2, "address"))
		ap := api.AddressPair{MAC: p.MAC, Prefix: netip.PrefixFrom(netip.AddrFrom4(a), []int{32, 32, 28, 0}[w.n(4, "bits")])}
		if w.flip("mac") {
			ap.MAC = api.MustMAC("00:00:5e:00:01:01")
		}
		c.AllowedAddressPairs = append(c.AllowedAddressPairs, ap)
	}
	b.Put(&c)
}

func (w World) bind(b Builder) {
	p, ok := b.View.Port(portID(w.n(worldPorts, "port")))
	if !ok {
		return
	}
	if i := w.n(worldHosts+1, "host"); i == worldHosts {
		b.Unbind(p.ID)
	} else if b.hasHost(hostID(i)) {
		b.Bind(p.ID, hostID(i))
	}
}

// trouble takes a binding's OpenFlow port away, finds fault with it, or heals it.
func (w World) trouble(b Builder) {
	all := collect(b.BindingsOn(hostID(w.n(worldHosts, "host"))))
	if len(all) == 0 {
		return
	}
	old := all[w.n(len(all), "binding")]
	c := *old
	switch w.n(4, "what") {
	case 0:
		c.OFPort = 0
	case 1:
		c.Problem = "bound elsewhere"
	default:
		b.Delete(old)
		b.plug(old.PortID, old.HostID)
		return
	}
	b.Put(&c)
}

func (w World) router(b Builder) {
	i := w.n(worldRouters, "router")
	r, ok := b.View.Router(routerID(i))
	if !ok {
		b.Router(routerID(i), External)
		return
	}
	c := *r
	switch w.n(4, "what") {
	case 0:
		c.AdminStateUp = !c.AdminStateUp
	case 1:
		w.gateway(&c)
	case 2:
		for p := range b.PortsOfDevice(string(r.ID)) {
			if q := *p; central(p) && w.flip("port") {
				q.AdminStateUp = !q.AdminStateUp
				defer b.Put(&q)
			}
		}
	default:
		hop := netip.AddrFrom4([4]byte{10, byte(w.n(worldNetworks, "via")), 0, 77})
		c.Routes = []api.HostRoute{{Destination: netip.MustParsePrefix("172.16.0.0/12"), NextHop: hop}}
	}
	b.Put(&c)
}

// leg gives a router a leg, or takes it away. A subnet's gateway address goes to the first router.
func (w World) leg(b Builder) {
	r, n := w.n(worldRouters, "router"), w.n(worldNetworks-1, "network")
	if p, ok := b.View.Port(legID(r, n)); ok {
		c := *p
		c.AdminStateUp = !c.AdminStateUp
		b.Put(&c)
		return
	}
	if _, ok := b.View.Router(routerID(r)); !ok {
		return
	}
	putLeg(b, r, n)
}

func (w World) floatingIP(b Builder) {
	i := w.n(4, "floating ip")
	port := portID(w.n(worldPorts, "port"))
	id := api.FloatingIPID(fmt.Sprintf("f%d", i))
	var router api.RouterID
	if p, ok := b.View.Port(port); ok {
		for leg := range b.LegsOnSubnet(p.FixedIPs[0].SubnetID) {
			router = api.RouterID(leg.DeviceID)
		}
		for f := range b.FloatingIPsOfPort(port) {
			if f.ID != id {
				router = "" // one floating IP for a fixed one
			}
		}
	}
	if router == "" {
		port = ""
	}
	f := b.FloatingIP(id, External, fmt.Sprintf("10.4.0.%d", 100+i), router, port)
	if port != "" {
		f.RulePriority += uint32(i)
	}
	b.Put(f)
}

// forward makes a floating IP forward one more of its ports, as weft does while it stands for no guest as a whole.
func (w World) forward(b Builder) {
	f, ok := b.View.FloatingIP(api.FloatingIPID(fmt.Sprintf("f%d", w.n(4, "floating ip"))))
	p, there := b.View.Port(portID(w.n(worldPorts, "port")))
	if !ok || !there || f.PortID != "" {
		return
	}
	c := *f
	if len(f.Forwards) == 0 {
		for leg := range b.LegsOnSubnet(p.FixedIPs[0].SubnetID) {
			c.RouterID, c.RulePriority = api.RouterID(leg.DeviceID), 40000+uint32(f.Addr.As4()[3])
		}
	}
	for leg := range b.LegsOnSubnet(p.FixedIPs[0].SubnetID) {
		if api.RouterID(leg.DeviceID) == c.RouterID {
			n := uint16(80 + len(f.Forwards))
			c.Forwards = append(slices.Clone(f.Forwards), api.PortForwarding{
				ID: fmt.Sprint(n), Protocol: "tcp", External: api.OnePort(n), Internal: api.OnePort(8080), PortID: p.ID, Addr: p.FixedIPs[0].Addr,
			})
			b.Put(&c)
			return
		}
	}
}

// delete removes something with all that hangs on it.
func (w World) delete(b Builder) {
	switch w.n(4, "what") {
	case 0:
		b.removePort(portID(w.n(worldPorts, "port")))
	case 1:
		id := api.FloatingIPID(fmt.Sprintf("f%d", w.n(4, "floating ip")))
		if f, ok := b.View.FloatingIP(id); ok {
			b.Delete(f)
		}
	case 2:
		b.removePort(legID(w.n(worldRouters, "router"), w.n(worldNetworks, "network")))
	default:
		id := routerID(w.n(worldRouters, "router"))
		for _, f := range collect(b.FloatingIPsOfRouter(id)) {
			b.dissociate(f)
		}
		for _, p := range collect(b.PortsOfDevice(string(id))) {
			b.removePort(p.ID)
		}
		if r, ok := b.View.Router(id); ok {
			b.Delete(r)
		}
	}
}

func (b Builder) dissociate(f *api.FloatingIP) {
	c := *f
	c.PortID, c.FixedIP, c.RouterID, c.RulePriority, c.Forwards = "", netip.Addr{}, "", 0, nil
	b.Put(&c)
}

func (b Builder) removePort(id api.PortID) {
	p, ok := b.View.Port(id)
	if !ok {
		return
	}
	for _, f := range collect(b.FloatingIPsOfPort(id)) {
		b.dissociate(f)
	}
	for _, f := range collect(b.FloatingIPsForwardingTo(id)) {
		b.dissociate(f)
	}
	b.leaveTrunk(id)
	b.Unbind(id)
	b.Delete(p)
}
