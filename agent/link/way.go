package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"weft/agent/nat"
	"weft/plan"
)

// Way asks the kernel where it would lead a packet that comes into a namespace of weft's. An error says, in the kernel's
// words, why nowhere.
func Way(ctx context.Context, q plan.WayQuestion) (w plan.Way, err error) {
	err = errors.Join(namespace(q.NS), inNS(q.NS), isDevice(q.Dev), isTrue("source", q.From.IsValid()),
		isTrue("destination", q.To.IsValid() && q.To.Is4() == q.From.Is4()))
	if err != nil {
		return w, err
	}
	err = inside(q.NS, func() error {
		w, err = wayHere(q)
		return err
	})
	if err != nil {
		return w, err
	}
	w.Foreign, err = foreign(ctx, q)
	return w, err
}

// maxForeign is how many rules of others are told of.
const maxForeign = 3

// foreign lists rules in a namespace that are not weft's, of the IP version of a packet.
func foreign(ctx context.Context, q plan.WayQuestion) ([]string, error) {
	f := bothTables()[0]
	if q.To.Is6() {
		f = bothTables()[1]
	}
	text, err := command(ctx, q.NS, "", f.word+"-save")
	if err != nil {
		return nil, err
	}
	found := nat.Foreign(text)
	if more := len(found) - maxForeign; more > 0 {
		found = append(found[:maxForeign], fmt.Sprintf("and %d more", more))
	}
	return found, nil
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
