package intent

import (
	"net/netip"
	"slices"

	"weft/api"
)

// AddRouterInterface gives a router a leg: with the gateway address of a subnet, or made of a port that is free.
func (o *Ops) AddRouterInterface(tx *api.Txn, id api.RouterID, req InterfaceRequest) (InterfaceAnswer, error) {
	r, err := router(tx.View, id)
	if err != nil {
		return InterfaceAnswer{}, err
	}
	switch {
	case req.SubnetID != "" && req.PortID != "":
		return InterfaceAnswer{}, badRequest("router", "Cannot specify both subnet-id and port-id")
	case req.SubnetID != "":
		return o.addSubnet(tx, r, req.SubnetID)
	case req.PortID != "":
		return o.addPort(tx, r, req.PortID)
	}
	return InterfaceAnswer{}, badRequest("router", "Either subnet_id or port_id must be specified")
}

func (o *Ops) addSubnet(tx *api.Txn, r *api.Router, id api.SubnetID) (InterfaceAnswer, error) {
	s, err := subnet(tx.View, id)
	if err != nil {
		return InterfaceAnswer{}, err
	}
	if !s.GatewayIP.IsValid() {
		return InterfaceAnswer{}, badRequest("router", "Subnet for router interface must have a gateway IP")
	}
	return o.addLeg(tx, r, s, s.GatewayIP)
}

// addLeg puts the router on a subnet, with an address of it.
func (o *Ops) addLeg(tx *api.Txn, r *api.Router, s *api.Subnet, addr netip.Addr) (InterfaceAnswer, error) {
	if s.IPv6AddressMode != "" && s.IPv6RAMode == "" {
		return InterfaceAnswer{}, badRequest("router", "IPv6 subnet %s configured to receive RAs from an external router "+
			"cannot be added to Neutron Router", s.ID)
	}
	if err := checkOverlap(attachments(tx.View, r), s); err != nil {
		return InterfaceAnswer{}, err
	}
	prev, p, err := o.legFor(tx, r, s)
	if err != nil {
		return InterfaceAnswer{}, err
	}
	a := newAddresses(tx.View, p)
	if err := a.entry(FixedIPRequest{SubnetID: s.ID, Addr: addr}); err != nil {
		return InterfaceAnswer{}, err
	}
	p.FixedIPs = append(slices.Clone(p.FixedIPs), a.chosen...)
	if prev == nil {
		tx.Put(p)
	} else {
		o.save(tx, prev, p, &p.Meta)
	}
	o.revise(tx, r.Ref())
	return answer(r, p, s.ID), nil
}

// legFor gives the port that is to get the address: a copy of the router's IPv6 leg on the network for an IPv6 subnet,
// since one port announces all its prefixes; else a new one.
func (o *Ops) legFor(tx *api.Txn, r *api.Router, s *api.Subnet) (prev, p *api.Port, err error) {
	if s.IPVersion() == 6 {
		for leg := range tx.LegsOf(r.ID) {
			if leg.NetworkID == s.NetworkID && len(leg.FixedIPs) > 0 && leg.FixedIPs[0].Addr.Is6() {
				p := *leg
				return leg, &p, nil
			}
		}
	}
	p, err = o.ownPort(tx, s.NetworkID, api.OwnerRouterInterface, string(r.ID))
	if err == nil {
		p.ProjectID = r.ProjectID
	}
	return nil, p, err
}

func (o *Ops) addPort(tx *api.Txn, r *api.Router, id api.PortID) (InterfaceAnswer, error) {
	prev, err := port(tx.View, id)
	if err != nil {
		return InterfaceAnswer{}, err
	}
	if err := checkLeg(tx, r, prev); err != nil {
		return InterfaceAnswer{}, err
	}
	p := *prev
	p.DeviceID, p.DeviceOwner = string(r.ID), api.OwnerRouterInterface
	p.HostID, p.PortSecurityEnabled, p.AllowedAddressPairs = "", false, nil // a leg is on many hosts, and carries any source
	o.save(tx, prev, &p, &p.Meta)
	o.revise(tx, r.Ref())
	return answer(r, &p, subnetsOf(&p)...), nil
}

// checkLeg reports why a port cannot become a leg.
func checkLeg(tx *api.Txn, r *api.Router, p *api.Port) error {
	if p.DeviceID != "" || !p.IsGuest() {
		return hasDevice(p)
	}
	if t, ok := tx.TrunkOf(p.ID); ok {
		return api.Faultf(api.Conflict, "PortInUse", "Unable to complete operation on port %s for network %s. Port is the "+
			"parent of trunk %s.", p.ID, p.NetworkID, t.ID)
	}
	for f := range tx.FloatingIPsOfPort(p.ID) {
		return api.Faultf(api.Conflict, "PortInUse", "Unable to complete operation on port %s for network %s. Port has the "+
			"floating IP %s; disassociate it first.", p.ID, p.NetworkID, f.ID)
	}
	for f := range tx.FloatingIPsForwardingTo(p.ID) {
		return api.Faultf(api.Conflict, "PortInUse", "Unable to complete operation on port %s for network %s. Ports of the "+
			"floating IP %s are forwarded to it; delete those port forwardings first.", p.ID, p.NetworkID, f.ID)
	}
	if len(p.FixedIPs) == 0 {
		return badRequest("router", "Router port must have at least one fixed IP")
	}
	on := attachments(tx.View, r)
	v4 := 0
	for _, f := range p.FixedIPs {
		s, err := subnet(tx.View, f.SubnetID)
		if err != nil {
			return err
		}
		if s.IPVersion() == 4 {
			v4++
		}
		if v4 > 1 {
			return badRequest("router", "Cannot have multiple IPv4 subnets on router port")
		}
		if err := checkOverlap(on, s); err != nil {
			return err
		}
		on = append(on, attachment{s, f.Addr}) // a leg has one address on each of its subnets
	}
	return nil
}

// checkLegAddresses keeps a leg on the subnets that it is on: only the router itself can join or leave one. Its addresses
// there may change.
func checkLegAddresses(p *api.Port, asked []FixedIPRequest) error {
	on := map[api.SubnetID]int{}
	for _, f := range p.FixedIPs {
		on[f.SubnetID]++
	}
	for _, a := range asked {
		if a.SubnetID == "" {
			i := slices.IndexFunc(p.FixedIPs, func(f api.FixedIP) bool { return f.Addr == a.Addr })
			if i < 0 {
				return badRequest("port", "say the subnet_id of address %s of router %s's interface %s", a.Addr, p.DeviceID, p.ID)
			}
			a.SubnetID = p.FixedIPs[i].SubnetID
		}
		on[a.SubnetID]--
	}
	for s, n := range on {
		if n != 0 {
			return badRequest("port", "port %s is an interface of router %s, with one address on each of its subnets; subnet %s "+
				"joins or leaves by add_router_interface and remove_router_interface", p.ID, p.DeviceID, s)
		}
	}
	return nil
}

// RemoveRouterInterface takes a leg away, named by its port, or by its subnet, or by both.
func (o *Ops) RemoveRouterInterface(tx *api.Txn, id api.RouterID, req InterfaceRequest) (InterfaceAnswer, error) {
	r, err := router(tx.View, id)
	if err != nil {
		return InterfaceAnswer{}, err
	}
	return o.removeLeg(tx, r, req)
}

// removeLeg is RemoveRouterInterface with the router's routes as they are to be.
func (o *Ops) removeLeg(tx *api.Txn, r *api.Router, req InterfaceRequest) (InterfaceAnswer, error) {
	leg, err := findLeg(tx, r, req)
	if err != nil {
		return InterfaceAnswer{}, err
	}
	gone := subnetsOf(leg)
	if req.PortID == "" {
		gone = []api.SubnetID{req.SubnetID}
	}
	for _, s := range gone {
		if err := checkLegFree(tx, r, s); err != nil {
			return InterfaceAnswer{}, err
		}
	}
	ans := answer(r, leg, gone...)
	next := *leg
	next.FixedIPs = slices.DeleteFunc(slices.Clone(leg.FixedIPs), func(f api.FixedIP) bool { return slices.Contains(gone, f.SubnetID) })
	if len(next.FixedIPs) > 0 {
		o.save(tx, leg, &next, &next.Meta)
	} else {
		removePort(tx, leg)
	}
	o.revise(tx, r.Ref())
	return ans, nil
}

func findLeg(tx *api.Txn, r *api.Router, req InterfaceRequest) (*api.Port, error) {
	if req.PortID != "" {
		p, ok := tx.Port(req.PortID)
		if !ok || !p.IsRouterInterface() || p.DeviceID != string(r.ID) {
			return nil, api.Faultf(api.NotFound, "RouterInterfaceNotFound",
				"Router %s does not have an interface with id %s", r.ID, req.PortID)
		}
		if req.SubnetID != "" && !slices.Contains(subnetsOf(p), req.SubnetID) {
			return nil, api.Faultf(api.BadRequest, "SubnetMismatchForPort",
				"Subnet on port %s does not match the requested subnet %s.", p.ID, req.SubnetID)
		}
		return p, nil
	}
	if req.SubnetID == "" {
		return nil, badRequest("router", "Either subnet_id or port_id must be specified")
	}
	if _, err := subnet(tx.View, req.SubnetID); err != nil {
		return nil, err
	}
	for p := range tx.LegsOnSubnet(req.SubnetID) {
		if p.DeviceID == string(r.ID) {
			return p, nil
		}
	}
	return nil, api.Faultf(api.NotFound, "RouterInterfaceNotFoundForSubnet",
		"Router %s has no interface on subnet %s", r.ID, req.SubnetID)
}

// checkLegFree refuses to cut off a floating IP or a route.
func checkLegFree(tx *api.Txn, r *api.Router, id api.SubnetID) error {
	for f := range tx.FloatingIPsOfRouter(r.ID) {
		ends := []api.PortForwarding{{PortID: f.PortID, Addr: f.FixedIP}}
		if slices.ContainsFunc(append(ends, f.Forwards...), func(x api.PortForwarding) bool {
			p, ok := tx.PortByAddr(id, x.Addr)
			return ok && p.ID == x.PortID
		}) {
			return api.Faultf(api.Conflict, "RouterInterfaceInUseByFloatingIP", "Router interface for subnet %s on router %s "+
				"cannot be deleted, as it is required by one or more floating IPs.", id, r.ID)
		}
	}
	s, err := subnet(tx.View, id)
	if err != nil {
		return err
	}
	for _, route := range r.Routes {
		if s.CIDR.Contains(route.NextHop) {
			return api.Faultf(api.Conflict, "RouterInterfaceInUseByRoute", "Router interface for subnet %s on router %s "+
				"cannot be deleted, as it is required by one or more routes.", id, r.ID)
		}
	}
	return nil
}

func subnetsOf(p *api.Port) []api.SubnetID {
	var out []api.SubnetID
	for _, f := range p.FixedIPs {
		out = append(out, f.SubnetID)
	}
	return out
}

func answer(r *api.Router, p *api.Port, subnets ...api.SubnetID) InterfaceAnswer {
	return InterfaceAnswer{
		RouterID: r.ID, ProjectID: r.ProjectID, NetworkID: p.NetworkID, PortID: p.ID, SubnetIDs: subnets,
	}
}
