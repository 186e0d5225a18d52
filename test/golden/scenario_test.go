package golden

import (
	"fmt"
	"net/netip"

	"weft/api"
	"weft/test/cloud"
)

// scenarios are the clouds, by the names of their files.
func scenarios() map[string]*api.Snapshot {
	return map[string]*api.Snapshot{
		"seed-002":           cloud.Seed(),
		"one-network":        oneNetwork(),
		"provider-vlan-flat": provider(),
		"allowed-pairs":      pairs(),
		"nothing":            nothing(),
		"external-vtep":      vteps(),
		"external-vtep-ipv6": vteps6(),
		"connected-routers":  connected(),
		"port-forwarding":    forwarded(),
		"trunk":              trunk(),
		"vlan-transparent":   transparent(),
		"migration":          migration(),
		"trunk-migration":    trunkMigration(),
		"ipv6-underlay":      overIPv6(oneNetwork()),
	}
}

func done(b cloud.Builder) *api.Snapshot {
	s, _ := b.Done()
	return s
}

// overIPv6 is a cloud on an underlay of IPv6.
func overIPv6(s *api.Snapshot) *api.Snapshot {
	b := cloud.On(s)
	for h := range s.Hosts() {
		c := *h
		c.TunnelIP = cloud.IPv6Underlay(h.TunnelIP)
		b.Put(&c)
	}
	return done(b)
}

// vteps has a network with two external VTEPs, one that learns and one that only knows its two machines, and a router.
func vteps() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1)
	b.Host("h2", 2)
	b.Network("net", api.NetworkVXLAN, 1000, "")
	b.Network("other", api.NetworkVXLAN, 1001, "")
	b.Subnet("sub", "net", "10.0.0.0/24")
	b.Subnet("sub-other", "other", "10.1.0.0/24")
	b.Router("r", "")
	b.Leg("leg-net", "fa:16:3e:01:00:01", "r", "sub")
	b.Leg("leg-other", "fa:16:3e:01:00:02", "r", "sub-other")
	b.Port("a", "fa:16:3e:00:00:0a", "sub", "10.0.0.10")
	b.Port("b", "fa:16:3e:00:00:0b", "sub", "10.0.0.11")
	b.Bind("a", "h1")
	b.Bind("b", "h2")
	b.VTEP("learns", "net", "10.9.0.1")
	told := *b.VTEP("told", "net", "10.9.0.2",
		cloud.Entry("52:54:00:00:00:01", "10.0.0.201"), cloud.Entry("52:54:00:00:00:02", ""))
	told.Learning, told.Flood = false, api.FloodBroadcast
	b.Put(&told)
	return done(b)
}

// vteps6 has a network with a VTEP on an underlay of IPv6, and one of IPv4, which no host reaches. It floods no unicast.
func vteps6() *api.Snapshot {
	b := cloud.On(nil)
	for i, id := range []api.HostID{"h1", "h2"} {
		h := *b.Host(id, byte(i+1))
		h.TunnelIP = cloud.IPv6Underlay(h.TunnelIP)
		b.Put(&h)
	}
	net := *b.Network("net", api.NetworkVXLAN, 1000, "")
	net.DropUnknown = true
	b.Put(&net)
	b.Subnet("sub", "net", "10.0.0.0/24")
	b.Port("a", "fa:16:3e:00:00:0a", "sub", "10.0.0.10")
	b.Port("b", "fa:16:3e:00:00:0b", "sub", "10.0.0.11")
	b.Bind("a", "h1")
	b.Bind("b", "h2")
	b.VTEP("six", "net", "fd09::1", cloud.Entry("52:54:00:00:00:01", "10.0.0.201"))
	b.VTEP("four", "net", "10.9.0.1")
	return done(b)
}

// connected has two routers with a network between them; the second leads out, for guests of the first too.
func connected() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1, "phys")
	b.Host("h2", 2, "phys")
	for i, n := range []string{"a", "transit", "b"} {
		b.Network(api.NetworkID(n), api.NetworkVXLAN, uint32(100+i), "")
		b.Subnet(api.SubnetID("sub-"+n), api.NetworkID(n), fmt.Sprintf("10.%d.0.0/24", i))
	}
	ext := *b.Network("ext", api.NetworkFlat, 0, "phys")
	ext.External = true
	b.Put(&ext)
	b.Subnet("sub-ext", "ext", "2.2.2.0/24")
	first := *b.Router("ra", "")
	second := *b.Router("rb", "ext")
	b.Leg("leg-a", "fa:16:3e:01:00:01", "ra", "sub-a")
	back := *b.Leg("leg-ta", "fa:16:3e:01:00:02", "ra", "sub-transit")
	back.FixedIPs = []api.FixedIP{{SubnetID: "sub-transit", Addr: netip.MustParseAddr("10.1.0.2")}}
	b.Put(&back)
	to := b.Leg("leg-tb", "fa:16:3e:01:00:03", "rb", "sub-transit")
	b.Leg("leg-b", "fa:16:3e:01:00:04", "rb", "sub-b")
	first.Routes = []api.HostRoute{{Destination: netip.MustParsePrefix("0.0.0.0/0"), NextHop: to.FixedIPs[0].Addr}}
	second.Routes = []api.HostRoute{{Destination: netip.MustParsePrefix("10.0.0.0/24"), NextHop: back.FixedIPs[0].Addr}}
	b.Put(&first)
	b.Put(&second)
	b.Port("one", "fa:16:3e:00:00:0a", "sub-a", "10.0.0.10")
	b.Port("two", "fa:16:3e:00:00:0b", "sub-b", "10.2.0.10")
	b.Bind("one", "h1")
	b.Bind("two", "h2")
	return done(b)
}

// forwarded is the seed's cloud with a second floating IP, whose ports lead to guests, one by one and in ranges.
func forwarded() *api.Snapshot {
	b := cloud.On(cloud.Seed())
	f := *b.FloatingIP("f0f0f0f0-0000-4000-8000-000000000101", cloud.SeedExternal, "2.2.2.101", "", "")
	f.RouterID, f.RulePriority = cloud.SeedRouter, 57483
	for i, id := range []api.PortID{cloud.SeedSameNet, cloud.SeedPeer} {
		p, _ := b.View.Port(id)
		f.Forwards = append(f.Forwards, api.PortForwarding{
			ID: fmt.Sprint(i), Protocol: []string{"tcp", "udp"}[i], External: api.OnePort(uint16(8080 + i)), Internal: api.OnePort(80), PortID: id, Addr: p.FixedIPs[0].Addr,
		})
	}
	first := f.Forwards[0]
	first.ID, first.Protocol, first.External, first.Internal = "2", "sctp", api.PortRange{First: 9000, Last: 9010}, api.PortRange{First: 7000, Last: 7010}
	one := first
	one.ID, one.Protocol, one.Internal, one.Turns = "3", "udp", api.OnePort(7000), 1
	f.Forwards = append(f.Forwards, first, one)
	b.Put(&f)
	return done(b)
}

// nothing is two hosts before anybody has asked for anything.
func nothing() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1, "phys")
	b.Host("h2", 2)
	return done(b)
}

// oneNetwork has two guests on one host, one on another, and one that is down.
func oneNetwork() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1)
	b.Host("h2", 2)
	b.Network("net", api.NetworkVXLAN, 1000, "")
	b.Subnet("sub", "net", "10.0.0.0/24")
	b.Port("a", "fa:16:3e:00:00:0a", "sub", "10.0.0.10")
	b.Port("b", "fa:16:3e:00:00:0b", "sub", "10.0.0.11")
	b.Port("c", "fa:16:3e:00:00:0c", "sub", "10.0.0.12")
	down := *b.Port("d", "fa:16:3e:00:00:0d", "sub", "10.0.0.13")
	down.AdminStateUp = false
	b.Put(&down)
	b.Bind("a", "h1")
	b.Bind("b", "h1")
	b.Bind("c", "h2")
	b.Bind("d", "h2")
	return done(b)
}

// trunk has a guest with a trunk, whose sub-ports have the parent's MAC but for a second one on the same network, and
// guests on each of its networks elsewhere.
func trunk() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1, "phys")
	b.Host("h2", 2, "phys")
	for i, n := range []api.NetworkID{"plain", "red"} {
		b.Network(n, api.NetworkVXLAN, uint32(1000+i), "")
	}
	b.Network("wire", api.NetworkVLAN, 100, "phys")
	for i, n := range []api.NetworkID{"plain", "red", "wire"} {
		b.Subnet(api.SubnetID("sub-"+n), n, "10."+string(rune('1'+i))+".0.0/24")
		b.Port(api.PortID(n), "fa:16:3e:00:00:01", api.SubnetID("sub-"+n), "10."+string(rune('1'+i))+".0.10")
		b.Port(api.PortID("peer-"+n), "fa:16:3e:00:00:02", api.SubnetID("sub-"+n), "10."+string(rune('1'+i))+".0.11")
		b.Bind(api.PortID("peer-"+n), "h2")
	}
	b.Bind("plain", "h1")
	b.Port("red2", "fa:16:3e:00:00:03", "sub-red", "10.2.0.12")
	b.Trunk("t", "plain", 100, "red", 200, "wire", 300, "red2")
	return done(b)
}

// transparent has two networks that carry guests' own tags, over tunnels and on a wire: with a guest on each host, one of
// them a sub-port, and with a VTEP.
func transparent() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1, "phys")
	b.Host("h2", 2, "phys")
	for i, n := range []*api.Network{
		b.Network("net", api.NetworkVXLAN, 1000, ""), b.Network("wire", api.NetworkVLAN, 100, "phys"), b.Network("plain", api.NetworkVXLAN, 7, ""),
	} {
		c := *n
		c.VLANTransparent = n.ID != "plain"
		b.Put(&c)
		sub := api.SubnetID("sub-" + n.ID)
		b.Subnet(sub, n.ID, "10."+string(rune('1'+i))+".0.0/24")
		for j, h := range []api.HostID{"h1", "h2"} {
			p := api.PortID(string(n.ID) + "-" + string(h))
			b.Port(p, "fa:16:3e:00:00:0"+string(rune('1'+j)), sub, "10."+string(rune('1'+i))+".0.1"+string(rune('0'+j)))
			if p != "net-h1" {
				b.Bind(p, h)
			}
		}
	}
	b.Trunk("t", "plain-h1", 300, "net-h1")
	b.VTEP("v", "net", "10.9.0.1", cloud.Entry("52:54:00:00:00:01", ""))
	return done(b)
}

// migration has a guest with a floating IP on h1 that may arrive on h2, and one that has gone from h2 to h1 and is plugged
// in both still.
func migration() *api.Snapshot {
	b := cloud.On(nil)
	for i, h := range []api.HostID{"h1", "h2", "h3"} {
		b.Host(h, byte(i+1), "phys")
	}
	b.Network("net", api.NetworkVXLAN, 1000, "")
	b.Network("ext", api.NetworkFlat, 0, "phys")
	b.Subnet("sub", "net", "10.0.0.0/24")
	b.Subnet("sub-ext", "ext", "2.2.2.0/24")
	b.Router("r", "ext")
	b.Leg("leg", "fa:16:3e:01:00:01", "r", "sub")
	for i, id := range []api.PortID{"goes", "gone"} {
		p := *b.Port(id, "fa:16:3e:00:00:0"+string(rune('a'+i)), "sub", "10.0.0.1"+string(rune('0'+i)))
		b.Bind(id, "h1")
		p.Others = []api.HostBinding{{HostID: "h2", Left: id == "gone"}}
		b.Put(&p)
		b.Put(&api.Binding{PortID: id, HostID: "h2", NetworkID: "net", OFPort: uint32(20 + i), Interface: "tap-" + string(id)})
	}
	b.Port("other", "fa:16:3e:00:00:0c", "sub", "10.0.0.12")
	b.Bind("other", "h3")
	b.FloatingIP("f", "ext", "2.2.2.100", "r", "goes")
	return done(b)
}

// trunkMigration is trunk, whose guest may arrive on a third host.
func trunkMigration() *api.Snapshot {
	b := cloud.On(trunk())
	b.Host("h3", 3, "phys")
	parent, _ := b.View.Port("plain")
	p := *parent
	p.Others = []api.HostBinding{{HostID: "h3"}}
	b.Put(&p)
	b.Put(&api.Binding{PortID: "plain", HostID: "h3", NetworkID: "plain", OFPort: 20, Interface: "tap-plain"})
	return done(b)
}

// provider is a router between a VLAN and a flat network.
func provider() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1, "phys")
	b.Host("h2", 2, "phys")
	b.Network("vlan", api.NetworkVLAN, 100, "phys")
	b.Network("flat", api.NetworkFlat, 0, "phys")
	b.Subnet("sub-vlan", "vlan", "10.1.0.0/24")
	b.Subnet("sub-flat", "flat", "10.2.0.0/24")
	b.Router("r", "")
	b.Leg("leg-vlan", "fa:16:3e:01:00:01", "r", "sub-vlan")
	b.Leg("leg-flat", "fa:16:3e:01:00:02", "r", "sub-flat")
	b.Port("v", "fa:16:3e:00:00:01", "sub-vlan", "10.1.0.10")
	b.Port("f", "fa:16:3e:00:00:02", "sub-flat", "10.2.0.10")
	b.Bind("v", "h1")
	b.Bind("f", "h2")
	return done(b)
}

// pairs has guests that speak for more than their own address, one without port security, and one with IPv6.
func pairs() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1)
	b.Host("h2", 2)
	b.Network("net", api.NetworkVXLAN, 7, "")
	b.Subnet("sub", "net", "10.0.0.0/24")
	b.Subnet("sub6", "net", "2001:db8::/64")
	vip := *b.Port("vrrp", "fa:16:3e:00:00:01", "sub", "10.0.0.10")
	vip.AllowedAddressPairs = []api.AddressPair{
		{MAC: api.MustMAC("00:00:5e:00:01:01"), Prefix: netip.MustParsePrefix("10.0.0.100/32")},
		{MAC: vip.MAC, Prefix: netip.MustParsePrefix("172.16.0.0/12")},
	}
	b.Put(&vip)
	open := *b.Port("open", "fa:16:3e:00:00:02", "sub", "10.0.0.11")
	open.PortSecurityEnabled = false
	b.Put(&open)
	six := *b.Port("six", "fa:16:3e:00:00:03", "sub", "10.0.0.12")
	six.FixedIPs = append(six.FixedIPs, api.FixedIP{SubnetID: "sub6", Addr: netip.MustParseAddr("2001:db8::12")})
	b.Put(&six)
	b.Bind("vrrp", "h1")
	b.Bind("open", "h1")
	b.Bind("six", "h2")
	return done(b)
}
