package intent

import "weft/api"

// settleSegments gives each network a local VLAN on the hosts that need it, and takes it away from the others.
func (s *settler) settleSegments(tx *api.Txn, t *touched) error {
	for _, k := range sortedKeys(segmentsToCheck(tx, t), compareNetOnHost) {
		if err := s.excuse(tx, k.host, settleSegment(tx, k)); err != nil {
			return err
		}
	}
	return nil
}

func settleSegment(tx *api.Txn, k netOnHost) error {
	have, there := tx.Segment(k.host, k.net)
	switch need := needsSegment(tx, k); {
	case need && !there:
		return newSegment(tx, k)
	case !need && there:
		tx.Delete(have)
	}
	return nil
}

// newSegment takes a local VLAN, and a second one if guests may use tags of their own.
func newSegment(tx *api.Txn, k netOnHost) error {
	seg := &api.Segment{HostID: k.host, NetworkID: k.net}
	free := func(vlan *uint16) error {
		n, ok := pickBetween(1, maxVLAN, func(n uint32) bool {
			_, used := tx.SegmentByVLAN(k.host, uint16(n))
			return used || uint16(n) == seg.LocalVLAN
		})
		if !ok {
			return api.Faultf(api.Conflict, "NoLocalVlanAvailable",
				"Host %s has no free local VLAN for network %s: all %d are taken; use another host.", k.host, k.net, maxVLAN)
		}
		*vlan = uint16(n)
		return nil
	}
	if err := free(&seg.LocalVLAN); err != nil {
		return err
	}
	if n, ok := tx.Network(k.net); ok && n.VLANTransparent {
		if err := free(&seg.TaggedVLAN); err != nil {
			return err
		}
	}
	tx.Put(seg)
	return nil
}

func segmentsToCheck(tx *api.Txn, t *touched) set[netOnHost] {
	out := set[netOnHost]{}
	for id := range t.ports {
		for _, p := range t.versionsOfPort(tx.View, id) {
			for h := range t.hostsOfPort(tx.View, id) {
				out[netOnHost{h, p.NetworkID}] = true
			}
			if p.IsRouterInterface() {
				for pl := range tx.PlacementsOf(api.RouterID(p.DeviceID)) {
					out[netOnHost{pl.HostID, p.NetworkID}] = true
				}
			}
		}
	}
	for pl := range versionsOf[*api.Placement](t.changes) {
		for leg := range tx.LegsOf(pl.RouterID) {
			out[netOnHost{pl.HostID, leg.NetworkID}] = true
		}
		for leg := range versionsOf[*api.Port](t.changes) { // legs that went in the same transaction
			if leg.IsRouterInterface() && leg.DeviceID == string(pl.RouterID) {
				out[netOnHost{pl.HostID, leg.NetworkID}] = true
			}
		}
	}
	segmentsOfHosts(tx, t, out)
	return out
}

// segmentsOfHosts adds what a host or a network that came or went brings along.
func segmentsOfHosts(tx *api.Txn, t *touched, out set[netOnHost]) {
	for h := range versionsOf[*api.Host](t.changes) {
		if _, stays := tx.Host(h.ID); !stays {
			for s := range tx.SegmentsOn(h.ID) {
				out[netOnHost{h.ID, s.NetworkID}] = true
			}
		}
	}
	for _, c := range t.changes {
		if h, ok := c.After.(*api.Host); ok && c.Before == nil {
			for p := range tx.PortsAskedOn(h.ID) {
				out[netOnHost{h.ID, p.NetworkID}] = true
			}
		}
	}
	for n := range versionsOf[*api.Network](t.changes) {
		if _, stays := tx.Network(n.ID); !stays {
			for s := range tx.SegmentsOf(n.ID) {
				out[netOnHost{s.HostID, n.ID}] = true
			}
		}
	}
}

func needsSegment(tx *api.Txn, k netOnHost) bool {
	if _, ok := tx.Host(k.host); !ok {
		return false
	}
	if _, ok := tx.Network(k.net); !ok {
		return false
	}
	for p := range tx.PortsAskedOnOf(k.host, k.net) {
		if carriesNetwork(p) {
			return true
		}
	}
	for p := range tx.PortsExpectedOn(k.host) {
		if p.NetworkID == k.net {
			return true
		}
	}
	for b := range tx.BindingsOnOf(k.host, k.net) {
		if p, ok := tx.Port(b.PortID); ok && b.Problem == "" && carriesNetwork(p) {
			return true
		}
	}
	for s := range tx.SubnetsOf(k.net) {
		for leg := range tx.LegsOnSubnet(s.ID) {
			if _, ok := tx.Placement(k.host, api.RouterID(leg.DeviceID)); ok {
				return true
			}
		}
	}
	return false
}

// carriesNetwork reports whether a port brings its network to its host. A router's leg does so by its placement.
func carriesNetwork(p *api.Port) bool {
	return p.IsGuest() || p.IsAgentGateway() || p.HostID != "" && (p.IsCentralSNAT() || p.IsRouterGateway())
}
