package pipeline

import (
	"weft/api"
	"weft/tables"
)

// Peer gives what a host holds for each other host: its tunnel is let in, and frames with its MAC as source are known as
// those of its routers, which come through the tunnel only if the two have a network in common.
func Peer(s *Site, peer *api.Host) Part {
	var p Part
	if peer.ID == s.Host.ID {
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

// Meets reports whether another host has a network that crosses tunnels and is here too.
func (s *Site) Meets(h api.HostID) bool {
	if s.met != nil {
		return s.met[h]
	}
	for here := range s.SegmentsOn(s.Host.ID) {
		if _, there := s.Segment(h, here.NetworkID); there && Tunnelled(s.View, here.NetworkID) {
			return true
		}
	}
	return false
}

// Meet finds all hosts that this one meets at once, for those who will ask for most of them.
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
	s.met = met
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
