package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"weft/client"
	"weft/lab"
	"weft/lab/machine"
	"weft/lab/pcap"
)

// tagAddr is the address that a guest gives itself behind a tag.
func tagAddr(guest string, tag int) netip.Addr {
	n := slices.Index([]string{"r1", "r2", "w1", "w2", "db", "vm1"}, guest)
	return netip.AddrFrom4([4]byte{10, 77, byte(tag), byte(11 + n)})
}

// tag puts a machine behind a tag into guests. It has the guest's own MAC, as a VLAN device has.
func (v *tags) tag(ctx context.Context, tag int, guests ...string) (string, error) {
	for _, g := range guests {
		m := inner{g, tag, v.ports[g].MACAddress, v.mtuOf(g), netip.PrefixFrom(tagAddr(g, tag), 24), false}
		if err := v.machine(ctx, v.host[g], m); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("tag %d, MAC %s …", tag, v.ports[guests[0]].MACAddress), nil
}

func (v *tags) tagPing(ctx context.Context, from, to string, tag int) {
	v.Check(ctx, fmt.Sprintf("%s → %s, tag %d", from, to, tag), func(ctx context.Context) (string, error) {
		return Ping(ctx, v.within(from, tag), tagAddr(to, tag))
	})
}

func (v *tags) checkAllTags(ctx context.Context) {
	v.Section("A network that carries every tag, over VXLAN")
	v.Check(ctx, "r1 and r2 use the tags 7 and 8", func(ctx context.Context) (string, error) {
		if _, err := v.tag(ctx, 8, "r1", "r2"); err != nil {
			return "", err
		}
		return v.tag(ctx, 7, "r1", "r2")
	})
	v.pings(ctx, [2]string{"r1", "r2"})
	v.tagPing(ctx, "r1", "r2", 7)
	v.tagPing(ctx, "r2", "r1", 8)
	v.Check(ctx, "on the underlay the tag is within VXLAN, in the network's VNI", func(ctx context.Context) (string, error) {
		return v.seenTagged(ctx, v.place(lab.MachineRouter), v.hosts[0], "r1", "r2", func(p pcap.Packet) bool {
			return p.Inner != nil && p.VNI == v.nets["all"].SegmentationID && p.Inner.VLAN == 7 && p.Inner.ICMPType == pcap.EchoRequest
		})
	})
	v.Check(ctx, "a packet of the network's MTU fits with its tag, and is not fragmented", func(ctx context.Context) (string, error) {
		return v.fullSize(ctx, "r1", "r2", "all", "vxlan")
	})
	v.Check(ctx, "who has an address without a tag is not answered for behind one", func(ctx context.Context) (string, error) {
		there := "arping -q -f -w6 -I eth0 "
		if _, err := v.in(ctx, "r1", "sh", "-c", there+v.addr("r2").String()); err != nil {
			return "", err
		}
		p := v.within("r1", 7)
		return machine.Run(ctx, p.Process, p.Netns, "sh", "-c", "! arping -q -f -c3 -w3 -I eth0 "+v.addr("r2").String())
	})
}

// seenTagged pings behind tag 7 until a packet passes a device.
func (v *tags) seenTagged(ctx context.Context, at lab.Place, dev, from, to string, want func(pcap.Packet) bool) (string, error) {
	c, err := StartCapture(ctx, at, dev)
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // its packets are judged already
	if _, err := Ping(ctx, v.within(from, 7), tagAddr(to, 7)); err != nil {
		return "", err
	}
	all, err := c.Await(ctx, "echo request with both tags", want)
	if err != nil {
		return "", err
	}
	return all[len(all)-1].String(), nil
}

// fullSize sends packets as large as the network may have behind a tag, which is less than without the attribute.
func (v *tags) fullSize(ctx context.Context, from, to, network, kind string) (string, error) {
	const headers = 28 // of IPv4 and ICMP
	mtu := v.nets[network].MTU
	most := map[string]int{"vxlan": v.nets["base"].MTU - 4, "vlan": 1500 - 4}[kind]
	if mtu != most {
		return "", fmt.Errorf("the network's MTU is %d, want %d: 4 less for the tag", mtu, most)
	}
	p := v.within(from, 7)
	out, err := machine.Run(ctx, p.Process, p.Netns, "ping", "-n", "-c3", "-W5", "-M", "do", "-s", fmt.Sprint(mtu-headers), tagAddr(to, 7).String())
	return fmt.Sprintf("MTU %d: %s", mtu, statistics(out)), err
}

func (v *tags) checkWire(ctx context.Context) {
	v.Section("A VLAN of a physical network that carries every tag within")
	v.Check(ctx, "w1 and w2 use the tag 7", func(ctx context.Context) (string, error) { return v.tag(ctx, 7, "w1", "w2") })
	v.pings(ctx, [2]string{"w1", "w2"}, [2]string{"w2", v.server.Address.Addr().String()})
	v.tagPing(ctx, "w1", "w2", 7)
	v.Check(ctx, "on the cable both tags are seen, the provider's first", func(ctx context.Context) (string, error) {
		return v.seenTagged(ctx, v.place(lab.MachineSwitch), "w0-"+v.hosts[1], "w1", "w2", func(p pcap.Packet) bool {
			return p.VLAN == 100 && p.SecondVLAN == 7 && p.ICMPType == pcap.EchoRequest
		})
	})
	v.Check(ctx, "a packet of the network's MTU fits with its tag", func(ctx context.Context) (string, error) {
		return v.fullSize(ctx, "w1", "w2", "wire", "vlan")
	})
}

// checkLimits looks at what must not pass, and at what is refused.
func (v *tags) checkLimits(ctx context.Context) {
	v.Section("What does not pass")
	v.Check(ctx, "a network without the attribute drops tagged frames", func(ctx context.Context) (string, error) {
		if _, err := v.tag(ctx, 7, "db", "vm1"); err != nil {
			return "", err
		}
		return NoPing(ctx, v.within("db", 7), tagAddr("vm1", 7))
	})
	v.Check(ctx, "behind tag 7 nobody of tag 8 is heard", func(ctx context.Context) (string, error) {
		p := v.within("r1", 7)
		if _, err := machine.Run(ctx, p.Process, p.Netns, "ip", "route", "add", "10.77.8.0/24", "dev", "eth0"); err != nil {
			return "", err
		}
		return NoPing(ctx, p, tagAddr("r2", 8))
	})
	v.Check(ctx, "a guest behind a tag has no MAC but its own", func(ctx context.Context) (string, error) {
		p := v.within("r1", 7)
		if _, err := machine.Run(ctx, p.Process, p.Netns, "ip", "link", "set", "eth0", "address", "02:00:00:00:00:07"); err != nil {
			return "", err
		}
		return NoPing(ctx, p, tagAddr("r2", 7))
	})
	v.Check(ctx, "a flat network cannot carry every tag", func(ctx context.Context) (string, error) {
		_, err := v.Client.Create(ctx, client.Networks, client.Object{"name": "flat", "vlan_transparent": true,
			"provider:network_type": "flat", "provider:physical_network": v.Lab.Topology().Wires[0].Physnet})
		return refused(err, "VLAN Transparency")
	})
	v.Check(ctx, "a port on such a network cannot be a trunk's parent", func(ctx context.Context) (string, error) {
		_, err := v.Client.Create(ctx, client.Trunks, client.Object{"port_id": v.ports["r1"].ID})
		return refused(err, "carries all VLAN tags")
	})
}

// refused wants an error with a part.
func refused(err error, part string) (string, error) {
	if err == nil {
		return "", errors.New("it was accepted")
	}
	return firstLine(err.Error()), contains("the answer", err.Error(), part)
}
