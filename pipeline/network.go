package pipeline

import (
	"cmp"
	"iter"
	"slices"

	"weft/api"
	"weft/tables"
)

// Network gives what a host holds for a network that is there, whoever is on it: translation between its tags.
func Network(s *Site, id api.NetworkID) Part {
	var p Part
	l, ok := s.Local(id)
	switch {
	case !ok:
	case l.Tunnelled():
		p.Flow(fromVNI(l)...)
	default:
		p.Flow(fromWire(l)...)
		for _, lane := range l.lanes() {
			p.Flow(toWire(lane)...)
		}
	}
	return p
}

// Members gives where frames go on the host whose destination is no port in particular: to which ports of the network,
// and to the uplink.
func Members(s *Site, id api.NetworkID) Part {
	var p Part
	if l, ok := s.Local(id); ok {
		members := s.members(id)
		for _, lane := range l.lanes() {
			p.Flow(toUnknown(lane, lane.insiders(members))...)
			p.Flow(toEverybody(lane, lane.insiders(members))...)
		}
	}
	return p
}

func netFlow(bridge string, t tables.ID, prio uint16, m Match, as ...Action) Flow {
	return Flow{Bridge: bridge, Kind: tables.KindNetwork, Table: t, Priority: prio, Match: m, Actions: as}
}

// member is a port of a network that is alive on this host.
type member struct {
	*api.Port
	device
}

// members lists the ports of a network on this host in the order of their OpenFlow ports.
func (s *Site) members(id api.NetworkID) []member {
	var out []member
	for port := range s.plugged(id) {
		if of, ok := s.Here(port); ok {
			out = append(out, member{port, s.device(port, of)})
		}
	}
	slices.SortFunc(out, func(a, b member) int { return cmp.Or(cmp.Compare(a.ofport, b.ofport), cmp.Compare(a.ID, b.ID)) })
	return out
}

// plugged yields the ports of a network that have a binding on this host.
func (s *Site) plugged(id api.NetworkID) iter.Seq[*api.Port] {
	return func(yield func(*api.Port) bool) {
		for b := range s.BindingsOnOf(s.Host.ID, id) {
			if p, ok := s.Port(b.PortID); ok && !yield(p) {
				return
			}
		}
	}
}

// LooseHere lists the ports of the network that are alive on this host and may have other MACs behind them, in the order
// of ids.
func (s *Site) LooseHere(id api.NetworkID) []*api.Port {
	var out []*api.Port
	for range s.LoosePortsOf(id) { // as a rule there is none anywhere
		for p := range s.plugged(id) {
			if _, ok := s.Here(p); ok && p.Loose() {
				out = append(out, p)
			}
		}
		break
	}
	slices.SortFunc(out, func(a, b *api.Port) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Loose reports whether there is such a port.
func (s *Site) Loose(id api.NetworkID) bool { return len(s.LooseHere(id)) > 0 }

// toUnknown sends unicast for a MAC that is not on this host to the uplink, and to the ports behind which any MAC may be.
func toUnknown(l Local, members []member) []Flow {
	loose := slices.DeleteFunc(slices.Clone(members), func(m member) bool { return !m.Loose() })
	out := spread(l, tables.PrioUnknownMAC, Match{Unicast()}, loose, nil)
	for _, m := range members {
		out = append(out, m.spread(l, Unicast(), loose)...)
	}
	return out
}

// toEverybody sends multicast and broadcast to all ports of the network. OVS never sends a frame back to the port that it
// came in by, so what comes from the uplink does not return there.
func toEverybody(l Local, members []member) []Flow {
	out := spread(l, tables.PrioBroadcastMAC, Match{Multicast()}, members, nil)
	for _, m := range members {
		out = append(out, m.spread(l, Multicast(), members)...)
	}
	return out
}

// spread copies what a port with siblings sends: to these it goes back by the way that it came, and not to itself.
func (m *member) spread(l Local, dst Field, to []member) []Flow {
	if !m.sibling {
		return nil
	}
	return spread(l, tables.PrioFromSibling, append(m.inside(), dst), to, m)
}

// spread copies a frame to the uplink, tagged, to sub-ports, with their own tag, and then to ports, untagged. from is who
// sends it, if that matters.
func spread(l Local, prio uint16, m Match, to []member, from *member) []Flow {
	var as, plain []Action
	if l.Uplink != 0 {
		as = append(as, Output{l.Uplink})
	}
	for _, t := range to {
		var out Action = Output{t.ofport}
		switch {
		case from == nil || t.ofport != from.ofport:
		case t.ID == from.ID:
			continue
		default:
			out = InPortOut{}
		}
		if t.tag != 0 {
			as = append(as, append(t.leave(), out)...)
		} else {
			plain = append(plain, out)
		}
	}
	if len(plain) > 0 {
		as = append(append(as, PopVlan{}), plain...)
	}
	if len(as) == 0 {
		return nil
	}
	return []Flow{netFlow(tables.BridgeInt, tables.Transient, prio, append(Match{DlVlan(l.VLAN)}, m...), as...)}
}

// fromVNI gives the frames of the tunnels the local VLAN's tag. Frames with a tag of a guest's own are dropped unless the
// network carries them: behind the local one it would be delivered as if it were a sub-port's.
func fromVNI(l Local) []Flow {
	var out []Flow
	for _, in := range l.fromTunnel() {
		m := Match{TunID(l.SegmentationID), in.as}
		out = append(out, netFlow(tables.BridgeTun, tables.VXLANToLV, tables.PrioVNI, m, append(TagVlan(in.vlan), Goto{tables.DVRNotLearn})...))
	}
	return out
}

// arriving is a kind of frames and the local VLAN that they get.
type arriving struct {
	as   Field
	vlan uint16
}

// fromTunnel lists the kinds of frames that the network's tunnels may bring.
func (l Local) fromTunnel() []arriving {
	kinds := []arriving{{Untagged(), l.VLAN}}
	if l.Tagged != 0 {
		kinds = append(kinds, arriving{Tagged(), l.Tagged})
	}
	return kinds
}

// fromWire turns the provider network's tag into the local VLAN's.
func fromWire(l Local) []Flow {
	if l.Uplink == 0 {
		return nil
	}
	as := append(l.FromWire(), Goto{tables.Transient})
	in := netFlow(tables.BridgeInt, tables.LocalSwitching, tables.PrioUplink, Match{InPort(l.Uplink), l.Wire()}, as...)
	return append(fromWireTagged(l), in)
}

// toWire turns it back.
func toWire(l Local) []Flow {
	if l.Outer == "" {
		return nil
	}
	as := []Action{Set(l.Wire()), Normal{}}
	if l.Type == api.NetworkFlat {
		as[0] = PopVlan{}
	}
	return []Flow{netFlow(l.Outer, tables.LocalVLANTranslate, tables.PrioTranslate, Match{DlVlan(l.VLAN)}, as...)}
}
