package scenario

import (
	"context"
	"fmt"
	"net/netip"

	"weft/lab"
)

// Guests that know VLANs have a small switch of their own (Open vSwitch too, a bridge that weft does not know of), with
// machines behind it: what they send each other passes the guest's one interface, tagged. VLAN devices of Linux would do
// as well; not every kernel has them.

// native is the VLAN within such a switch of frames that leave it without a tag.
const native = 4000

// inner is a machine behind a guest's switch.
type inner struct {
	guest string
	tag   int // native: none
	mac   string
	mtu   int
	addr  netip.Prefix // the zero Prefix: none yet
}

// netnsOf names the namespace of a machine within a guest.
func netnsOf(guest string, tag int) string {
	if tag == native {
		return "guest-" + guest
	}
	return fmt.Sprintf("guest-%s-%d", guest, tag)
}

// within is the place of such a machine.
func (v *tags) within(guest string, tag int) lab.Place {
	p := v.place(guest)
	p.Name, p.Netns = fmt.Sprintf("%s's %d", guest, tag), netnsOf(guest, tag)
	return p
}

// switches puts a switch into each guest, between its interface and the guest as it was.
func (v *tags) switches(ctx context.Context) error {
	for guest, host := range v.host {
		script := fmt.Sprintf(`set -e
			ip -n guest-%[1]s link set eth0 down
			ip -n guest-%[1]s link set eth0 name up-%[1]s netns $$
			ip link set up-%[1]s address $(printf 02:00:00:00:%%02x:%%02x $(($$ / 256 %% 256)) $(($$ %% 256)))
			ip link set up-%[1]s up
			ovs-vsctl --timeout=60 add-br sw-%[1]s -- set bridge sw-%[1]s datapath_type=netdev fail_mode=standalone \
				-- add-port sw-%[1]s up-%[1]s -- set port up-%[1]s vlan_mode=native-untagged tag=%[2]d`, guest, native)
		if _, err := v.Lab.Run(ctx, host, "sh", "-c", script); err != nil {
			return err
		}
		p := v.ports[guest]
		err := v.machine(ctx, inner{guest, native, p.MACAddress, v.mtuOf(guest), netip.PrefixFrom(address(p), 24)})
		if err != nil {
			return err
		}
	}
	return nil
}

// mtuOf is the MTU of a guest's network.
func (v *tags) mtuOf(guest string) int {
	for _, n := range v.nets {
		if n.ID == v.ports[guest].NetworkID {
			return n.MTU
		}
	}
	return 0
}

// machine puts a machine behind a guest's switch.
func (v *tags) machine(ctx context.Context, m inner) error {
	ns, dev := netnsOf(m.guest, m.tag), fmt.Sprintf("in-%s-%d", m.guest, m.tag)
	script := fmt.Sprintf(`set -e
		ip netns list | grep -qw %[1]s || ip netns add %[1]s
		ip link add %[2]s mtu %[3]d type veth peer name eth0 address %[4]s mtu %[3]d netns %[1]s
		ip link set %[2]s up
		ip netns exec %[1]s ethtool -K eth0 tx off >/dev/null
		ip -n %[1]s link set lo up
		ip -n %[1]s link set eth0 up
		ovs-vsctl --timeout=60 add-port sw-%[5]s %[2]s tag=%[6]d`, ns, dev, m.mtu, m.mac, m.guest, m.tag)
	if m.addr.IsValid() {
		script += fmt.Sprintf("\nip -n %s address add %s dev eth0", ns, m.addr)
	}
	_, err := v.Lab.Run(ctx, v.host[m.guest], "sh", "-c", script)
	return err
}
