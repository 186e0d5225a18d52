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

// seed000 is one network over hypervisors in routed subnets, whose MTU follows the underlay's.
//
//	vm1 .1 │ host1 │            red   192.168.223.0/24   the largest MTU
//	vm2 .2 │ host2 │ vm4 .2     small 192.168.224.0/24   MTU 1300
//	vm3 .3 │ host3 │            floating IP on vm1
func seed000(ctx context.Context, e *Env) error {
	s := &mtus{rig: newRig(e)}
	t := e.Lab.Topology()
	if len(t.Hosts) < 3 {
		return errors.New("the scenario needs three hosts")
	}
	s.most = 1500 - 50
	if t.Hosts[0].Address.Is6() {
		s.most = 1500 - 70
	}
	if err := s.build(ctx, t); err != nil {
		return err
	}
	s.Section("One network across routed subnets")
	s.pings(ctx, [2]string{"vm1", "vm2"}, [2]string{"vm2", "vm1"}, [2]string{"vm1", "vm3"}, [2]string{"vm3", "vm2"})
	s.checkCapture(ctx)
	s.checkSizes(ctx)
	err := s.Trouble(ctx, t.Hosts[0].Name, func(ctx context.Context) (string, error) {
		return Ping(ctx, s.place("vm1"), s.addr("vm2"))
	})
	if err != nil {
		return err
	}
	s.checkFragmentation(ctx)
	s.checkLimits(ctx, t.Hosts[1].Name)
	return s.checkFaults(ctx)
}

// mtus is the cloud of seed000.
type mtus struct {
	*rig
	most    int // the MTU that fits through the underlay
	outside netip.Addr
	fip     client.FloatingIP
}

const smallMTU = 1300

func (s *mtus) build(ctx context.Context, t lab.Topology) error {
	s.Section("Building: two networks, a router, a floating IP; guests on three hosts; no MTU is set anywhere but on one network")
	s.outside = t.External.Outside.Addr()
	for _, n := range []struct {
		client.Network
		cidr, gateway string
	}{
		{client.Network{Name: "external", External: true, Type: "flat", PhysicalNetwork: t.External.Physnet},
			t.External.Outside.Masked().String(), s.outside.String()},
		{client.Network{Name: "red"}, "192.168.223.0/24", "192.168.223.254"},
		{client.Network{Name: "small", MTU: smallMTU}, "192.168.224.0/24", "192.168.224.254"},
	} {
		if err := s.network(ctx, n.Network, n.cidr, n.gateway); err != nil {
			return err
		}
	}
	if _, err := s.route(ctx, "external", "red", "small"); err != nil {
		return err
	}
	for _, g := range [][4]string{
		{"vm1", t.Hosts[0].Name, "red", "192.168.223.1"}, {"vm2", t.Hosts[1].Name, "red", "192.168.223.2"},
		{"vm3", t.Hosts[2].Name, "red", "192.168.223.3"}, {"vm4", t.Hosts[1].Name, "small", "192.168.224.2"},
	} {
		if err := s.guest(ctx, g[0], g[1], g[2], g[3]); err != nil {
			return err
		}
	}
	var err error
	s.fip, err = s.Client.FloatingIPs().Create(ctx, client.FloatingIP{FloatingNetworkID: s.nets["external"].ID, PortID: s.ports["vm1"].ID})
	s.active(ctx)
	return err
}

// checkCapture looks at what the document shows with tcpdump.
func (s *mtus) checkCapture(ctx context.Context) {
	s.Section("On the underlay, as tcpdump shows it")
	host := s.host["vm2"]
	from, to := s.addr("vm1"), s.addr("vm2")
	name := fmt.Sprintf("ping vm1 → vm2: VXLAN on UDP %d, vni %d, both ways", pcap.PortVXLAN, s.nets["red"].SegmentationID)
	s.Check(ctx, name, func(ctx context.Context) (string, error) {
		c, err := StartCapture(ctx, s.place(lab.MachineRouter), host)
		if err != nil {
			return "", err
		}
		defer c.Stop() //nolint:errcheck // its packets are judged already
		if _, err := Ping(ctx, s.place("vm1"), to); err != nil {
			return "", err
		}
		all, err := c.Await(ctx, "third echo answer in VXLAN", thirdTunnelled(pcap.EchoReply, to, from))
		if err != nil {
			return "", err
		}
		seen := ""
		for _, way := range []struct {
			kind     uint8
			src, dst netip.Addr
		}{{pcap.EchoRequest, from, to}, {pcap.EchoReply, to, from}} {
			ps := pick(all, func(p pcap.Packet) bool { return isTunnelled(p, way.kind, way.src, way.dst) })
			if len(ps) != 3 || ps[0].VNI != s.nets["red"].SegmentationID || ps[0].DstPort != pcap.PortVXLAN {
				return "", fmt.Errorf("%d packets of type %d in VXLAN, want 3 in the network's VNI:%s", len(ps), way.kind, sample(all))
			}
			seen += fmt.Sprintf("%s > %s.%d vni %d; ", ps[0].SrcIP, ps[0].DstIP, ps[0].DstPort, ps[0].VNI)
		}
		return strings.TrimSuffix(seen, "; "), nil
	})
}

// headers are those of IPv4 and ICMP, which come on top of ping's -s.
const headers = 28

// sized sends one echo request with the don't-fragment bit, of size bytes with its headers.
func (s *mtus) sized(ctx context.Context, from string, to netip.Addr, size int) (string, error) {
	return s.in(ctx, from, "ping", "-n", "-c2", "-i0.2", "-W5", "-M", "do", "-s", fmt.Sprint(size-headers), to.String())
}

// fits is the check that a packet of the size passes.
func (s *mtus) fits(ctx context.Context, what, from string, to netip.Addr, size int) {
	s.Check(ctx, fmt.Sprintf("%s: %d bytes with DF pass", what, size), func(ctx context.Context) (string, error) {
		out, err := s.sized(ctx, from, to, size)
		if err != nil {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
		return statistics(out), nil
	})
}

// tooBig is the check that a packet of the size is refused by the router, which tells the size that fits.
func (s *mtus) tooBig(ctx context.Context, what, from string, to netip.Addr, size, fits int) {
	name := fmt.Sprintf("%s: %d bytes with DF get \"fragmentation needed\" (%d)", what, size, fits)
	s.Check(ctx, name, func(ctx context.Context) (string, error) {
		if _, err := s.in(ctx, from, "ip", "route", "flush", "cache"); err != nil {
			return "", err
		}
		out, err := s.sized(ctx, from, to, size)
		line := ""
		for l := range strings.Lines(out) {
			if strings.Contains(l, "Frag needed") && line == "" {
				line = strings.TrimSpace(l)
			}
		}
		if err == nil || !strings.Contains(line, fmt.Sprintf("mtu = %d)", fits)) {
			return line, fmt.Errorf("want the router's answer, that %d fits, not:\n%s", fits, out)
		}
		return line, nil
	})
}

func (s *mtus) checkSizes(ctx context.Context) {
	s.Section("MTU, which nobody has set")
	s.Check(ctx, fmt.Sprintf("network red has the underlay's 1500 less VXLAN's headers: %d", s.most), func(context.Context) (string, error) {
		if got := s.nets["red"].MTU; got != s.most {
			return "", fmt.Errorf("it has %d", got)
		}
		return "", nil
	})
	for _, h := range s.Lab.Topology().Hosts[:2] {
		s.Check(ctx, h.Name+": every device has the MTU of its network", func(ctx context.Context) (string, error) {
			return s.devices(ctx, h.Name)
		})
	}
	s.fits(ctx, "host1 to host2", "vm1", s.addr("vm2"), s.most)
	s.fits(ctx, "host1 to host3, in one rack", "vm1", s.addr("vm3"), s.most)
	s.fits(ctx, "through the router", "vm1", s.addr("vm4"), smallMTU)
}

// devices wants the right MTU on both ends of every leg, of the gateway's leg, and of the pair between the namespaces.
func (s *mtus) devices(ctx context.Context, host string) (string, error) {
	out, err := s.Lab.Run(ctx, host, "sh", "-c",
		`ip -o link; for n in $(ip netns | grep -oE '^(qrouter|fip)-[^ ]*'); do ip -n $n -o link; done`)
	if err != nil {
		return "", err
	}
	ports, err := s.Client.Ports().List(ctx, nil)
	if err != nil {
		return "", err
	}
	byID := map[string]client.Network{}
	for _, n := range s.nets {
		byID[n.ID] = n
	}
	checked := 0
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(f[1], ":"), "@")
		want := 0
		for _, p := range ports {
			for _, prefix := range []string{"qr-", "tqr-", "fg-", "tfg-", "sg-", "tsg-", "qg-", "tqg-"} {
				if name == device(prefix, p.ID) {
					want = byID[p.NetworkID].MTU
				}
			}
		}
		if strings.HasPrefix(name, "rfp-") || strings.HasPrefix(name, "fpr-") {
			want = s.nets["external"].MTU
		}
		if want == 0 {
			continue
		}
		if checked++; f[4] != fmt.Sprint(want) {
			return "", fmt.Errorf("device %s has MTU %s, want %d", name, f[4], want)
		}
	}
	if checked < 4 {
		return "", fmt.Errorf("only %d devices of routers were found:\n%s", checked, out)
	}
	return fmt.Sprintf("%d devices", checked), nil
}

func (s *mtus) checkFragmentation(ctx context.Context) {
	s.Section("What is too big is answered by the router")
	s.tooBig(ctx, "east-west, vm1 → vm4", "vm1", s.addr("vm4"), s.most, smallMTU)
	fip, _ := netip.ParseAddr(s.fip.FloatingIPAddress)
	s.fits(ctx, "outside → floating IP", lab.MachineOutside, fip, s.most)
	s.tooBig(ctx, "north-south, outside → floating IP", lab.MachineOutside, fip, 1500, s.most)
	s.fits(ctx, "vm1 → outside", "vm1", s.outside, s.most)
}
