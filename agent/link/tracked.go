package link

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"weft/plan"
)

// involving matches the connections in which an address takes part, before or after translation, or those to some of its
// ports.
type involving plan.Tracked

// MatchConntrackFlow implements netlink.CustomConntrackFilter.
func (a involving) MatchConntrackFlow(f *netlink.ConntrackFlow) bool {
	if a.Proto != "" {
		to, ok := netip.AddrFromSlice(f.Forward.DstIP)
		return ok && to.Unmap() == a.Addr && a.Port <= f.Forward.DstPort && f.Forward.DstPort <= max(a.Port, a.Last) && f.Forward.Protocol == protocols[a.Proto]
	}
	for _, i := range []net.IP{f.Forward.SrcIP, f.Forward.DstIP, f.Reverse.SrcIP, f.Reverse.DstIP} {
		if x, ok := netip.AddrFromSlice(i); ok && x.Unmap() == a.Addr {
			return true
		}
	}
	return false
}

// protocols are the numbers of those that have ports.
var protocols = map[string]uint8{"tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP, "sctp": unix.IPPROTO_SCTP}

// nothingTracked reports whether a namespace is known to track no connection, as a new one does: a search goes through those
// of all namespaces.
func nothingTracked(ns string) bool {
	var count []byte
	err := inside(ns, func() (err error) {
		count, err = os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_count")
		return err
	})
	return err == nil && string(count) == "0\n"
}

// forget removes the connections of a translated address, so that none goes on through a translation that is no more.
func (h *Host) forget(x plan.Tracked) error {
	b, err := h.open(x.NS)
	if err != nil {
		return gone(err)
	}
	if nothingTracked(x.NS) {
		return nil
	}
	h.searches++
	family := netlink.InetFamily(unix.AF_INET)
	if x.Addr.Is6() {
		family = unix.AF_INET6
	}
	if _, err := b.ConntrackDeleteFilters(netlink.ConntrackTable, family, involving(x)); err != nil {
		return fmt.Errorf("forget connections of %s in %s: %w", x.Addr, x.NS, err)
	}
	return nil
}
