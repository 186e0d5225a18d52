package intent

import "weft/api"

// checkProvider judges provider:network_type, provider:physical_network and provider:segmentation_id together, and
// fills in the type.
func (o *Ops) checkProvider(n *api.Network, req NetworkRequest) error {
	physnet, segment := req.PhysicalNetwork.Or("") != "", given(req.SegmentationID)
	if !given(req.Type) {
		if physnet || segment {
			return invalid("provider:network_type required when provider:physical_network or provider:segmentation_id is given")
		}
		n.Type = api.NetworkVXLAN
		return nil
	}
	switch n.Type {
	case api.NetworkVXLAN:
		if physnet {
			return invalid("provider:physical_network specified for vxlan network")
		}
		return checkSegment(n, segment, maxVNI)
	case api.NetworkVLAN:
		if err := o.checkVLAN(n, physnet, segment); err != nil {
			return err
		}
	case api.NetworkFlat:
		if !physnet {
			return invalid("provider:physical_network required for flat provider network")
		}
		if segment {
			return invalid("provider:segmentation_id specified for flat network")
		}
	default:
		return invalid("provider:network_type %q is not one of vxlan, vlan, flat", n.Type)
	}
	if !physnet {
		return nil // it is chosen with the VLAN
	}
	return checkName("provider:physical_network", n.PhysicalNetwork)
}

// checkVLAN judges a VLAN network's attributes. What it does not say is chosen from the ranges, if there are any.
func (o *Ops) checkVLAN(n *api.Network, physnet, segment bool) error {
	switch {
	case segment && !physnet:
		return invalid("provider:physical_network required when provider:segmentation_id of a vlan network is given")
	case !segment && len(o.rangesOf(n.PhysicalNetwork)) == 0:
		return invalid("provider:physical_network and provider:segmentation_id are required for a vlan network: the controller " +
			"has no range of VLAN ids to choose from there (its --vlan-range)")
	case !physnet:
		return nil
	}
	return checkSegment(n, segment, maxVLAN)
}

// rangesOf gives the ranges of a physical network; of all if it has no name.
func (o *Ops) rangesOf(physnet string) []SegmentRange {
	var out []SegmentRange
	for _, r := range o.VLANs {
		if physnet == "" || r.PhysicalNetwork == physnet {
			out = append(out, r)
		}
	}
	return out
}

func checkSegment(n *api.Network, given bool, most uint32) error {
	if given && (n.SegmentationID < 1 || n.SegmentationID > most) {
		return invalid("provider:segmentation_id %d of a %s network is out of range (1 through %d)", n.SegmentationID, n.Type, most)
	}
	return nil
}

// claimSegment sees to it that no other network has the segment, or picks a free one if none was asked for.
func (o *Ops) claimSegment(v *api.Txn, n *api.Network, asked bool) error {
	if !asked && n.Type != api.NetworkFlat {
		for _, r := range o.choice(n) {
			id, ok := pickBetween(r.First, r.Last, func(id uint32) bool {
				_, used := v.NetworkBySegment(n.Type, r.PhysicalNetwork, id)
				return used
			})
			if ok {
				n.PhysicalNetwork, n.SegmentationID = r.PhysicalNetwork, id
				return nil
			}
		}
		return api.Faultf(api.Conflict, "NoNetworkAvailable",
			"Unable to create the network. No tenant network is available for allocation.")
	}
	if _, used := v.NetworkBySegment(n.Type, n.PhysicalNetwork, n.SegmentationID); used {
		return segmentInUse(n)
	}
	return nil
}

// choice is where a network's segment may be picked from.
func (o *Ops) choice(n *api.Network) []SegmentRange {
	if n.Tunnelled() {
		return []SegmentRange{{First: 1, Last: maxVNI}}
	}
	return o.rangesOf(n.PhysicalNetwork)
}

func segmentInUse(n *api.Network) error {
	switch n.Type {
	case api.NetworkFlat:
		return api.Faultf(api.Conflict, "FlatNetworkInUse",
			"Unable to create the flat network. Physical network %s is in use.", n.PhysicalNetwork)
	case api.NetworkVLAN:
		return api.Faultf(api.Conflict, "VlanIdInUse",
			"Unable to create the network. The VLAN %d on physical network %s is in use.", n.SegmentationID, n.PhysicalNetwork)
	}
	return api.Faultf(api.Conflict, "TunnelIdInUse",
		"Unable to create the network. The tunnel ID %d is in use.", n.SegmentationID)
}

// sameProvider refuses a change of provider attributes; giving them as they are is fine.
func sameProvider(n *api.Network, req NetworkRequest) error {
	if req.Type.Or(n.Type) != n.Type || req.PhysicalNetwork.Or(n.PhysicalNetwork) != n.PhysicalNetwork ||
		req.SegmentationID.Or(n.SegmentationID) != n.SegmentationID || req.SegmentationID.Null && n.SegmentationID != 0 {
		return invalid("Plugin does not support updating provider attributes")
	}
	return nil
}
