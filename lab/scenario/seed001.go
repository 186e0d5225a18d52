package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/client"
	"weft/lab"
)

// seed001 is provider networks, flat and VLAN, beside an overlay network.
//
//	ns1 .100  web1 .11  app1 .11 │ host1 ├─eth2──┐         flat    192.168.10.0/24  untagged
//	ns2 .200  web2 .12  app2 .12 │ host2 ├─eth2──┤ switch  vlan    192.168.20.0/24  VLAN 100
//	                             │ host3 │       │         overlay 10.0.0.0/24      VXLAN, routed to vlan
//	                   server, dbserver, gateway ┘         public  203.0.113.0/24   VLAN 200, external
func seed001(ctx context.Context, e *Env) error {
	t := e.Lab.Topology()
	if len(t.Hosts) < 3 || len(t.Wires) != 1 || len(t.Wires[0].Machines) != 3 {
		return errors.New("the scenario needs three hosts and a wire with the machines server, dbserver and gateway")
	}
	s := &localnet{rig: newRig(e), wire: t.Wires[0]}
	for _, h := range t.Hosts {
		s.hosts = append(s.hosts, h.Name)
	}
	if err := s.build(ctx); err != nil {
		return err
	}
	s.checkReach(ctx)
	s.checkBridge(ctx)
	s.checkWire(ctx)
	err := s.Trouble(ctx, s.hosts[0], func(ctx context.Context) (string, error) {
		if seen, err := Ping(ctx, s.place("ns1"), s.addr("ns2")); err != nil {
			return seen, err
		}
		return Ping(ctx, s.place("app1"), s.addr("web2"))
	})
	if err != nil {
		return err
	}
	s.checkRouted(ctx)
	s.checkExternal(ctx)
	s.checkMissing(ctx)
	if !e.ends(ctx) {
		return nil
	}
	return s.checkEnd(ctx)
}

// localnet is the cloud of seed001.
type localnet struct {
	*rig
	wire   lab.Wire
	hosts  []string
	router client.Router
	fip    client.FloatingIP
}

func (s *localnet) machine(name string) lab.Machine {
	for _, m := range s.wire.Machines {
		if m.Name == name {
			return m
		}
	}
	return lab.Machine{Name: name}
}

func (s *localnet) build(ctx context.Context) error {
	s.Section("Building: a flat, a VLAN, an external VLAN and an overlay network; guests on two hosts")
	physnet := s.wire.Physnet
	for _, n := range []struct {
		client.Network
		cidr, gateway string
	}{
		{client.Network{Name: "flat", Type: "flat", PhysicalNetwork: physnet}, "192.168.10.0/24", "192.168.10.1"},
		{client.Network{Name: "vlan", Type: "vlan", PhysicalNetwork: physnet, SegmentationID: 100}, "192.168.20.0/24", "192.168.20.254"},
		{client.Network{Name: "public", Type: "vlan", PhysicalNetwork: physnet, SegmentationID: 200, External: true}, "203.0.113.0/24", "203.0.113.1"},
		{client.Network{Name: "overlay"}, "10.0.0.0/24", "10.0.0.1"},
	} {
		if err := s.network(ctx, n.Network, n.cidr, n.gateway); err != nil {
			return err
		}
	}
	var err error
	if s.router, err = s.route(ctx, "public", "vlan", "overlay"); err != nil {
		return err
	}
	for _, g := range [][3]string{
		{"ns1", "flat", "192.168.10.100"}, {"ns2", "flat", "192.168.10.200"},
		{"web1", "vlan", "192.168.20.11"}, {"web2", "vlan", "192.168.20.12"},
		{"app1", "overlay", "10.0.0.11"}, {"app2", "overlay", "10.0.0.12"},
	} {
		host := s.hosts[strings.Count(g[0][len(g[0])-1:], "2")]
		if err := s.guest(ctx, g[0], host, g[1], g[2]); err != nil {
			return err
		}
	}
	s.fip, err = s.Client.FloatingIPs().Create(ctx, client.FloatingIP{
		FloatingNetworkID: s.nets["public"].ID, PortID: s.ports["app1"].ID, FloatingIPAddress: "203.0.113.100",
	})
	s.active(ctx)
	return err
}

func (s *localnet) checkReach(ctx context.Context) {
	server, db := s.machine("server").Address.Addr().String(), s.machine("dbserver").Address.Addr().String()
	s.Section("Flat: guests on two hosts, and the machine on the wire")
	s.pings(ctx, [2]string{"ns1", "ns2"}, [2]string{"ns2", "ns1"}, [2]string{"ns1", server}, [2]string{"ns2", server},
		[2]string{"server", "ns1"}, [2]string{"server", "ns2"})
	s.Section("VLAN 100: the same")
	s.pings(ctx, [2]string{"web1", "web2"}, [2]string{"web2", "web1"}, [2]string{"web1", db}, [2]string{"dbserver", "web2"})
	s.Check(ctx, "the machine on the untagged network does not reach VLAN 100", func(ctx context.Context) (string, error) {
		if _, err := s.in(ctx, "server", "ip", "route", "replace", "192.168.20.0/24", "dev", "eth0"); err != nil {
			return "", err
		}
		seen, err := NoPing(ctx, s.place("server"), s.addr("web1"))
		_, undo := s.in(ctx, "server", "ip", "route", "del", "192.168.20.0/24", "dev", "eth0")
		return seen, errors.Join(err, undo)
	})
}

// checkBridge looks at the bridge that the agent has made.
func (s *localnet) checkBridge(ctx context.Context) {
	s.Section("The bridge of the mapping")
	s.Check(ctx, s.wire.Bridge+" is made, has the cable and the patch, and floods nothing without a controller", func(ctx context.Context) (string, error) {
		out, err := s.Lab.Run(ctx, s.hosts[0], "sh", "-c", "ovs-vsctl list-ports "+s.wire.Bridge+"; ovs-vsctl get Bridge "+s.wire.Bridge+" fail_mode")
		if err != nil {
			return "", err
		}
		seen := strings.Join(strings.Fields(out), " ")
		return seen, contains("the bridge", seen, "eth2", "phy-"+s.wire.Bridge, "secure")
	})
	s.Check(ctx, s.hosts[2]+" has no cable and no such bridge", func(ctx context.Context) (string, error) {
		out, err := s.Lab.Run(ctx, s.hosts[2], "ovs-vsctl", "list-br")
		if err != nil {
			return "", err
		}
		return strings.Join(strings.Fields(out), " "), lacks("the list of bridges", out, s.wire.Bridge)
	})
}

// legs gives the MACs of the router's legs.
func (s *localnet) legs(ctx context.Context) (map[string]bool, error) {
	ports, err := s.Client.Ports().List(ctx, map[string][]string{"device_id": {s.router.ID}})
	if err != nil {
		return nil, err
	}
	macs := map[string]bool{}
	for _, p := range ports {
		if strings.HasPrefix(p.DeviceOwner, "network:router_interface") {
			macs[p.MACAddress] = true
		}
	}
	if len(macs) != 2 {
		return nil, fmt.Errorf("the router has %d interfaces, want 2", len(macs))
	}
	return macs, nil
}

func (s *localnet) checkRouted(ctx context.Context) {
	s.Section("Through the distributed router, between the overlay network and VLAN 100")
	s.pings(ctx, [2]string{"app1", "web1"}, [2]string{"web1", "app1"}, [2]string{"app1", "web2"}, [2]string{"web2", "app1"},
		[2]string{"app2", "web1"}, [2]string{"web1", "app2"})
	s.Check(ctx, "on the wire routed frames have their host's MAC, no router's", s.hostMACs)
	s.Check(ctx, "the switch has learned no router's MAC, and each host's on its own port", s.learned)
	s.Check(ctx, "who asks for the router's address is answered on its own host: nothing on the wire", s.quietGateway)
	s.Check(ctx, "the router's own questions are answered to it by a machine on the wire", s.legLearns)
}

func (s *localnet) checkExternal(ctx context.Context) {
	s.Section("Floating IP on VLAN 200")
	gw := s.machine("gateway").Address.Addr()
	s.pings(ctx, [2]string{"gateway", s.fip.FloatingIPAddress}, [2]string{"app1", gw.String()})
	s.Check(ctx, "the gateway sees app1 as its floating IP", func(ctx context.Context) (string, error) {
		c, err := StartCapture(ctx, s.place("gateway"), "eth0")
		if err != nil {
			return "", err
		}
		defer c.Stop() //nolint:errcheck // its packets are judged already
		if _, err := Ping(ctx, s.place("app1"), gw); err != nil {
			return "", err
		}
		fip, _ := netip.ParseAddr(s.fip.FloatingIPAddress)
		all, err := c.Await(ctx, "echo request from the floating IP", echoFrom(fip, gw))
		if err != nil {
			return "", err
		}
		return all[len(all)-1].String(), nil
	})
}

// checkMissing asks for what a host without the mapping cannot do.
func (s *localnet) checkMissing(ctx context.Context) {
	host := s.hosts[2]
	s.Section("A host without the mapping")
	var port client.Object
	s.Check(ctx, "a port that is asked to be on "+host+": binding_failed, and why", func(ctx context.Context) (seen string, err error) {
		port, err = s.Client.Create(ctx, client.Ports, client.Object{
			"name": "lost", "network_id": s.nets["flat"].ID, "binding:host_id": host,
		})
		if err != nil {
			return "", err
		}
		seen = port.Text("binding:vif_type") + ": " + port.Text("weft:problem")
		return seen, contains("the port", seen, "binding_failed: host "+host+" has no bridge for physical network "+s.wire.Physnet)
	})
	s.Check(ctx, "plugged there all the same, it stays down and dead", func(ctx context.Context) (string, error) {
		if _, err := s.Lab.AddGuest(ctx, lab.GuestSpec{Name: "lost", Host: host, Port: port.Text("id")}); err != nil {
			return "", err
		}
		seen, err := NoPing(ctx, s.place("lost"), s.addr("ns1"))
		if err != nil {
			return seen, err
		}
		o, err := s.Client.Show(ctx, client.Ports, port.Text("id"))
		if err != nil {
			return "", err
		}
		if o.Text("status") == "ACTIVE" {
			return "", errors.New("the port is ACTIVE")
		}
		return o.Text("status") + ", " + seen, nil
	})
	s.Check(ctx, "and goes again", func(ctx context.Context) (string, error) {
		if err := s.Lab.DeleteGuest(ctx, "lost"); err != nil {
			return "", err
		}
		return "", s.Client.Ports().Delete(ctx, port.Text("id"))
	})
}
