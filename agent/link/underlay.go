package link

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// MTUOf gives the MTU of the host's device that has an address, 0 if none has it now.
func MTUOf(a netip.Addr) int {
	family := netlink.FAMILY_V4
	if a.Is6() {
		family = netlink.FAMILY_V6
	}
	addrs, err := netlink.AddrList(nil, family)
	if err != nil {
		return 0
	}
	for _, have := range addrs {
		ip, ok := netip.AddrFromSlice(have.IP)
		if !ok || ip.Unmap() != a.Unmap() {
			continue
		}
		if l, err := netlink.LinkByIndex(have.LinkIndex); err == nil {
			return l.Attrs().MTU
		}
	}
	return 0
}

// Raise sets a device of the host up, if it is not.
func Raise(dev string) error {
	l, err := netlink.LinkByName(dev)
	if err != nil {
		return fmt.Errorf("find device %s: %w", dev, err)
	}
	if l.Attrs().Flags&net.FlagUp != 0 {
		return nil
	}
	if err := netlink.LinkSetUp(l); err != nil {
		return fmt.Errorf("set device %s up: %w", dev, err)
	}
	return nil
}
