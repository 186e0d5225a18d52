package link

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"weft/plan"
)

const (
	echoWait  = 400 * time.Millisecond
	echoTries = 3
	minEcho   = 64
	maxEcho   = 9216
)

// Path finds out how the underlay leads to another host's tunnel address: the route that the kernel would take, and
// whether ICMP echo requests are answered, a small one and one of full size that may not be fragmented.
func Path(ctx context.Context, from netip.Addr, q plan.Question) plan.Answer {
	a := plan.Answer{ID: q.ID}
	routes, err := netlink.RouteGetWithOptions(q.To.AsSlice(), &netlink.RouteGetOptions{SrcAddr: from.AsSlice()})
	if err != nil || len(routes) == 0 {
		a.Error = "no route"
		if err != nil {
			a.Error = "no route: " + err.Error()
		}
		return a
	}
	if l, err := netlink.LinkByIndex(routes[0].LinkIndex); err == nil {
		a.Route, a.MTU = l.Attrs().Name, l.Attrs().MTU
	}
	a.Echo, a.Reason = echoed(ctx, from, q.To, minEcho)
	if a.Echo {
		a.Large, a.Reason = echoed(ctx, from, q.To, min(max(q.Size, minEcho), maxEcho))
	}
	if routes, err := netlink.RouteGet(q.To.AsSlice()); err == nil && len(routes) > 0 && routes[0].MTU > 0 {
		a.MTU = routes[0].MTU // a router has told
	}
	return a
}

// echoed sends echo requests of size bytes with all headers until one is answered.
func echoed(ctx context.Context, from, to netip.Addr, size int) (ok bool, reason string) {
	c, err := net.ListenIP(network(to), &net.IPAddr{IP: from.AsSlice()})
	if err != nil {
		return false, err.Error()
	}
	defer c.Close()
	if err := unfragmented(c, to); err != nil {
		return false, err.Error()
	}
	id := int(time.Now().UnixNano() & 0xffff)
	for seq := range echoTries {
		if ctx.Err() != nil {
			return false, ctx.Err().Error()
		}
		if _, err := c.WriteToIP(echoRequest(to, id, seq, size), &net.IPAddr{IP: to.AsSlice()}); err != nil {
			reason = err.Error()
			if errors.Is(err, unix.EMSGSIZE) {
				return false, reason
			}
			continue
		}
		switch err := await(c, to, id); {
		case err == nil:
			return true, ""
		case !errors.Is(err, errLate):
			reason = err.Error()
		}
	}
	return false, reason
}

func network(to netip.Addr) string {
	if to.Is6() {
		return "ip6:ipv6-icmp"
	}
	return "ip4:icmp"
}

// unfragmented makes the kernel send packets as they are, whatever it thinks of the path, and tell what routers say.
func unfragmented(c *net.IPConn, to netip.Addr) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		if to.Is6() {
			failed = errors.Join(unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DO),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1))
			return
		}
		failed = errors.Join(unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO),
			unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1))
	})
	return errors.Join(err, failed)
}

func echoRequest(to netip.Addr, id, seq, size int) []byte {
	headers, kind := 28, icmp.Type(ipv4.ICMPTypeEcho)
	if to.Is6() {
		headers, kind = 48, ipv6.ICMPTypeEchoRequest
	}
	m := icmp.Message{Type: kind, Body: &icmp.Echo{ID: id, Seq: seq, Data: make([]byte, size-headers)}}
	b, _ := m.Marshal(nil) // an echo has no part that could not be written; the kernel sums ICMPv6
	return b
}

var errLate = errors.New("no answer")

// await reads until the answer comes, or a router's refusal, or the time is over.
func await(c *net.IPConn, to netip.Addr, id int) error {
	_ = c.SetReadDeadline(time.Now().Add(echoWait)) // of an open socket
	b := make([]byte, maxEcho)
	reply := byte(ipv4.ICMPTypeEchoReply)
	if to.Is6() {
		reply = byte(ipv6.ICMPTypeEchoReply)
	}
	for {
		n, peer, err := c.ReadFromIP(b)
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			return errLate
		case err != nil:
			return err
		}
		from, _ := netip.AddrFromSlice(peer.IP)
		if n >= 8 && b[0] == reply && from.Unmap() == to && int(binary.BigEndian.Uint16(b[4:])) == id {
			return nil
		}
	}
}
