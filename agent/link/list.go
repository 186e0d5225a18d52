package link

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

// listing is one reading of the host, or of one namespace.
type listing struct {
	h     *Host
	want  *run.Wanted
	have  map[plan.Key]plan.Spec
	links map[string]map[string]netlink.Link // namespace → name → device, read once each
	errs  []error
}

// List implements run.Driver.
func (h *Host) List(ctx context.Context, want *run.Wanted, scope string) (map[plan.Key]plan.Spec, error) {
	l := &listing{h: h, want: want, have: map[plan.Key]plan.Spec{}, links: map[string]map[string]netlink.Link{}}
	scopes := []string{scope}
	if scope == run.Everywhere {
		h.watchNames()
		ours, err := named()
		if err != nil {
			return nil, fmt.Errorf("list namespaces: %w", err)
		}
		scopes = append(ours, "")
		h.forgetOthers(ours)
	}
	for _, ns := range scopes {
		if err := l.namespace(ctx, ns); err != nil {
			l.errs = append(l.errs, fmt.Errorf("read namespace %q: %w", ns, err))
		}
	}
	return l.have, errors.Join(l.errs...)
}

// forgetOthers closes the sockets of namespaces that are no longer there.
func (h *Host) forgetOthers(ours []string) {
	for ns := range h.boxes {
		if ns != "" && !slices.Contains(ours, ns) {
			h.shut(ns)
		}
	}
}

func (l *listing) namespace(ctx context.Context, ns string) error {
	if ns != "" {
		if _, ok := isNamespace(ns); !ok {
			return l.halfMade(ns)
		}
	}
	b, err := l.h.open(ns)
	if err != nil {
		return err
	}
	if err := l.devices(ns); err != nil {
		return err
	}
	l.lo(ns)
	return errors.Join(
		l.addresses(b, ns), l.neighbours(b, ns), l.routes(b, ns), l.rules(b, ns),
		listSettings(ns, l.want, l.have), l.nat(ctx, ns),
	)
}

// halfMade gives a name without a namespace only if it is not wanted: then it is to be removed.
func (l *listing) halfMade(ns string) error {
	n := plan.Namespace{Name: ns}
	_, err := os.Lstat(path(ns))
	if _, wanted := l.want.Get(n.Key()); !wanted && !errors.Is(err, fs.ErrNotExist) {
		l.have[n.Key()] = n
	}
	return nil
}

// lo gives the namespace itself, which is right if lo is up.
func (l *listing) lo(ns string) {
	if ns == "" {
		return
	}
	n := plan.Namespace{Name: ns}
	_, wanted := l.want.Get(n.Key())
	if lo := l.links[ns]["lo"]; wanted && (lo == nil || lo.Attrs().Flags&net.FlagUp == 0) {
		return
	}
	l.have[n.Key()] = n
}

func (l *listing) linksOf(ns string) (map[string]netlink.Link, error) {
	if m := l.links[ns]; m != nil {
		return m, nil
	}
	b, err := l.h.open(ns)
	if err != nil {
		return nil, err
	}
	list, err := again(b.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	m := make(map[string]netlink.Link, len(list))
	for _, d := range list {
		m[d.Attrs().Name] = d
	}
	l.links[ns] = m
	return m, nil
}

// devices gives the pairs that are right, and single ends that no wanted pair uses.
func (l *listing) devices(ns string) error {
	links, err := l.linksOf(ns)
	if err != nil {
		return err
	}
	for _, x := range l.want.Of(plan.KindVeth, ns) {
		if v := x.(plan.Veth); l.right(v) {
			l.have[v.Key()] = v
		}
	}
	for name, d := range links {
		if d.Type() != "veth" || !ownDevice(name) || l.want.Uses(ns, name) {
			continue
		}
		v := plan.Veth{NS: ns, Dev: name}
		l.have[v.Key()] = v
	}
	return nil
}

// right reports whether a wanted pair is there, joined, and as it should be.
func (l *listing) right(v plan.Veth) bool {
	var found [2]netlink.Link
	for i, e := range ends(v) {
		links, err := l.linksOf(e.ns)
		if err != nil || links[e.dev] == nil {
			return false
		}
		found[i] = links[e.dev]
		a := found[i].Attrs()
		if a.MTU != v.MTU || a.Flags&net.FlagUp == 0 {
			return false
		}
		if !e.mac.IsZero() && a.HardwareAddr.String() != e.mac.String() {
			return false
		}
		if l.h.o.NoOffload && e.ns != "" && stillOffloads(e) {
			return false
		}
	}
	return joined(found[0], found[1])
}

func stillOffloads(e end) bool {
	var on bool
	err := inside(e.ns, func() (err error) {
		on, err = offloads(e.dev)
		return err
	})
	return err != nil || on
}

// owned gives the name of one of our devices by its index.
func (l *listing) owned(ns string) map[int]string {
	m := map[int]string{}
	for name, d := range l.links[ns] {
		if d.Type() == "veth" && ownDevice(name) {
			m[d.Attrs().Index] = name
		}
	}
	return m
}

func (l *listing) addresses(b *box, ns string) error {
	owned := l.owned(ns)
	list, err := again(func() ([]netlink.Addr, error) { return b.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range list {
		x := plan.Address{NS: ns, Dev: owned[a.LinkIndex], Prefix: prefixOf(a.IPNet)}
		if _, wanted := l.want.Get(x.Key()); x.Dev == "" || !wanted && x.Prefix.Addr().IsLinkLocalUnicast() && x.Prefix.Addr().Is6() {
			continue // the kernel gives every device a link-local address
		}
		l.have[x.Key()] = x
	}
	return nil
}

func (l *listing) neighbours(b *box, ns string) error {
	owned := l.owned(ns)
	if len(owned) == 0 {
		return nil
	}
	list, err := again(func() ([]netlink.Neigh, error) { return b.NeighList(0, netlink.FAMILY_ALL) })
	if err != nil {
		return fmt.Errorf("list neighbours: %w", err)
	}
	for _, n := range list {
		a, ok := netip.AddrFromSlice(n.IP)
		if owned[n.LinkIndex] == "" || n.State&netlink.NUD_PERMANENT == 0 || !ok || len(n.HardwareAddr) != 6 {
			continue
		}
		x := plan.Neighbour{NS: ns, Dev: owned[n.LinkIndex], Addr: a.Unmap(), MAC: api.MAC(n.HardwareAddr)}
		l.have[x.Key()] = x
	}
	return nil
}

// routes gives our routes. The agent's own namespace is the host's, where no route is ours.
func (l *listing) routes(b *box, ns string) error {
	if ns == "" {
		return nil
	}
	owned := l.owned(ns)
	every := &netlink.Route{Table: unix.RT_TABLE_UNSPEC, Protocol: mark}
	list, err := again(func() ([]netlink.Route, error) {
		return b.RouteListFiltered(netlink.FAMILY_ALL, every, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_PROTOCOL)
	})
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	for _, r := range list {
		if owned[r.LinkIndex] == "" || r.Type != unix.RTN_UNICAST {
			continue
		}
		x := plan.Route{NS: ns, Table: uint32(r.Table), Dev: owned[r.LinkIndex], Dst: destination(r)}
		if a, ok := netip.AddrFromSlice(r.Gw); ok {
			x.Via = a.Unmap()
		}
		l.have[x.Key()] = x
	}
	return nil
}

func destination(r netlink.Route) netip.Prefix {
	switch {
	case r.Dst != nil:
		return prefixOf(r.Dst)
	case r.Family == unix.AF_INET6:
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
}

func (l *listing) rules(b *box, ns string) error {
	if ns == "" {
		return nil
	}
	seen := map[plan.Key]bool{}
	return l.h.eachRule(b, ns, func(x plan.Rule) error {
		if seen[x.Key()] { // two that differ in the table: putting the wanted one removes the other
			delete(l.have, x.Key())
			return nil
		}
		seen[x.Key()] = true
		l.have[x.Key()] = x
		return nil
	})
}
