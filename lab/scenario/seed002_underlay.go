package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/api"
	"weft/client"
	"weft/lab"
	"weft/lab/pcap"
)

// underlay captures at the router's ends of the hosts' underlay cables: all that each host sends and gets there.
type underlay map[string]*Capture

func (d *demo) captureUnderlay(ctx context.Context) (underlay, error) {
	u := underlay{}
	for _, h := range d.hosts {
		c, err := StartCapture(ctx, d.place(lab.MachineRouter), h.Name)
		if err != nil {
			u.stop()
			return nil, err
		}
		u[h.Name] = c
	}
	return u, nil
}

func (u underlay) stop() {
	for _, c := range u {
		_, _ = c.Stop()
	}
}

// thirdTunnelled matches the third echo request or answer between two guests inside VXLAN: the last of a Ping.
func thirdTunnelled(kind uint8, from, to netip.Addr) func(pcap.Packet) bool {
	n := 3
	return func(p pcap.Packet) bool {
		if !isTunnelled(p, kind, from, to) {
			return false
		}
		n--
		return n <= 0
	}
}

func isTunnelled(p pcap.Packet, kind uint8, from, to netip.Addr) bool {
	return p.Inner != nil && p.Inner.Proto == pcap.ProtoICMP && p.Inner.ICMPType == kind &&
		p.Inner.SrcIP == from && p.Inner.DstIP == to
}

func tunnelledARP(p pcap.Packet) bool {
	return p.Inner != nil && p.Inner.EtherType == pcap.EtherARP
}

func (d *demo) checkUnderlay(ctx context.Context) {
	d.Section("On the underlay, while vm1 (host1) pings vm5 (host2) through the router")
	u, err := d.captureUnderlay(ctx)
	if err == nil {
		defer u.stop()
		_, err = Ping(ctx, d.place("vm1"), d.addr("vm5"))
	}
	for _, way := range []struct {
		name, from, to string
		kind           uint8
		net            client.Network
	}{
		{"request", "vm1", "vm5", pcap.EchoRequest, d.green},
		{"answer", "vm5", "vm1", pcap.EchoReply, d.blue},
	} {
		name := fmt.Sprintf("%s: host MAC inside, VNI %d (%s), UDP 4789, host to host", way.name, way.net.SegmentationID, way.net.Name)
		d.Check(ctx, name, func(ctx context.Context) (string, error) {
			if err != nil {
				return "", err
			}
			match := thirdTunnelled(way.kind, d.addr(way.from), d.addr(way.to))
			all, err := u[d.on(way.from).Name].Await(ctx, "routed echo "+way.name+" in VXLAN", match)
			if err != nil {
				return "", err
			}
			return d.routedRight(all[len(all)-1], way.from, way.to, way.net.SegmentationID)
		})
	}
	d.Check(ctx, "nothing of it passes host3", func(ctx context.Context) (string, error) {
		if err != nil {
			return "", err
		}
		return d.notThrough(ctx, u)
	})
}

// routedRight compares a captured packet with what a routed one must look like.
func (d *demo) routedRight(p pcap.Packet, from, to string, vni uint32) (string, error) {
	src, dst := d.on(from), d.on(to)
	var wrong []string
	expect := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			wrong = append(wrong, fmt.Sprintf("%s is %v, want %v", what, got, want))
		}
	}
	expect("outer source", p.SrcIP, src.TunnelIP)
	expect("outer destination", p.DstIP, dst.TunnelIP)
	expect("UDP port", p.DstPort, pcap.PortVXLAN)
	expect("VNI", p.VNI, vni)
	expect("inner source", p.Inner.SrcMAC, src.MACAddress)
	expect("inner destination", p.Inner.DstMAC, d.ports[to].MACAddress)
	expect("inner TTL", p.Inner.TTL, 63)
	if src.MACAddress == "" || !strings.HasPrefix(src.MACAddress, "fa:16:3f:") {
		wrong = append(wrong, fmt.Sprintf("host %s has MAC %q, want fa:16:3f:…", src.Name, src.MACAddress))
	}
	seen := fmt.Sprintf("%s → %s vni %d, %s → %s", p.SrcIP, p.DstIP, p.VNI, p.Inner.SrcMAC, p.Inner.DstMAC)
	if len(wrong) > 0 {
		return seen, errors.New(strings.Join(wrong, "; "))
	}
	return seen, nil
}

// notThrough wants none of the two guests' packets at host3, whose capture a later ping to host3 proves.
func (d *demo) notThrough(ctx context.Context, u underlay) (string, error) {
	if _, err := Ping(ctx, d.place("vm1"), d.addr("vm6")); err != nil {
		return "", err
	}
	match := thirdTunnelled(pcap.EchoRequest, d.addr("vm1"), d.addr("vm6"))
	all, err := u["host3"].Await(ctx, "echo request of the later ping to vm6", match)
	if err != nil {
		return "", err
	}
	bad := pick(all, func(p pcap.Packet) bool {
		return p.Inner != nil && (p.Inner.SrcIP == d.addr("vm5") || p.Inner.DstIP == d.addr("vm5"))
	})
	if len(bad) > 0 {
		return "", fmt.Errorf("%d packets between vm1 and vm5 pass host3:%s", len(bad), sample(bad))
	}
	return fmt.Sprintf("none of %d packets there; the later ones for vm6 are", len(all)), nil
}

func (d *demo) checkARP(ctx context.Context) {
	d.Section("ARP stays on its host")
	d.Check(ctx, "vm1 asks for vm3 (host2): answered on host1, no ARP on the underlay", func(ctx context.Context) (string, error) {
		return d.asksQuietly(ctx, "vm3", d.addr("vm3"), d.ports["vm3"].MACAddress)
	})
	d.Check(ctx, "vm1 asks for its router: answered on host1, no ARP on the underlay", func(ctx context.Context) (string, error) {
		gateway := netip.MustParseAddr(blueGateway)
		mac, err := d.legMAC(ctx, d.bSub.ID)
		if err != nil {
			return "", err
		}
		return d.asksQuietly(ctx, "the router", gateway, mac)
	})
}

// legMAC is the MAC of the router's interface on a subnet.
func (d *demo) legMAC(ctx context.Context, subnet string) (string, error) {
	ports, err := d.Client.Ports().List(ctx, map[string][]string{"device_id": {d.router.ID}})
	if err != nil {
		return "", err
	}
	for _, p := range ports {
		for _, f := range p.FixedIPs {
			if f.SubnetID == subnet && strings.HasPrefix(p.DeviceOwner, "network:router_interface") {
				return p.MACAddress, nil
			}
		}
	}
	return "", fmt.Errorf("the router has no interface on subnet %s", subnet)
}

// asksQuietly makes vm1 forget everybody and ping an address. The answer must be mac, and until a later ping to vm3 is
// seen on the underlay, no ARP may be there.
func (d *demo) asksQuietly(ctx context.Context, whom string, addr netip.Addr, mac string) (string, error) {
	u, err := d.captureUnderlay(ctx)
	if err != nil {
		return "", err
	}
	defer u.stop()
	vm1 := d.place("vm1")
	if _, err := d.run(ctx, d.on("vm1").Name, vm1.Netns, "ip", "neighbour", "flush", "dev", "eth0"); err != nil {
		return "", err
	}
	for _, to := range []netip.Addr{addr, d.addr("vm3")} {
		if _, err := Ping(ctx, vm1, to); err != nil {
			return "", err
		}
	}
	here := u[d.on("vm1").Name]
	all, err := here.Await(ctx, "echo request of a ping to vm3", thirdTunnelled(pcap.EchoRequest, d.addr("vm1"), d.addr("vm3")))
	if err != nil {
		return "", err
	}
	if arps := pick(all, tunnelledARP); len(arps) > 0 {
		return "", fmt.Errorf("%d ARP packets in tunnels:%s", len(arps), sample(arps))
	}
	known, err := d.run(ctx, d.on("vm1").Name, vm1.Netns, "ip", "neighbour", "show", addr.String())
	if err != nil {
		return "", err
	}
	want, err := api.ParseMAC(mac)
	if err != nil {
		return "", err
	}
	if !strings.Contains(known, want.String()) {
		return "", fmt.Errorf("vm1 learned %q for %s, want %s", strings.TrimSpace(known), whom, want)
	}
	return fmt.Sprintf("%s is at %s; %d packets on the underlay, no ARP among them", addr, want, len(all)), nil
}
