package cloud

import "weft/api"

// Objects of Seed.
const (
	SeedRouter   api.RouterID     = "28e4ec01-f000-4000-8000-000000000001"
	SeedExternal api.NetworkID    = "ccf351c9-826c-4d93-9dd4-625302bf3051"
	SeedCirros   api.PortID       = "a0000000-0000-4000-8000-000000000222"
	SeedPeer     api.PortID       = "a0000000-0000-4000-8000-000000000004"
	SeedSameNet  api.PortID       = "a0000000-0000-4000-8000-000000000233"
	SeedOutside  api.PortID       = "a0000000-0000-4000-8000-0000000000e1"
	SeedFloating api.FloatingIPID = "f0000000-0000-4000-8000-000000000100"
)

// Seed is a router between 192.168.10.0/24 and 10.10.10.0/24 on three hosts, with 2.2.2.100 for 192.168.10.222 on an
// external network that is a tunnelled one. Another machine of the external network is plugged in on server-68.
func Seed() *api.Snapshot {
	b := On(nil)
	b.Host("server-233", 233)
	b.Host("server-64", 64)
	b.Host("server-68", 68)
	b.Network("net-192", api.NetworkVXLAN, 0x19, "")
	b.Network("net-10", api.NetworkVXLAN, 0x1a, "")
	ext := b.Network(SeedExternal, api.NetworkVXLAN, 22, "")
	ext.External = true
	b.Subnet("sub-192", "net-192", "192.168.10.0/24")
	b.Subnet("sub-10", "net-10", "10.10.10.0/24")
	b.Subnet("sub-ext", SeedExternal, "2.2.2.0/24")
	b.Router(SeedRouter, SeedExternal)
	b.Leg("c1920000-0000-4000-8000-000000000192", "fa:16:3e:35:25:42", SeedRouter, "sub-192")
	b.Leg("c1010000-0000-4000-8000-000000000010", "fa:16:3e:de:07:79", SeedRouter, "sub-10")
	b.Port(SeedCirros, "fa:16:3e:ff:aa:66", "sub-192", "192.168.10.222")
	b.Port(SeedSameNet, "fa:16:3e:ff:aa:77", "sub-192", "192.168.10.223")
	b.Port(SeedPeer, "fa:16:3e:ff:bb:04", "sub-10", "10.10.10.4")
	b.Port(SeedOutside, "fa:16:3e:ff:ee:01", "sub-ext", "2.2.2.1")
	b.Bind(SeedCirros, "server-233")
	b.Bind(SeedSameNet, "server-64")
	b.Bind(SeedPeer, "server-68")
	b.Bind(SeedOutside, "server-68")
	b.FloatingIP(SeedFloating, SeedExternal, "2.2.2.100", SeedRouter, SeedCirros)
	s, _ := b.Done()
	return s
}
