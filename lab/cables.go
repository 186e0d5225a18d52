package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Devices of a hypervisor, and the bridge that the lab makes on it.
const (
	devManagement  = "mgmt0"
	devUnderlay    = "eth0"
	devExternal    = "eth1"
	bridgeUnderlay = "br-phy"
	switchExternal = "external"
	switchMgmt     = "mgmt"
)

// device is a network device of a machine; machine "" is the real one.
type device struct {
	machine string
	name    string
	addr    []netip.Prefix
	master  string // the bridge it is a port of
	mtu     int    // 0: 1500
}

// bridge is a Linux bridge of a machine: the wire of one network, and the machine's own address on it.
type bridge = device

// cable is a pair of devices.
type cable [2]device

// bridges lists the wires of the lab.
func (t Topology) bridges() []bridge {
	mgmt := bridge{machine: MachineController, name: switchMgmt, addr: []netip.Prefix{t.managed(managedController)}}
	ext := bridge{machine: MachineOutside, name: switchExternal, addr: []netip.Prefix{t.External.Outside}}
	all := []bridge{mgmt, ext}
	for _, u := range t.Underlays {
		all = append(all, bridge{machine: MachineRouter, name: u.Name, addr: []netip.Prefix{u.router()}, mtu: u.MTU})
	}
	return all
}

// cables lists the pairs. shell is the name of the real machine's end.
func (t Topology) cables(shell string) []cable {
	all := []cable{{
		{name: shell, addr: []netip.Prefix{t.managed(managedShell)}},
		{machine: MachineController, name: "shell", master: switchMgmt},
	}}
	for i, h := range t.Hosts {
		u, _ := t.Underlay(h)
		all = append(all,
			cable{
				{machine: h.Name, name: devManagement, addr: []netip.Prefix{t.managed(managedFirstHost + i)}},
				{machine: MachineController, name: h.Name, master: switchMgmt},
			},
			cable{
				{machine: h.Name, name: devUnderlay, mtu: u.MTU},
				{machine: MachineRouter, name: h.Name, master: u.Name, mtu: u.MTU},
			},
			cable{{machine: h.Name, name: devExternal}, {machine: MachineOutside, name: h.Name, master: switchExternal}})
	}
	return append(all, t.wireCables()...)
}

// wiring opens one netlink handle a machine, for as long as wires are laid: an open one would keep a namespace alive.
type wiring struct {
	pids  map[string]int
	nets  map[string]netns.NsHandle
	links map[string]*netlink.Handle
}

func newWiring(pids map[string]int) *wiring {
	return &wiring{pids: pids, nets: map[string]netns.NsHandle{}, links: map[string]*netlink.Handle{}}
}

func (w *wiring) close() {
	for _, h := range w.links {
		h.Close()
	}
	for _, n := range w.nets {
		_ = n.Close() // nothing was written
	}
}

// at gives the handle of a machine's network namespace.
func (w *wiring) at(machine string) (*netlink.Handle, netns.NsHandle, error) {
	if h := w.links[machine]; h != nil {
		return h, w.nets[machine], nil
	}
	ns, err := netns.Get()
	if machine != "" {
		if w.pids[machine] == 0 {
			return nil, 0, fmt.Errorf("machine %s does not run", machine)
		}
		_ = ns.Close()
		ns, err = netns.GetFromPid(w.pids[machine])
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open the network namespace of %q: %w", machine, err)
	}
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		return nil, 0, fmt.Errorf("open netlink of %q: %w", machine, errors.Join(err, ns.Close()))
	}
	w.nets[machine], w.links[machine] = ns, h
	return h, ns, nil
}

// lay makes what is missing of the lab's wires.
func (w *wiring) lay(t Topology, shell string) error {
	for _, b := range t.bridges() {
		if err := w.ensureBridge(b); err != nil {
			return fmt.Errorf("make bridge %s of %s: %w", b.name, b.machine, err)
		}
	}
	for _, c := range t.cables(shell) {
		if err := w.ensureCable(c); err != nil {
			return fmt.Errorf("make cable %s/%s to %s/%s: %w", c[0].machine, c[0].name, c[1].machine, c[1].name, err)
		}
	}
	return w.ensureAddresses(MachineOutside, "lo", t.External.Beyond)
}

// mac is an address that the bridge keeps: else it takes that of one of its ports, and another when that port's machine
// dies, and the neighbours of the bridge's machine would have to notice first.
func (b device) mac() net.HardwareAddr {
	h := fnv.New32a()
	_, _ = h.Write([]byte(b.machine + "/" + b.name)) // never fails
	return net.HardwareAddr(binary.BigEndian.AppendUint32([]byte{0x02, 0x77}, h.Sum32()))
}

func (w *wiring) ensureBridge(b bridge) error {
	h, _, err := w.at(b.machine)
	if err != nil {
		return err
	}
	if _, err := h.LinkByName(b.name); err != nil {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.HardwareAddr = b.name, b.mac()
		if err := h.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
			return err
		}
	}
	return w.finish(b)
}

func (w *wiring) ensureCable(c cable) error {
	a, ns, err := w.at(c[0].machine)
	if err != nil {
		return err
	}
	b, peerNS, err := w.at(c[1].machine)
	if err != nil {
		return err
	}
	_, errA := a.LinkByName(c[0].name)
	_, errB := b.LinkByName(c[1].name)
	if errA != nil || errB != nil {
		removeLink(a, c[0].name) // the end of a pair whose other machine died and came back
		removeLink(b, c[1].name)
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.Namespace = c[0].name, netlink.NsFd(ns)
		pair := &netlink.Veth{LinkAttrs: attrs, PeerName: c[1].name, PeerNamespace: netlink.NsFd(peerNS)}
		if err := a.LinkAdd(pair); err != nil {
			return err
		}
	}
	return errors.Join(w.finish(c[0]), w.finish(c[1]))
}

func removeLink(h *netlink.Handle, name string) {
	if l, err := h.LinkByName(name); err == nil {
		_ = h.LinkDel(l) // what matters shows when the name is used again
	}
}

// finish gives a device its master and addresses and sets it up.
func (w *wiring) finish(d device) error {
	h, _, err := w.at(d.machine)
	if err != nil {
		return err
	}
	l, err := h.LinkByName(d.name)
	if err != nil {
		return err
	}
	if d.master != "" {
		m, err := h.LinkByName(d.master)
		if err != nil {
			return fmt.Errorf("find bridge %s: %w", d.master, err)
		}
		if err := h.LinkSetMaster(l, m); err != nil {
			return fmt.Errorf("join bridge %s: %w", d.master, err)
		}
	}
	if d.mtu != 0 {
		if err := h.LinkSetMTU(l, d.mtu); err != nil {
			return fmt.Errorf("set MTU %d: %w", d.mtu, err)
		}
	}
	if err := h.LinkSetUp(l); err != nil {
		return err
	}
	return w.ensureAddresses(d.machine, d.name, d.addr)
}

func (w *wiring) ensureAddresses(machine, dev string, addrs []netip.Prefix) error {
	h, _, err := w.at(machine)
	if err != nil {
		return err
	}
	l, err := h.LinkByName(dev)
	if err != nil {
		return fmt.Errorf("find %s: %w", dev, err)
	}
	for _, a := range addrs {
		if err := h.AddrReplace(l, &netlink.Addr{IPNet: ipNet(a), Flags: quickFlags(a)}); err != nil {
			return fmt.Errorf("add address %s to %s: %w", a, dev, err)
		}
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// quickFlags lets an IPv6 address be used at once: nobody else of the lab has it.
func quickFlags(p netip.Prefix) int {
	if p.Addr().Is6() {
		return unix.IFA_F_NODAD
	}
	return 0
}
