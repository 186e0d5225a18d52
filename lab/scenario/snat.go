package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/pcap"
)

// snat is a router whose guests leave by its gateway host.
//
//	web1 .11 │ host1 │ db1 .11        web 192.168.20.0/24
//	web2 .12 │ host2 │ db2 .12        db  10.20.0.0/24
//	         │ host3 │                floating IP → web2
//
// Nothing that a check needs is on host3, so that it can die as gateway host.
func snat(ctx context.Context, e *Env) error {
	d := &snatCloud{Env: e, ports: map[string]client.Port{}}
	if len(e.Lab.Topology().Hosts) != 3 {
		return errors.New("the scenario needs three hosts")
	}
	d.base = map[string][]string{}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	for _, h := range e.Lab.Topology().Hosts {
		flows, err := d.Flows(ctx, h.Name)
		if err != nil {
			return err
		}
		d.base[h.Name] = flows
	}
	for _, step := range []func(context.Context) error{
		d.build, d.checkWayOut, d.checkNamespaces, d.checkFloating, d.checkTrouble, d.checkMove, d.checkDeath, d.checkMachineDeath, d.checkCutOff,
		d.checkDisabled,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if !e.ends(ctx) {
		return nil
	}
	return d.checkEnd(ctx)
}

// snatCloud is the cloud of snat.
type snatCloud struct {
	*Env
	ext, web, db client.Network
	router       client.Router
	ports        map[string]client.Port
	fip          client.FloatingIP
	way, beyond  netip.Addr // the router's address outside, and a machine behind the outside
	base         map[string][]string
}

var snatGuests = [...]struct{ name, host, net, address string }{
	{"web1", "host1", "web", "192.168.20.11"},
	{"web2", "host2", "web", "192.168.20.12"},
	{"db1", "host1", "db", "10.20.0.11"},
	{"db2", "host2", "db", "10.20.0.12"},
}

func (d *snatCloud) build(ctx context.Context) error {
	d.Section("Building: two networks, a router with an external gateway, two guests on each of host1 and host2, none on host3")
	ext := d.Lab.Topology().External
	d.beyond = ext.Beyond[0].Addr()
	var err error
	if d.ext, err = d.network(ctx, client.Network{Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet},
		ext.Outside.Masked().String(), ext.Outside.Addr().String()); err != nil {
		return err
	}
	if d.router, err = d.Client.Routers().Create(ctx, client.Router{Name: "router", Gateway: &client.Gateway{NetworkID: d.ext.ID}}); err != nil {
		return err
	}
	if d.way, err = netip.ParseAddr(d.router.Gateway.ExternalFixedIPs[0].IPAddress); err != nil {
		return err
	}
	for _, n := range []struct {
		name, cidr, gateway string
		net                 *client.Network
	}{{"web", "192.168.20.0/24", "192.168.20.1", &d.web}, {"db", "10.20.0.0/24", "10.20.0.1", &d.db}} {
		if *n.net, err = d.network(ctx, client.Network{Name: n.name}, n.cidr, n.gateway); err != nil {
			return err
		}
		if err := d.Client.AddRouterInterface(ctx, d.router.ID, n.net.Subnets[0]); err != nil {
			return err
		}
	}
	return d.plug(ctx)
}

func (d *snatCloud) network(ctx context.Context, n client.Network, cidr, gateway string) (client.Network, error) {
	made, err := d.Client.Networks().Create(ctx, n)
	if err != nil {
		return made, err
	}
	off := false
	_, err = d.Client.Subnets().Create(ctx, client.Subnet{
		Name: n.Name, NetworkID: made.ID, IPVersion: 4, CIDR: cidr, GatewayIP: gateway, EnableDHCP: &off,
	})
	if err != nil {
		return made, err
	}
	return d.Client.Networks().Show(ctx, made.ID)
}

func (d *snatCloud) plug(ctx context.Context) error {
	var ids []string
	for _, g := range snatGuests {
		net := d.web.ID
		if g.net == "db" {
			net = d.db.ID
		}
		p, err := d.Client.Ports().Create(ctx, client.Port{Name: g.name, NetworkID: net, FixedIPs: []client.FixedIP{{IPAddress: g.address}}})
		if err != nil {
			return err
		}
		d.ports[g.name], ids = p, append(ids, p.ID)
		if _, err := d.Lab.AddGuest(ctx, lab.GuestSpec{Name: g.name, Host: g.host, Port: p.ID}); err != nil {
			return err
		}
	}
	d.Check(ctx, "every port is ACTIVE: the guests', the legs, the gateway's", func(ctx context.Context) (string, error) {
		own, err := d.Client.List(ctx, client.Ports, map[string][]string{"device_id": {d.router.ID}})
		if err != nil {
			return "", err
		}
		for _, p := range own {
			ids = append(ids, p.Text("id"))
		}
		return fmt.Sprintf("%d ports", len(ids)), errors.Join(d.Active(ctx, ids...), d.Settled(ctx))
	})
	return nil
}

func (d *snatCloud) gatewayHost(ctx context.Context) (string, error) {
	r, err := d.Client.Routers().Show(ctx, d.router.ID)
	return r.GatewayHost, err
}

// seenAs is the check that a guest reaches the outside, where it is seen with an address.
func (d *snatCloud) seenAs(ctx context.Context, guest string, want netip.Addr) {
	name := fmt.Sprintf("%s %s → outside %s: the source seen there is %s", guest, address(d.ports[guest]), d.beyond, want)
	d.Check(ctx, name, func(ctx context.Context) (string, error) {
		c, err := StartCapture(ctx, d.place(lab.MachineOutside), devExternal)
		if err != nil {
			return "", err
		}
		defer c.Stop() //nolint:errcheck // Await said what there was to say
		seen, err := Ping(ctx, d.place(guest), d.beyond)
		if err != nil {
			return seen, err
		}
		all, err := c.Await(ctx, "echo request to outside", echo(pcap.EchoRequest, netip.Addr{}, d.beyond, 3))
		if err != nil {
			return "", err
		}
		for _, p := range pick(all, echo(pcap.EchoRequest, netip.Addr{}, d.beyond, 0)) {
			if p.SrcIP != want {
				return "", fmt.Errorf("a packet from %s", p.SrcIP)
			}
		}
		return seen, nil
	})
}

func (d *snatCloud) checkWayOut(ctx context.Context) error {
	host, err := d.gatewayHost(ctx)
	if err != nil {
		return err
	}
	d.Section(fmt.Sprintf("The way out: gateway host %s, address %s", host, d.way))
	for _, g := range snatGuests {
		d.seenAs(ctx, g.name, d.way)
	}
	d.eastWest(ctx)
	return nil
}

func (d *snatCloud) eastWest(ctx context.Context) {
	d.Check(ctx, "web1 (host1) → db2 (host2), through the router, as before", func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place("web1"), address(d.ports["db2"]))
	})
}

// onlyHere wants the snat- namespace on the gateway host and nowhere else.
func (d *snatCloud) onlyHere(ctx context.Context) (string, error) {
	host, err := d.gatewayHost(ctx)
	if err != nil {
		return "", err
	}
	ns := "snat-" + d.router.ID
	for _, h := range d.Lab.Topology().Hosts {
		have, err := d.Namespaces(ctx, h.Name)
		if err != nil {
			return "", err
		}
		if got, want := slices.Contains(have, ns), h.Name == host; got != want {
			return "", fmt.Errorf("the gateway host is %q; %s on %s: %t", host, ns, h.Name, got)
		}
	}
	return "on " + host, nil
}

func (d *snatCloud) checkNamespaces(ctx context.Context) error {
	d.Section("In the namespaces")
	d.Check(ctx, "snat- is on the gateway host only", d.onlyHere)
	host, err := d.gatewayHost(ctx)
	if err != nil {
		return err
	}
	qrouter, central := "qrouter-"+d.router.ID, "snat-"+d.router.ID
	gateway, err := d.gatewayDevice(ctx)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		name, host, ns string
		want           []string
		argv           []string
	}{
		{"a rule with the number of the router's address leads web1 out", "host1", qrouter,
			[]string{"3232240641:", "from 192.168.20.0/24 lookup 3232240641"}, []string{"ip", "rule"}},
		{"its table leads to the central leg", "host1", qrouter,
			[]string{"default via 192.168.20.", "dev qr-"}, []string{"ip", "route", "show", "table", "3232240641"}},
		{"the default route outside", host, central,
			[]string{"default via " + d.Lab.Topology().External.Outside.Addr().String() + " dev " + gateway}, []string{"ip", "route"}},
		{"the translation", host, central,
			[]string{"-A weft-snat -o " + gateway + " -j SNAT --to-source " + d.way.String()}, []string{"iptables", "-t", "nat", "-S"}},
		{"mid-stream connections are not adopted", host, central, []string{"0"}, []string{"sysctl", "-n", "net.netfilter.nf_conntrack_tcp_loose"}},
	} {
		d.Check(ctx, x.name, func(ctx context.Context) (string, error) {
			out, err := d.run(ctx, x.host, x.ns, x.argv...)
			if err != nil {
				return "", err
			}
			return lineWith(out, x.want[0]), contains(strings.Join(x.argv, " "), out, x.want...)
		})
	}
	return nil
}

// lineWith gives the first line that has a part.
func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

func (d *snatCloud) checkFloating(ctx context.Context) (err error) {
	d.Section("A floating IP and SNAT side by side")
	d.fip, err = d.Client.FloatingIPs().Create(ctx, client.FloatingIP{FloatingNetworkID: d.ext.ID, PortID: d.ports["web2"].ID})
	if err != nil {
		return err
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	floating, err := netip.ParseAddr(d.fip.FloatingIPAddress)
	if err != nil {
		return err
	}
	d.seenAs(ctx, "web2", floating)
	d.seenAs(ctx, "web1", d.way)
	d.seenAs(ctx, "db2", d.way)
	d.Check(ctx, "outside → web2's floating IP", func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place(lab.MachineOutside), floating)
	})
	d.Check(ctx, "web1 → web2's floating IP: by the gateway host, and back in", func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place("web1"), floating)
	})
	return nil
}
