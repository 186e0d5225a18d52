package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"weft/api"
	"weft/client"
	"weft/lab"
	"weft/lab/pcap"
)

// sixCloud is the cloud of ipv6. Guests come without addresses and take what they are told.
//
//	red1  │ host1 │ blue1       red  fd00:1::/64, SLAAC, and 192.168.10.0/24
//	red2  │ host2 │ blue2       blue fd00:2::/64, DHCPv6 (stateful), MTU 1300
//	      │       │ green2      green fd00:3::/64, SLAAC, the rest by DHCPv6; without a router
type sixCloud struct {
	*rig
	dir    string // of dhclient's script and leases
	router client.Router
	out    netip.Addr // the router's address outside
	beyond netip.Addr // the machine outside
}

// learnTime is how long a guest may take to hear and do what it is told.
const learnTime = patience

var sixNets = [...]struct {
	name, cidr, mode string
	mtu              int
}{
	{"red", "fd00:1::/64", "slaac", 1450},
	{"blue", "fd00:2::/64", "dhcpv6-stateful", 1300},
	{"green", "fd00:3::/64", "dhcpv6-stateless", 1450},
}

var sixGuests = [...]struct{ name, host, net string }{
	{"red1", "host1", "red"}, {"red2", "host2", "red"}, {"blue1", "host1", "blue"}, {"blue2", "host2", "blue"},
	{"green2", "host2", "green"},
}

// ipv6 lets guests' own kernels and clients come by their IPv6 addresses, and proves the ways between them.
func ipv6(ctx context.Context, e *Env) error {
	if len(e.Lab.Topology().Hosts) < 2 {
		return errors.New("the scenario needs two hosts")
	}
	if err := havePrograms("dhclient"); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "weft-ipv6")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d := &sixCloud{rig: newRig(e), dir: dir}
	if err := errors.Join(d.writeScript(), d.Settled(ctx)); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		d.build, d.checkAddresses, d.checkWays, d.checkOutside, d.checkTooBig, d.checkAlone, d.checkSpoof, d.checkRogue, d.checkChaos, d.checkChange,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *sixCloud) build(ctx context.Context) error {
	d.Section("Building: three networks of the three modes, a router with an IPv6 gateway, guests without addresses on two hosts")
	if err := d.buildNetworks(ctx); err != nil {
		return err
	}
	if err := d.buildRouter(ctx); err != nil {
		return err
	}
	for _, g := range sixGuests {
		p, err := d.Client.Ports().Create(ctx, client.Port{Name: g.name, NetworkID: d.nets[g.net].ID})
		if err != nil {
			return err
		}
		d.ports[g.name], d.host[g.name] = p, g.host
		if _, err := d.Lab.AddGuest(ctx, lab.GuestSpec{Name: g.name, Host: g.host, Port: p.ID, Bare: true}); err != nil {
			return err
		}
	}
	d.active(ctx)
	return nil
}

func (d *sixCloud) buildNetworks(ctx context.Context) error {
	for _, n := range sixNets {
		made, err := d.Client.Networks().Create(ctx, client.Network{Name: n.name, MTU: n.mtu})
		if err != nil {
			return err
		}
		d.nets[n.name] = made
		d.subs[n.name], err = d.Client.Subnets().Create(ctx, client.Subnet{
			Name: n.name, NetworkID: made.ID, IPVersion: 6, CIDR: n.cidr, IPv6RAMode: n.mode, IPv6AddressMode: n.mode,
			DNSNameservers: []string{"fd00::53"},
		})
		if err != nil {
			return err
		}
	}
	four, err := d.Client.Subnets().Create(ctx, client.Subnet{
		Name: "red4", NetworkID: d.nets["red"].ID, IPVersion: 4, CIDR: "192.168.10.0/24",
	})
	d.subs["red4"] = four
	return err
}

// buildRouter makes a router between red and blue, whose gateway has an IPv6 address. The outside knows the way back.
func (d *sixCloud) buildRouter(ctx context.Context) error {
	ext := d.Lab.Topology().External
	made, err := d.Client.Networks().Create(ctx, client.Network{
		Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet,
	})
	if err != nil {
		return err
	}
	off := false
	sub, err := d.Client.Subnets().Create(ctx, client.Subnet{
		Name: "external", NetworkID: made.ID, IPVersion: 6, CIDR: "fd00:ee::/64", GatewayIP: "fd00:ee::1", EnableDHCP: &off,
	})
	if err != nil {
		return err
	}
	d.nets["external"], d.subs["external"] = made, sub
	if d.router, err = d.Client.Routers().Create(ctx, client.Router{
		Name: "router", Gateway: &client.Gateway{NetworkID: made.ID},
	}); err != nil {
		return err
	}
	for _, s := range []string{"red", "red4", "blue"} {
		if err := d.Client.AddRouterInterface(ctx, d.router.ID, d.subs[s].ID); err != nil {
			return err
		}
	}
	if d.out, err = netip.ParseAddr(d.router.Gateway.ExternalFixedIPs[0].IPAddress); err != nil {
		return err
	}
	d.beyond = netip.MustParseAddr("fd00:ee::1")
	_, err = d.in(ctx, lab.MachineOutside, "sh", "-ec", fmt.Sprintf(`ip -6 address replace %s/64 dev %s nodad
		ip -6 route replace fd00:1::/64 via %[3]s
		ip -6 route replace fd00:2::/64 via %[3]s`, d.beyond, devExternal, d.out))
	return err
}

// six is the IPv6 address of a guest's port.
func (d *sixCloud) six(guest string) netip.Addr {
	for _, f := range d.ports[guest].FixedIPs {
		if a, err := netip.ParseAddr(f.IPAddress); err == nil && a.Is6() {
			return a
		}
	}
	return netip.Addr{}
}

// leg is the router's leg on a network.
func (d *sixCloud) leg(ctx context.Context, network string) (client.Object, error) {
	legs, err := d.Client.List(ctx, client.Ports, map[string][]string{"device_id": {d.router.ID}, "network_id": {d.nets[network].ID}})
	if err != nil {
		return nil, err
	}
	for _, l := range legs {
		raw := fmt.Sprint(l["fixed_ips"])
		if l.Text("device_owner") == api.OwnerRouterInterface && strings.Contains(raw, d.subs[network].ID) {
			return l, nil
		}
	}
	return nil, fmt.Errorf("the router has no leg on %s", network)
}

// gateway is the link-local address of the router's leg on a network, which advertisements come from.
func (d *sixCloud) gateway(ctx context.Context, network string) (string, error) {
	l, err := d.leg(ctx, network)
	if err != nil {
		return "", err
	}
	return linkLocal(l.Text("mac_address"))
}

// learns waits until all parts are in what a guest's command prints.
func (d *sixCloud) learns(ctx context.Context, guest string, parts []string, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, learnTime)
	defer cancel()
	var out string
	err := until(ctx, func() (err error) {
		if out, err = d.in(ctx, guest, argv...); err != nil {
			return err
		}
		return contains(strings.Join(argv, " "), out, parts...)
	})
	return lineWith(out, parts[0]), err
}

// reaches is the check that some reach others by IPv6.
func (d *sixCloud) reaches(ctx context.Context, pairs ...[2]string) {
	for _, p := range pairs {
		to := d.six(p[1])
		where := "another host"
		if d.host[p[0]] == d.host[p[1]] {
			where = "the same host"
		}
		d.Check(ctx, fmt.Sprintf("%s → %s %s, on %s", p[0], p[1], to, where), func(ctx context.Context) (string, error) {
			return Ping(ctx, d.place(p[0]), to)
		})
	}
}

func (d *sixCloud) checkWays(ctx context.Context) error {
	d.Section("Within a network, and between two through the router")
	d.reaches(ctx, [2]string{"red1", "red2"}, [2]string{"red1", "blue1"}, [2]string{"red1", "blue2"}, [2]string{"blue1", "red2"},
		[2]string{"blue2", "blue1"})
	d.Check(ctx, "red1 → red2 by its link-local address, which red2 is not asked for", d.knowsLinkLocal)
	return nil
}

// knowsLinkLocal has red1 reach the link-local address of a guest on another host, and sees at its device that no question
// has come there.
func (d *sixCloud) knowsLinkLocal(ctx context.Context) (string, error) {
	to, err := linkLocal(d.ports["red2"].MACAddress)
	if err != nil {
		return "", err
	}
	c, err := StartCapture(ctx, d.place("red2"), "eth0")
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // Await said what there was to say
	out, err := d.in(ctx, "red1", "sh", "-ec", `ip -6 neigh flush dev eth0; ping -n -q -c2 -i0.2 -W5 "$0%eth0"`, to)
	if err != nil {
		return out, err
	}
	all, err := c.Await(ctx, "echo request of red1", func(p pcap.Packet) bool { return p.DstIP.String() == to })
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if asks := p.Proto == pcap.ProtoICMPv6 && p.ICMPType == pcap.NeighbourSolicitation; asks && p.DstIP.IsMulticast() &&
			p.SrcMAC.String() == d.ports["red1"].MACAddress {
			return "", fmt.Errorf("red2 was sent %s", p)
		}
	}
	return statistics(out), nil
}

func (d *sixCloud) checkOutside(ctx context.Context) error {
	d.Section("To the outside and back, by the gateway host, without translation")
	for _, g := range []string{"red1", "red2", "blue2"} {
		d.Check(ctx, fmt.Sprintf("%s → outside %s", g, d.beyond), func(ctx context.Context) (string, error) {
			return Ping(ctx, d.place(g), d.beyond)
		})
		d.Check(ctx, fmt.Sprintf("outside → %s %s", g, d.six(g)), func(ctx context.Context) (string, error) {
			return Ping(ctx, d.place(lab.MachineOutside), d.six(g))
		})
	}
	return nil
}

// checkTooBig sends what red carries and blue does not: the router on the sender's host says how much blue carries.
func (d *sixCloud) checkTooBig(ctx context.Context) error {
	d.Section("A packet that is too big for the network behind the router")
	d.Check(ctx, "red1 → blue2 with 1,400 bytes: the router answers packet too big, 1300", func(ctx context.Context) (string, error) {
		out, err := d.in(ctx, "red1", "sh", "-c", `ping -n -c2 -W2 -M do -s 1352 "$0"; ip -6 route get "$0"`, d.six("blue2").String())
		if err != nil {
			return out, err
		}
		return lineWith(out, "1300"), contains("ping and route", strings.ToLower(out), "mtu", "1300")
	})
	d.Check(ctx, "red1 → blue2 with 1,300 bytes passes", func(ctx context.Context) (string, error) {
		return d.in(ctx, "red1", "ping", "-n", "-q", "-c1", "-W5", "-M", "do", "-s", "1252", d.six("blue2").String())
	})
	return nil
}

// names lists the guests of some networks.
func (d *sixCloud) names(networks ...string) (out []string) {
	for _, g := range sixGuests {
		if slices.Contains(networks, g.net) {
			out = append(out, g.name)
		}
	}
	return out
}
