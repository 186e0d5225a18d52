package pipeline

import (
	"slices"

	"weft/api"
	"weft/tables"
)

// Peer gives what a host holds for another host that it knows: its tunnel is let in, and frames with its MAC as source are
// known as those of its routers, which come through the tunnel only if the two have a network in common that crosses it.
func Peer(s *Site, peer *api.Host) Part {
	var p Part
	if peer.ID == s.Host.ID || !s.Knows(peer.ID) {
		return p
	}
	if s.Joined(peer) && s.VXLAN() != 0 {
		p.Flow(peerFlow(tables.BridgeTun, tables.TunClassify, tables.PrioPeer,
			Match{InPort(s.VXLAN()), TunSrc(peer.TunnelIP)}, Goto{tables.VXLANToLV}))
	}
	if peer.MAC.IsZero() {
		return p
	}
	meets := s.Meets(peer.ID)
	if port := s.PatchInt(); port != 0 && meets {
		p.Flow(peerFlow(tables.BridgeTun, tables.DVRNotLearn, tables.PrioPeer, Match{DlSrc(peer.MAC)}, Output{port}))
	}
	if port := s.PatchTun(); port != 0 && meets {
		p.Flow(routedElsewhere(port, peer.MAC, tables.DVRToSrcMAC))
	}
	for _, pr := range s.Providers() {
		if pr.IntPort != 0 {
			p.Flow(routedElsewhere(pr.IntPort, peer.MAC, tables.DVRToSrcMACPhysical))
		}
		if pr.PatchPort != 0 {
			p.Flow(peerFlow(pr.Bridge, tables.PhysDVRNotLearn, tables.PrioPeer, Match{DlSrc(peer.MAC)}, Output{pr.PatchPort}))
		}
	}
	return p
}

// Known lists the hosts that one knows, and which know it: those with which it has a network in common, and its neighbours on
// the ring of all hosts, so that packets of trial pass between some hosts however little there is on them. Thus what a host
// holds grows with what is on it, and not with how many others there are.
func Known(v api.View, h api.HostID) map[api.HostID]bool {
	known := map[api.HostID]bool{}
	for _, near := range v.NeighboursOf(h) {
		known[near.ID] = true
	}
	for here := range v.SegmentsOn(h) {
		for there := range v.SegmentsOf(here.NetworkID) {
			known[there.HostID] = true
		}
	}
	delete(known, h)
	return known
}

// Knows reports whether another host is one of Known.
func (s *Site) Knows(h api.HostID) bool {
	if s.known != nil {
		return s.known[h]
	}
	return s.shares(h, func(api.NetworkID) bool { return true }) ||
		slices.ContainsFunc(s.NeighboursOf(s.Host.ID), func(near *api.Host) bool { return near.ID == h })
}

// Meets reports whether another host has a network that crosses tunnels and is here too.
func (s *Site) Meets(h api.HostID) bool {
	if s.met != nil {
		return s.met[h]
	}
	return s.shares(h, func(n api.NetworkID) bool { return Tunnelled(s.View, n) })
}

// shares reports whether a network like this is here and on another host.
func (s *Site) shares(h api.HostID, like func(api.NetworkID) bool) bool {
	for here := range s.SegmentsOn(s.Host.ID) {
		if _, there := s.Segment(h, here.NetworkID); there && like(here.NetworkID) {
			return true
		}
	}
	return false
}

// Meet finds all hosts that this one knows and meets at once, for those who will ask for most of them.
func (s *Site) Meet() {
	met := map[api.HostID]bool{}
	for here := range s.SegmentsOn(s.Host.ID) {
		if !Tunnelled(s.View, here.NetworkID) {
			continue
		}
		for there := range s.SegmentsOf(here.NetworkID) {
			met[there.HostID] = true
		}
	}
	s.met, s.known = met, Known(s.View, s.Host.ID)
}

// Tunnelled reports whether a network is there whose frames cross the underlay in VXLAN.
func Tunnelled(v api.View, id api.NetworkID) bool {
	n, ok := v.Network(id)
	return ok && n.Tunnelled()
}

// routedElsewhere finds frames that another host's router sent.
func routedElsewhere(uplink uint32, peer api.MAC, next tables.ID) Flow {
	return peerFlow(tables.BridgeInt, tables.LocalSwitching, tables.PrioPeerHostMAC, Match{InPort(uplink), DlSrc(peer)}, Goto{next})
}

func peerFlow(bridge string, t tables.ID, prio uint16, m Match, as ...Action) Flow {
	return Flow{Bridge: bridge, Kind: tables.KindPeer, Table: t, Priority: prio, Match: m, Actions: as}
}
