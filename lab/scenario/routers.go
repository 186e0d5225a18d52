package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"weft/client"
	"weft/lab"
)

// routers is two distributed routers in a row: the first knows the way out by way of the second, the second the way back.
//
//	a1 .11 │ host1   a  10.30.0.0/24 ── ra ─┐
//	                                         transit 10.31.0.0/24
//	b1 .11 │ host1   b  10.32.0.0/24 ── rb ─┘── external
//	b2 .12 │ host2   │                       floating IP → b2
//	c1 .11 │ host3   c, of another address scope than a, behind ra
func routers(ctx context.Context, e *Env) error {
	d := &rowCloud{rig: newRig(e), routers: map[string]client.Router{}}
	if len(e.Lab.Topology().Hosts) < 3 {
		return errors.New("the scenario needs three hosts")
	}
	for _, step := range []func(context.Context) error{
		d.build, d.checkAlone, d.checkRow, d.checkOut, d.checkTrouble, d.checkScopes, d.checkScopes6,
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

// rowCloud is the cloud of routers.
type rowCloud struct {
	*rig
	routers map[string]client.Router
	beyond  netip.Addr
}

// The legs on the network between the routers.
const (
	rowHopA = "10.31.0.1"
	rowHopB = "10.31.0.2"
	rowNetA = "10.30.0.0/24"
)

func (d *rowCloud) build(ctx context.Context) error {
	d.Section("Building: networks a and c behind router ra, b behind rb, one network between the two, rb leads out")
	if err := d.Settled(ctx); err != nil {
		return err
	}
	ext := d.Lab.Topology().External
	d.beyond = ext.Beyond[0].Addr()
	for _, n := range []struct {
		client.Network
		cidr, gateway string
	}{
		{client.Network{Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet}, ext.Outside.Masked().String(), ext.Outside.Addr().String()},
		{client.Network{Name: "transit"}, "10.31.0.0/24", rowHopA},
		{client.Network{Name: "a"}, rowNetA, "10.30.0.1"},
		{client.Network{Name: "b"}, "10.32.0.0/24", "10.32.0.1"},
	} {
		if err := d.network(ctx, n.Network, n.cidr, n.gateway); err != nil {
			return err
		}
	}
	if err := d.scoped(ctx); err != nil {
		return err
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	for _, g := range [][4]string{
		{"a1", "host1", "a", "10.30.0.11"}, {"b1", "host1", "b", "10.32.0.11"}, {"b2", "host2", "b", "10.32.0.12"}, {"c1", "host3", "c", "10.33.0.11"},
	} {
		if err := d.guest(ctx, g[0], g[1], g[2], g[3]); err != nil {
			return err
		}
	}
	d.active(ctx)
	return nil
}

// connect makes the routers, and their legs on the network between them.
func (d *rowCloud) connect(ctx context.Context) error {
	for _, r := range []struct {
		client.Router
		legs []string
		hop  string
	}{
		{client.Router{Name: "ra"}, []string{"a", "c"}, rowHopA},
		{client.Router{Name: "rb", Gateway: &client.Gateway{NetworkID: d.nets["external"].ID}}, []string{"b"}, rowHopB},
	} {
		made, err := d.Client.Routers().Create(ctx, r.Router)
		if err != nil {
			return err
		}
		d.routers[r.Name] = made
		for _, l := range r.legs {
			if err := d.Client.AddRouterInterface(ctx, made.ID, d.subs[l].ID); err != nil {
				return err
			}
		}
		p, err := d.Client.Ports().Create(ctx, client.Port{
			NetworkID: d.nets["transit"].ID, FixedIPs: []client.FixedIP{{SubnetID: d.subs["transit"].ID, IPAddress: r.hop}},
		})
		if err != nil {
			return err
		}
		if _, err := d.Client.Action(ctx, client.Routers, made.ID, "add_router_interface", client.Object{"port_id": p.ID}); err != nil {
			return err
		}
	}
	return nil
}

// placed wants both routers on hosts, or only those that are named.
func (d *rowCloud) placed(ctx context.Context, host string, want ...string) (string, error) {
	names, err := d.Namespaces(ctx, host)
	if err != nil {
		return "", err
	}
	have := map[string]bool{}
	for _, n := range names {
		have[n] = true
	}
	for name, r := range d.routers {
		wanted := false
		for _, w := range want {
			wanted = wanted || w == name
		}
		if have["qrouter-"+r.ID] != wanted {
			return "", fmt.Errorf("router %s on %s: %t, want %t: %v", name, host, !wanted, wanted, names)
		}
	}
	return fmt.Sprintf("%v", want), nil
}

func (d *rowCloud) checkAlone(ctx context.Context) error {
	d.Section("Without routes to each other")
	d.Check(ctx, "host3, with a guest of ra, has ra alone", func(ctx context.Context) (string, error) { return d.placed(ctx, "host3", "ra") })
	d.Check(ctx, "a1 does not reach b2", func(ctx context.Context) (string, error) { return NoPing(ctx, d.place("a1"), d.addr("b2")) })
	return nil
}

// lead gives a router its static routes.
func (d *rowCloud) lead(ctx context.Context, router string, routes ...[2]string) error {
	list := []client.Object{}
	for _, r := range routes {
		list = append(list, client.Object{"destination": r[0], "nexthop": r[1]})
	}
	_, err := d.Client.Update(ctx, client.Routers, d.routers[router].ID, client.Object{"routes": list})
	if err != nil {
		return err
	}
	return d.Settled(ctx)
}

func (d *rowCloud) checkRow(ctx context.Context) error {
	d.Section("weft router set ra --route destination=0.0.0.0/0,gateway=" + rowHopB + "; rb --route destination=" + rowNetA + ",gateway=" + rowHopA)
	if err := errors.Join(d.lead(ctx, "ra", [2]string{"0.0.0.0/0", rowHopB}), d.lead(ctx, "rb", [2]string{rowNetA, rowHopA})); err != nil {
		return err
	}
	for _, h := range []string{"host1", "host2", "host3"} {
		d.Check(ctx, "both routers are on "+h, func(ctx context.Context) (string, error) { return d.placed(ctx, h, "ra", "rb") })
	}
	d.pings(ctx, [2]string{"a1", "b1"}, [2]string{"a1", "b2"}, [2]string{"b1", "a1"}, [2]string{"b2", "a1"})
	d.Check(ctx, "a packet of a1 for b2 passes two routers", func(ctx context.Context) (string, error) {
		out, err := d.in(ctx, "b2", "ping", "-n", "-c1", "-W5", d.addr("a1").String())
		return statistics(out), errors.Join(err, contains("the answer", out, "ttl=62"))
	})
	return nil
}

func (d *rowCloud) checkOut(ctx context.Context) error {
	d.Section("To the outside by the gateway of rb")
	d.pings(ctx, [2]string{"b1", d.beyond.String()}, [2]string{"a1", d.beyond.String()})
	f, err := d.Client.FloatingIPs().Create(ctx, client.FloatingIP{FloatingNetworkID: d.nets["external"].ID, PortID: d.ports["b2"].ID})
	if err != nil {
		return err
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	d.pings(ctx, [2]string{lab.MachineOutside, f.FloatingIPAddress}, [2]string{"b2", d.beyond.String()}, [2]string{"a1", "b2"}, [2]string{"b2", "a1"})
	return nil
}

func (d *rowCloud) checkTrouble(ctx context.Context) error {
	return d.Trouble(ctx, "host1", func(ctx context.Context) (string, error) { return Ping(ctx, d.place("a1"), d.addr("b2")) })
}

func (d *rowCloud) checkEnd(ctx context.Context) error {
	d.Section("The routes are taken away")
	if err := errors.Join(d.lead(ctx, "ra"), d.lead(ctx, "rb")); err != nil {
		return err
	}
	d.Check(ctx, "host3 has ra alone again", func(ctx context.Context) (string, error) { return d.placed(ctx, "host3", "ra") })
	d.Check(ctx, "a1 does not reach b2", func(ctx context.Context) (string, error) { return NoPing(ctx, d.place("a1"), d.addr("b2")) })
	return nil
}
