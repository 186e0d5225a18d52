package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"weft/client"
	"weft/lab"
	"weft/lab/vm"
)

// seed003 is two virtual machines of libvirt, whose domains name nothing of weft but the ids of their ports.
//
//	vm1 │ host1 │               blue  192.168.10.0/24, addresses by DHCP
//	vm2 │ host2 │ web .3        green 10.10.10.0/24
//	                            floating IP 2.2.2.100 → vm1
//	db  │ host2 │               red   172.20.0.0/24, for vm1 behind the tag 100 of a trunk
func seed003(ctx context.Context, e *Env) error {
	if len(e.Lab.Topology().Hosts) < 2 {
		return errors.New("the scenario needs two hosts")
	}
	if err := lab.LibvirtReady(); err != nil {
		return err
	}
	v := &virtual{Env: e, ports: map[string]client.Port{}}
	v.hosts = []string{e.Lab.Topology().Hosts[0].Name, e.Lab.Topology().Hosts[1].Name}
	v.at = map[string]string{"vm1": v.hosts[0], "vm2": v.hosts[1], "web": v.hosts[1]}
	goesOn := func(ctx context.Context) (string, error) { return v.reaches(ctx, "vm1", v.addr("vm2")) }
	for _, step := range []func(context.Context) error{
		v.build, v.boot, v.checkPlugged, v.checkGuest, v.checkReach,
		func(ctx context.Context) error { return v.Trouble(ctx, v.hosts[0], goesOn) },
		v.checkTags, v.checkHotPlug, v.checkLife, v.checkTrunk, v.checkMoves, v.checkFaults,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if !e.ends(ctx) {
		return nil
	}
	return v.checkEnd(ctx)
}

// virtual is the cloud of seed003.
type virtual struct {
	*Env
	hosts       []string
	at          map[string]string // the host of each guest
	blue, green client.Network
	ports       map[string]client.Port
	floating    netip.Addr
	trunk       string                                         // the id of vm1's
	booted      func(context.Context) (seen string, err error) // waits for vm2, which was reset
}

// host is where a guest is.
func (v *virtual) host(guest string) string { return v.at[guest] }

// other is the host on which it is not.
func (v *virtual) other(guest string) string {
	if v.at[guest] == v.hosts[0] {
		return v.hosts[1]
	}
	return v.hosts[0]
}

func (v *virtual) addr(guest string) netip.Addr { return address(v.ports[guest]) }

// build makes the cloud, while libvirtd starts on both hosts.
func (v *virtual) build(ctx context.Context) error {
	v.Section("Building: two networks, a router, ports and a floating IP by REST; libvirtd on both hosts")
	g, gctx := errgroup.WithContext(ctx)
	for _, host := range v.hosts {
		g.Go(func() error { return v.Lab.StartLibvirt(gctx, host) })
	}
	g.Go(func() error { return v.create(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	_, err := v.Lab.AddGuest(ctx, lab.GuestSpec{Name: "web", Host: v.host("web"), Port: v.ports["web"].ID})
	return err
}

// create asks for all of it by REST.
func (v *virtual) create(ctx context.Context) error {
	ext := v.Lab.Topology().External
	external, err := v.Client.Networks().Create(ctx, client.Network{
		Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet,
	})
	if err != nil {
		return err
	}
	off := false
	if _, err := v.Client.Subnets().Create(ctx, client.Subnet{
		Name: "external", NetworkID: external.ID, IPVersion: 4, CIDR: ext.Outside.Masked().String(),
		GatewayIP: ext.Outside.Addr().String(), EnableDHCP: &off,
	}); err != nil {
		return err
	}
	blue, err := v.network(ctx, "blue", blueRange, &v.blue)
	if err != nil {
		return err
	}
	green, err := v.network(ctx, "green", greenRange, &v.green)
	if err != nil {
		return err
	}
	return errors.Join(v.route(ctx, external, blue, green), v.plan(ctx, external))
}

func (v *virtual) network(ctx context.Context, name, cidr string, n *client.Network) (client.Subnet, error) {
	var err error
	if *n, err = v.Client.Networks().Create(ctx, client.Network{Name: name}); err != nil {
		return client.Subnet{}, err
	}
	return v.Client.Subnets().Create(ctx, client.Subnet{Name: name, NetworkID: n.ID, IPVersion: 4, CIDR: cidr})
}

func (v *virtual) route(ctx context.Context, external client.Network, subnets ...client.Subnet) error {
	router, err := v.Client.Create(ctx, client.Routers, client.Object{
		"name": "router", "external_gateway_info": client.Object{"network_id": external.ID, "enable_snat": false},
	})
	if err != nil {
		return err
	}
	for _, s := range subnets {
		if err := v.Client.AddRouterInterface(ctx, router.Text("id"), s.ID); err != nil {
			return err
		}
	}
	return nil
}

// plan makes the ports and the floating IP.
func (v *virtual) plan(ctx context.Context, external client.Network) error {
	for _, x := range []client.Port{
		{Name: "vm1", NetworkID: v.blue.ID}, {Name: "vm2", NetworkID: v.blue.ID}, {Name: "web", NetworkID: v.green.ID},
	} {
		p, err := v.Client.Ports().Create(ctx, x)
		if err != nil {
			return err
		}
		v.ports[x.Name] = p
	}
	a := v.Lab.Topology().External.Outside.Masked().Addr().As4()
	a[3] = 100
	v.floating = netip.AddrFrom4(a)
	_, err := v.Client.FloatingIPs().Create(ctx, client.FloatingIP{
		FloatingNetworkID: external.ID, FloatingIPAddress: v.floating.String(), PortID: v.ports["vm1"].ID,
	})
	return err
}

// portgroups is a network of libvirt as people have them for other switches: its portgroups choose VLANs.
const portgroups = `<network>
  <name>ovs</name>
  <forward mode='bridge'/>
  <bridge name='br-int'/>
  <virtualport type='openvswitch'/>
  <portgroup name='vlan-120'><vlan><tag id='120'/></vlan></portgroup>
</network>
`

// element is the interface of a guest's domain: vm1 is plugged into the bridge, vm2 by a portgroup.
func (v *virtual) element(guest, portgroup string) (string, error) {
	plain, err := client.LibvirtInterface(v.ports[guest], v.blue, client.LibvirtOptions{Userspace: true})
	if portgroup == "" {
		return plain, err
	}
	return strings.NewReplacer(
		`<interface type="bridge">`, `<interface type="network">`,
		`<source bridge="br-int">`, `<source network="ovs" portgroup="`+portgroup+`">`,
	).Replace(plain), err
}

// boot starts a virtual machine on both hosts, and waits until the guests serve commands.
func (v *virtual) boot(ctx context.Context) error {
	v.Section("Booting: QEMU on both hosts, a Linux guest in each virtual machine")
	var err error
	v.Check(ctx, "both guests have booted", func(ctx context.Context) (string, error) {
		begun := time.Now()
		g, gctx := errgroup.WithContext(ctx)
		g.Go(func() error { return v.start(gctx, "vm1", "") })
		g.Go(func() error { return v.start(gctx, "vm2", "vlan-120") })
		err = g.Wait()
		return fmt.Sprintf("%.0f s", time.Since(begun).Seconds()), err
	})
	return err
}

func (v *virtual) start(ctx context.Context, guest, portgroup string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	host := v.host(guest)
	if portgroup != "" {
		if _, err := v.Lab.VirshXML(ctx, host, portgroups, "net-create"); err != nil {
			return err
		}
	}
	element, err := v.element(guest, portgroup)
	if err != nil {
		return err
	}
	d := vm.Domain{Name: guest, Kernel: lab.GuestKernel, Initrd: lab.GuestInitrd, Interface: element}
	description, err := d.XML()
	if err != nil {
		return err
	}
	if _, err := v.Lab.VirshXML(ctx, host, description, "create"); err != nil {
		return err
	}
	return v.serves(ctx, guest)
}

// serves waits until a guest serves commands.
func (v *virtual) serves(ctx context.Context, guest string) error {
	console, err := v.console(guest)
	if err != nil {
		return err
	}
	if err := console.Await(ctx); err != nil {
		said, _ := v.Lab.Run(context.WithoutCancel(ctx), v.host(guest), "tail", "-n", "20", "/run/"+guest+".console")
		return fmt.Errorf("%s: %w\n%s", guest, err, said)
	}
	return nil
}

func (v *virtual) console(guest string) (*vm.Console, error) {
	path, err := v.Lab.Console(v.host(guest), vm.Domain{Name: guest}.Socket())
	if err != nil {
		return nil, err
	}
	return vm.Open(path), nil
}

// in runs a command in a virtual machine.
func (v *virtual) in(ctx context.Context, guest, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	console, err := v.console(guest)
	if err != nil {
		return "", err
	}
	return console.Run(ctx, command)
}
