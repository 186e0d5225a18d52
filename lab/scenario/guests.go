package scenario

import (
	"context"
	_ "embed" // for guest.py
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"weft/client"
	"weft/lab"
)

// guestProgram is what the guests run: it sends and receives what no common tool does.
//
//go:embed guest.py
var guestProgram []byte

// ordinary is a cloud whose guests do what real ones do, the good and the bad.
//
//	a1 .11  near .14 │ host1 │ b1 .11  wild     a 10.0.0.0/24 and fd00:a::/64, the address .100 is a1's or a2's
//	a2 .12           │ host2 │ b2 .12           b 10.0.1.0/24 and fd00:b::/64, b2 has a floating IP
//	a3 .13           │ host3 │                  wild is on the external network, without port security
type ordinary struct {
	*rig
	dir     string // of the guests' programs
	router  client.Router
	fip     client.FloatingIP // of b2
	vip     client.FloatingIP // of the address that a1 and a2 share
	beyond  netip.Addr        // behind the machine outside
	outside netip.Prefix      // that machine
}

var ordinaryGuests = [...]struct{ name, host, net, n string }{
	{"a1", "host1", "a", "11"}, {"near", "host1", "a", "14"}, {"a2", "host2", "a", "12"}, {"a3", "host3", "a", "13"},
	{"b1", "host1", "b", "11"}, {"b2", "host2", "b", "12"},
}

// shared is the address of keepalived's.
var shared = netip.MustParseAddr("10.0.0.100")

// behaviour has guests do what real ones do.
func behaviour(ctx context.Context, e *Env) error {
	if len(e.Lab.Topology().Hosts) != 3 {
		return errors.New("the scenario needs three hosts")
	}
	if err := havePrograms("keepalived", "python3", "busybox", "arping"); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "weft-guests")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ext := e.Lab.Topology().External
	o := &ordinary{rig: newRig(e), dir: dir, beyond: ext.Beyond[0].Addr(), outside: ext.Outside}
	if err := errors.Join(os.WriteFile(o.file("guest.py"), guestProgram, 0o600), o.Settled(ctx)); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		o.build, o.checkShared, o.checkTransfers, o.checkFragments, o.checkErrors, o.checkMulticast, o.checkFrames, o.checkDuplicate,
		o.checkTrouble, o.checkFloods, o.checkFlapping, o.checkLoop,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (o *ordinary) file(name string) string { return filepath.Join(o.dir, name) }

// does has a guest do something that is in its program.
func (o *ordinary) does(ctx context.Context, guest string, argv ...string) (string, error) {
	out, err := o.in(ctx, guest, append([]string{"python3", o.file("guest.py")}, argv...)...)
	return strings.TrimSpace(out), err
}

func (o *ordinary) build(ctx context.Context) error {
	o.Section("Building: two networks of IPv4 and IPv6 behind a router, guests on three hosts, two floating IPs")
	if err := o.buildNetworks(ctx); err != nil {
		return err
	}
	var err error
	if o.router, err = o.Client.Routers().Create(ctx, client.Router{
		Name: "router", Gateway: &client.Gateway{NetworkID: o.nets["external"].ID},
	}); err != nil {
		return err
	}
	for _, s := range []string{"a", "a6", "b", "b6"} {
		if err := o.Client.AddRouterInterface(ctx, o.router.ID, o.subs[s].ID); err != nil {
			return err
		}
	}
	for _, g := range ordinaryGuests {
		if err := o.plug(ctx, g.name, g.host, g.net, g.n); err != nil {
			return err
		}
	}
	if err := o.plug(ctx, "wild", "host1", "external", ""); err != nil {
		return err
	}
	if err := o.buildFloating(ctx); err != nil {
		return err
	}
	o.active(ctx)
	_, err = o.Client.MoveGateway(ctx, o.router.ID, "host3")
	return errors.Join(err, o.Settled(ctx))
}

func (o *ordinary) buildNetworks(ctx context.Context) error {
	ext := o.Lab.Topology().External
	if err := o.network(ctx, client.Network{Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet},
		ext.Outside.Masked().String(), ext.Outside.Addr().String()); err != nil {
		return err
	}
	off := false
	for name, cidr := range map[string]string{"a": "10.0.0.0/24", "b": "10.0.1.0/24"} {
		n, err := o.Client.Networks().Create(ctx, client.Network{Name: name})
		if err != nil {
			return err
		}
		o.nets[name] = n
		for s, spec := range map[string]client.Subnet{
			name:       {IPVersion: 4, CIDR: cidr},
			name + "6": {IPVersion: 6, CIDR: "fd00:" + name + "::/64", EnableDHCP: &off},
		} {
			spec.Name, spec.NetworkID = s, n.ID
			if o.subs[s], err = o.Client.Subnets().Create(ctx, spec); err != nil {
				return err
			}
		}
	}
	return nil
}

// plug makes a guest whose addresses end with a number; on the external network it has one of IPv4, and nobody checks
// what it sends.
func (o *ordinary) plug(ctx context.Context, name, host, network, n string) error {
	spec := client.Port{Name: name, NetworkID: o.nets[network].ID}
	if n == "" {
		off := false
		spec.PortSecurityEnabled = &off
	} else {
		spec.FixedIPs = []client.FixedIP{
			{SubnetID: o.subs[network].ID, IPAddress: strings.TrimSuffix(o.subs[network].CIDR, "0/24") + n},
			{SubnetID: o.subs[network+"6"].ID, IPAddress: fmt.Sprintf("fd00:%s::%s", network, n)},
		}
	}
	p, err := o.Client.Ports().Create(ctx, spec)
	if err != nil {
		return err
	}
	o.ports[name], o.host[name] = p, host
	_, err = o.Lab.AddGuest(ctx, lab.GuestSpec{Name: name, Host: host, Port: p.ID})
	return err
}

func (o *ordinary) buildFloating(ctx context.Context) error {
	vip, err := o.Client.Ports().Create(ctx, client.Port{
		Name: "shared", NetworkID: o.nets["a"].ID, FixedIPs: []client.FixedIP{{SubnetID: o.subs["a"].ID, IPAddress: shared.String()}},
	})
	if err != nil {
		return err
	}
	for port, f := range map[string]*client.FloatingIP{o.ports["b2"].ID: &o.fip, vip.ID: &o.vip} {
		if *f, err = o.Client.FloatingIPs().Create(ctx, client.FloatingIP{FloatingNetworkID: o.nets["external"].ID, PortID: port}); err != nil {
			return err
		}
	}
	return nil
}

// secure sets whether what guests send is checked.
func (o *ordinary) secure(ctx context.Context, on bool, guests ...string) error {
	for _, g := range guests {
		if _, err := o.Client.Update(ctx, client.Ports, o.ports[g].ID, client.Object{"port_security_enabled": on}); err != nil {
			return err
		}
	}
	return o.Settled(ctx)
}

// checkTrouble has a transfer go on while the controller and an agent die.
func (o *ordinary) checkTrouble(ctx context.Context) error {
	return o.Trouble(ctx, "host1", func(ctx context.Context) (string, error) {
		return o.transfer(ctx, "a1", "b2", o.addr("b2"), 5)
	})
}

// quick fails what took longer than most, if the machine was not busy with other things for the rest of it.
func quick(most time.Duration, do func() error) (time.Duration, error) {
	before, begun := queued(), time.Now() // in this order: who waits between them is not blamed
	err := do()
	s := silence{Length: time.Since(begun), Busy: queued() - before}
	if err == nil && s.Own() > most {
		err = fmt.Errorf("it took %s, at most %s is allowed on a machine that was busy for %s of it", s.Length, most+s.Busy, s.Busy)
	}
	return s.Length, err
}
