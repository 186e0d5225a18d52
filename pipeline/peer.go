package pipeline

import (
	"weft/api"
	"weft/tables"
)

// Peer gives what a host holds for each other host: its tunnel is let in, and frames with its MAC as source are known as
// those of its routers.
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
	if port := s.PatchInt(); port != 0 {
		p.Flow(peerFlow(tables.BridgeTun, tables.DVRNotLearn, tables.PrioPeer, Match{DlSrc(peer.MAC)}, Output{port}))
	}
	if port := s.PatchTun(); port != 0 {
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

// routedElsewhere finds frames that another host's router sent.
func routedElsewhere(uplink uint32, peer api.MAC, next tables.ID) Flow {
	return peerFlow(tables.BridgeInt, tables.LocalSwitching, tables.PrioPeerHostMAC, Match{InPort(uplink), DlSrc(peer)}, Goto{next})
}

func peerFlow(bridge string, t tables.ID, prio uint16, m Match, as ...Action) Flow {
	return Flow{Bridge: bridge, Kind: tables.KindPeer, Table: t, Priority: prio, Match: m, Actions: as}
}
