package scenario

import (
	"context"
	"fmt"
	"net/netip"

	"weft/client"
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
	// asleep leaves its device down, so that it sends nothing; when that comes up it tells its address.
	asleep bool
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
		if err := v.innerSwitch(ctx, guest, host, false); err != nil {
			return err
		}
	}
	return nil
}

// innerSwitch puts a switch between the interface of a guest on a host and the guest as it was.
func (r *rig) innerSwitch(ctx context.Context, guest, host string, asleep bool) error {
	script := fmt.Sprintf(`set -e
		ip -n guest-%[1]s link set eth0 down
		ip -n guest-%[1]s link set eth0 name up-%[1]s netns $$
		ip link set up-%[1]s address $(printf 02:00:00:00:%%02x:%%02x $(($$ / 256 %% 256)) $(($$ %% 256)))
		ip link set up-%[1]s up
		ovs-vsctl --timeout=60 add-br sw-%[1]s -- set bridge sw-%[1]s datapath_type=netdev fail_mode=standalone \
			-- add-port sw-%[1]s up-%[1]s -- set port up-%[1]s vlan_mode=native-untagged tag=%[2]d`, guest, native)
	if _, err := r.Lab.Run(ctx, host, "sh", "-c", script); err != nil {
		return err
	}
	p := r.ports[guest]
	return r.machine(ctx, host, inner{guest, native, p.MACAddress, r.mtuOf(guest), netip.PrefixFrom(address(p), 24), asleep})
}

// noSwitch takes a guest's switch on a host away, with the machines behind tags.
func (r *rig) noSwitch(ctx context.Context, guest, host string, tags ...int) error {
	script := "set -e\novs-vsctl --timeout=60 --if-exists del-br sw-" + guest
	for _, tag := range tags {
		script += fmt.Sprintf("\nip link del in-%[1]s-%[2]d\nip netns del %[3]s", guest, tag, netnsOf(guest, tag))
	}
	_, err := r.Lab.Run(ctx, host, "sh", "-c", script)
	return err
}

// mtuOf is the MTU of a guest's network.
func (r *rig) mtuOf(guest string) int { return r.networkOf(guest).MTU }

// networkOf gives the network of a port.
func (r *rig) networkOf(port string) client.Network {
	for _, n := range r.nets {
		if n.ID == r.ports[port].NetworkID {
			return n
		}
	}
	return client.Network{}
}

// machine puts a machine behind a guest's switch on a host.
func (r *rig) machine(ctx context.Context, host string, m inner) error {
	ns, dev := netnsOf(m.guest, m.tag), fmt.Sprintf("in-%s-%d", m.guest, m.tag)
	script := fmt.Sprintf(`set -e
		ip netns list | grep -qw %[1]s || ip netns add %[1]s
		ip link add %[2]s mtu %[3]d type veth peer name eth0 address %[4]s mtu %[3]d netns %[1]s
		ip link set %[2]s up
		ip netns exec %[1]s ethtool -K eth0 tx off >/dev/null
		ip -n %[1]s link set lo up
		ovs-vsctl --timeout=60 add-port sw-%[5]s %[2]s tag=%[6]d`, ns, dev, m.mtu, m.mac, m.guest, m.tag)
	if m.asleep {
		script += fmt.Sprintf("\nip netns exec %s sysctl -qw net.ipv4.conf.eth0.arp_notify=1", ns)
	} else {
		script += fmt.Sprintf("\nip -n %s link set eth0 up", ns)
	}
	if m.addr.IsValid() {
		script += fmt.Sprintf("\nip -n %s address add %s dev eth0", ns, m.addr)
	}
	_, err := r.Lab.Run(ctx, host, "sh", "-c", script)
	return err
}
