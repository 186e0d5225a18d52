package intent

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

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
	h, ok := v.Host(id)
	_, there := v.Binding(p.ID, id)
	switch {
	case !ok || there || !p.IsGuest():
		return ""
	case h.Life() == api.Dead:
		return "host " + string(id) + " is dead; choose another, or start it again"
	case h.NoGuests:
		return "host " + string(id) + " takes no further guests; choose another, or run 'weft host set --takes-guests " + string(id) + "'"
	}
	return ""
}

// BindingProblem says why a port is not bound, though it was asked to be on a host or is plugged somewhere, or why it does
// not work where it is plugged; "" if it does, or nobody has tried.
func BindingProblem(v api.View, p *api.Port) string {
	if p.IsRouterInterface() {
		return ""
	}
	if b, ok := v.BoundOn(p.ID); ok {
		return cmp.Or(pluggedBadly(p, b), pluggedTwice(v, p, b))
	}
	if p.HostID != "" {
		if why := cmp.Or(Unreachable(v, p, p.HostID), Unwelcome(v, p, p.HostID)); why != "" {
			return why
		}
	}
	for b := range v.BindingsOf(p.ID) {
		if b.Problem != "" {
			return "plugged on host " + string(b.HostID) + ": " + b.Problem + elsewhere(p, b.HostID)
		}
	}
	return adrift(v, p)
}

// elsewhere says what to do about a port that is plugged on another host than it was asked to be on.
func elsewhere(p *api.Port, at api.HostID) string {
	if p.HostID == "" || p.HostID == at {
		return ""
	}
	return fmt.Sprintf("; plug it in there, or run 'weft port set --host %s %s'", at, p.ID)
}

// pluggedBadly says what is wrong with the interface of a port where it is bound.
func pluggedBadly(p *api.Port, b *api.Binding) string {
	switch {
	case b.Parent != "":
		return "" // the parent says it
	case b.OFPort == 0 && b.Fault != "":
		return fmt.Sprintf("interface %s on host %s does not work: %s", b.Interface, b.HostID, b.Fault)
	case b.MAC == (api.MAC{}) || b.MAC == p.MAC || p.Unguarded():
		return ""
	}
	for _, a := range p.AllowedAddressPairs {
		if a.MAC == b.MAC {
			return ""
		}
	}
	return fmt.Sprintf("interface %s on host %s has MAC %s and the port %s: what the guest sends is dropped; give the interface "+
		"the port's MAC, as 'weft libvirt xml %s' prints it", b.Interface, b.HostID, b.MAC, p.MAC, p.ID)
}

// pluggedTwice says of a port that works where it is bound that another host has it too, and may not.
func pluggedTwice(v api.View, p *api.Port, bound *api.Binding) string {
	if bound.Parent != "" {
		return ""
	}
	for b := range v.BindingsOf(p.ID) {
		if b.Problem != "" {
			return fmt.Sprintf("it works on host %s, and interface %s on host %s has its id too, which is dead (%s): unplug that one; "+
				"a guest that is to move there needs 'weft port binding create %s %[3]s' first", bound.HostID, b.Interface, b.HostID, b.Problem, p.ID)
		}
	}
	return ""
}

// adrift says of a port in mid-migration that it carries traffic nowhere, and what then to do.
func adrift(v api.View, p *api.Port) string {
	if len(p.Others) == 0 || p.HostID == "" {
		return ""
	}
	var hosts []string
	for _, o := range p.Others {
		if _, waits := v.Standby(p.ID, o.HostID); waits {
			return fmt.Sprintf("its guest is gone from host %s, and has sent nothing from host %[2]s, where it is plugged: if it runs "+
				"there, 'weft port binding activate %[3]s %[2]s'", p.HostID, o.HostID, p.ID)
		}
		hosts = append(hosts, string(o.HostID))
	}
	return fmt.Sprintf("it is plugged neither on host %s, where its traffic goes, nor on %s: start its guest again, and take back what "+
		"is not needed any more with 'weft port binding delete %s %s'", p.HostID, strings.Join(hosts, ", "), p.ID, hosts[0])
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
