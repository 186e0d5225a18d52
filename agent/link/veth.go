package link

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

// end is one side of a pair.
type end struct {
	ns, dev string
	mac     api.MAC
}

func ends(v plan.Veth) [2]end {
	return [2]end{{v.NS, v.Dev, v.MAC}, {v.PeerNS, v.PeerDev, v.PeerMAC}}
}

func (h *Host) applyVeths(s run.Step) run.Result {
	var r run.Result
	for _, x := range s.Put {
		v := x.(plan.Veth)
		r.Fail(v.Key(), h.putVeth(v, &r))
	}
	for _, x := range s.Drop {
		v := x.(plan.Veth)
		r.Fail(v.Key(), h.dropVeth(v, s.Want))
	}
	return r
}

// putVeth makes a pair, or repairs it: a pair that is joined rightly is changed in place, anything else under its names
// is replaced.
func (h *Host) putVeth(v plan.Veth, r *run.Result) error {
	a, b, err := h.pair(v)
	if err != nil {
		return err
	}
	if !joined(a, b) {
		for i, d := range [2]netlink.Link{a, b} {
			if d == nil {
				continue
			}
			r.Suspect(ends(v)[i].ns) // what was configured on it goes with it
			if err := h.deleteLink(ends(v)[i].ns, d); err != nil {
				return err
			}
		}
		if err := h.addVeth(v); err != nil {
			return err
		}
		if a, b, err = h.pair(v); err != nil {
			return err
		}
	}
	for i, d := range [2]netlink.Link{a, b} {
		if d == nil {
			return fmt.Errorf("veth %s: its end %s is %w", v.Dev, ends(v)[i].dev, errGone)
		}
		if err := h.tune(ends(v)[i], d, v.MTU, r); err != nil {
			return err
		}
	}
	return nil
}

// pair finds the devices under both names; nil stands for one that is not there.
func (h *Host) pair(v plan.Veth) (a, b netlink.Link, err error) {
	at := newLocator(h)
	_, a, errA := at.device(v.NS, v.Dev)
	_, b, errB := at.device(v.PeerNS, v.PeerDev)
	for _, ns := range []string{v.NS, v.PeerNS} {
		if _, err := h.open(ns); err != nil {
			return nil, nil, err
		}
	}
	for _, err := range []error{errA, errB} {
		if err != nil && !errors.Is(err, errGone) {
			return nil, nil, err
		}
	}
	return a, b, nil
}

// joined reports whether two devices are the two ends of one veth pair.
func joined(a, b netlink.Link) bool {
	if a == nil || b == nil || a.Type() != "veth" || b.Type() != "veth" {
		return false
	}
	return a.Attrs().ParentIndex == b.Attrs().Index && b.Attrs().ParentIndex == a.Attrs().Index
}

// addVeth makes both ends straight in their namespaces.
func (h *Host) addVeth(v plan.Veth) error {
	root, err := h.open("")
	if err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.HardwareAddr = v.Dev, v.MTU, hardware(v.MAC)
	link := &netlink.Veth{
		LinkAttrs: attrs, PeerName: v.PeerDev, PeerHardwareAddr: hardware(v.PeerMAC), PeerMTU: uint32(v.MTU),
	}
	for _, e := range []struct {
		ns  string
		set *any
	}{{v.NS, &link.LinkAttrs.Namespace}, {v.PeerNS, &link.PeerNamespace}} {
		if e.ns == "" {
			continue
		}
		fd, err := netns.GetFromPath(path(e.ns))
		if err != nil {
			return fmt.Errorf("open namespace %s: %w", e.ns, err)
		}
		defer fd.Close()
		*e.set = netlink.NsFd(int(fd))
	}
	if err := root.LinkAdd(link); err != nil {
		return fmt.Errorf("add veth %s with peer %s: %w", v.Dev, v.PeerDev, err)
	}
	return nil
}

// tune gives one end its MTU, address, offloads and state, touching only what differs.
func (h *Host) tune(e end, d netlink.Link, mtu int, r *run.Result) error {
	b, err := h.open(e.ns)
	if err != nil {
		return err
	}
	a := d.Attrs()
	if a.MTU != mtu {
		if err := b.LinkSetMTU(d, mtu); err != nil {
			return fmt.Errorf("set MTU %d on %s: %w", mtu, e.dev, err)
		}
	}
	if !e.mac.IsZero() && a.HardwareAddr.String() != e.mac.String() {
		r.Suspect(e.ns) // the kernel forgets the device's neighbours
		if err := b.LinkSetHardwareAddr(d, hardware(e.mac)); err != nil {
			return fmt.Errorf("set address %s on %s: %w", e.mac, e.dev, err)
		}
	}
	if err := h.prepare(e); err != nil {
		return err
	}
	if a.Flags&net.FlagUp == 0 {
		if err := b.LinkSetUp(d); err != nil {
			return fmt.Errorf("set %s up: %w", e.dev, err)
		}
	}
	return nil
}

// prepare makes an end in the agent's own namespace deaf, and turns offloads off on others where that is needed.
func (h *Host) prepare(e end) error {
	if e.ns == "" {
		return silence(e.dev)
	}
	if !h.o.NoOffload {
		return nil
	}
	return inside(e.ns, func() error { return stopOffload(e.dev) })
}

// silence keeps the host's own stack off a device that only Open vSwitch should read. The userspace datapath reads a
// copy of what the stack sees, so without this the host would answer ARP and IPv6 on networks of tenants.
func silence(dev string) error {
	for name, value := range map[string]string{
		"net.ipv6.conf.{dev}.disable_ipv6": "1",
		"net.ipv4.conf.{dev}.arp_ignore":   "8",
		"net.ipv4.conf.{dev}.forwarding":   "0",
	} {
		if err := writeSetting(name, dev, value); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// dropVeth removes a pair by whichever end is still there. An end that a wanted pair uses now is left alone.
func (h *Host) dropVeth(v plan.Veth, want *run.Wanted) error {
	for _, e := range ends(v) {
		if e.dev == "" || !ownDevice(e.dev) || want.Uses(e.ns, e.dev) {
			continue
		}
		_, d, err := newLocator(h).device(e.ns, e.dev)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return err
		}
		if d.Type() != "veth" {
			continue
		}
		if err := h.deleteLink(e.ns, d); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) deleteLink(ns string, d netlink.Link) error {
	b, err := h.open(ns)
	if err != nil {
		return err
	}
	err = b.LinkDel(d)
	if isAbsent(err) {
		return nil // it went with its other end
	}
	if err != nil {
		return fmt.Errorf("remove device %s from namespace %q: %w", d.Attrs().Name, ns, err)
	}
	return nil
}

func hardware(m api.MAC) net.HardwareAddr {
	if m.IsZero() {
		return nil
	}
	return m[:]
}
