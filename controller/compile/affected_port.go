package compile

import (
	"weft/api"
	"weft/pipeline"
)

// port: the hosts that have its network. Of a guest that is plugged nowhere no host knows.
func (a *affected) port(p *api.Port) {
	if p.IsGuest() && !a.plugged(p) {
		return
	}
	a.known(p)
	if p.IsRouterInterface() {
		a.leg(p)
		return
	}
	a.membership(p)
	a.behind(p)
	a.sharedPairs(p)
	a.floatingIPsOfPort(p)
	a.gatewayOf(p)
	a.central(p)
}

// known: the hosts that know of a port.
func (a *affected) known(p *api.Port) {
	if a.local(p) {
		a.where(p)
		return
	}
	a.onNetwork(p.NetworkID, of(p.Ref()))
}

// local reports whether nobody but its own host knows of a port: a router's or a host's own leg on a provider network, where
// frames find their way by themselves, unless ports there get what is unknown, or routers have legs that must know it.
func (a *affected) local(p *api.Port) bool {
	if !p.IsRouterGateway() && !p.IsAgentGateway() || a.tunnelled(p.NetworkID) {
		return false
	}
	for _, v := range a.views {
		for range v.LoosePortsOf(p.NetworkID) {
			return false
		}
		for s := range v.SubnetsOf(p.NetworkID) {
			for range v.LegsOnSubnet(s.ID) {
				return false
			}
		}
	}
	return true
}

// where: the hosts that a port is on, was on, or should be on.
func (a *affected) where(p *api.Port) {
	a.on(p.HostID, of(p.Ref()))
	for _, v := range a.views {
		for b := range v.BindingsOf(p.ID) {
			a.on(b.HostID, of(p.Ref()))
		}
		if q, ok := v.Port(p.ID); ok {
			a.on(q.HostID, of(p.Ref()))
		}
	}
}

// behind: sub-ports know from their parent whether its guest has left a host.
func (a *affected) behind(p *api.Port) {
	for _, b := range p.Others {
		for _, v := range a.views {
			for sub := range v.SubPortsOf(p) {
				a.on(b.HostID, of(sub.Ref()))
			}
		}
	}
}

// plugged reports whether a port was or is bound.
func (a *affected) plugged(p *api.Port) bool {
	for _, v := range a.views {
		for range v.BindingsOf(p.ID) {
			return true
		}
	}
	return false
}

// central: a router's legs on its gateway host are named by the routes and translations of its namespace there.
func (a *affected) central(p *api.Port) {
	if p.IsCentralSNAT() || p.IsRouterGateway() {
		a.on(p.HostID, routerSubject(api.RouterID(p.DeviceID)))
	}
}

// leg: its router, and the ports behind it, whose MACs the router knows.
func (a *affected) leg(p *api.Port) {
	r := api.RouterID(p.DeviceID)
	a.vteps(p.NetworkID)
	hosts := map[api.HostID]bool{}
	for _, v := range a.views {
		for pl := range v.PlacementsOf(r) {
			hosts[pl.HostID] = true
		}
		for b := range v.BindingsOf(p.ID) {
			a.on(b.HostID, membersOf(p.NetworkID))
			a.on(b.HostID, of(p.Ref()))
		}
	}
	for h := range hosts {
		a.on(h, routerSubject(r))
		a.legOn(h, p)
	}
}

// legOn adds a leg of a host with the ports behind it: those with an address on a subnet of the leg, or an allowed pair.
func (a *affected) legOn(h api.HostID, p *api.Port) {
	a.on(h, of(p.Ref()))
	a.on(h, membersOf(p.NetworkID))
	for _, v := range a.views {
		for _, f := range p.FixedIPs {
			for q := range v.PortsOnSubnet(f.SubnetID) {
				if !q.IsRouterInterface() {
					a.on(h, of(q.Ref()))
				}
			}
		}
		for q := range v.PortsWithPairs(p.NetworkID) {
			a.on(h, of(q.Ref()))
		}
	}
}

// membership: on the hosts where the port is or was plugged it is one more or one less to broadcast to; and with the first
// or last port that unknown MACs may be behind, all that the host knows of the network changes.
func (a *affected) membership(p *api.Port) {
	hosts := map[api.HostID]bool{}
	for _, v := range a.views {
		for b := range v.BindingsOf(p.ID) {
			hosts[b.HostID] = true
		}
	}
	for h := range hosts {
		a.on(h, membersOf(p.NetworkID))
		if loose(a.views[0], h, p.NetworkID) != loose(a.views[1], h, p.NetworkID) {
			a.allPorts(h, p.NetworkID)
		}
	}
}

func loose(v api.View, h api.HostID, n api.NetworkID) bool {
	s, ok := pipeline.At(v, h)
	return ok && s.Loose(n)
}

func (a *affected) allPorts(h api.HostID, n api.NetworkID) {
	for _, v := range a.views {
		for q := range v.PortsOf(n) {
			a.on(h, of(q.Ref()))
		}
	}
}

// sharedPairs: ports that speak for an address of this one, or for the same one, know of each other.
func (a *affected) sharedPairs(p *api.Port) {
	for _, v := range a.views {
		for _, f := range p.FixedIPs {
			for q := range v.PortsWithPair(p.NetworkID, f.Addr) {
				a.onNetwork(q.NetworkID, of(q.Ref()))
			}
		}
		for _, ap := range p.AllowedAddressPairs {
			if !ap.Prefix.IsSingleIP() {
				continue
			}
			for q := range v.PortsWithPair(p.NetworkID, ap.Prefix.Addr()) {
				a.onNetwork(q.NetworkID, of(q.Ref()))
			}
		}
	}
}

func (a *affected) floatingIPsOfPort(p *api.Port) {
	for _, v := range a.views {
		for f := range v.FloatingIPsOfPort(p.ID) {
			a.floatingIP(f)
		}
	}
}

// gatewayOf: a host's own port on an external network carries the floating IPs that the host serves there.
func (a *affected) gatewayOf(p *api.Port) {
	if p.IsRouterGateway() {
		a.centralIPs(api.RouterID(p.DeviceID))
	}
	if !p.IsAgentGateway() {
		return
	}
	for _, v := range a.views {
		for f := range v.FloatingIPsOf(p.NetworkID) {
			if _, ok := v.Binding(f.PortID, p.HostID); ok {
				a.floatingIP(f)
			}
		}
	}
}

// centralIPs: what a router's gateway host serves, whoever asks for it.
func (a *affected) centralIPs(r api.RouterID) {
	for _, v := range a.views {
		for f := range v.FloatingIPsOfRouter(r) {
			if f.Central {
				a.floatingIP(f)
			}
		}
	}
}

// servedOn reports whether a floating IP may be served on a host, as far as a state says.
func servedOn(v api.View, f *api.FloatingIP, h api.HostID) bool {
	if f.Central {
		r, ok := v.Router(f.RouterID)
		return ok && r.GatewayHost() == h
	}
	_, ok := v.Binding(f.PortID, h)
	return ok
}

// floatingIP: the hosts that have its network, and its router where its port is.
func (a *affected) floatingIP(f *api.FloatingIP) {
	a.onNetwork(f.NetworkID, of(f.Ref()))
	if f.RouterID == "" {
		return
	}
	for _, v := range a.views {
		for b := range v.BindingsOf(f.PortID) {
			a.on(b.HostID, routerSubject(f.RouterID))
		}
	}
}

// binding: a port that comes or goes. Of a leg only its own host takes note.
func (a *affected) binding(b *api.Binding) {
	for _, v := range a.views {
		p, ok := v.Port(b.PortID)
		switch {
		case !ok:
		case p.IsRouterInterface():
			a.on(b.HostID, of(p.Ref()))
			a.on(b.HostID, membersOf(p.NetworkID))
		default:
			a.port(p)
		}
	}
}

// segment: all of the network on this host, and on the others that it is one more or one less to flood to.
func (a *affected) segment(s *api.Segment) {
	if a.tunnelled(s.NetworkID) {
		a.flooded(s.NetworkID, s.HostID)
	}
	a.met(s)
	all := subjects{}
	for _, v := range a.views {
		all.addNetwork(v, s.NetworkID)
		for f := range v.FloatingIPsOf(s.NetworkID) {
			if servedOn(v, f, s.HostID) {
				a.floatingIP(f)
			}
		}
	}
	for subject := range all {
		a.on(s.HostID, subject)
	}
	for _, v := range a.views {
		for p := range v.PortsAskedOnOf(s.HostID, s.NetworkID) {
			a.central(p)
		}
	}
}

// placement: the router with its legs and all that is behind them, on this host; and where its floating IPs are served
// from here, whoever asks for them.
func (a *affected) placement(pl *api.Placement) {
	a.on(pl.HostID, routerSubject(pl.RouterID))
	for _, v := range a.views {
		for leg := range v.LegsOf(pl.RouterID) {
			a.legOn(pl.HostID, leg)
			a.vteps(leg.NetworkID)
		}
		for p := range v.PortsOfDevice(string(pl.RouterID)) {
			a.on(pl.HostID, of(p.Ref()))
		}
		for f := range v.FloatingIPsOfRouter(pl.RouterID) {
			if servedOn(v, f, pl.HostID) {
				a.floatingIP(f)
			}
		}
	}
}

// trunk: its ports, whose frames look different while they are part of it, where they are plugged. Other hosts see no tag
// of a trunk; a sub-port that comes or goes with its parent is a binding of its own.
func (a *affected) trunk(t *api.Trunk) {
	ids := []api.PortID{t.PortID}
	for _, s := range t.SubPorts {
		ids = append(ids, s.PortID)
	}
	for _, v := range a.views {
		for _, id := range ids {
			p, ok := v.Port(id)
			for b := range v.BindingsOf(id) {
				if ok {
					a.on(b.HostID, of(p.Ref()))
					a.on(b.HostID, membersOf(p.NetworkID))
				}
			}
		}
	}
}
