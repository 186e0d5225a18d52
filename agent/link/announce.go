package link

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"weft/agent/frame"
	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

// rounds gives after what pauses an address is announced: at once, and again in case the first were lost, or too early for a
// switch whose port has just come up. They end with the address, so a late one takes nothing back.
func rounds() []time.Duration {
	return []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
}

func (h *Host) applyAnnouncements(s run.Step) run.Result {
	var r run.Result
	at := newLocator(h)
	for _, x := range s.Drop {
		h.hush(x.Key())
	}
	for _, x := range s.Put {
		r.Fail(x.Key(), h.announce(at, x.(plan.Announce)))
	}
	return r
}

// hush ends what is still to be said of an address: it may be on another host by now, and a late word from here would
// take it back.
func (h *Host) hush(k plan.Key) {
	if stop := h.announcing[k]; stop != nil {
		stop()
		delete(h.announcing, k)
	}
}

// announce tells the segment where an address is. The first round is sent before it returns, the others later, unless the
// address goes before.
func (h *Host) announce(at *locator, x plan.Announce) error {
	_, d, err := at.device(x.NS, x.Dev)
	if err != nil {
		return err
	}
	s := -1
	err = inside(x.NS, func() (err error) {
		s, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		return err
	})
	if err != nil {
		return fmt.Errorf("announce %s on %s: open socket: %w", x.Addr, x.Dev, err)
	}
	mac := api.MAC(d.Attrs().HardwareAddr)
	to := &unix.SockaddrLinklayer{Ifindex: d.Attrs().Index, Halen: 6}
	if err := sendRound(s, to, mac, x.Addr); err != nil {
		_ = unix.Close(s)
		return fmt.Errorf("announce %s on %s: %w", x.Addr, x.Dev, err)
	}
	h.hush(x.Key())
	ctx, stop := context.WithCancel(h.ctx)
	h.announcing[x.Key()] = stop
	h.wg.Go(func() {
		defer stop()
		defer unix.Close(s)
		for _, wait := range h.rounds[1:] {
			if !run.Pause(ctx, wait) || sendRound(s, to, mac, x.Addr) != nil {
				return // the device went away, or the agent ends: there is nobody to tell
			}
		}
	})
	return nil
}

// sendRound sends both forms of gratuitous ARP: some neighbours listen only to requests, some only to replies. In IPv6
// one form is enough.
func sendRound(s int, to unix.Sockaddr, mac api.MAC, a netip.Addr) error {
	if a.Is6() {
		f, err := unsolicited(mac, a)
		if err == nil {
			err = unix.Sendto(s, f, 0, to)
		}
		return err
	}
	for _, op := range []uint16{1, 2} {
		if err := unix.Sendto(s, gratuitous(op, mac, a), 0, to); err != nil {
			return err
		}
	}
	return nil
}

// gratuitous builds an ARP frame in which sender and target are the same.
func gratuitous(op uint16, mac api.MAC, a netip.Addr) []byte {
	target := api.MAC{}
	if op == 2 {
		target = api.Broadcast
	}
	four := a.As4()
	b := append(api.Broadcast[:], mac[:]...)
	b = append(b, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4)
	b = binary.BigEndian.AppendUint16(b, op)
	b = append(append(b, mac[:]...), four[:]...)
	return append(append(b, target[:]...), four[:]...)
}

// unsolicited builds a neighbour advertisement that nobody asked for: who knows the address by another MAC learns this one.
func unsolicited(mac api.MAC, a netip.Addr) ([]byte, error) {
	e := frame.Ends{SrcMAC: mac, DstMAC: frame.Group(frame.AllNodes), Src: a, Dst: frame.AllNodes}
	m := &ndp.NeighborAdvertisement{
		Router: true, Override: true, TargetAddress: a,
		Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: mac[:]}},
	}
	b, err := ndp.MarshalMessageChecksum(m, e.Src, e.Dst)
	if err != nil {
		return nil, fmt.Errorf("write a neighbour advertisement: %w", err)
	}
	return e.IPv6(frame.ICMPv6, b), nil
}
