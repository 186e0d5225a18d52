package scenario

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"weft/client"
	"weft/lab"
)

// checkPlugged wants the ports bound by nothing but what libvirt wrote.
func (v *virtual) checkPlugged(ctx context.Context) error {
	v.Section("Plugged by libvirt")
	for _, guest := range []string{"vm1", "vm2"} {
		v.Check(ctx, guest+": libvirt wrote the words that bind the port", func(ctx context.Context) (string, error) {
			p := v.ports[guest]
			out, err := v.Lab.Run(ctx, v.host(guest), "ovs-vsctl", "--timeout=60", "get", "Interface", client.TapDevice(p.ID), "external_ids")
			if err != nil {
				return "", err
			}
			return strings.TrimSpace(out), contains("external_ids", out, `iface-id="`+p.ID+`"`,
				`attached-mac="`+p.MACAddress+`"`, "iface-status=active", "vm-id=")
		})
	}
	v.Check(ctx, "every port is ACTIVE, every host holds the newest revision", func(ctx context.Context) (string, error) {
		if err := v.Active(ctx, v.ports["vm1"].ID, v.ports["vm2"].ID, v.ports["web"].ID); err != nil {
			return "", err
		}
		return "3 ports on 2 hosts", v.Settled(ctx)
	})
	return nil
}

// checkGuest looks at what DHCP told the guests.
func (v *virtual) checkGuest(ctx context.Context) error {
	v.Section("Inside of the guests, by DHCP")
	for _, guest := range []string{"vm1", "vm2"} {
		v.Check(ctx, guest+": address, MTU, and route", func(ctx context.Context) (string, error) {
			return v.configured(ctx, guest)
		})
	}
	return nil
}

// configured waits until a guest has all that DHCP gives it.
func (v *virtual) configured(ctx context.Context, guest string) (seen string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = until(ctx, func() error {
		out, err := v.in(ctx, guest, "ip address show dev eth0; ip route")
		if err != nil {
			return err
		}
		seen = fmt.Sprintf("%s, mtu %d, default via %s", v.addr(guest), v.blue.MTU, blueGateway)
		return contains(guest, out, v.ports[guest].MACAddress, fmt.Sprintf("inet %s/24", v.addr(guest)),
			fmt.Sprintf("mtu %d ", v.blue.MTU), "default via "+blueGateway)
	})
	return seen, err
}

// ping is the check that a virtual machine reaches an address.
func (v *virtual) ping(ctx context.Context, what, from string, to netip.Addr) {
	v.Check(ctx, what, func(ctx context.Context) (string, error) { return v.reaches(ctx, from, to) })
}

// reaches sends three echo requests from a virtual machine, and wants an answer to each.
func (v *virtual) reaches(ctx context.Context, from string, to netip.Addr) (string, error) {
	out, err := v.in(ctx, from, fmt.Sprintf("for i in 1 2 3; do ping -c1 -W3 %s || exit 1; done", to))
	if err != nil {
		return "", fmt.Errorf("%s does not reach %s: %w", from, to, err)
	}
	return statistics(out), nil
}

func (v *virtual) checkReach(ctx context.Context) error {
	v.Section("Packets of real machines")
	v.ping(ctx, "vm1 → vm2, host to host", "vm1", v.addr("vm2"))
	v.ping(ctx, "vm2 → vm1, host to host", "vm2", v.addr("vm1"))
	v.ping(ctx, "vm1 → web, through the distributed router, host to host", "vm1", v.addr("web"))
	v.ping(ctx, "vm2 → web, through the distributed router, same host", "vm2", v.addr("web"))
	v.ping(ctx, "vm1 → outside, by its floating IP", "vm1", v.Lab.Topology().External.Outside.Addr())
	v.Check(ctx, fmt.Sprintf("outside → floating IP %s → vm1", v.floating), func(ctx context.Context) (string, error) {
		p, err := v.Lab.Place(lab.MachineOutside)
		if err != nil {
			return "", err
		}
		return Ping(ctx, p, v.floating)
	})
	v.Check(ctx, "a packet of the whole MTU passes from host to host", v.fullSize)
	return nil
}

// fullSize sends the largest packet that the network's MTU allows, and one byte more.
func (v *virtual) fullSize(ctx context.Context) (string, error) {
	const headers = 20 + 8
	size := v.blue.MTU - headers
	if _, err := v.in(ctx, "vm1", fmt.Sprintf("ping -c1 -W3 -s %d %s", size, v.addr("vm2"))); err != nil {
		return "", err
	}
	route, err := v.in(ctx, "vm1", "cat /sys/class/net/eth0/mtu")
	if err != nil {
		return "", err
	}
	if got := strings.TrimSpace(route); got != fmt.Sprint(v.blue.MTU) {
		return "", fmt.Errorf("the guest's device has MTU %s, the network %d", got, v.blue.MTU)
	}
	return fmt.Sprintf("%d bytes of IP", v.blue.MTU), nil
}

// checkTags looks at what the VLAN tags of libvirt do: they are on the switch's port, and choose nothing.
func (v *virtual) checkTags(ctx context.Context) error {
	v.Section("VLAN tags of libvirt: the network comes from the port's id, the tags change nothing")
	v.Check(ctx, "vm2 has the tag of its portgroup, and is in the network of its port", func(ctx context.Context) (string, error) {
		return v.tagged(ctx, "vm2", "tag", "120")
	})
	v.Check(ctx, "vm1 is made a trunk with a native VLAN while it runs, and stays where it is", func(ctx context.Context) (string, error) {
		element, err := v.element("vm1", "")
		if err != nil {
			return "", err
		}
		const trunk = "<vlan trunk='yes'><tag id='120' nativeMode='untagged'/><tag id='130'/></vlan></interface>"
		element = strings.Replace(element, "</interface>", trunk, 1)
		if _, err := v.Lab.VirshXML(ctx, v.host("vm1"), element, "update-device", "--live", "vm1"); err != nil {
			return "", err
		}
		if seen, err := v.tagged(ctx, "vm1", "vlan_mode", "native-untagged"); err != nil {
			return seen, err
		}
		return v.tagged(ctx, "vm1", "trunks", "[120, 130]")
	})
	v.Check(ctx, "a guest cannot choose a network by tagging its frames", v.cannotTag)
	return nil
}

// tagged wants a column of a guest's port in Open vSwitch, and the two guests to reach each other all the same.
func (v *virtual) tagged(ctx context.Context, guest, column, want string) (string, error) {
	dev := client.TapDevice(v.ports[guest].ID)
	out, err := v.Lab.Run(ctx, v.host(guest), "ovs-vsctl", "--timeout=60", "get", "Port", dev, column)
	if err != nil {
		return "", err
	}
	if got := strings.TrimSpace(out); got != want {
		return "", fmt.Errorf("port %s has %s=%s, want %s", dev, column, got, want)
	}
	seen, err := v.reaches(ctx, "vm1", v.addr("vm2"))
	return fmt.Sprintf("%s=%s; %s", column, want, seen), err
}

// cannotTag lets vm2 speak with a VLAN tag, to an address of the same network: nothing may come of it.
func (v *virtual) cannotTag(ctx context.Context) (string, error) {
	const on = "ip link add link eth0 name eth0.120 type vlan id 120 && ip address add 192.168.10.250/24 dev eth0.120 && " +
		"ip link set eth0.120 up"
	if _, err := v.in(ctx, "vm2", on); err != nil {
		return "", err
	}
	out, err := v.in(ctx, "vm2", fmt.Sprintf("ping -c1 -W1 -I eth0.120 %s", v.addr("vm1")))
	if err == nil {
		return "", fmt.Errorf("a tagged request of vm2 was answered: %s", out)
	}
	if !strings.Contains(out, "1 packets transmitted, 0 packets received") && !strings.Contains(err.Error(), "0 packets received") {
		return "", err
	}
	_, err = v.in(ctx, "vm2", "ip link delete eth0.120")
	return "1 sent, 0 answered", err
}
