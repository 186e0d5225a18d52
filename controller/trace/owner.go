package trace

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
)

// nobody is the MAC of a machine that weft does not know, in packets that leave for it.
var nobody = api.MAC{0x02, 0, 0, 0, 0, 0x99}

// owner finds who answers for an address on a network, as ARP or neighbour discovery would, or says why nobody does. sure
// reports whether that is so also where machines may be that weft does not know.
func (k *walk) owner(n api.NetworkID, a netip.Addr) (mac api.MAC, why string, sure bool) {
	var idle *api.Port // has the address, and cannot answer
	for p := range k.at.PortsWithAddr(a) {
		switch {
		case p.NetworkID != n || p.DeviceOwner == api.OwnerFloatingIP:
		case p.IsGuest() && k.unplugged(p) != "":
			idle = p
		default:
			return p.MAC, "", true
		}
	}
	for f := range k.at.FloatingIPsWithAddr(a) {
		if f.NetworkID == n {
			mac, why := k.floatingOwner(f)
			return mac, why, true
		}
	}
	if mac, ok := k.sharer(n, a, idle == nil); ok {
		return mac, "", true
	}
	if idle != nil {
		return idle.MAC, "", true
	}
	for t := range k.at.VTEPsOf(n) {
		for _, e := range t.Entries {
			if e.Addr == a {
				return e.MAC, "", true
			}
		}
	}
	return api.MAC{}, fmt.Sprintf("nobody on %s has the address %s: who asks for it by ARP gets no answer",
		k.called(api.Ref{Kind: api.KindNetwork, ID: string(n)}), a), !k.mayBeOutside(n)
}

// sharer finds who but the sender may have an address beside others, by an allowed address pair: by their names the first that is
// plugged in, or, if any does, the first at all. Which of them has it now only they know.
func (k *walk) sharer(n api.NetworkID, a netip.Addr, anyOne bool) (mac api.MAC, ok bool) {
	type holder struct {
		name    string
		mac     api.MAC
		plugged bool
	}
	var all []holder
	for p := range k.at.PortsWithPair(n, a) {
		for _, pair := range p.AllowedAddressPairs {
			if p.ID != k.q.From && pair.Prefix.IsSingleIP() && pair.Prefix.Addr() == a {
				all = append(all, holder{k.called(p.Ref()), pair.MAC, k.unplugged(p) == ""})
			}
		}
	}
	slices.SortFunc(all, func(x, y holder) int { return cmp.Compare(x.name, y.name) })
	var names []string
	for _, h := range all {
		if h.plugged {
			names = append(names, h.name)
		}
		if h.plugged && len(names) == 1 || anyOne && !ok {
			mac, ok = h.mac, true
		}
	}
	if len(names) > 1 {
		k.notes = append(k.notes, fmt.Sprintf("%s may be at %s: this is the way to the first of them; see in the guests which has it (ip address)",
			a, strings.Join(names, ", or at ")))
	}
	return mac, ok
}

// floatingOwner is the host's or router's port outside that answers for a floating IP.
func (k *walk) floatingOwner(f *api.FloatingIP) (mac api.MAC, why string) {
	name := "floating IP " + f.Addr.String()
	if f.RouterID == "" {
		return mac, name + " stands for no port: nobody answers for it"
	}
	if f.Central {
		r, ok := k.at.Router(f.RouterID)
		if !ok || r.Gateway == nil {
			return mac, name + " has no router with a gateway"
		}
		gw, ok := k.at.Port(r.Gateway.PortID)
		if !ok || r.GatewayHost() == "" {
			return mac, name + ": no host is the gateway host of " + k.called(r.Ref())
		}
		return gw.MAC, ""
	}
	p, ok := k.at.Port(f.PortID)
	if !ok {
		return mac, name + " stands for a port that is not there"
	}
	if why := k.unplugged(p); why != "" {
		return mac, name + ": " + why
	}
	b, _ := k.at.BoundOn(p.ID)
	gw, ok := k.at.AgentGateway(b.HostID, f.NetworkID)
	if !ok {
		return mac, fmt.Sprintf("%s: host %s has no address of its own on the external network: does it have the bridge mapping, "+
			"and the network an address left?", name, b.HostID)
	}
	return gw.MAC, ""
}

// unplugged says why a guest's port cannot be reached where it is, "" if it can.
func (k *walk) unplugged(p *api.Port) string {
	name := k.called(p.Ref())
	if !p.AdminStateUp {
		return name + " is down: somebody has disabled it"
	}
	if n, ok := k.at.Network(p.NetworkID); ok && !n.AdminStateUp {
		return k.called(n.Ref()) + " is down: somebody has disabled it"
	}
	b, ok := k.at.BoundOn(p.ID)
	if !ok {
		return name + " is plugged in on no host" + k.problem(p)
	}
	h, ok := k.at.Host(b.HostID)
	switch {
	case !ok || !h.Alive():
		return fmt.Sprintf("%s is on host %s, which does not answer any more", name, b.HostID)
	case b.OFPort == 0:
		return fmt.Sprintf("the interface %s of %s has no OpenFlow port on host %s: its device is missing there", b.Interface, name, b.HostID)
	}
	return ""
}

// problem says what keeps a port from being bound, if anybody tries.
func (k *walk) problem(p *api.Port) string {
	for b := range k.at.BindingsOf(p.ID) {
		if b.Problem != "" {
			return fmt.Sprintf(" (host %s has it, but: %s)", b.HostID, b.Problem)
		}
	}
	if p.HostID != "" {
		return fmt.Sprintf(" (it was asked to be on %s)", p.HostID)
	}
	return ""
}

// unreachable says why nothing takes frames for a MAC of a network, as far as it is known.
func (k *walk) unreachable(n api.NetworkID, mac api.MAC) string {
	p, ok := k.at.PortByMAC(n, mac)
	if !ok {
		return fmt.Sprintf("no port of %s has the MAC %s", k.called(api.Ref{Kind: api.KindNetwork, ID: string(n)}), mac)
	}
	switch {
	case p.IsGuest() || p.IsAgentGateway():
		return k.unplugged(p)
	case !p.AdminStateUp:
		return fmt.Sprintf("the router's leg with the MAC %s is down: somebody has disabled it", mac)
	}
	if r, ok := k.at.Router(api.RouterID(p.DeviceID)); ok && !r.AdminStateUp {
		return k.called(r.Ref()) + " is down: somebody has disabled it"
	}
	return ""
}

// hostOf is where a port is.
func (k *walk) hostOf(p *api.Port) (api.HostID, bool) {
	if p.IsCentralSNAT() || p.IsRouterGateway() {
		return p.HostID, p.HostID != ""
	}
	b, ok := k.at.BoundOn(p.ID)
	if !ok {
		return "", false
	}
	return b.HostID, true
}

// has reports whether an address is the port's own, or one that it may have too.
func has(p *api.Port, a netip.Addr) bool {
	for _, f := range p.FixedIPs {
		if f.Addr == a {
			return true
		}
	}
	for _, pair := range p.AllowedAddressPairs {
		if pair.Prefix.Contains(a) {
			return true
		}
	}
	return false
}
