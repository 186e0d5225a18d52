package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/pcap"
)

func echoFrom(from, to netip.Addr) func(pcap.Packet) bool { return echo(pcap.EchoRequest, from, to, 1) }

// cable is where the switch's end of a machine's cable is seen.
func (s *localnet) cable(ctx context.Context, machine string) (*Capture, error) {
	return StartCapture(ctx, s.place(lab.MachineSwitch), "w0-"+machine)
}

// checkWire looks how provider networks travel.
func (s *localnet) checkWire(ctx context.Context) {
	s.Section("On the cables: as they are, without VXLAN")
	for _, w := range []struct {
		from, to string
		vlan     uint16
	}{{"ns1", "ns2", 0}, {"web1", "web2", 100}} {
		name := fmt.Sprintf("%s → %s pass the switch with VLAN %d (0: untagged)", w.from, w.to, w.vlan)
		s.Check(ctx, name, func(ctx context.Context) (string, error) {
			c, err := s.cable(ctx, s.host[w.to])
			if err != nil {
				return "", err
			}
			defer c.Stop() //nolint:errcheck // its packets are judged already
			if _, err := Ping(ctx, s.place(w.from), s.addr(w.to)); err != nil {
				return "", err
			}
			all, err := c.Await(ctx, "echo request", echoFrom(s.addr(w.from), s.addr(w.to)))
			if err != nil {
				return "", err
			}
			p := all[len(all)-1]
			if p.VLAN != w.vlan || p.SrcMAC.String() != s.ports[w.from].MACAddress {
				return p.String(), fmt.Errorf("want VLAN %d and the guest's own MAC %s", w.vlan, s.ports[w.from].MACAddress)
			}
			return p.String(), nil
		})
	}
	s.Check(ctx, "none of it is in VXLAN on the underlay", s.notTunnelled)
}

// notTunnelled pings over provider networks and then over the overlay network: the latter proves the capture.
func (s *localnet) notTunnelled(ctx context.Context) (string, error) {
	c, err := StartCapture(ctx, s.place(lab.MachineRouter), s.hosts[0])
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // its packets are judged already
	for _, p := range [][2]string{{"ns1", "ns2"}, {"web1", "web2"}, {"app1", "app2"}} {
		if _, err := Ping(ctx, s.place(p[0]), s.addr(p[1])); err != nil {
			return "", err
		}
	}
	all, err := c.Await(ctx, "echo request of the overlay network in VXLAN", thirdTunnelled(pcap.EchoRequest, s.addr("app1"), s.addr("app2")))
	if err != nil {
		return "", err
	}
	bad := pick(all, func(p pcap.Packet) bool {
		return p.Inner != nil && p.VNI != s.nets["overlay"].SegmentationID
	})
	if len(bad) > 0 {
		return "", fmt.Errorf("%d packets of other networks:%s", len(bad), sample(bad))
	}
	return fmt.Sprintf("%d packets on the underlay, VXLAN for the overlay network only", len(all)), nil
}

// hostMACs wants the host's MAC in routed frames, and no leg's anywhere.
func (s *localnet) hostMACs(ctx context.Context) (string, error) {
	legs, err := s.legs(ctx)
	if err != nil {
		return "", err
	}
	c, err := s.cable(ctx, s.hosts[0])
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // its packets are judged already
	if _, err := Ping(ctx, s.place("app1"), s.addr("web2")); err != nil {
		return "", err
	}
	if _, err := Ping(ctx, s.place("app2"), s.addr("web1")); err != nil {
		return "", err
	}
	seen := ""
	for i, pair := range [][2]string{{"app1", "web2"}, {"app2", "web1"}} {
		all, err := c.Await(ctx, "routed echo request", echoFrom(s.addr(pair[0]), s.addr(pair[1])))
		if err != nil {
			return "", err
		}
		p := all[len(all)-1]
		host, err := s.Client.Hosts().Show(ctx, s.hosts[i])
		if err != nil {
			return "", err
		}
		if p.SrcMAC.String() != host.MACAddress || p.VLAN != 100 {
			return p.String(), fmt.Errorf("want the MAC of %s, %s, and VLAN 100", host.Name, host.MACAddress)
		}
		if bad := pick(all, func(p pcap.Packet) bool { return legs[p.SrcMAC.String()] || legs[p.DstMAC.String()] }); len(bad) > 0 {
			return "", fmt.Errorf("a router's MAC is on the wire:%s", sample(bad))
		}
		seen += p.SrcMAC.String() + " from " + host.Name + "; "
	}
	return strings.TrimSuffix(seen, "; "), nil
}

// learned reads the switch's table of MACs.
func (s *localnet) learned(ctx context.Context) (string, error) {
	legs, err := s.legs(ctx)
	if err != nil {
		return "", err
	}
	out, err := s.Lab.Run(ctx, lab.MachineSwitch, "ovs-appctl", "fdb/show", s.wire.Switch())
	if err != nil {
		return "", err
	}
	ports := map[string]map[string]bool{}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 4 && strings.Contains(f[2], ":") {
			if ports[f[2]] == nil {
				ports[f[2]] = map[string]bool{}
			}
			ports[f[2]][f[0]] = true
		}
	}
	for mac, at := range ports {
		if legs[mac] || len(at) != 1 {
			return "", fmt.Errorf("MAC %s is on %d ports, and a router's: %t\n%s", mac, len(at), legs[mac], out)
		}
	}
	for _, name := range s.hosts[:2] {
		h, err := s.Client.Hosts().Show(ctx, name)
		if err != nil {
			return "", err
		}
		if len(ports[h.MACAddress]) == 0 {
			return "", fmt.Errorf("the MAC of %s, %s, was not learned:\n%s", name, h.MACAddress, out)
		}
	}
	return fmt.Sprintf("%d MACs, each on one port", len(ports)), nil
}

// quietGateway makes web1 ask for its gateway. Until a later ping is seen on the wire, no ARP for it may be there.
func (s *localnet) quietGateway(ctx context.Context) (string, error) {
	c, err := s.cable(ctx, s.hosts[0])
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // its packets are judged already
	if _, err := s.in(ctx, "web1", "ip", "neighbour", "flush", "dev", "eth0"); err != nil {
		return "", err
	}
	gateway, _ := netip.ParseAddr(s.subs["vlan"].GatewayIP)
	for _, to := range []netip.Addr{gateway, s.addr("web2")} {
		if _, err := Ping(ctx, s.place("web1"), to); err != nil {
			return "", err
		}
	}
	all, err := c.Await(ctx, "echo request of the later ping", echoFrom(s.addr("web1"), s.addr("web2")))
	if err != nil {
		return "", err
	}
	bad := pick(all, func(p pcap.Packet) bool {
		return p.EtherType == pcap.EtherARP && (p.SrcIP == gateway || p.DstIP == gateway)
	})
	if len(bad) > 0 {
		return "", fmt.Errorf("ARP for the router is on the wire:%s", sample(bad))
	}
	return fmt.Sprintf("%d packets on the cable, no ARP for %s among them", len(all), gateway), nil
}

// legLearns makes the router send to a machine that weft does not know: it must ask, with the host's MAC, and get the
// answer, which comes in the provider's VLAN.
func (s *localnet) legLearns(ctx context.Context) (string, error) {
	db := s.machine("dbserver").Address.Addr()
	ns := "qrouter-" + s.router.ID
	// The machine has no way back, since routers' legs serve their own hosts only; that it is asked is enough.
	_, _ = s.in(ctx, "app1", "ping", "-n", "-c1", "-W1", db.String())
	out, err := s.run(ctx, s.hosts[0], ns, "ip", "neighbour", "show", db.String())
	if err != nil {
		return "", err
	}
	link, err := s.in(ctx, "dbserver", "cat", "/sys/class/net/eth0/address")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(out), contains("the router's neighbour table", out, strings.TrimSpace(link))
}

// checkEnd deletes everything, and wants nothing of it left.
func (s *localnet) checkEnd(ctx context.Context) error {
	s.Section("After everything is deleted by REST")
	if err := s.Client.FloatingIPs().Delete(ctx, s.fip.ID); err != nil {
		return err
	}
	for name, p := range s.ports {
		if err := errors.Join(s.Lab.DeleteGuest(ctx, name), s.Client.Ports().Delete(ctx, p.ID)); err != nil {
			return err
		}
	}
	for _, l := range []string{"vlan", "overlay"} {
		if err := s.Client.RemoveRouterInterface(ctx, s.router.ID, s.subs[l].ID); err != nil {
			return err
		}
	}
	if err := s.Client.Routers().Delete(ctx, s.router.ID); err != nil {
		return err
	}
	for _, n := range s.nets {
		if err := s.Client.Networks().Delete(ctx, n.ID); err != nil {
			return err
		}
	}
	for _, h := range s.hosts {
		s.Check(ctx, h+": no namespace, no flow of a network", func(ctx context.Context) (string, error) { return s.empty(ctx, h) })
	}
	return nil
}

func (s *localnet) empty(ctx context.Context, host string) (string, error) {
	if err := s.Settled(ctx); err != nil {
		return "", err
	}
	flows, err := s.Client.Flows(ctx, host, client.FlowQuery{})
	if err != nil {
		return "", err
	}
	for _, f := range flows {
		if f.Subject != nil && f.Subject.Kind != "host" {
			return "", fmt.Errorf("flow of %s %s is left: %s", f.Subject.Kind, f.Subject.ID, f.Text)
		}
	}
	ns, err := s.Namespaces(ctx, host)
	if err != nil || len(ns) > 0 {
		return "", errors.Join(err, fmt.Errorf("namespaces are left: %q", ns))
	}
	return fmt.Sprintf("%d flows, all the host's own", len(flows)), nil
}
