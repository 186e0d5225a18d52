package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/machine"
)

// seed004 is a Linux bridge VTEP, a machine that weft does not manage, in a network of weft.
//
//	metal .99 ── Linux bridge ── vxlan ── 10.1.1.9 │ the underlay, of IPv4 or IPv6
//	vm1 .11 │ host1, vm2 .12 │ host2                 blue  192.168.20.0/24
//	vm3 .13 │ host3                                  green 10.20.20.0/24, behind a router
func seed004(ctx context.Context, e *Env) error {
	d := &vtepCloud{Env: e, ports: map[string]client.Port{}}
	t := e.Lab.Topology()
	if len(t.Hosts) < 3 {
		return errors.New("the scenario needs three hosts")
	}
	d.bare, d.stranger = numbered(t.Underlays[0].Subnet, 9), numbered(t.Underlays[0].Subnet, 8)
	for _, step := range []func(context.Context) error{d.build, d.plugBare, d.create, d.rig} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.checkReach(ctx)
	d.checkLearned(ctx)
	if err := d.Trouble(ctx, d.host("vm2"), func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place("vm2"), netip.MustParseAddr(metalAddress))
	}); err != nil {
		return err
	}
	d.checkBroadcast(ctx)
	d.checkStrangers(ctx)
	d.checkHostMAC(ctx)
	d.checkGateway(ctx)
	d.checkAge(ctx)
	d.checkRouted(ctx, "Through the distributed router, which has to ask for metal")
	d.checkEntries(ctx)
	d.checkRouted(ctx, "Through the distributed router, which is answered on its own host")
	d.checkTold(ctx)
	if !e.ends(ctx) {
		return nil
	}
	return d.checkGone(ctx)
}

// vtepCloud is the cloud of seed004.
type vtepCloud struct {
	*Env
	blue, green client.Network
	ports       map[string]client.Port
	vtep        client.Object
	vms         []string
	// The machine that weft does not manage, and a stranger beside it, in the first rack.
	bare, stranger netip.Addr
}

// The guest behind the machine's bridge, and the networks.
const (
	metalMAC       = "52:54:00:00:00:99"
	metalAddress   = "192.168.20.99"
	blueOfSeed004  = "192.168.20.0/24"
	greenOfSeed004 = "10.20.20.0/24"
)

func (d *vtepCloud) build(ctx context.Context) (err error) {
	d.Section("Building: two networks with a router between them, and a guest on each host")
	if err := d.Settled(ctx); err != nil {
		return err
	}
	router, err := d.Client.Create(ctx, client.Routers, client.Object{"name": "router"})
	if err != nil {
		return err
	}
	for _, x := range []struct {
		name, cidr string
		net        *client.Network
		guests     map[string]string // address → host
	}{
		{"blue", blueOfSeed004, &d.blue, map[string]string{"192.168.20.11": "vm1", "192.168.20.12": "vm2"}},
		{"green", greenOfSeed004, &d.green, map[string]string{"10.20.20.13": "vm3"}},
	} {
		if *x.net, err = d.Client.Networks().Create(ctx, client.Network{Name: x.name}); err != nil {
			return err
		}
		sub, err := d.Client.Subnets().Create(ctx, client.Subnet{Name: x.name, NetworkID: x.net.ID, IPVersion: 4, CIDR: x.cidr})
		if err != nil {
			return err
		}
		if err := d.Client.AddRouterInterface(ctx, router.Text("id"), sub.ID); err != nil {
			return err
		}
		for addr, name := range x.guests {
			if err := d.guest(ctx, name, x.net.ID, client.FixedIP{SubnetID: sub.ID, IPAddress: addr}); err != nil {
				return err
			}
		}
	}
	return d.Settled(ctx)
}

// numbered gives the address of a subnet with a number below 256.
func numbered(p netip.Prefix, n byte) netip.Addr {
	raw := p.Masked().Addr().AsSlice()
	raw[len(raw)-1] = n
	a, _ := netip.AddrFromSlice(raw) // as long as it was
	return a
}

// guest makes a guest on the host with its number.
func (d *vtepCloud) guest(ctx context.Context, name, network string, ip client.FixedIP) error {
	p, err := d.Client.Ports().Create(ctx, client.Port{Name: name, NetworkID: network, FixedIPs: []client.FixedIP{ip}})
	if err != nil {
		return err
	}
	d.ports[name] = p
	d.vms = append(d.vms, name)
	_, err = d.Lab.AddGuest(ctx, lab.GuestSpec{Name: name, Host: d.host(name), Port: p.ID})
	if err != nil {
		return err
	}
	return d.Active(ctx, p.ID)
}

func (d *vtepCloud) host(vm string) string { return d.Lab.Topology().Hosts[vm[2]-'1'].Name }

func (d *vtepCloud) addr(vm string) netip.Addr { return address(d.ports[vm]) }

// runAt runs a command at a place.
func runAt(ctx context.Context, p lab.Place, argv ...string) (string, error) {
	return machine.Run(ctx, p.Process, p.Netns, argv...)
}

// place finds a guest, or a namespace of the machine that the wires of the underlay meet in.
func (d *vtepCloud) place(name string) lab.Place {
	p, err := d.Lab.Place(name)
	if err == nil {
		return p
	}
	p, err = d.Lab.Place(lab.MachineRouter)
	if err != nil {
		return lab.Place{Name: name} // every command there fails, and says so
	}
	p.Name, p.Netns = name, name
	return p
}

// on runs a script in a namespace beside the router; "" is the router's own.
func (d *vtepCloud) on(ctx context.Context, netns, script string) (string, error) {
	return d.run(ctx, lab.MachineRouter, netns, "sh", "-c", "set -e\n"+script)
}

// plugMachine puts a machine with an address on the wire of the first rack.
func (d *vtepCloud) plugMachine(ctx context.Context, name string, addr netip.Addr) error {
	t := d.Lab.Topology()
	gateway := t.Underlays[0].Subnet.Addr().Next()
	off, nodad := 1, ""
	if addr.Is6() {
		off, nodad = 0, "nodad"
	}
	_, err := d.on(ctx, "", fmt.Sprintf(`ip netns add %[1]s
		ip netns exec %[1]s sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		ip link add %[1]s type veth peer name eth0 netns %[1]s
		ip link set %[1]s master %[2]s up
		ip -n %[1]s link set lo up
		ip netns exec %[1]s sysctl -qw net.ipv6.conf.eth0.disable_ipv6=%[6]d
		ip -n %[1]s address add %[3]s/%[4]d dev eth0 %[7]s
		ip -n %[1]s link set eth0 up
		ip -n %[1]s route add default via %[5]s
		ip netns exec %[1]s ethtool -K eth0 tx off >/dev/null`,
		name, t.Underlays[0].Name, addr, t.Underlays[0].Subnet.Bits(), gateway, off, nodad))
	return err
}

func (d *vtepCloud) plugBare(ctx context.Context) error {
	if err := d.plugMachine(ctx, "bare", d.bare); err != nil {
		return err
	}
	return d.plugMachine(ctx, "stranger", d.stranger)
}

func (d *vtepCloud) create(ctx context.Context) (err error) {
	d.vtep, err = d.Client.Create(ctx, client.VTEPs, client.Object{
		"name": "bare", "network_id": d.blue.ID, "address": d.bare.String(),
	})
	if err != nil {
		return err
	}
	return d.Settled(ctx)
}

// rig gives the machine the commands of "weft vtep show --script", and a guest on its bridge.
func (d *vtepCloud) rig(ctx context.Context) error {
	if err := d.script(ctx); err != nil {
		return err
	}
	bridge := fmt.Sprintf("br%d", d.blue.SegmentationID)
	_, err := d.on(ctx, "", fmt.Sprintf(`ip netns add metal
		ip netns exec metal sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		ip -n bare link add metal0 type veth peer name eth0 netns metal address %[1]s
		ip -n bare link set metal0 master %[2]s up
		ip -n metal link set lo up
		ip -n metal link set eth0 mtu %[3]d up
		ip -n metal address add %[4]s/24 dev eth0
		ip -n metal route add default via 192.168.20.1
		ip netns exec metal ethtool -K eth0 tx off >/dev/null`, metalMAC, bridge, d.blue.MTU, metalAddress))
	return err
}

func (d *vtepCloud) script(ctx context.Context) error {
	list, err := d.Client.List(ctx, client.VTEPs, url.Values{"id": {d.vtep.Text("id")}, "fields": {"script"}})
	if err != nil {
		return err
	}
	if len(list) != 1 || !strings.HasPrefix(list[0].Text("script"), "#!/bin/sh") {
		return fmt.Errorf("the script of the VTEP is %v", list)
	}
	_, err = d.on(ctx, "bare", list[0].Text("script"))
	return err
}

// change changes the VTEP, and waits until every host has it.
func (d *vtepCloud) change(ctx context.Context, attrs client.Object) error {
	if _, err := d.Client.Update(ctx, client.VTEPs, d.vtep.Text("id"), attrs); err != nil {
		return err
	}
	return d.Settled(ctx)
}

func (d *vtepCloud) checkReach(ctx context.Context) {
	d.Section("The machine has run the script of 'weft vtep show --script'; its guest metal is in blue")
	metal := netip.MustParseAddr(metalAddress)
	for _, vm := range []string{"vm1", "vm2"} {
		d.Check(ctx, fmt.Sprintf("metal → %s (%s)", vm, d.host(vm)), func(ctx context.Context) (string, error) {
			return Ping(ctx, d.place("metal"), d.addr(vm))
		})
		d.Check(ctx, fmt.Sprintf("%s (%s) → metal", vm, d.host(vm)), func(ctx context.Context) (string, error) {
			return Ping(ctx, d.place(vm), metal)
		})
	}
	d.Check(ctx, "a packet of the network's full size, with DF", func(ctx context.Context) (string, error) {
		return d.run(ctx, lab.MachineRouter, "metal", "ping", "-n", "-q", "-c1", "-W5", "-Mdo",
			"-s", fmt.Sprint(d.blue.MTU-28), d.addr("vm2").String())
	})
}
