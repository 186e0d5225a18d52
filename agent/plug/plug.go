package plug

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
)

// Port is what is plugged.
type Port struct {
	ID, MAC   string
	MTU       int            // 0: as it is
	Addresses []netip.Prefix // for the device in a namespace; may be empty
	Gateways  []netip.Addr
	VM        string // id of the virtual machine, as libvirt writes it
	Tap       string // name of the host's end of a cable that has to be made
}

// Plugger works on one host.
type Plugger struct {
	DB string // Open vSwitch's database, as ovs-vsctl names it
}

// The mark of what this package plugged, in an interface's external_ids.
const (
	markKey      = "weft-attach"
	markHostSide = "host-side" // a device that somebody made
	markCable    = "namespace" // a cable of ours
)

// HostSide plugs a device that exists: a tap, or the host's end of a cable.
func (p Plugger) HostSide(ctx context.Context, port Port, dev string) error {
	if err := p.attach(ctx, port, dev); err != nil {
		return fmt.Errorf("attach port %s to device %s: %w", port.ID, dev, err)
	}
	return nil
}

func (p Plugger) attach(ctx context.Context, port Port, dev string) error {
	if err := p.free(ctx, port); err != nil {
		return err
	}
	if _, err := command(ctx, "ip", "link", "set", "dev", dev, "up"); err != nil {
		return err
	}
	return p.add(ctx, port, dev, markHostSide)
}

// Namespace makes a cable into a network namespace that exists, gives its end there the port's MAC, MTU, addresses and
// default routes, and plugs the other. A failure leaves nothing behind.
func (p Plugger) Namespace(ctx context.Context, port Port, ns, dev string) error {
	err := p.free(ctx, port)
	if err == nil {
		err = p.cable(ctx, port, ns, dev)
	}
	if err != nil {
		return fmt.Errorf("attach port %s to namespace %s: %w", port.ID, ns, err)
	}
	return nil
}

func (p Plugger) cable(ctx context.Context, port Port, ns, dev string) error {
	userspace, err := p.userspace(ctx)
	if err != nil {
		return err
	}
	add := []string{"ip", "link", "add", port.Tap, "type", "veth", "peer", "name", dev, "address", port.MAC, "netns", ns}
	if _, err := command(ctx, add...); err != nil {
		return err
	}
	for _, argv := range setUp(port, ns, dev, userspace) {
		if _, err = command(ctx, argv...); err != nil {
			break
		}
	}
	if err == nil {
		err = p.add(ctx, port, port.Tap, markCable)
	}
	if err != nil {
		_, undo := command(context.WithoutCancel(ctx), "ip", "link", "delete", "dev", port.Tap)
		return errors.Join(err, undo)
	}
	return nil
}

// setUp lists the commands that make the cable's ends ready.
func setUp(port Port, ns, dev string, userspace bool) [][]string {
	var all [][]string
	in := func(args ...string) { all = append(all, append([]string{"ip", "-n", ns}, args...)) }
	if userspace { // it reads frames before any card finishes their checksums
		all = append(all, []string{"ip", "netns", "exec", ns, "ethtool", "-K", dev, "tx", "off"})
	}
	if port.MTU > 0 {
		in("link", "set", "dev", dev, "mtu", fmt.Sprint(port.MTU))
	}
	in("link", "set", "dev", dev, "up")
	for _, a := range port.Addresses {
		args := []string{"address", "add", a.String(), "dev", dev}
		if a.Addr().Is6() {
			args = append(args, "nodad") // weft answers for the address already
		}
		in(args...)
	}
	families := map[bool]bool{}
	for _, gw := range port.Gateways {
		if !families[gw.Is6()] {
			in("route", "add", "default", "via", gw.String(), "dev", dev)
		}
		families[gw.Is6()] = true
	}
	return append(all, []string{"ip", "link", "set", "dev", port.Tap, "up"})
}

// add writes the interface as libvirt does.
func (p Plugger) add(ctx context.Context, port Port, dev, mark string) error {
	args := []string{
		"add-port", "br-int", dev, "--", "set", "Interface", dev, "external_ids:iface-id=" + quoted(port.ID),
		"external_ids:attached-mac=" + quoted(port.MAC), "external_ids:iface-status=active", "external_ids:" + markKey + "=" + mark,
	}
	if port.VM != "" {
		args = append(args, "external_ids:vm-id="+quoted(port.VM))
	}
	_, err := p.vsctl(ctx, args...)
	return err
}

// free says why a port cannot be plugged: it is, on this host.
func (p Plugger) free(ctx context.Context, port Port) error {
	devs, err := p.interfaces(ctx, port.ID)
	if err == nil && len(devs) > 0 {
		err = fmt.Errorf("it is plugged already, as %s; 'weft detach' takes it away", strings.Join(devs, ", "))
	}
	return err
}

// Detach takes the port away from br-int, with the cable if one was made for it. What others plugged stays, and is an
// error. A port that is not plugged here is ErrNotPlugged.
func (p Plugger) Detach(ctx context.Context, id string) error {
	devs, err := p.interfaces(ctx, id)
	if err == nil && len(devs) == 0 {
		err = ErrNotPlugged
	}
	for _, dev := range devs {
		err = errors.Join(err, p.detach(ctx, dev))
	}
	if err != nil {
		return fmt.Errorf("detach port %s: %w", id, err)
	}
	return nil
}

// ErrNotPlugged means that no interface of the host has the port's id.
var ErrNotPlugged = errors.New("it is not plugged on this host")

func (p Plugger) detach(ctx context.Context, dev string) error {
	mark, err := p.vsctl(ctx, "--if-exists", "get", "Interface", dev, "external_ids:"+markKey)
	if err != nil {
		return err
	}
	mark = strings.Trim(mark, "\"")
	if mark != markCable && mark != markHostSide {
		return fmt.Errorf("device %s was not plugged by 'weft attach': unplug it with what plugged it (virsh detach-interface)", dev)
	}
	if _, err := p.vsctl(ctx, "--if-exists", "del-port", "br-int", dev); err != nil {
		return err
	}
	if mark == markHostSide {
		return nil
	}
	if _, err := command(ctx, "ip", "link", "show", "dev", dev); err != nil {
		return nil //nolint:nilerr // the namespace went, and the cable with it
	}
	_, err = command(ctx, "ip", "link", "delete", "dev", dev)
	return err
}

// interfaces lists the devices that are plugged for a port.
func (p Plugger) interfaces(ctx context.Context, id string) ([]string, error) {
	out, err := p.vsctl(ctx, "--bare", "--columns=name", "find", "Interface", "external_ids:iface-id="+quoted(id))
	return strings.Fields(out), err
}

// userspace reports whether br-int forwards outside of the kernel.
func (p Plugger) userspace(ctx context.Context) (bool, error) {
	out, err := p.vsctl(ctx, "get", "Bridge", "br-int", "datapath_type")
	if err != nil {
		return false, fmt.Errorf("%w; does the agent run here? it makes br-int", err)
	}
	return strings.Trim(out, "\"") == "netdev", nil
}

func (p Plugger) vsctl(ctx context.Context, args ...string) (string, error) {
	return command(ctx, append([]string{"ovs-vsctl", "--db=" + p.DB, "--timeout=10"}, args...)...)
}

// quoted writes a value as ovs-vsctl's strings are, so that no content of it is a word of ovs-vsctl.
func quoted(s string) string { return fmt.Sprintf("%q", s) }

func command(ctx context.Context, argv ...string) (string, error) {
	var errs strings.Builder
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the arguments are built here
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w: %s", strings.Join(argv, " "), err, strings.Join(strings.Fields(errs.String()), " "))
	}
	return strings.TrimSpace(string(out)), nil
}
