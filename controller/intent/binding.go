package intent

import (
	"cmp"
	"fmt"
	"maps"

	"weft/api"
)

// Unreachable says why a host cannot carry a guest's port, "" if it can: a provider network is reached through the bridge
// that the host maps to its physical network, or not at all.
func Unreachable(v api.View, p *api.Port, id api.HostID) string {
	n, ok := v.Network(p.NetworkID)
	if !ok || n.Tunnelled() || !p.IsGuest() {
		return ""
	}
	h, ok := v.Host(id)
	if !ok || h.BridgeMappings[n.PhysicalNetwork] != "" {
		return ""
	}
	return fmt.Sprintf("host %s has no bridge for physical network %s; start its agent with --bridge-mapping %s:BRIDGE, or use another host",
		id, n.PhysicalNetwork, n.PhysicalNetwork)
}

// Unwelcome says why a host takes no guest that is not there yet, "" if it does.
func Unwelcome(v api.View, p *api.Port, id api.HostID) string {
	if h, ok := v.Host(id); !ok || !h.NoGuests || !p.IsGuest() {
		return ""
	}
	if _, there := v.Binding(p.ID, id); there {
		return ""
	}
	return "host " + string(id) + " takes no further guests; choose another, or run 'weft host set --takes-guests " + string(id) + "'"
}

// BindingProblem says why a port is not bound, though it was asked to be on a host or is plugged somewhere; "" if it is
// bound, or nobody has tried.
func BindingProblem(v api.View, p *api.Port) string {
	if _, ok := v.BoundOn(p.ID); ok || p.IsRouterInterface() {
		return ""
	}
	if p.HostID != "" {
		if why := cmp.Or(Unreachable(v, p, p.HostID), Unwelcome(v, p, p.HostID)); why != "" {
			return why
		}
	}
	for b := range v.BindingsOf(p.ID) {
		if b.Problem != "" {
			return "plugged on host " + string(b.HostID) + ": " + b.Problem
		}
	}
	return ""
}

// remapped adds the ports that are plugged on hosts whose bridge mappings changed.
func (t *touched) remapped(v api.View) {
	for _, c := range t.changes {
		before, was := c.Before.(*api.Host)
		after, is := c.After.(*api.Host)
		if !was || !is || maps.Equal(before.BridgeMappings, after.BridgeMappings) {
			continue
		}
		for b := range v.BindingsOn(after.ID) {
			t.ports[b.PortID] = true
		}
	}
}
