package scenario

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/machine"
)

// rig is a cloud whose parts are known by their names.
type rig struct {
	*Env
	nets  map[string]client.Network
	subs  map[string]client.Subnet
	ports map[string]client.Port
	host  map[string]string // of each guest
}

func newRig(e *Env) *rig {
	return &rig{e, map[string]client.Network{}, map[string]client.Subnet{}, map[string]client.Port{}, map[string]string{}}
}

// network makes a network with a subnet of IPv4. gateway "" is the first address.
func (r *rig) network(ctx context.Context, n client.Network, cidr, gateway string) error {
	made, err := r.Client.Networks().Create(ctx, n)
	if err != nil {
		return err
	}
	r.nets[n.Name] = made
	off := false
	r.subs[n.Name], err = r.Client.Subnets().Create(ctx, client.Subnet{
		Name: n.Name, NetworkID: made.ID, IPVersion: 4, CIDR: cidr, GatewayIP: gateway, EnableDHCP: &off,
		AllocationPools: []client.AddressRange{{Start: pool(cidr, 151), End: pool(cidr, 159)}},
	})
	return err
}

// pool is an address of a /24 from which weft takes those that nobody has chosen.
func pool(cidr string, n byte) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() {
		return ""
	}
	a := p.Addr().As4()
	a[3] = n
	return netip.AddrFrom4(a).String()
}

// route makes a router with legs on networks, and a gateway on an external one.
func (r *rig) route(ctx context.Context, external string, legs ...string) (client.Router, error) {
	made, err := r.Client.Create(ctx, client.Routers, client.Object{
		"name": "router", "distributed": true,
		"external_gateway_info": client.Object{"network_id": r.nets[external].ID, "enable_snat": false},
	})
	if err != nil {
		return client.Router{}, err
	}
	for _, l := range legs {
		if err := r.Client.AddRouterInterface(ctx, made.Text("id"), r.subs[l].ID); err != nil {
			return client.Router{}, err
		}
	}
	return r.Client.Routers().Show(ctx, made.Text("id"))
}

// guest makes a port with an address on a network, and plugs a guest in.
func (r *rig) guest(ctx context.Context, name, host, network, addr string) error {
	p, err := r.Client.Ports().Create(ctx, client.Port{
		Name: name, NetworkID: r.nets[network].ID,
		FixedIPs: []client.FixedIP{{SubnetID: r.subs[network].ID, IPAddress: addr}},
	})
	if err != nil {
		return err
	}
	r.ports[name], r.host[name] = p, host
	_, err = r.Lab.AddGuest(ctx, lab.GuestSpec{Name: name, Host: host, Port: p.ID})
	return err
}

// active is the check that everything holds.
func (r *rig) active(ctx context.Context) {
	r.Check(ctx, "every port is ACTIVE, every host holds the newest revision", func(ctx context.Context) (string, error) {
		var ids []string
		for _, p := range r.ports {
			ids = append(ids, p.ID)
		}
		if err := r.Active(ctx, ids...); err != nil {
			return "", err
		}
		return fmt.Sprintf("%d ports", len(ids)), r.Settled(ctx)
	})
}

func (r *rig) addr(guest string) netip.Addr { return address(r.ports[guest]) }

// in runs a command in a guest or on a machine.
func (r *rig) in(ctx context.Context, name string, argv ...string) (string, error) {
	p := r.place(name)
	return machine.Run(ctx, p.Process, p.Netns, argv...)
}

// pings are the checks that some reach others: guests, or addresses.
func (r *rig) pings(ctx context.Context, pairs ...[2]string) {
	for _, p := range pairs {
		to, err := netip.ParseAddr(p[1])
		if err != nil {
			to = r.addr(p[1])
		}
		r.Check(ctx, fmt.Sprintf("%s → %s %s", p[0], strings.TrimPrefix(p[1], to.String()), to), func(ctx context.Context) (string, error) {
			return Ping(ctx, r.place(p[0]), to)
		})
	}
}

// Trouble kills the controller and one agent, looks whether what was running goes on, and starts them again. It does
// nothing unless the run asks for chaos.
func (e *Env) Trouble(ctx context.Context, host string, goesOn func(context.Context) (string, error)) error {
	if !e.Chaos {
		return nil
	}
	e.Section("The controller and the agent of " + host + " are killed and started again")
	dead := [][2]string{{lab.MachineController, lab.ServiceController}, {host, lab.ServiceAgent}}
	for _, d := range dead {
		if err := e.Lab.Stop(ctx, d[0], d[1]); err != nil {
			return err
		}
	}
	e.Check(ctx, "while both are dead, traffic goes on", goesOn)
	for _, d := range dead {
		if err := e.Lab.Start(ctx, d[0], d[1]); err != nil {
			return err
		}
	}
	e.Check(ctx, "both are back, and every host holds the newest revision", func(ctx context.Context) (string, error) {
		return "", e.Settled(ctx)
	})
	return nil
}
