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
		return physical - n.OwnTag()
	}
	most := cmp.Or(v.LeastRoom(), physical-new(api.Host).TunnelOverhead())
	return max(most-n.OwnTag(), minMTU)
}

// MTUProblem says which networks' packets do not fit through the host's underlay, "" if all do.
func MTUProblem(v api.View, h *api.Host) string {
	if h.TunnelMTU == 0 {
		return ""
	}
	most := h.Room()
	big := slices.Collect(v.NetworksOver(most))
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
		h.TunnelMTU, most, strings.Join(names, ", "), big[0].MTU+big[0].OwnTag()+h.TunnelOverhead())
}
