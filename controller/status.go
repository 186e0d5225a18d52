package controller

import (
	"strings"

	"weft/api"
)

// Port states, in Neutron's words.
const (
	statusActive = "ACTIVE"
	statusBuild  = "BUILD"
	statusDown   = "DOWN"
	statusError  = "ERROR"
	statusNone   = "N/A"
)

// Port gives a port's status: ACTIVE only when a switch has confirmed the flows of its binding.
func (c *Controller) Port(id api.PortID) string {
	s := c.store.Snapshot()
	p, ok := s.Port(id)
	if !ok {
		return statusDown
	}
	switch p.DeviceOwner {
	case api.OwnerFloatingIP:
		return statusNone
	case api.OwnerRouterGateway:
		if !c.centralized(s, p) {
			return statusActive // it has no device of its own until the router needs one
		}
	}
	if n, ok := s.Network(p.NetworkID); !p.AdminStateUp || !ok || !n.AdminStateUp {
		return statusDown
	}
	if p.IsRouterInterface() && !placed(s, api.RouterID(p.DeviceID)) {
		return statusActive // nor has a leg, while no host needs the router
	}
	best := statusDown
	for b := range s.BindingsOf(id) {
		if b.Standby {
			continue
		}
		switch st := c.binding(p, b); st {
		case statusActive, statusError:
			return st
		case statusBuild:
			best = statusBuild
		}
	}
	return best
}

// placed reports whether any host is to have a router.
func placed(s *api.Snapshot, id api.RouterID) bool {
	for range s.PlacementsOf(id) {
		return true
	}
	return false
}

// PortOn gives the status of a port's binding on one host, also of one on standby.
func (c *Controller) PortOn(id api.PortID, host api.HostID) string {
	s := c.store.Snapshot()
	p, ok := s.Port(id)
	if !ok {
		return statusDown
	}
	b, ok := s.Binding(id, host)
	if n, up := s.Network(p.NetworkID); !ok || !p.AdminStateUp || !up || !n.AdminStateUp {
		return statusDown
	}
	return c.binding(p, b)
}

// centralized reports whether a router's gateway port is plugged on its gateway host: it is if guests leave by it.
func (c *Controller) centralized(s *api.Snapshot, gw *api.Port) bool {
	for range s.CentralPortsOf(api.RouterID(gw.DeviceID)) {
		return true
	}
	return false
}

func (c *Controller) binding(p *api.Port, b *api.Binding) string {
	h := c.host(b.HostID)
	switch {
	case h == nil, b.Problem != "":
		return statusDown
	case h.problem(p.Ref()) != "":
		return statusError
	case !b.Usable():
		return statusBuild
	case h.holdsFlows(b.Changed):
		return statusActive
	}
	return statusBuild
}

func (h *host) holdsFlows(rev api.Revision) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.flowsRev >= rev
}

// FloatingIP gives a floating IP's status: DOWN while it is not associated, ACTIVE when the host of its port has
// confirmed flows and NAT, and also those that followed when its gateway port was plugged there: only then was the
// address announced, and a neighbour that knew it elsewhere sends to the right host.
func (c *Controller) FloatingIP(id api.FloatingIPID) string {
	s := c.store.Snapshot()
	f, ok := s.FloatingIP(id)
	if !ok || f.RouterID == "" {
		return statusDown
	}
	if f.Central {
		return c.centralIP(s, f)
	}
	b, ok := s.BoundOn(f.PortID)
	if !ok {
		return statusDown
	}
	gw, ok := s.AgentGateway(b.HostID, f.NetworkID)
	if !ok {
		return statusError // the host lacks an address, and says so
	}
	plugged, ok := s.Binding(gw.ID, b.HostID)
	h := c.host(b.HostID)
	switch {
	case h == nil:
		return statusDown
	case h.problem(f.Ref()) != "":
		return statusError
	case ok && plugged.Usable() && h.confirmed(max(f.Changed, b.Changed, plugged.Changed)):
		return statusActive
	}
	return statusDown
}

// centralIP gives the status of a floating IP that its router's gateway host serves.
func (c *Controller) centralIP(s *api.Snapshot, f *api.FloatingIP) string {
	r, ok := s.Router(f.RouterID)
	if !ok || r.GatewayHost() == "" {
		return statusError
	}
	plugged, ok := s.Binding(r.Gateway.PortID, r.GatewayHost())
	h := c.host(r.GatewayHost())
	switch {
	case h == nil:
		return statusDown
	case h.problem(f.Ref()) != "":
		return statusError
	case ok && plugged.Usable() && h.confirmed(max(f.Changed, plugged.Changed)):
		return statusActive
	}
	return statusDown
}

// Router gives a router's status.
func (c *Controller) Router(id api.RouterID) string {
	s := c.store.Snapshot()
	ref := api.Ref{Kind: api.KindRouter, ID: string(id)}
	for p := range s.PlacementsOf(id) {
		if h := c.host(p.HostID); h != nil && h.problem(ref) != "" {
			return statusError
		}
	}
	return statusActive
}

// Problem gives one reason, with the host's name, why an object does not hold; "" if it does everywhere.
func (c *Controller) Problem(ref api.Ref) string {
	if why := stated(c.store.Snapshot(), ref); why != "" {
		return why
	}
	for _, h := range c.ailing.list() {
		if why := h.problem(ref); why != "" && c.host(h.id) == h {
			return string(h.id) + ": " + why
		}
	}
	return ""
}

// stated gives the problem that the state itself knows of an object.
func stated(s *api.Snapshot, ref api.Ref) string {
	found, _ := s.Object(ref)
	switch o := found.(type) {
	case *api.Host:
		return strings.TrimPrefix(strings.TrimSuffix(o.Problem+"; "+o.Lack, "; "), "; ")
	case *api.Router:
		if o.Gateway != nil {
			return o.Gateway.Problem
		}
	case *api.FloatingIP:
		if r, ok := s.Router(o.RouterID); ok && o.Central && r.GatewayHost() == "" {
			return "router " + string(r.ID) + " has no gateway host, which would serve it"
		}
		if b, ok := s.BoundOn(o.PortID); ok {
			if _, ok := s.AgentGateway(b.HostID, o.NetworkID); !ok {
				return "host " + string(b.HostID) + " has no address on the external network; free one"
			}
		}
	}
	return ""
}
