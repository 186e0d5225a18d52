package api

import (
	"fmt"
	"iter"
)

// TunnelOverhead is how much of an underlay packet VXLAN takes: the outer IP, UDP and VXLAN headers and the inner Ethernet
// header.
func (h *Host) TunnelOverhead() int {
	if h.TunnelIP.Is6() {
		return 70
	}
	return 50
}

// Room is the largest packet of a network that the host's underlay carries; 0: the host has not said.
func (h *Host) Room() int {
	if h.TunnelMTU == 0 {
		return 0
	}
	return max(h.TunnelMTU-h.TunnelOverhead(), 1)
}

// tagLen is what a guest's own VLAN tag adds to a frame. Guests may use it on a network that is transparent to tags, and
// a frame with it must still fit.
const tagLen = 4

// OwnTag is what of a packet's size is a guest's own VLAN tag.
func (n *Network) OwnTag() int {
	if n.VLANTransparent {
		return tagLen
	}
	return 0
}

// LeastRoom is the room of the host that has the least; 0: no host has said.
func (v View) LeastRoom() int {
	for h := range scanAll[*Host](v, KindHost, byRoom, "") {
		return h.Room()
	}
	return 0
}

// NetworksOver yields the networks over tunnels whose packets may be larger than a size, the smallest first.
func (v View) NetworksOver(size int) iter.Seq[*Network] {
	return walk[*Network](v, KindNetwork, bySize, sizeKey(size+1), func(entry) bool { return true })
}

func networkSizeKey(n *Network) string {
	if !n.Tunnelled() {
		return ""
	}
	return sizeKey(n.MTU + n.OwnTag())
}

// sizeKey spells sizes so that they are sorted as numbers; "" for none.
func sizeKey(size int) string {
	if size <= 0 {
		return ""
	}
	return fmt.Sprintf("%08d", size)
}
