package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ear hears of changes in one namespace, whoever makes them: of devices, addresses, routes, rules, permanent neighbours and
// settings over rtnetlink, of chains of iptables over nftables' own news. Where the kernel has no nftables these are not
// heard of.
type ear struct{ files []*os.File }

// heard is a word about what was heard: the device if it is about one, or "".
type heard func(dev string)

// groups are those of rtnetlink, by the kinds of items that they are about.
func groups(ns string) []int {
	if ns == "" { // the host's own: nothing but ends of pairs is weft's there
		return []int{unix.RTNLGRP_LINK}
	}
	return []int{
		unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE,
		unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE, unix.RTNLGRP_NEIGH, unix.RTNLGRP_IPV4_NETCONF, unix.RTNLGRP_IPV6_NETCONF,
	}
}

const nftables = 7 // NFNLGRP_NFTABLES

// listen opens an ear in a namespace. hear is called from goroutines of h.ears, until the ear is closed.
func (h *Host) listen(ns string, hear heard) (*ear, error) {
	e := &ear{}
	err := inside(ns, func() error {
		f, err := newsSocket(unix.NETLINK_ROUTE, groups(ns)...)
		if err != nil {
			return err
		}
		e.files = append(e.files, f)
		if ns == "" {
			return nil
		}
		if f, err := newsSocket(unix.NETLINK_NETFILTER, nftables); err == nil {
			e.files = append(e.files, f)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listen in namespace %q: %w", ns, err)
	}
	for i, f := range e.files {
		about := routeNews
		if i > 0 {
			about = func(news) (string, bool) { return "", true }
		}
		h.ears.Go(func() { take(f, about, hear) })
	}
	return e, nil
}

func (e *ear) close() {
	for _, f := range e.files {
		_ = f.Close() // wakes its reader
	}
}

func newsSocket(family int, groups ...int) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, family)
	if err != nil {
		return nil, fmt.Errorf("open socket for the kernel's news: %w", err)
	}
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	for _, g := range groups {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, g))
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("subscribe to the kernel's news: %w", err)
	}
	return os.NewFile(uintptr(fd), "news"), nil
}

// news is one message of the kernel, without its header.
type news struct {
	kind uint16
	from uint32 // who asked for the change; 0: the kernel made it by itself, or does not say
	body []byte
}

// take reads until the socket is closed. What the kernel had to leave out is as good as heard.
func take(f *os.File, about func(news) (string, bool), hear heard) {
	b := make([]byte, 32<<10)
	for {
		n, err := f.Read(b)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			hear("")
		case err != nil:
			return
		}
		for rest := b[:n]; len(rest) >= unix.SizeofNlMsghdr; {
			size := int(binary.NativeEndian.Uint32(rest))
			if size < unix.SizeofNlMsghdr || size > len(rest) {
				break
			}
			m := news{binary.NativeEndian.Uint16(rest[4:]), binary.NativeEndian.Uint32(rest[12:]), rest[unix.SizeofNlMsghdr:size]}
			if dev, counts := about(m); counts {
				hear(dev)
			}
			rest = rest[min(len(rest), (size+3)&^3):]
		}
	}
}

// routeNews reports whether news of rtnetlink may be about something of weft's.
func routeNews(m news) (dev string, counts bool) {
	switch m.kind {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		if len(m.body) < unix.SizeofIfInfomsg || m.body[0] != unix.AF_UNSPEC {
			return "", false
		}
		dev = attribute(m.body[unix.SizeofIfInfomsg:], unix.IFLA_IFNAME)
		return dev, dev == "lo" || ownDevice(dev)
	case unix.RTM_NEWNEIGH, unix.RTM_DELNEIGH:
		return "", m.from != 0 // all others come and go by themselves
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		return "", len(m.body) >= unix.SizeofRtMsg && m.body[4] != unix.RT_TABLE_LOCAL
	}
	return "", true
}

// attribute gives the text of an attribute, "" if there is none.
func attribute(b []byte, kind uint16) string {
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			return ""
		}
		if binary.NativeEndian.Uint16(b[2:]) == kind {
			return unix.ByteSliceToString(b[unix.SizeofRtAttr:size])
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return ""
}
