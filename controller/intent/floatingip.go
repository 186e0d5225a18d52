package intent

import (
	"net/netip"
	"reflect"
	"slices"

	"weft/api"
)

// CreateFloatingIP takes an address of an external network, and associates it if the request names a port.
func (o *Ops) CreateFloatingIP(tx *api.Txn, req FloatingIPRequest) (*api.FloatingIP, error) {
	n, err := network(tx.View, req.NetworkID)
	if err != nil {
		return nil, err
	}
	if !n.External {
		return nil, badRequest("floatingip", "Network %s is not a valid external network", n.ID)
	}
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	f := &api.FloatingIP{ID: api.FloatingIPID(o.NewID()), Meta: meta, NetworkID: n.ID}
	if err := setFloatingDNS(f, req); err != nil {
		return nil, err
	}
	p, err := o.ownPort(tx, n.ID, api.OwnerFloatingIP, string(f.ID))
	if err != nil {
		return nil, err
	}
	if p.FixedIPs, err = floatingAddress(tx, p, req); err != nil {
		return nil, err
	}
	tx.Put(p)
	f.Addr, f.OwnPortID = p.FixedIPs[0].Addr, p.ID
	if err := associate(tx, f, req); err != nil {
		return nil, err
	}
	tx.Put(f)
	return f, nil
}

// floatingAddress chooses the one IPv4 address of a floating IP. An address that is asked for need not be in a pool.
func floatingAddress(tx *api.Txn, p *api.Port, req FloatingIPRequest) ([]api.FixedIP, error) {
	a := newAddresses(tx.View, p)
	a.subnets = slices.DeleteFunc(a.subnets, func(s *api.Subnet) bool { return s.IPVersion() == 6 })
	if len(a.subnets) == 0 {
		return nil, badRequest("floatingip", "Network %s does not contain any IPv4 subnet", p.NetworkID)
	}
	if !given(req.SubnetID) && !given(req.Addr) {
		return a.byDefault()
	}
	return a.asRequested([]FixedIPRequest{{SubnetID: req.SubnetID.Or(""), Addr: req.Addr.Or(netip.Addr{})}})
}

// UpdateFloatingIP associates, dissociates (PortID Null) or renames. Without PortID the association stays, unless the
// request says nothing at all: once there was nothing but the association to change, and in Neutron that still ends it.
func (o *Ops) UpdateFloatingIP(tx *api.Txn, id api.FloatingIPID, req FloatingIPRequest) (*api.FloatingIP, error) {
	prev, err := floatingIP(tx.View, id)
	if err != nil {
		return nil, err
	}
	if reflect.ValueOf(req).IsZero() {
		req.PortID = Opt[api.PortID]{Set: true, Null: true}
	}
	switch {
	case req.NetworkID != "" && req.NetworkID != prev.NetworkID:
		return nil, readOnly("floating_network_id")
	case req.Addr.Set && req.Addr.V != prev.Addr:
		return nil, readOnly("floating_ip_address")
	case req.SubnetID.Set:
		return nil, readOnly("subnet_id")
	}
	f := *prev
	if err := applyMeta(&f.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	if !req.PortID.Set && given(req.FixedIP) && f.PortID != "" {
		req.PortID = Some(f.PortID)
	}
	if err := associate(tx, &f, req); err != nil {
		return nil, err
	}
	o.save(tx, prev, &f, &f.Meta)
	return &f, nil
}

// DeleteFloatingIP gives the address back.
func (o *Ops) DeleteFloatingIP(tx *api.Txn, id api.FloatingIPID) error {
	f, err := floatingIP(tx.View, id)
	if err != nil {
		return err
	}
	if err := checkForwards(tx, f, nil); err != nil {
		return err
	}
	removeFloatingIP(tx, f)
	return nil
}

// removeFloatingIP removes a floating IP and the port that holds its address.
func removeFloatingIP(tx *api.Txn, f *api.FloatingIP) {
	if p, ok := tx.Port(f.OwnPortID); ok {
		removePort(tx, p)
	}
	tx.Delete(f)
}

func dissociate(f *api.FloatingIP) {
	f.PortID, f.FixedIP, f.RouterID, f.RulePriority = "", netip.Addr{}, "", 0
}

// associate brings f's association to what the request says.
func associate(tx *api.Txn, f *api.FloatingIP, req FloatingIPRequest) error {
	if req.PortID.Or("") == "" && given(req.FixedIP) {
		return badRequest("floatingip", "fixed_ip_address cannot be specified without a port_id")
	}
	if !req.PortID.Set {
		return nil
	}
	if req.PortID.Or("") == "" {
		if len(f.Forwards) == 0 {
			dissociate(f)
		}
		return nil
	}
	p, err := port(tx.View, req.PortID.V)
	if err != nil {
		return err
	}
	if err := checkForwards(tx, f, p); err != nil {
		return err
	}
	fixed, err := internalAddress(p, req.FixedIP)
	if err != nil {
		return err
	}
	for other := range tx.FloatingIPsOfPort(p.ID) {
		if other.ID != f.ID && other.FixedIP == fixed.Addr && other.NetworkID == f.NetworkID {
			return api.Faultf(api.Conflict, "FloatingIPPortAlreadyAssociated", "Cannot associate floating IP %s (%s) with port "+
				"%s using fixed IP %s, as that fixed IP already has a floating IP on external network %s.",
				f.Addr, f.ID, p.ID, fixed.Addr, f.NetworkID)
		}
	}
	r, ok := routerFor(tx, p, fixed.SubnetID, f.NetworkID)
	if !ok {
		return unreachable(f, fixed.SubnetID, p.ID)
	}
	if r != f.RouterID {
		f.RulePriority = 0 // Settle finds one that is free there
	}
	f.PortID, f.FixedIP, f.RouterID = p.ID, fixed.Addr, r
	return nil
}

// unreachable is the error of a floating IP that no router leads from.
func unreachable(f *api.FloatingIP, s api.SubnetID, p api.PortID) error {
	return api.Faultf(api.NotFound, "ExternalGatewayForFloatingIPNotFound", "External network %s is not reachable from "+
		"subnet %s.  Therefore, cannot associate Port %s with a Floating IP.", f.NetworkID, s, p)
}

// internalAddress finds the IPv4 address of the port, a guest's or a router's leg, that the floating IP stands for.
func internalAddress(p *api.Port, asked Opt[netip.Addr]) (api.FixedIP, error) {
	var none api.FixedIP
	if !p.IsGuest() && !p.IsRouterInterface() {
		return none, badRequest("floatingip", "Port %s belongs to %s and cannot have a floating IP", p.ID, p.DeviceOwner)
	}
	v4 := slices.DeleteFunc(slices.Clone(p.FixedIPs), func(f api.FixedIP) bool { return !f.Addr.Is4() })
	if given(asked) {
		i := slices.IndexFunc(v4, func(f api.FixedIP) bool { return f.Addr == asked.V })
		if i < 0 {
			return none, badRequest("floatingip", "Port %s does not have fixed ip %s", p.ID, asked.V)
		}
		return v4[i], nil
	}
	switch len(v4) {
	case 0:
		return none, badRequest("floatingip", "Cannot add floating IP to port %s that has no fixed IPv4 addresses", p.ID)
	case 1:
		return v4[0], nil
	}
	return none, badRequest("floatingip", "Port %s has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address "+
		"when assigning a floating IP", p.ID)
}

// routerFor finds the router that serves a floating IP of a network for a port's address on a subnet. What a router's own
// leg sends leaves by that router and no other.
func routerFor(tx *api.Txn, p *api.Port, s api.SubnetID, n api.NetworkID) (api.RouterID, bool) {
	if !p.IsRouterInterface() {
		return routerBetween(tx, s, n)
	}
	r, ok := tx.Router(api.RouterID(p.DeviceID))
	if !ok || r.Gateway == nil || r.Gateway.NetworkID != n {
		return "", false
	}
	return r.ID, true
}

// routerBetween finds a router with a leg on the subnet and a gateway on the network: the one that holds the subnet's
// gateway address, or else the first.
func routerBetween(tx *api.Txn, s api.SubnetID, n api.NetworkID) (api.RouterID, bool) {
	sub, _ := tx.Subnet(s)
	var best api.RouterID
	for leg := range tx.LegsOnSubnet(s) {
		r, ok := tx.Router(api.RouterID(leg.DeviceID))
		if !ok || r.Gateway == nil || r.Gateway.NetworkID != n {
			continue
		}
		if sub != nil && slices.Contains(leg.FixedIPs, api.FixedIP{SubnetID: s, Addr: sub.GatewayIP}) {
			return r.ID, true
		}
		if best == "" {
			best = r.ID
		}
	}
	return best, best != ""
}
