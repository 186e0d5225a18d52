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

// Way asks the kernel where it would lead a packet that comes into a namespace of weft's. An error says, in the kernel's
// words, why nowhere.
func Way(q plan.WayQuestion) (w plan.Way, err error) {
	err = errors.Join(namespace(q.NS), inNS(q.NS), isDevice(q.Dev), isTrue("source", q.From.IsValid()),
		isTrue("destination", q.To.IsValid() && q.To.Is4() == q.From.Is4()))
	if err != nil {
		return w, err
	}
	err = inside(q.NS, func() error {
		w, err = wayHere(q)
		return err
	})
	return w, err
}

// wayHere is Way in the thread's own namespace.
func wayHere(q plan.WayQuestion) (plan.Way, error) {
	routes, err := netlink.RouteGetWithOptions(net.IP(q.To.AsSlice()),
		&netlink.RouteGetOptions{Iif: q.Dev, SrcAddr: net.IP(q.From.AsSlice())})
	if err != nil {
		return plan.Way{}, fmt.Errorf("no route to %s for what comes from %s by %s: %w", q.To, q.From, q.Dev, err)
	}
	if len(routes) == 0 {
		return plan.Way{}, fmt.Errorf("no route to %s for what comes from %s by %s", q.To, q.From, q.Dev)
	}
	r := routes[0]
	way := plan.Way{Local: r.Type == unix.RTN_LOCAL, Table: r.Table}
	if via, ok := netip.AddrFromSlice(r.Gw); ok {
		way.Via = via.Unmap()
	}
	if way.Local {
		return way, nil
	}
	l, err := netlink.LinkByIndex(r.LinkIndex)
	if err != nil {
		return plan.Way{}, fmt.Errorf("read the device of the route to %s: %w", q.To, err)
	}
	way.Dev = l.Attrs().Name
	return way, nil
}
