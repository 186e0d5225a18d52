package ovsdb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"weft/api"
	"weft/plan"
)

// intBridge is where guests are plugged.
const intBridge = "br-int"

// State is what the agent reports of Open vSwitch.
type State struct {
	Version    string
	Bridges    []api.BridgeState
	Interfaces []plan.Interface
}

// State reads it. Bridges are weft's own and those asked for by name; interfaces are those of br-int with an iface-id.
func (d *DB) State(ctx context.Context, named []string) (State, error) {
	cl, err := d.client()
	if err != nil {
		return State{}, err
	}
	r, err := read(ctx, cl)
	if err != nil {
		return State{}, err
	}
	var s State
	if r.root.OVSVersion != nil {
		s.Version = *r.root.OVSVersion
	}
	for _, b := range r.bridges {
		if ours(b.ExternalIDs) || slices.Contains(named, b.Name) {
			s.Bridges = append(s.Bridges, r.bridgeState(b))
		}
	}
	slices.SortFunc(s.Bridges, func(a, b api.BridgeState) int { return cmp.Compare(a.Name, b.Name) })
	if b := r.bridges[intBridge]; b != nil {
		s.Interfaces = r.plugged(b)
	}
	return s, nil
}

func (r *rows) bridgeState(b *bridgeRow) api.BridgeState {
	s := api.BridgeState{Name: b.Name, Ports: map[string]uint32{}}
	if b.DatapathID != nil {
		s.DatapathID, _ = strconv.ParseUint(*b.DatapathID, 16, 64) // not a number: not known
	}
	for _, id := range b.Ports {
		p := r.ports[id]
		if p == nil || !ours(p.ExternalIDs) {
			continue
		}
		if i := r.iface(p); i != nil && i.Type != "" {
			s.Ports[p.Name] = ofport(i)
		}
	}
	return s
}

// plugged gives the interfaces that say which port they are.
func (r *rows) plugged(b *bridgeRow) []plan.Interface {
	var out []plan.Interface
	for _, id := range b.Ports {
		p := r.ports[id]
		if p == nil {
			continue
		}
		for _, id := range p.Interfaces {
			i := r.interfaces[id]
			if i == nil || i.ExternalIDs["iface-id"] == "" || i.gone() || i.inactive() {
				continue
			}
			out = append(out, plan.Interface{
				IfaceID: api.PortID(i.ExternalIDs["iface-id"]), Name: i.Name, OFPort: ofport(i), AttachedMAC: i.ExternalIDs["attached-mac"],
				Error: r.fault(i),
			})
		}
	}
	slices.SortFunc(out, func(a, b plan.Interface) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// fault is why Open vSwitch gives an interface no number: in its words, unless these say nothing ("Address family not
// supported by protocol") of a type that it cannot make.
func (r *rows) fault(i *interfaceRow) string {
	types := r.root.IfaceTypes
	switch {
	case ofport(i) == 0 && i.Type != "" && len(types) > 0 && !slices.Contains(types, i.Type):
		return unmakeable(i.Type)
	case i.Error != nil:
		return *i.Error
	case ofport(i) == 0 && i.OFPort != nil:
		return fmt.Sprintf("open vswitch gave ofport %d", *i.OFPort)
	}
	return ""
}

func unmakeable(kind string) string {
	why := "this open vswitch makes no interfaces of type " + kind
	if strings.HasPrefix(kind, "dpdk") { // dpdkvhostuser, dpdkvhostuserclient: vhost-user
		why += ": it was built without DPDK, or other_config:dpdk-init=true is not set; install one that has it, or give the guest a tap device"
	}
	return why
}

// inactive reports whether the hypervisor says that an interface is not the one that the guest uses now: one with both an
// emulated card and a paravirtual one has two with the same iface-id.
func (i *interfaceRow) inactive() bool { return i.ExternalIDs["iface-status"] == "inactive" }

// gone reports whether the device of an interface was removed under Open vSwitch, which keeps the port and its number then:
// nothing is plugged in any more.
func (i *interfaceRow) gone() bool { return i.Type == "" && i.IfIndex != nil && *i.IfIndex == 0 }

// ofport gives an interface's OpenFlow port, 0 if it has none: OVSDB has nothing there at first, and −1 on failure.
func ofport(i *interfaceRow) uint32 {
	const most = 0xfffffeff // OFPP_MAX + reserved ports are no place for an interface
	if i.OFPort == nil || *i.OFPort <= 0 || *i.OFPort > most {
		return 0
	}
	return uint32(*i.OFPort)
}
