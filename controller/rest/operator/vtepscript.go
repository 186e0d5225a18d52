package operator

import (
	"fmt"
	"net/netip"
	"strings"

	"weft/api"
	"weft/controller/rest/noun"
)

// script gives the commands that make a Linux bridge the other end of a VTEP. They may be given again and again: after
// each they stand for what the hosts are now. Nothing in them is what people wrote, so that a shell may run it.
func script(s noun.Scope, t *api.VTEP) string {
	n, ok := s.View.Network(t.NetworkID)
	if !ok {
		return ""
	}
	w := &vtepScript{Scope: s, t: t, dev: fmt.Sprintf("vxlan%d", n.SegmentationID), bridge: fmt.Sprintf("br%d", n.SegmentationID)}
	w.line("#!/bin/sh")
	w.line("# The other end of VTEP %s, for the machine with the address %s.", t.ID, t.Addr)
	w.line("# Run it as root, and a new one when hosts or guests have come or gone.")
	w.line("set -e")
	w.device(n)
	w.flood()
	if !t.Learning {
		w.known()
	}
	return w.b.String()
}

type vtepScript struct {
	noun.Scope
	t           *api.VTEP
	dev, bridge string
	b           strings.Builder
}

func (w *vtepScript) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *vtepScript) device(n *api.Network) {
	mode := "learning ageing 300"
	if !w.t.Learning {
		mode = "nolearning proxy"
	}
	if w.t.Addr.Is6() {
		mode += " udp6zerocsumrx" // Open vSwitch may leave the outer UDP checksum out
	}
	w.line("ip link show %[1]s >/dev/null 2>&1 || ip link add %[1]s type vxlan id %[2]d dstport 4789 local %[3]s %[4]s",
		w.dev, n.SegmentationID, w.t.Addr, mode)
	w.line("ip link set %s mtu %d", w.dev, n.MTU)
	w.line("ip link show %[1]s >/dev/null 2>&1 || ip link add %[1]s type bridge", w.bridge)
	w.line("ip link set %s master %s", w.dev, w.bridge)
	w.line("ip link set %s up", w.dev)
	w.line("ip link set %s up", w.bridge)
	w.line("# Nothing of earlier runs stays.")
	w.line("bridge fdb show dev %s | awk '$2 == \"dst\" && / permanent/ {print $1, $3}' | while read -r mac dst; do", w.dev)
	w.line("\tbridge fdb del $mac dev %s dst $dst self", w.dev)
	w.line("done")
}

// flood sends a copy of each broadcast to each host that has the network.
func (w *vtepScript) flood() {
	w.line("# A copy of each broadcast to each host that has the network.")
	for _, peer := range peersOf(w.Scope, w.t) {
		w.line("bridge fdb append 00:00:00:00:00:00 dev %s dst %s self permanent", w.dev, peer)
	}
}

// known tells the machine every MAC and address of the network, so that it need not learn or ask.
func (w *vtepScript) known() {
	w.line("# The network's ports, each at its host; ARP for their addresses is answered by %s itself.", w.dev)
	w.line("ip neigh flush dev %s nud permanent", w.dev)
	for p := range w.View.PortsOf(w.t.NetworkID) {
		at, ok := w.whereIs(p)
		if !ok {
			continue
		}
		w.line("bridge fdb replace %s dev %s dst %s self permanent", p.MAC, w.dev, at)
		for _, f := range p.FixedIPs {
			w.line("ip neigh replace %s lladdr %s dev %s nud permanent", f.Addr, p.MAC, w.dev)
		}
	}
}

// whereIs gives the tunnel address of the host that a port's frames go to.
func (w *vtepScript) whereIs(p *api.Port) (netip.Addr, bool) {
	var id api.HostID
	if p.IsRouterInterface() {
		id = w.View.RouterHostForVTEP(api.RouterID(p.DeviceID), w.t)
	} else if b, ok := w.View.BoundOn(p.ID); ok {
		id = b.HostID
	}
	h, ok := w.View.Host(id)
	if !ok || !w.t.ReachedFrom(h) {
		return netip.Addr{}, false
	}
	return h.TunnelIP, true
}
