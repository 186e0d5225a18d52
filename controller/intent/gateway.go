package intent

import "weft/api"

// setGateway brings a router's connection to an external network to what the request says. r is changed in place.
func (o *Ops) setGateway(tx *api.Txn, r *api.Router, req Opt[GatewayRequest]) error {
	switch {
	case !req.Set:
		return nil
	case req.Null || req.V.NetworkID == "":
		if r.Gateway == nil {
			return nil
		}
		if err := checkGatewayFree(tx, r); err != nil {
			return err
		}
		dropGateway(tx, r)
		r.Gateway = nil
		return nil
	}
	n, err := network(tx.View, req.V.NetworkID)
	if err != nil {
		return err
	}
	if !n.External {
		return badRequest("router", "Network %s is not an external network", n.ID)
	}
	if err := checkExternalAddresses(tx, n, req.V.FixedIPs.Or(nil)); err != nil {
		return err
	}
	if r.Gateway != nil && r.Gateway.NetworkID == n.ID {
		return o.changeGateway(tx, r, req.V)
	}
	return o.newGateway(tx, r, n, req.V)
}

// checkExternalAddresses keeps a router from the address of the router that it sends to.
func checkExternalAddresses(tx *api.Txn, n *api.Network, asked []FixedIPRequest) error {
	for s := range tx.SubnetsOf(n.ID) {
		for _, a := range asked {
			if a.Addr.IsValid() && a.Addr == s.GatewayIP {
				return badRequest("router", "External IP %s is the same as the gateway IP", a.Addr)
			}
		}
	}
	return nil
}

// checkGatewayFree refuses to cut off floating IPs.
func checkGatewayFree(tx *api.Txn, r *api.Router) error {
	for range tx.FloatingIPsOfRouter(r.ID) {
		return api.Faultf(api.Conflict, "RouterExternalGatewayInUseByFloatingIp", "Gateway cannot be updated for router %s, "+
			"since a gateway to external network %s is required by one or more floating IPs.", r.ID, r.Gateway.NetworkID)
	}
	return nil
}

func dropGateway(tx *api.Txn, r *api.Router) {
	if r.Gateway == nil {
		return
	}
	if p, ok := tx.Port(r.Gateway.PortID); ok {
		removePort(tx, p)
	}
}

func (o *Ops) newGateway(tx *api.Txn, r *api.Router, n *api.Network, req GatewayRequest) error {
	if r.Gateway != nil {
		if err := checkGatewayFree(tx, r); err != nil {
			return err
		}
		dropGateway(tx, r)
		r.Gateway = nil
	}
	p, err := o.ownPort(tx, n.ID, api.OwnerRouterGateway, string(r.ID))
	if err != nil {
		return err
	}
	if len(req.FixedIPs.V) == 0 { // a gateway without an address is none
		req.FixedIPs = Opt[[]FixedIPRequest]{}
	}
	if p.FixedIPs, err = newFixedIPs(tx.View, p, req.FixedIPs); err != nil {
		return err
	}
	if err := checkGatewayOverlap(tx, r, p); err != nil {
		return err
	}
	tx.Put(p)
	r.Gateway = &api.Gateway{NetworkID: n.ID, PortID: p.ID, EnableSNAT: req.EnableSNAT.Or(true)}
	return nil
}

// changeGateway changes SNAT and addresses of a gateway that stays on its network.
func (o *Ops) changeGateway(tx *api.Txn, r *api.Router, req GatewayRequest) error {
	gw := *r.Gateway
	gw.EnableSNAT = req.EnableSNAT.Or(true) // what is left out is as in a new one
	r.Gateway = &gw
	if !given(req.FixedIPs) || len(req.FixedIPs.V) == 0 {
		return nil
	}
	prev, err := port(tx.View, gw.PortID)
	if err != nil {
		return err
	}
	p := *prev
	if p.FixedIPs, err = newAddresses(tx.View, &p).asRequested(req.FixedIPs.V); err != nil {
		return err
	}
	if err := checkGatewayOverlap(tx, r, &p); err != nil {
		return err
	}
	o.save(tx, prev, &p, &p.Meta)
	return nil
}

// checkGatewayOverlap holds a gateway port's subnets against those of the router's legs.
func checkGatewayOverlap(tx *api.Txn, r *api.Router, gw *api.Port) error {
	legs := attachments(tx.View, &api.Router{ID: r.ID})
	for _, f := range gw.FixedIPs {
		s, err := subnet(tx.View, f.SubnetID)
		if err != nil {
			return err
		}
		if err := checkOverlap(legs, s); err != nil {
			return err
		}
	}
	return nil
}

// ownPort begins a port of weft's own: with a MAC, without an address. It is not stored yet.
func (o *Ops) ownPort(tx *api.Txn, n api.NetworkID, owner, device string) (*api.Port, error) {
	meta, err := o.newMeta(MetaRequest{})
	if err != nil {
		return nil, err
	}
	p := &api.Port{
		ID: api.PortID(o.NewID()), Meta: meta, NetworkID: n,
		AdminStateUp: true, DeviceOwner: owner, DeviceID: device, VNICType: vnicNormal,
	}
	return p, setMAC(tx, p, Opt[api.MAC]{})
}
