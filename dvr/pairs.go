package dvr

import (
	"weft/api"
	"weft/pipeline"
	"weft/tables"
)

// Network gives what routers need of a network on the host beyond its ports' own parts: routed frames for the MACs of
// allowed pairs (VRRP's, say) reach the ports here that may have them. Several ports may share such a MAC, so it belongs
// to the network.
func Network(s *pipeline.Site, id api.NetworkID) pipeline.Part {
	var part pipeline.Part
	l, ok := s.Local(id)
	if !ok {
		return part
	}
	seen := map[api.MAC]bool{}
	for _, p := range s.LooseHere(id) {
		for _, ap := range p.AllowedAddressPairs {
			leg, ok := pairLeg(s, id, ap)
			if !ok || seen[ap.MAC] || ownedHere(s, id, ap.MAC) {
				continue
			}
			seen[ap.MAC] = true
			part.Flow(fromLeg(l, tables.PrioToGuest, leg.MAC, pipeline.DlDst(ap.MAC))...)
		}
	}
	return part
}

// ownedHere reports whether a MAC is that of a port on this host, which has its own flow.
func ownedHere(s *pipeline.Site, id api.NetworkID, mac api.MAC) bool {
	p, ok := s.PortByMAC(id, mac)
	if !ok {
		return false
	}
	_, ok = s.Here(p)
	return ok
}

// pairLeg finds the leg through which an allowed pair's addresses are reached.
func pairLeg(s *pipeline.Site, id api.NetworkID, ap api.AddressPair) (*api.Port, bool) {
	for sub := range s.SubnetsOf(id) {
		if sub.CIDR.Overlaps(ap.Prefix) {
			if leg, ok := s.GatewayLeg(sub.ID); ok {
				return leg, true
			}
		}
	}
	return nil, false
}
