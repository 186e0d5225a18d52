package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/uuid"

	"weft/client"
	"weft/lab/machine"
)

// Guest is a network namespace that stands for a virtual machine.
type Guest struct {
	Name   string `json:"name"`
	Host   string `json:"host"`
	PortID string `json:"port_id"`
	MAC    string `json:"mac"`
	MTU    int    `json:"mtu"`
	// Addresses have the length of their subnet. Empty: the guest got none.
	Addresses []netip.Prefix `json:"addresses"`
	Gateways  []netip.Addr   `json:"gateways"`
	VM        string         `json:"vm"` // the virtual machine's id, as libvirt writes it
}

// GuestSpec says which guest to make.
type GuestSpec struct {
	Name, Host string
	Port       string // id or name
	Bare       bool   // no address, route or MTU: only the MAC
}

func (g Guest) netns() string { return "guest-" + g.Name }

// tap is the end of the guest's cable on the host, under the name that hypervisors give it.
func (g Guest) tap() string { return ("tap" + g.PortID)[:14] }

// AddGuest plugs a guest into a host, and sets it up as the REST API says about its port.
func (l *Lab) AddGuest(ctx context.Context, s GuestSpec) (Guest, error) {
	unlock, err := l.lock()
	if err != nil {
		return Guest{}, err
	}
	defer unlock()
	if err := l.load(); err != nil {
		return Guest{}, err
	}
	if err := l.checkGuest(s); err != nil {
		return Guest{}, err
	}
	g, err := l.describe(ctx, s)
	if err != nil {
		return Guest{}, fmt.Errorf("add guest %s: %w", s.Name, err)
	}
	for _, o := range l.state.Guests {
		if o.PortID == g.PortID && o.Host == g.Host {
			return Guest{}, fmt.Errorf("add guest %s: its port is plugged on %s already, as guest %s", s.Name, o.Host, o.Name)
		}
	}
	l.state.Guests[g.Name] = g
	if err := l.save(); err != nil {
		return Guest{}, err
	}
	if err := l.plug(ctx, g); err != nil {
		return Guest{}, errors.Join(fmt.Errorf("add guest %s: %w", g.Name, err), l.forget(context.WithoutCancel(ctx), g))
	}
	return g, nil
}

func (l *Lab) checkGuest(s GuestSpec) error {
	if err := checkName("guest", s.Name); err != nil {
		return err
	}
	if slices.Contains(l.state.Topology.Machines(), s.Name) {
		return fmt.Errorf("guest %s: a machine of the lab has that name", s.Name)
	}
	if g, ok := l.state.Guests[s.Name]; ok {
		return fmt.Errorf("guest %s exists already, on %s", g.Name, g.Host)
	}
	if _, ok := l.state.Topology.Host(s.Host); !ok {
		return fmt.Errorf("guest %s: there is no host %q", s.Name, s.Host)
	}
	return nil
}

// describe reads from the REST API how the guest must be.
func (l *Lab) describe(ctx context.Context, s GuestSpec) (Guest, error) {
	c, err := l.Client()
	if err != nil {
		return Guest{}, err
	}
	defer c.Close()
	port, err := c.Ports().Find(ctx, s.Port)
	if err != nil {
		return Guest{}, err
	}
	g := Guest{Name: s.Name, Host: s.Host, PortID: port.ID, MAC: port.MACAddress, VM: uuid.NewString()}
	if s.Bare {
		return g, nil
	}
	network, err := c.Networks().Show(ctx, port.NetworkID)
	if err != nil {
		return Guest{}, err
	}
	g.MTU = network.MTU
	for _, f := range port.FixedIPs {
		subnet, err := c.Subnets().Show(ctx, f.SubnetID)
		if err != nil {
			return Guest{}, err
		}
		if err := g.addAddress(f, subnet); err != nil {
			return Guest{}, err
		}
	}
	return g, nil
}

func (g *Guest) addAddress(f client.FixedIP, s client.Subnet) error {
	addr, err := netip.ParseAddr(f.IPAddress)
	if err != nil {
		return fmt.Errorf("read an address of port %s: %w", g.PortID, err)
	}
	cidr, err := netip.ParsePrefix(s.CIDR)
	if err != nil {
		return fmt.Errorf("read the range of subnet %s: %w", s.ID, err)
	}
	g.Addresses = append(g.Addresses, netip.PrefixFrom(addr, cidr.Bits()))
	if gw, err := netip.ParseAddr(s.GatewayIP); err == nil {
		g.Gateways = append(g.Gateways, gw)
	}
	return nil
}

// plug makes the guest's namespace and cable, sets up its end, and puts the host's end into br-int with the words that
// libvirt writes.
func (l *Lab) plug(ctx context.Context, g Guest) error { return l.plugAs(ctx, g, g.setUp()) }

// plugAs is plug with other commands for the guest's end.
func (l *Lab) plugAs(ctx context.Context, g Guest, setUp []string) error {
	script := []string{
		"set -e",
		"ip netns add " + g.netns(),
		fmt.Sprintf("ip link add %s type veth peer name eth0 address %s netns %s", g.tap(), g.MAC, g.netns()),
		fmt.Sprintf("ip link set %s up", g.tap()),
		fmt.Sprintf("ip netns exec %s ethtool -K eth0 tx off >/dev/null", g.netns()),
	}
	script = append(script, setUp...)
	if _, err := l.Run(ctx, g.Host, "sh", "-c", strings.Join(script, "\n")); err != nil {
		return err
	}
	_, err := l.Run(ctx, g.Host, "ovs-vsctl", "--timeout=60", "--", "--may-exist", "add-port", "br-int", g.tap(),
		"--", "set", "Interface", g.tap(), "external_ids:iface-id="+g.PortID,
		"external_ids:attached-mac=\""+g.MAC+"\"", "external_ids:iface-status=active", "external_ids:vm-id="+g.VM)
	return err
}

// setUp lists the commands that an operating system in the guest would give.
func (g Guest) setUp() []string { return append(g.asleep(), g.wake()...) }

// asleep lists those up to the point at which the guest could send anything.
func (g Guest) asleep() []string {
	in := "ip -n " + g.netns()
	cmds := []string{
		in + " link set lo up",
		// It tells its address when its device comes up.
		"ip netns exec " + g.netns() + " sysctl -qw net.ipv4.conf.eth0.arp_notify=1",
	}
	if g.MTU > 0 {
		cmds = append(cmds, fmt.Sprintf("%s link set eth0 mtu %d", in, g.MTU))
	}
	for _, a := range g.Addresses {
		flags := ""
		if a.Addr().Is6() {
			flags = " nodad"
		}
		cmds = append(cmds, fmt.Sprintf("%s address add %s dev eth0%s", in, a, flags))
	}
	return cmds
}

// wake lists the rest.
func (g Guest) wake() []string {
	in := "ip -n " + g.netns()
	cmds := []string{in + " link set eth0 up"}
	families := map[bool]bool{}
	for _, gw := range g.Gateways {
		if !families[gw.Is6()] {
			cmds = append(cmds, fmt.Sprintf("%s route add default via %s", in, gw))
		}
		families[gw.Is6()] = true
	}
	return cmds
}

// DeleteGuest unplugs a guest and removes it.
func (l *Lab) DeleteGuest(ctx context.Context, name string) error {
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := l.load(); err != nil {
		return err
	}
	g, err := l.Guest(name)
	if err != nil {
		return err
	}
	return l.forget(ctx, g)
}

// forget undoes what was done of plug.
func (l *Lab) forget(ctx context.Context, g Guest) error {
	if err := l.unplug(ctx, g); err != nil {
		return fmt.Errorf("delete guest %s: %w", g.Name, err)
	}
	delete(l.state.Guests, g.Name)
	return l.save()
}

func (l *Lab) unplug(ctx context.Context, g Guest) error {
	if _, err := l.Process(g.Host); err != nil {
		return nil //nolint:nilerr // the guest was in that machine and is gone with it
	}
	script := fmt.Sprintf(`ovs-vsctl --timeout=60 --if-exists del-port br-int %[1]s || exit 1
		for p in $(ip netns pids %[2]s 2>/dev/null); do kill -9 $p; done
		ip link del %[1]s 2>/dev/null
		! ip netns list | grep -qw %[2]s || ip netns del %[2]s`, g.tap(), g.netns())
	_, err := l.Run(ctx, g.Host, "sh", "-c", script)
	return err
}

// replug makes the guests of machines that were started anew, where Open vSwitch runs again.
func (l *Lab) replug(ctx context.Context) error {
	for _, g := range l.Guests() {
		if !l.forwards(ctx, g.Host) {
			continue
		}
		p, err := l.Process(g.Host)
		if err != nil {
			return err
		}
		if _, err := machine.Run(ctx, p, g.netns(), "true"); err == nil {
			continue
		}
		if err := l.unplug(ctx, g); err != nil {
			return err
		}
		if err := l.plug(ctx, g); err != nil {
			return fmt.Errorf("plug guest %s again: %w", g.Name, err)
		}
	}
	return nil
}

// Guest finds a guest by name.
func (l *Lab) Guest(name string) (Guest, error) {
	g, ok := l.state.Guests[name]
	if !ok {
		return g, fmt.Errorf("there is no guest %q; 'weft lab guest list' shows those that are", name)
	}
	return g, nil
}

// Guests lists the guests by name.
func (l *Lab) Guests() []Guest {
	names := slices.Sorted(maps.Keys(l.state.Guests))
	all := make([]Guest, 0, len(names))
	for _, n := range names {
		all = append(all, l.state.Guests[n])
	}
	return all
}
