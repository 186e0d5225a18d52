package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"weft/client"
	"weft/lab"
)

// seed002 is a distributed router between two networks, and a floating IP.
//
//	vm1 .222 vm2 .223 │ host1 │ vm4 .3         blue  192.168.10.0/24
//	vm3 .4            │ host2 │ vm5 .4         green 10.10.10.0/24
//	                  │ host3 │ vm6 .5         floating IP 2.2.2.100 → vm1
func seed002(ctx context.Context, e *Env) error {
	d := &demo{Env: e, ports: map[string]client.Port{}}
	if len(e.Lab.Topology().Hosts) < 3 {
		return errors.New("the scenario needs three hosts")
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if err := d.build(ctx); err != nil {
		return err
	}
	d.checkReach(ctx)
	d.checkUnderlay(ctx)
	d.checkARP(ctx)
	d.checkFloatingIP(ctx)
	d.checkNamespaces(ctx)
	err := d.Trouble(ctx, d.hosts[0].Name, func(ctx context.Context) (string, error) {
		if seen, err := Ping(ctx, d.place("vm1"), d.addr("vm5")); err != nil {
			return seen, err
		}
		return Ping(ctx, d.place(lab.MachineOutside), d.fipAddr)
	})
	if err != nil {
		return err
	}
	d.checkMoves(ctx)
	if err := d.checkDeletion(ctx); err != nil {
		return err
	}
	return d.leaveRunning(ctx)
}

// demo is the cloud of seed002.
type demo struct {
	*Env
	hosts                []client.Host // in the order of the topology
	ext                  client.Network
	blue, green          client.Network
	extSub, bSub, gSub   client.Subnet
	router               client.Router
	ports                map[string]client.Port
	fip                  client.FloatingIP
	fipAddr, out, beyond netip.Addr
	base                 map[string][]string // flows of each host before anything was made
}

// guests says where each guest is.
var guests = [...]struct {
	name    string
	host    int
	green   bool
	address string
}{
	{"vm1", 0, false, "192.168.10.222"},
	{"vm2", 0, false, "192.168.10.223"},
	{"vm3", 1, false, "192.168.10.4"},
	{"vm4", 0, true, "10.10.10.3"},
	{"vm5", 1, true, "10.10.10.4"},
	{"vm6", 2, true, "10.10.10.5"},
}

const (
	blueRange, greenRange     = "192.168.10.0/24", "10.10.10.0/24"
	blueGateway, greenGateway = "192.168.10.1", "10.10.10.1"
)

func (d *demo) prepare(ctx context.Context) error {
	t := d.Lab.Topology()
	d.base = map[string][]string{}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	for _, h := range t.Hosts {
		flows, err := d.Flows(ctx, h.Name)
		if err != nil {
			return err
		}
		d.base[h.Name] = flows
		shown, err := d.Client.Hosts().Show(ctx, h.Name)
		if err != nil {
			return err
		}
		d.hosts = append(d.hosts, shown)
	}
	d.out = t.External.Outside.Addr()
	d.beyond = d.out
	if len(t.External.Beyond) > 0 {
		d.beyond = t.External.Beyond[0].Addr()
	}
	a := t.External.Outside.Masked().Addr().As4()
	a[3] = 100
	d.fipAddr = netip.AddrFrom4(a)
	return nil
}

// build makes the cloud by REST and plugs the guests.
func (d *demo) build(ctx context.Context) error {
	d.Section("Building: networks, subnets, router, ports and floating IP by REST; guests plugged on three hosts")
	for _, step := range []func(context.Context) error{d.buildNetworks, d.buildRouter, d.buildGuests} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.Check(ctx, "every port is ACTIVE, every host holds the newest revision", func(ctx context.Context) (string, error) {
		var ids []string
		for _, p := range d.ports {
			ids = append(ids, p.ID)
		}
		if err := d.Active(ctx, ids...); err != nil {
			return "", err
		}
		return fmt.Sprintf("%d ports on %d hosts", len(ids), len(d.hosts)), d.Settled(ctx)
	})
	d.Check(ctx, "the floating IP is ACTIVE, and announced", func(ctx context.Context) (string, error) {
		return d.floatingReady(ctx, "vm1")
	})
	return nil
}

func (d *demo) buildNetworks(ctx context.Context) (err error) {
	ext := d.Lab.Topology().External
	nets, subs := d.Client.Networks(), d.Client.Subnets()
	d.ext, err = nets.Create(ctx, client.Network{
		Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet,
	})
	if err != nil {
		return err
	}
	off := false
	d.extSub, err = subs.Create(ctx, client.Subnet{
		Name: "external", NetworkID: d.ext.ID, IPVersion: 4, CIDR: ext.Outside.Masked().String(),
		GatewayIP: ext.Outside.Addr().String(), EnableDHCP: &off,
	})
	if err != nil {
		return err
	}
	for _, x := range []struct {
		name, cidr, gateway string
		net                 *client.Network
		sub                 *client.Subnet
	}{
		{"blue", blueRange, blueGateway, &d.blue, &d.bSub},
		{"green", greenRange, greenGateway, &d.green, &d.gSub},
	} {
		if *x.net, err = nets.Create(ctx, client.Network{Name: x.name}); err != nil {
			return err
		}
		*x.sub, err = subs.Create(ctx, client.Subnet{
			Name: x.name, NetworkID: x.net.ID, IPVersion: 4, CIDR: x.cidr, GatewayIP: x.gateway,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// buildRouter makes the router without SNAT for all: what reaches the outside does so by a floating IP.
func (d *demo) buildRouter(ctx context.Context) error {
	made, err := d.Client.Create(ctx, client.Routers, client.Object{
		"name": "router", "distributed": true,
		"external_gateway_info": client.Object{"network_id": d.ext.ID, "enable_snat": false},
	})
	if err != nil {
		return err
	}
	if d.router, err = d.Client.Routers().Show(ctx, made.Text("id")); err != nil {
		return err
	}
	for _, s := range []client.Subnet{d.bSub, d.gSub} {
		if err := d.Client.AddRouterInterface(ctx, d.router.ID, s.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) buildGuests(ctx context.Context) error {
	for _, g := range guests {
		net, sub := d.blue.ID, d.bSub.ID
		if g.green {
			net, sub = d.green.ID, d.gSub.ID
		}
		p, err := d.Client.Ports().Create(ctx, client.Port{
			Name: g.name, NetworkID: net, FixedIPs: []client.FixedIP{{SubnetID: sub, IPAddress: g.address}},
		})
		if err != nil {
			return err
		}
		d.ports[g.name] = p
		if _, err := d.Lab.AddGuest(ctx, lab.GuestSpec{Name: g.name, Host: d.hosts[g.host].Name, Port: p.ID}); err != nil {
			return err
		}
	}
	var err error
	d.fip, err = d.Client.FloatingIPs().Create(ctx, client.FloatingIP{
		FloatingNetworkID: d.ext.ID, FloatingIPAddress: d.fipAddr.String(), PortID: d.ports["vm1"].ID,
	})
	return err
}

func (d *demo) addr(guest string) netip.Addr { return address(d.ports[guest]) }

// on is where a guest is.
func (d *demo) on(guest string) client.Host {
	for _, g := range guests {
		if g.name == guest {
			return d.hosts[g.host]
		}
	}
	return client.Host{}
}

// ping is the check that one guest reaches another.
func (d *demo) ping(ctx context.Context, from, to string) {
	where := "same host"
	if d.on(from).Name != d.on(to).Name {
		where = d.on(from).Name + " to " + d.on(to).Name
	}
	name := fmt.Sprintf("%s %s → %s %s (%s)", from, d.addr(from), to, d.addr(to), where)
	d.Check(ctx, name, func(ctx context.Context) (string, error) { return Ping(ctx, d.place(from), d.addr(to)) })
}

func (d *demo) checkReach(ctx context.Context) {
	d.Section("In one network")
	for _, p := range [][2]string{{"vm1", "vm2"}, {"vm2", "vm1"}, {"vm1", "vm3"}, {"vm3", "vm1"}, {"vm5", "vm6"}} {
		d.ping(ctx, p[0], p[1])
	}
	d.Section("Through the distributed router")
	for _, p := range [][2]string{
		{"vm1", "vm4"}, {"vm4", "vm1"}, {"vm1", "vm5"}, {"vm5", "vm1"}, {"vm3", "vm6"}, {"vm6", "vm3"},
	} {
		d.ping(ctx, p[0], p[1])
	}
}
