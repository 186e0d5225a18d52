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
		if !physnet || !segment {
			return invalid("provider:physical_network and provider:segmentation_id are required for a vlan network")
		}
		if err := checkSegment(n, segment, maxVLAN); err != nil {
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
	return checkName("provider:physical_network", n.PhysicalNetwork)
}

func checkSegment(n *api.Network, given bool, most uint32) error {
	if given && (n.SegmentationID < 1 || n.SegmentationID > most) {
		return invalid("provider:segmentation_id %d of a %s network is out of range (1 through %d)", n.SegmentationID, n.Type, most)
	}
	return nil
}

// claimSegment sees to it that no other network has the segment, or picks a free VNI if none was asked for.
func claimSegment(v *api.Txn, n *api.Network, asked bool) error {
	if n.Tunnelled() && !asked {
		vni, ok := pickBetween(1, maxVNI, func(id uint32) bool {
			_, used := v.NetworkBySegment(api.NetworkVXLAN, "", id)
			return used
		})
		if !ok {
			return api.Faultf(api.Conflict, "NoNetworkAvailable",
				"Unable to create the network. No tenant network is available for allocation.")
		}
		n.SegmentationID = vni
		return nil
	}
	if _, used := v.NetworkBySegment(n.Type, n.PhysicalNetwork, n.SegmentationID); used {
		return segmentInUse(n)
	}
	return nil
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
		req.SegmentationID.Or(n.SegmentationID) != n.SegmentationID {
		return invalid("Plugin does not support updating provider attributes")
	}
	return nil
}
