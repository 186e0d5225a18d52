package neutron

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// nearMAC finds ports by MAC, in any spelling.
func nearMAC(v api.View, value string) iter.Seq[*api.Port] {
	m, err := wire.ToMAC(value)
	if err != nil {
		return nothing[*api.Port]
	}
	return v.PortsWithMAC(m)
}

// nearFixedIP finds ports by what a filter like fixed_ips=ip_address=10.0.0.5 asks for.
func nearFixedIP(v api.View, value string) iter.Seq[*api.Port] {
	key, what, _ := strings.Cut(value, "=")
	switch key {
	case "subnet_id":
		return v.PortsOnSubnet(api.SubnetID(what))
	case "ip_address":
		a, err := netip.ParseAddr(what)
		if err != nil {
			return nothing[*api.Port]
		}
		return v.PortsWithAddr(a)
	}
	return nil
}

// nearHost finds ports by the host that hostOf gives: those that were asked to be there, and those that are.
func nearHost(v api.View, value string) iter.Seq[*api.Port] {
	return func(yield func(*api.Port) bool) {
		for p := range v.PortsAskedOn(api.HostID(value)) {
			if !yield(p) {
				return
			}
		}
		for b := range v.BindingsOn(api.HostID(value)) {
			if p, ok := v.Port(b.PortID); ok && !yield(p) {
				return
			}
		}
	}
}

func nearFloating(v api.View, value string) iter.Seq[*api.FloatingIP] {
	a, err := netip.ParseAddr(value)
	if err != nil {
		return nothing[*api.FloatingIP]
	}
	return v.FloatingIPsWithAddr(a)
}

func nothing[O any](func(O) bool) {}

// portsInReach gives a project's ports and those on its networks, in the order of ids.
func portsInReach(v api.View, project string) iter.Seq[*api.Port] {
	found := slices.Collect(noun.OwnedBy[*api.Port](api.KindPort)(v, project))
	for n := range noun.OwnedBy[*api.Network](api.KindNetwork)(v, project) {
		found = slices.AppendSeq(found, v.PortsOf(n.ID))
	}
	slices.SortFunc(found, func(a, b *api.Port) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Values(slices.Compact(found))
}
