package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"weft/plan"
)

// mark is the protocol of our routes and rules. The kernel's have "kernel", those typed by people "boot": both are not
// ours.
const mark = unix.RTPROT_STATIC

func ipNet(p netip.Prefix) *net.IPNet {
	if !p.IsValid() {
		return nil
	}
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func ip(a netip.Addr) net.IP {
	if !a.IsValid() {
		return nil
	}
	return a.AsSlice()
}

func prefixOf(n *net.IPNet) netip.Prefix {
	a, ok := netip.AddrFromSlice(n.IP)
	bits, size := n.Mask.Size()
	if !ok {
		return netip.Prefix{}
	}
	if size == 32 {
		a = a.Unmap()
	}
	return netip.PrefixFrom(a, bits)
}

// isAbsent reports whether the kernel says that what should be removed is not there.
func isAbsent(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENODEV) ||
		errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, errGone)
}

func gone(err error) error {
	if isAbsent(err) {
		return nil
	}
	return err
}

func (h *Host) putAddress(at *locator, x plan.Address) error {
	b, d, err := at.device(x.NS, x.Dev)
	if err != nil {
		return err
	}
	a := &netlink.Addr{IPNet: ipNet(x.Prefix)}
	if x.Prefix.Addr().Is6() {
		a.Flags = unix.IFA_F_NODAD // the same address is on other hosts, by design
	}
	if err := b.AddrReplace(d, a); err != nil {
		return fmt.Errorf("add address %s to %s: %w", x.Prefix, x.Dev, err)
	}
	return nil
}

func (h *Host) dropAddress(at *locator, x plan.Address) error {
	b, d, err := at.device(x.NS, x.Dev)
	if err != nil {
		return gone(err)
	}
	if err := gone(b.AddrDel(d, &netlink.Addr{IPNet: ipNet(x.Prefix)})); err != nil {
		return fmt.Errorf("remove address %s from %s: %w", x.Prefix, x.Dev, err)
	}
	return nil
}

func neighbour(d netlink.Link, x plan.Neighbour) *netlink.Neigh {
	family := unix.AF_INET
	if x.Addr.Is6() {
		family = unix.AF_INET6
	}
	return &netlink.Neigh{
		LinkIndex: d.Attrs().Index, Family: family, State: netlink.NUD_PERMANENT, IP: ip(x.Addr),
		HardwareAddr: hardware(x.MAC),
	}
}

func (h *Host) putNeighbour(at *locator, x plan.Neighbour) error {
	b, d, err := at.device(x.NS, x.Dev)
	if err != nil {
		return err
	}
	if err := b.NeighSet(neighbour(d, x)); err != nil {
		return fmt.Errorf("set neighbour %s on %s: %w", x.Addr, x.Dev, err)
	}
	return nil
}

func (h *Host) dropNeighbour(at *locator, x plan.Neighbour) error {
	b, d, err := at.device(x.NS, x.Dev)
	if err != nil {
		return gone(err)
	}
	if err := gone(b.NeighDel(neighbour(d, x))); err != nil {
		return fmt.Errorf("remove neighbour %s from %s: %w", x.Addr, x.Dev, err)
	}
	return nil
}

func route(d netlink.Link, x plan.Route) *netlink.Route {
	r := &netlink.Route{
		LinkIndex: d.Attrs().Index, Dst: ipNet(x.Dst), Gw: ip(x.Via), Table: int(x.Table), Protocol: mark,
		Type: unix.RTN_UNICAST,
	}
	if !x.Via.IsValid() && x.Dst.Addr().Is4() {
		r.Scope = netlink.SCOPE_LINK
	}
	return r
}

func (h *Host) putRoute(at *locator, x plan.Route) error {
	b, d, err := at.device(x.NS, x.Dev)
	if err != nil {
		return err
	}
	if err := b.RouteReplace(route(d, x)); err != nil {
		return fmt.Errorf("set route to %s in table %d of %s: %w", x.Dst, x.Table, x.NS, err)
	}
	return nil
}

func (h *Host) dropRoute(at *locator, x plan.Route) error {
	b, d, err := at.device(x.NS, x.Dev)
	if err != nil {
		return gone(err)
	}
	if err := gone(b.RouteDel(route(d, x))); err != nil {
		return fmt.Errorf("remove route to %s from table %d of %s: %w", x.Dst, x.Table, x.NS, err)
	}
	return nil
}

func rule(x plan.Rule) *netlink.Rule {
	r := netlink.NewRule()
	r.Family, r.Priority, r.Table, r.Protocol = unix.AF_INET, int(x.Priority), int(x.Table), mark
	r.IifName, r.Src = x.IIF, ipNet(x.From)
	if x.From.IsValid() && x.From.Addr().Is6() {
		r.Family = unix.AF_INET6
	}
	return r
}

// putRule adds a rule. The kernel cannot replace one, so a rule that differs only in its table is removed afterwards.
func (h *Host) putRule(x plan.Rule) error {
	b, err := h.open(x.NS)
	if err != nil {
		return err
	}
	if err := b.RuleAdd(rule(x)); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add rule %d in %s: %w", x.Priority, x.NS, err)
	}
	return h.eachRule(b, x.NS, func(o plan.Rule) error {
		if o.Key() != x.Key() || o.Table == x.Table {
			return nil
		}
		return h.dropRule(o)
	})
}

func (h *Host) dropRule(x plan.Rule) error {
	b, err := h.open(x.NS)
	if err != nil {
		return gone(err)
	}
	if err := gone(b.RuleDel(rule(x))); err != nil {
		return fmt.Errorf("remove rule %d from %s: %w", x.Priority, x.NS, err)
	}
	return nil
}

// eachRule goes through our rules of a namespace.
func (h *Host) eachRule(b *box, ns string, f func(plan.Rule) error) error {
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		rules, err := again(func() ([]netlink.Rule, error) { return b.RuleList(family) })
		if err != nil {
			return fmt.Errorf("list rules in %s: %w", ns, err)
		}
		for _, r := range rules {
			if r.Protocol != mark {
				continue
			}
			x := plan.Rule{NS: ns, Priority: uint32(r.Priority), IIF: r.IifName, Table: uint32(r.Table)}
			if r.Src != nil {
				x.From = prefixOf(r.Src)
			}
			if err := f(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// again repeats a dump that another change disturbed.
func again[T any](dump func() ([]T, error)) ([]T, error) {
	for range 4 {
		out, err := dump()
		if !errors.Is(err, netlink.ErrDumpInterrupted) && !errors.Is(err, unix.EINTR) {
			return out, err
		}
	}
	return dump()
}
