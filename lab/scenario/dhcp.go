package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"weft/client"
	"weft/lab"
)

// dhcpCloud is the cloud of dhcp.
//
//	vm1 .222 │ host1 │ own    blue   192.168.10.0/24 and 192.168.11.0/24, behind a router: weft answers
//	vm2 .223 │ host2 │ asks   closed 10.20.0.0/24, DHCP off: the guest "own" answers
//	vm3 on .11         │
type dhcpCloud struct {
	*Env
	dir    string // of scripts and leases
	blue   client.Network
	router client.Router
	ports  map[string]client.Port
}

var dhcpGuests = [...]struct{ name, host, subnet, addr string }{
	{"vm1", "host1", "blue", "192.168.10.222"},
	{"vm2", "host2", "blue", "192.168.10.223"},
	{"vm3", "host2", "blue11", "192.168.11.10"},
	{"own", "host1", "closed", "10.20.0.2"},
	{"asks", "host2", "closed", "10.20.0.77"},
}

// dhcp gives guests their addresses by DHCP, with real clients, while parts of weft die.
func dhcp(ctx context.Context, e *Env) error {
	if len(e.Lab.Topology().Hosts) < 2 {
		return errors.New("the scenario needs two hosts")
	}
	if err := havePrograms("busybox", "dhclient", "dhcpcd", networkd); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "weft-dhcp")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d := &dhcpCloud{Env: e, dir: dir, ports: map[string]client.Port{}}
	if err := errors.Join(d.writeScripts(), d.Settled(ctx)); err != nil {
		return err
	}
	if err := d.build(ctx); err != nil {
		return err
	}
	d.checkAnswers(ctx)
	d.checkWishes(ctx)
	err = d.Trouble(ctx, "host1", func(ctx context.Context) (string, error) {
		return d.run(ctx, "host1", "guest-vm1", "ping", "-n", "-c2", "-i0.2", "-W5", "192.168.10.223")
	})
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{d.checkDhcpcd, d.checkDeaths, d.checkOwnServer} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *dhcpCloud) build(ctx context.Context) error {
	d.Section("Building: a network with two subnets and DHCP, one without; guests without addresses on two hosts")
	nets := map[string]string{}
	for _, name := range []string{"blue", "closed"} {
		n, err := d.Client.Networks().Create(ctx, client.Network{Name: name})
		if err != nil {
			return err
		}
		nets[name] = n.ID
		if name == "blue" {
			d.blue = n
		}
	}
	off := false
	subnets := map[string]string{}
	for _, s := range []client.Subnet{
		{Name: "blue", NetworkID: nets["blue"], CIDR: "192.168.10.0/24", DNSNameservers: []string{"9.9.9.9", "8.8.8.8"},
			HostRoutes: []client.Route{{Destination: "172.16.0.0/12", NextHop: "192.168.10.9"}}},
		{Name: "blue11", NetworkID: nets["blue"], CIDR: "192.168.11.0/24"},
		{Name: "closed", NetworkID: nets["closed"], CIDR: "10.20.0.0/24", EnableDHCP: &off},
	} {
		s.IPVersion = 4
		made, err := d.Client.Subnets().Create(ctx, s)
		if err != nil {
			return err
		}
		subnets[s.Name] = made.ID
	}
	if err := d.buildRouter(ctx, subnets["blue"]); err != nil {
		return err
	}
	return d.buildGuests(ctx, nets, subnets)
}

// buildRouter makes a router, so that the gateway's address is somebody's and clients can renew by unicast.
func (d *dhcpCloud) buildRouter(ctx context.Context, subnet string) (err error) {
	if d.router, err = d.Client.Routers().Create(ctx, client.Router{Name: "router"}); err != nil {
		return err
	}
	return d.Client.AddRouterInterface(ctx, d.router.ID, subnet)
}

func (d *dhcpCloud) buildGuests(ctx context.Context, nets, subnets map[string]string) error {
	var ids []string
	for _, g := range dhcpGuests {
		p := client.Port{Name: g.name, NetworkID: nets[strings.TrimRight(g.subnet, "1")],
			FixedIPs: []client.FixedIP{{SubnetID: subnets[g.subnet], IPAddress: g.addr}}}
		if g.name == "vm1" {
			p.ExtraDHCPOpts = []client.DHCPOption{{Name: "ntp-server", Value: "192.168.10.7"},
				{Name: "bootfile-name", Value: "pxelinux.0"}, {Name: "tftp-server", Value: "192.168.10.5"},
				{Name: "server-ip-address", Value: "192.168.10.5"}}
		}
		made, err := d.Client.Ports().Create(ctx, p)
		if err != nil {
			return err
		}
		d.ports[g.name] = made
		ids = append(ids, made.ID)
		if _, err := d.Lab.AddGuest(ctx, lab.GuestSpec{Name: g.name, Host: g.host, Port: made.ID, Bare: true}); err != nil {
			return err
		}
	}
	d.Check(ctx, "every port is ACTIVE, every host holds the newest revision", func(ctx context.Context) (string, error) {
		return fmt.Sprintf("%d ports", len(ids)), errors.Join(d.Active(ctx, ids...), d.Settled(ctx))
	})
	return nil
}

// answered wants what a client was told to have certain words.
func (d *dhcpCloud) answered(ctx context.Context, name string, ask func(context.Context) (string, error), want ...string) {
	d.Check(ctx, name, func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		said, err := ask(ctx)
		if err != nil {
			return said, err
		}
		return clip(said), contains("what the client was told", said, want...)
	})
}

func (d *dhcpCloud) checkAnswers(ctx context.Context) {
	d.Section("What clients are told")
	mtu := fmt.Sprintf("mtu=%d", d.blue.MTU)
	d.answered(ctx, "busybox udhcpc in vm1", d.udhcpc("vm1"), "bound ip=192.168.10.222/24", mtu, "router=192.168.10.1 ",
		"dns=9.9.9.9 8.8.8.8 ", "hostname=host-192-168-10-222 ", "domain=openstacklocal ", "ntp=192.168.10.7 ", "lease=86400 ",
		"routes=192.168.11.0/24 0.0.0.0 172.16.0.0/12 192.168.10.9 0.0.0.0/0 192.168.10.1 ", "server=192.168.10.1")
	d.answered(ctx, "dhclient in vm2, on the other host", d.dhclient("vm2", ""), "BOUND ip=192.168.10.223/255.255.255.0", mtu,
		"router=192.168.10.1 ", "dns=9.9.9.9 8.8.8.8 ", "hostname=host-192-168-10-223 ",
		"routes=24 192 168 11 0 0 0 0 12 172 16 192 168 10 9 0 192 168 10 1 ", "server=192.168.10.1")
	d.answered(ctx, "vm3, on the network's second subnet", d.udhcpc("vm3"), "bound ip=192.168.11.10/24", "router=192.168.11.1 ",
		"dns= ", "ntp= ", "routes=192.168.10.0/24 0.0.0.0 0.0.0.0/0 192.168.11.1 ")
	d.answered(ctx, "vm1 is told from where and what to boot (PXE)", d.udhcpc("vm1"), "bound ip=192.168.10.222/24",
		"boot=192.168.10.5 pxelinux.0 192.168.10.5")
	d.Check(ctx, "vm1 reaches vm2 with what they were told, at the full MTU", func(ctx context.Context) (string, error) {
		return d.run(ctx, "host1", "guest-vm1", "ping", "-n", "-c2", "-i0.2", "-W5", "-Mdo", fmt.Sprintf("-s%d", d.blue.MTU-28), "192.168.10.223")
	})
	d.Check(ctx, "the router's legs have the network's MTU too", d.legMTU)
}

func (d *dhcpCloud) legMTU(ctx context.Context) (string, error) {
	out, err := d.run(ctx, "host1", "qrouter-"+d.router.ID, "ip", "-o", "link", "show", "type", "veth")
	if err != nil {
		return out, err
	}
	return firstLine(out), contains("the leg", out, "qr-", fmt.Sprintf("mtu %d ", d.blue.MTU))
}

// checkWishes: a client that wants what it cannot have, and one that renews.
func (d *dhcpCloud) checkWishes(ctx context.Context) {
	d.Section("Refusals and renewals")
	d.answered(ctx, "a client that remembers another address is refused, and gets its own", d.dhclient("vm2", "192.168.10.99"),
		"DHCPNAK", "BOUND ip=192.168.10.223/")
	d.answered(ctx, "a client that remembers its address gets it at once", d.dhclient("vm2", "192.168.10.223"),
		"REBOOT ip=192.168.10.223/")
	d.answered(ctx, "a client renews by unicast to the gateway's address", d.renewal, "renew ip=192.168.10.222/24")
}

// checkDeaths kills what DHCP must survive.
func (d *dhcpCloud) checkDeaths(ctx context.Context) error {
	d.Section("While parts of weft are dead")
	for _, s := range []struct {
		machine, service string
		answers          bool // while it is dead
	}{
		{lab.MachineController, lab.ServiceController, true}, {"host1", lab.ServiceAgent, false},
		{"host1", lab.ServiceVSwitchd, false},
	} {
		if err := d.Lab.Stop(ctx, s.machine, s.service); err != nil {
			return err
		}
		if s.answers {
			d.answered(ctx, "vm1 is answered without the "+s.service, d.udhcpc("vm1"), "bound ip=192.168.10.222/24")
			if err := d.checkAlone(ctx); err != nil {
				return err
			}
		}
		if err := d.Lab.Start(ctx, s.machine, s.service); err != nil {
			return err
		}
		if err := d.Settled(ctx); err != nil {
			return err
		}
		d.answered(ctx, "vm1 is answered after the "+s.service+" of "+s.machine+" has come back", d.udhcpc("vm1"),
			"bound ip=192.168.10.222/24")
	}
	return nil
}

// checkAlone starts parts of host1 anew, and then all of it, while there is no controller.
func (d *dhcpCloud) checkAlone(ctx context.Context) error {
	for _, part := range [][2]string{
		{lab.ServiceAgent, "its agent has started anew"}, {lab.ServiceVSwitchd, "its ovs-vswitchd has started anew"},
		{"", "the whole host was booted"},
	} {
		if err := d.Lab.Restart(ctx, "host1", part[0]); err != nil {
			return err
		}
		d.answered(ctx, "and after "+part[1], d.udhcpc("vm1"), "bound ip=192.168.10.222/24")
	}
	return nil
}

// clip shortens what a client was told to what fits a row.
func clip(said string) string {
	const most = 100
	line := firstLine(said)
	return line[:min(len(line), most)]
}
