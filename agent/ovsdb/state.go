package ovsdb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

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
			if i == nil || i.ExternalIDs["iface-id"] == "" || i.gone() {
				continue
			}
			x := plan.Interface{
				IfaceID: api.PortID(i.ExternalIDs["iface-id"]), Name: i.Name, OFPort: ofport(i), AttachedMAC: i.ExternalIDs["attached-mac"],
			}
			if i.Error != nil {
				x.Error = *i.Error
			} else if x.OFPort == 0 && i.OFPort != nil {
				x.Error = fmt.Sprintf("open vswitch gave ofport %d", *i.OFPort)
			}
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b plan.Interface) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

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
