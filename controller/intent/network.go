package intent

import (
	"slices"

	"weft/api"
)

const (
	maxVNI  = 1<<24 - 2 // the last is kept for trial packets
	maxVLAN = 4094

	defaultMTU = 1500
	minMTU     = 68
	minIPv6MTU = 1280
)

// CreateNetwork makes a network; without provider attributes, a VXLAN one with a free VNI.
func (o *Ops) CreateNetwork(tx *api.Txn, req NetworkRequest) (*api.Network, error) {
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	n := &api.Network{
		ID: api.NetworkID(o.NewID()), Meta: meta,
		AdminStateUp:        req.AdminStateUp.Or(true),
		Shared:              req.Shared.Or(false),
		External:            req.External.Or(false),
		PortSecurityEnabled: req.PortSecurityEnabled.Or(true),
		Type:                req.Type.Or(""),
		PhysicalNetwork:     req.PhysicalNetwork.Or(""),
		SegmentationID:      req.SegmentationID.Or(0),
		VLANTransparent:     req.VLANTransparent.Or(false),
		ZoneHints:           req.ZoneHints.Or(nil),
		DropUnknown:         req.DropUnknown.Or(false),
	}
	if err := o.checkProvider(n, req); err != nil {
		return nil, err
	}
	if n.VLANTransparent && n.Type == api.NetworkFlat {
		return nil, api.Faultf(api.BadRequest, "VlanTransparencyDriverError", "Backend does not support VLAN Transparency for a "+
			"flat network: tagged frames there are those of the VLANs of physical network %s. Use a vlan or vxlan network.",
			n.PhysicalNetwork)
	}
	if err := judgeNetwork(tx.View, n, req); err != nil {
		return nil, err
	}
	if err := o.claimSegment(tx, n, given(req.SegmentationID)); err != nil {
		return nil, err
	}
	if err = o.setMTU(tx.View, n, req.MTU.Or(0)); err != nil {
		return nil, err
	}
	tx.Put(n)
	return n, nil
}

// UpdateNetwork changes what the request sets.
func (o *Ops) UpdateNetwork(tx *api.Txn, id api.NetworkID, req NetworkRequest) (*api.Network, error) {
	prev, err := network(tx.View, id)
	if err != nil {
		return nil, err
	}
	if err := sameProvider(prev, req); err != nil {
		return nil, err
	}
	n := *prev
	n.AdminStateUp = req.AdminStateUp.Or(n.AdminStateUp)
	n.Shared = req.Shared.Or(n.Shared)
	if external := req.External.Or(n.External); external != n.External {
		n.External, n.ExternalToSome = external, false
	}
	n.PortSecurityEnabled = req.PortSecurityEnabled.Or(n.PortSecurityEnabled)
	n.DropUnknown = req.DropUnknown.Or(n.DropUnknown)
	if err := judgeNetwork(tx.View, &n, req); err != nil {
		return nil, err
	}
	if err := applyMeta(&n.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	if req.MTU.Set {
		if err = o.setMTU(tx.View, &n, req.MTU.Or(0)); err != nil {
			return nil, err
		}
	}
	if err := checkNetworkUse(tx, prev, &n); err != nil {
		return nil, err
	}
	o.save(tx, prev, &n, &n.Meta)
	return &n, checkSharing(tx, prev, &n)
}

// judgeNetwork takes over what is judged by itself, and refuses what cannot be together.
func judgeNetwork(v api.View, n *api.Network, req NetworkRequest) error {
	if err := checkUnknown(n); err != nil {
		return err
	}
	if err := setDomain(&n.DNSDomain, req.DNSDomain); err != nil {
		return err
	}
	return setDefault(v, n, req.IsDefault)
}

// checkUnknown refuses to drop what other switches than weft's decide about.
func checkUnknown(n *api.Network) error {
	if n.DropUnknown && !n.Tunnelled() {
		return badRequest("network", "weft:unknown_unicast can be drop on networks of type vxlan only; that of a %s network is up "+
			"to the switches of physical network %s", n.Type, n.PhysicalNetwork)
	}
	return nil
}

// checkNetworkUse refuses a change that those who use the network would not survive.
func checkNetworkUse(tx *api.Txn, prev, n *api.Network) error {
	if prev.MTU != n.MTU {
		for s := range tx.SubnetsOf(n.ID) {
			if err := checkSubnetMTU(n, s); err != nil {
				return err
			}
		}
	}
	if !prev.External || n.External {
		return nil
	}
	for p := range tx.PortsOf(n.ID) {
		if p.DeviceOwner == api.OwnerRouterGateway || p.DeviceOwner == api.OwnerFloatingIP {
			return api.Faultf(api.Conflict, "ExternalNetworkInUse", "External network %s cannot be updated to be made "+
				"non-external, since it has existing gateway ports or floating IPs.", n.ID)
		}
	}
	return nil
}

// checkSharing refuses to make a network private that other projects use; those to which a policy gave it keep it. What an
// external network was to projects goes with its being external.
func checkSharing(tx *api.Txn, prev, n *api.Network) error {
	if prev.External && !n.External {
		for _, p := range slices.Collect(tx.RBACPoliciesOf(n.Ref())) {
			if p.Action == api.ActionExternal {
				tx.Delete(p)
			}
		}
	}
	if !prev.Shared || n.Shared {
		return nil
	}
	return checkUnshared(tx.View, n.Ref(), func() error {
		return api.Faultf(api.Conflict, "InvalidSharedSetting",
			"Unable to reconfigure sharing settings for network %s. Multiple tenants are using it.", n.Name)
	})
}

// DeleteNetwork removes a network with its subnets, and its floating IPs that stand for nothing. Ports other than weft's
// own must be gone.
func (o *Ops) DeleteNetwork(tx *api.Txn, id api.NetworkID) error {
	n, err := network(tx.View, id)
	if err != nil {
		return err
	}
	for _, f := range slices.Collect(tx.FloatingIPsOf(id)) {
		if f.PortID == "" && len(f.Forwards) == 0 {
			removeFloatingIP(tx, f)
		}
	}
	var inUse []api.PortID
	var own []*api.Port
	for p := range tx.PortsOf(id) {
		if p.IsAgentGateway() {
			own = append(own, p)
		} else if inUse = append(inUse, p.ID); len(inUse) > maxListed {
			break
		}
	}
	if len(inUse) > 0 {
		return api.Faultf(api.Conflict, "NetworkInUse", "Unable to complete operation on network %s. There are one or "+
			"more ports still in use on the network, id for these ports is: %s.", id, listed(inUse, ","))
	}
	for t := range tx.VTEPsOf(id) {
		return api.Faultf(api.Conflict, "NetworkInUse",
			"Unable to complete operation on network %s. External VTEP %s is still on it; delete that first.", id, t.ID)
	}
	for _, p := range own {
		removePort(tx, p)
	}
	for _, s := range slices.Collect(tx.SubnetsOf(id)) {
		removeSubnet(tx, s)
	}
	dropPolicies(tx, n.Ref())
	tx.Delete(n)
	return nil
}

func given[T any](o Opt[T]) bool { return o.Set && !o.Null }
