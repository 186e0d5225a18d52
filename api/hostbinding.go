package api

import (
	"cmp"
	"iter"
	"slices"
)

// HostBinding is a further host that a guest's port is bound on: where a live migration leads, or came from (Neutron's
// INACTIVE binding). The active binding is the port's own HostID, VNICType and Profile.
type HostBinding struct {
	HostID   HostID         `json:"host_id"`
	VNICType string         `json:"vnic_type,omitempty"`
	Profile  map[string]any `json:"profile,omitempty"`
	// Left says that the guest has gone from this host, or its interface has: nothing is prepared for it here any more,
	// until it is plugged anew.
	Left bool `json:"left,omitempty"`
}

// MigratingTo is the member of a binding's profile with which Nova names the host that a guest is about to move to.
const MigratingTo = "migrating_to"

// Other gives the port's further binding on a host.
func (p *Port) Other(h HostID) (HostBinding, bool) {
	if i := p.otherAt(h); i >= 0 {
		return p.Others[i], true
	}
	return HostBinding{}, false
}

func (p *Port) otherAt(h HostID) int {
	return slices.IndexFunc(p.Others, func(b HostBinding) bool { return b.HostID == h })
}

// WithOther gives the further bindings with b in place of the one on its host. The port itself does not change.
func (p *Port) WithOther(b HostBinding) []HostBinding {
	out := append(slices.Clone(p.WithoutOther(b.HostID)), b)
	slices.SortFunc(out, func(a, b HostBinding) int { return cmp.Compare(a.HostID, b.HostID) })
	return out
}

// WithoutOther gives the further bindings without the one on a host. The port itself does not change.
func (p *Port) WithoutOther(h HostID) []HostBinding {
	i := p.otherAt(h)
	if i < 0 {
		return p.Others
	}
	if len(p.Others) == 1 {
		return nil
	}
	return slices.Delete(slices.Clone(p.Others), i, i+1)
}

// Expected lists the hosts that must be ready before the guest is plugged there.
func (p *Port) Expected() []HostID {
	var out []HostID
	for _, b := range p.Others {
		if !b.Left {
			out = append(out, b.HostID)
		}
	}
	if h, ok := p.Profile[MigratingTo].(string); ok && h != "" && !slices.Contains(out, HostID(h)) {
		out = append(out, HostID(h))
	}
	return out
}

func expectedKeys(p *Port) []string {
	if !p.IsGuest() {
		return nil
	}
	var keys []string
	for _, h := range p.Expected() {
		keys = append(keys, string(h))
	}
	return keys
}

// PortsExpectedOn yields the guests' ports that a host must be ready for, those that are parents with their sub-ports.
func (v View) PortsExpectedOn(h HostID) iter.Seq[*Port] {
	return func(yield func(*Port) bool) {
		for p := range scan[*Port](v, KindPort, byExpected, string(h)) {
			if !yield(p) {
				return
			}
			for sub := range v.SubPortsOf(p) {
				if !yield(sub) {
					return
				}
			}
		}
	}
}

// Standby gives the binding of a port on a host if the interface there waits for the guest to arrive.
func (v View) Standby(p PortID, h HostID) (*Binding, bool) {
	b, ok := v.Binding(p, h)
	return b, ok && b.Standby && b.Problem == ""
}

// GoodBindings yields the bindings of a port without a problem: the one that carries it, and those on standby.
func (v View) GoodBindings(p PortID) iter.Seq[*Binding] {
	return func(yield func(*Binding) bool) {
		for b := range v.BindingsOf(p) {
			if b.Problem == "" && !yield(b) {
				return
			}
		}
	}
}
