package sim_test

import (
	"net/netip"

	"weft/api"
)

// world answers from intent alone, without the compiler's code, what should happen.
type world struct{ *api.Snapshot }

// place is a port where frames can come out.
type place struct {
	*api.Port
	host   *api.Host
	ofport uint32
}

// places lists the ports of a network that are plugged in, up, and on a network that is up. A leg is there once a host.
func (w world) places(n api.NetworkID) []place {
	var out []place
	net, ok := w.Network(n)
	if !ok || !net.AdminStateUp {
		return nil
	}
	for p := range w.PortsOf(n) {
		seen := false
		for b := range w.BindingsOf(p.ID) {
			h, ok := w.Host(b.HostID)
			if !ok || b.Problem != "" || b.Standby {
				continue
			}
			if first := !seen || p.IsRouterInterface(); first && b.OFPort != 0 && p.AdminStateUp {
				out = append(out, place{p, h, b.OFPort})
			}
			seen = true
		}
	}
	return out
}

// connected reports whether frames of a network can get from one host to another.
func (w world) connected(a, b *api.Host, n api.NetworkID) bool {
	if a.ID == b.ID {
		return true
	}
	net, _ := w.Network(n)
	if !net.Tunnelled() {
		return w.mapped(a, net) && w.mapped(b, net)
	}
	return w.tunnels(a) && w.tunnels(b) && a.TunnelIP.Is4() == b.TunnelIP.Is4()
}

func (w world) tunnels(h *api.Host) bool { return h.TunnelIP.IsValid() && len(h.Bridges) > 0 }

func (w world) mapped(h *api.Host, n *api.Network) bool {
	return h.BridgeMappings[n.PhysicalNetwork] != "" && len(h.Bridges) > 0
}

// maySend reports whether port security lets a port send IPv4 from a MAC and an address.
func maySend(p *api.Port, mac api.MAC, a netip.Addr) bool {
	if !p.PortSecurityEnabled {
		return true
	}
	for _, f := range p.FixedIPs {
		if f.Addr == a && p.MAC == mac {
			return true
		}
	}
	for _, ap := range p.AllowedAddressPairs {
		if ap.MAC == mac && ap.Prefix.Contains(a) {
			return true
		}
	}
	return false
}

// acceptsAnyMAC reports whether frames of unknown MACs may come out at the port too.
func acceptsAnyMAC(p *api.Port) bool {
	foreign := !p.PortSecurityEnabled
	for _, ap := range p.AllowedAddressPairs {
		foreign = foreign || ap.MAC != p.MAC
	}
	return foreign && p.IsGuest()
}

// guests picks the guests' ports.
func guests(all []place) []place {
	var out []place
	for _, p := range all {
		if p.IsGuest() {
			out = append(out, p)
		}
	}
	return out
}

// legOf finds the leg that a router has on a port's subnet on a host, and the leg whose MAC guests there know.
func (w world) legOf(p *api.Port, h api.HostID) (here place, known api.MAC, ok bool) {
	sub, _ := w.Subnet(p.FixedIPs[0].SubnetID)
	for _, l := range w.places(p.NetworkID) {
		if !l.IsRouterInterface() || l.host.ID != h || l.FixedIPs[0].SubnetID != sub.ID {
			continue
		}
		if r, up := w.Router(api.RouterID(l.DeviceID)); !up || !r.AdminStateUp {
			continue
		}
		if !ok {
			here, known, ok = l, l.MAC, true
		}
		if l.FixedIPs[0].Addr == sub.GatewayIP {
			known = l.MAC
		}
	}
	return here, known, ok
}
