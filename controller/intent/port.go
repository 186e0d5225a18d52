package intent

import (
	"slices"

	"weft/api"
)

// CreatePort makes a port. Without fixed_ips it gets an address of each IP version that the network has.
func (o *Ops) CreatePort(tx *api.Txn, req PortRequest) (*api.Port, error) {
	n, err := network(tx.View, req.NetworkID)
	if err != nil {
		return nil, err
	}
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	p := &api.Port{
		ID: api.PortID(o.NewID()), Meta: meta, NetworkID: n.ID,
		AdminStateUp:        true,
		PortSecurityEnabled: n.PortSecurityEnabled,
		VNICType:            vnicNormal,
		Unaddressed:         given(req.FixedIPs) && len(req.FixedIPs.V) == 0,
	}
	if err := applyPort(p, req); err != nil {
		return nil, err
	}
	p.PortSecurityEnabled = p.PortSecurityEnabled && p.IsGuest()
	if err := setMAC(tx, p, req.MAC); err != nil {
		return nil, err
	}
	if err := setPairs(p, req.AllowedAddressPairs); err != nil {
		return nil, err
	}
	if p.FixedIPs, err = newFixedIPs(tx.View, p, req.FixedIPs); err != nil {
		return nil, err
	}
	if err := o.setPortDNS(tx.View, p, req); err != nil {
		return nil, err
	}
	tx.Put(p)
	return p, nil
}

func newFixedIPs(v api.View, p *api.Port, req Opt[[]FixedIPRequest]) ([]api.FixedIP, error) {
	if given(req) {
		return newAddresses(v, p).asRequested(req.V)
	}
	return newAddresses(v, p).byDefault()
}

// UpdatePort changes what the request sets. Of weft's own ports only name, description and state may change.
func (o *Ops) UpdatePort(tx *api.Txn, id api.PortID, req PortRequest) (*api.Port, error) {
	prev, err := port(tx.View, id)
	if err != nil {
		return nil, err
	}
	if req.NetworkID != "" && req.NetworkID != prev.NetworkID {
		return nil, readOnly("network_id")
	}
	if err := checkOwn(prev, req); err != nil {
		return nil, err
	}
	p := *prev
	if err := applyMeta(&p.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	if err := applyPort(&p, req); err != nil {
		return nil, err
	}
	if err := changeMAC(tx, prev, &p, req.MAC); err != nil {
		return nil, err
	}
	if err := setPairs(&p, req.AllowedAddressPairs); err != nil {
		return nil, err
	}
	if req.FixedIPs.Set {
		if p.FixedIPs, err = newAddresses(tx.View, &p).asRequested(req.FixedIPs.Or(nil)); err != nil {
			return nil, err
		}
	}
	if err := o.setPortDNS(tx.View, &p, req); err != nil {
		return nil, err
	}
	if err := checkFloating(tx, &p); err != nil {
		return nil, err
	}
	if p.IsGuest() {
		o.forwardsFollow(tx, p.ID, &p)
	} else {
		o.forwardsFollow(tx, p.ID, nil)
	}
	o.save(tx, prev, &p, &p.Meta)
	return &p, nil
}

// checkFloating refuses a change that would take an associated floating IP its end.
func checkFloating(tx *api.Txn, p *api.Port) error {
	for f := range tx.FloatingIPsOfPort(p.ID) {
		if !p.IsGuest() {
			return badRequest("port", "port %s has the floating IP %s and so cannot get the device_owner %q; disassociate it first",
				p.ID, f.ID, p.DeviceOwner)
		}
		if !slices.ContainsFunc(p.FixedIPs, func(ip api.FixedIP) bool { return ip.Addr == f.FixedIP }) {
			return badRequest("port", "fixed IP %s of port %s is used by floating IP %s; disassociate it first", f.FixedIP, p.ID, f.ID)
		}
	}
	return nil
}

// changeMAC gives the port another MAC; addresses made from it, and pairs that have it, follow.
func changeMAC(tx *api.Txn, prev, p *api.Port, mac Opt[api.MAC]) error {
	if !mac.Set || mac.V == prev.MAC {
		return nil
	}
	if err := setMAC(tx, p, mac); err != nil { // null asks for one that is free: the old one is not
		return err
	}
	if _, bound := tx.BoundOn(p.ID); bound {
		return api.Faultf(api.Conflict, "PortBound", "Unable to complete operation on port %s, port is already bound, "+
			"port type: ovs, old_mac %s, new_mac %s.", p.ID, prev.MAC, p.MAC)
	}
	p.AllowedAddressPairs = slices.Clone(p.AllowedAddressPairs)
	for i := range p.AllowedAddressPairs {
		if pair := &p.AllowedAddressPairs[i]; pair.MAC == prev.MAC {
			pair.MAC = p.MAC
		}
	}
	p.FixedIPs = slices.Clone(p.FixedIPs)
	for i, f := range p.FixedIPs {
		if s, ok := tx.Subnet(f.SubnetID); ok && automatic(s) && p.IsGuest() {
			p.FixedIPs[i].Addr = p.MAC.EUI64(s.CIDR)
		}
	}
	return nil
}

// DeletePort removes a port; its floating IPs are dissociated. Ports of routers and floating IPs go with these.
func (o *Ops) DeletePort(tx *api.Txn, id api.PortID) error {
	p, err := port(tx.View, id)
	if err != nil {
		return err
	}
	if ownedByWeft(p.DeviceOwner) {
		return api.Faultf(api.Conflict, "ServicePortInUse",
			"Port %s cannot be deleted directly via the port API: has device owner %s.", id, p.DeviceOwner)
	}
	if err := checkTrunked(tx.View, id); err != nil {
		return err
	}
	for _, f := range slices.Collect(tx.FloatingIPsOfPort(id)) {
		next := *f
		dissociate(&next)
		o.save(tx, f, &next, &next.Meta)
	}
	o.forwardsFollow(tx, id, nil)
	removePort(tx, p)
	return nil
}

// removePort removes a port and its bindings.
func removePort(tx *api.Txn, p *api.Port) {
	for _, b := range slices.Collect(tx.BindingsOf(p.ID)) {
		tx.Delete(b)
	}
	tx.Delete(p)
}
