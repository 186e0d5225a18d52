package intent

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"weft/api"
)

// maxTunnelMTU is more than any IP packet can have: an agent that says more is wrong.
const maxTunnelMTU = 65535

// takeTunnelMTU keeps what was known while the device that has the tunnel address is away, as during a restart of
// Open vSwitch: networks' sizes must not jump with it.
func takeTunnelMTU(h *api.Host, mtu int) {
	if mtu >= minMTU && mtu <= maxTunnelMTU {
		h.TunnelMTU = mtu
	}
}

// TunnelOverhead is how much of an underlay packet VXLAN takes: the outer IP, UDP and VXLAN headers and the inner Ethernet
// header.
func TunnelOverhead(h *api.Host) int {
	if h.TunnelIP.Is6() {
		return 70
	}
	return 50
}

// tagLen is what a guest's own VLAN tag adds to a frame. Guests may use it on a network that is transparent to tags, and
// a frame with it must still fit.
const tagLen = 4

func ownTag(n *api.Network) int {
	if n.VLANTransparent {
		return tagLen
	}
	return 0
}

// setMTU gives the network what was asked for if it fits, or the largest.
func (o *Ops) setMTU(v api.View, n *api.Network, asked int) error {
	most := o.largestMTU(v, n)
	switch {
	case asked > most:
		return invalid("Requested MTU is too big, maximum is %d", most)
	case asked != 0 && asked < minMTU:
		return invalid("Requested MTU is too small, minimum is %d", minMTU)
	}
	n.MTU, n.AskedMTU = cmp.Or(asked, most), asked
	return nil
}

// largestMTU is what the smallest underlay of the hosts can carry. Hosts that have not said theirs do not count.
func (o *Ops) largestMTU(v api.View, n *api.Network) int {
	physical := cmp.Or(o.MTU, defaultMTU)
	if !n.Tunnelled() {
		return physical - ownTag(n)
	}
	most := 0
	for h := range v.Hosts() {
		if fits := h.TunnelMTU - TunnelOverhead(h); h.TunnelMTU != 0 && (most == 0 || fits < most) {
			most = fits
		}
	}
	if most == 0 {
		most = physical - TunnelOverhead(&api.Host{})
	}
	return max(most-ownTag(n), minMTU)
}

// MTUProblem says which networks' packets do not fit through the host's underlay, "" if all do.
func MTUProblem(v api.View, h *api.Host) string {
	if h.TunnelMTU == 0 {
		return ""
	}
	most := h.TunnelMTU - TunnelOverhead(h)
	var big []*api.Network
	for n := range v.Networks() {
		if n.Tunnelled() && n.MTU+ownTag(n) > most {
			big = append(big, n)
		}
	}
	if len(big) == 0 {
		return ""
	}
	slices.SortFunc(big, func(a, b *api.Network) int { return cmp.Or(cmp.Compare(b.MTU, a.MTU), cmp.Compare(a.ID, b.ID)) })
	var names []string
	for _, n := range big[:min(len(big), maxListed)] {
		names = append(names, fmt.Sprintf("%s (%d)", cmp.Or(n.Name, string(n.ID)), n.MTU))
	}
	if more := len(big) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("the underlay's MTU of %d carries networks of up to %d, too small for %s; raise it to %d, or lower the networks' MTU",
		h.TunnelMTU, most, strings.Join(names, ", "), big[0].MTU+ownTag(big[0])+TunnelOverhead(h))
}
