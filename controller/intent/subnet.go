package intent

import (
	"net/netip"
	"slices"

	"weft/api"
)

const (
	maxNameservers = 5
	maxHostRoutes  = 20
)

// CreateSubnet makes a subnet: of a certain range, or cut from a pool. Without gateway_ip the first host address is the
// gateway; without allocation_pools every host address but the gateway's may be given out. Where guests make
// up their addresses, those that are on the network already get one.
func (o *Ops) CreateSubnet(tx *api.Txn, req SubnetRequest) (*api.Subnet, error) {
	n, err := network(tx.View, req.NetworkID)
	if err != nil {
		return nil, err
	}
	pool, err := poolFor(tx.View, req)
	if err != nil {
		return nil, err
	}
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	s := &api.Subnet{
		ID: api.SubnetID(o.NewID()), Meta: meta, NetworkID: n.ID,
		EnableDHCP:      true,
		IPv6RAMode:      req.IPv6RAMode.Or(""),
		IPv6AddressMode: req.IPv6AddressMode.Or(""),
	}
	if err := chooseCIDR(tx, n, pool, s, req); err != nil {
		return nil, err
	}
	s.GatewayIP = defaultGateway(s.CIDR)
	if err := applySubnet(s, req); err != nil {
		return nil, err
	}
	if !given(req.AllocationPools) {
		s.AllocationPools = defaultPools(s.CIDR, s.GatewayIP)
	}
	if err := checkSubnet(tx, n, s); err != nil {
		return nil, err
	}
	tx.Put(s)
	o.giveAutomatic(tx, s)
	o.revise(tx, n.Ref())
	return s, nil
}

// UpdateSubnet changes what the request sets.
func (o *Ops) UpdateSubnet(tx *api.Txn, id api.SubnetID, req SubnetRequest) (*api.Subnet, error) {
	prev, err := subnet(tx.View, id)
	if err != nil {
		return nil, err
	}
	n, err := network(tx.View, prev.NetworkID)
	if err != nil {
		return nil, err
	}
	if err := sameSubnet(prev, req); err != nil {
		return nil, err
	}
	s := *prev
	if err := applyMeta(&s.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	if err := applySubnet(&s, req); err != nil {
		return nil, err
	}
	if req.AllocationPools.Null {
		s.AllocationPools = defaultPools(s.CIDR, s.GatewayIP)
	}
	if s.GatewayIP.IsValid() && s.GatewayIP != prev.GatewayIP { // without a gateway the router stays what it is to others
		if p, ok := tx.PortByAddr(id, prev.GatewayIP); ok && p.IsRouterInterface() {
			return nil, api.Faultf(api.Conflict, "GatewayIpInUse",
				"Current gateway ip %s already in use by port %s. Unable to update.", prev.GatewayIP, p.ID)
		}
	}
	if err := checkSubnet(tx, n, &s); err != nil {
		return nil, err
	}
	o.save(tx, prev, &s, &s.Meta)
	return &s, nil
}

// sameSubnet refuses a change of what a subnet keeps for life.
func sameSubnet(s *api.Subnet, req SubnetRequest) error {
	switch {
	case req.NetworkID != "" && req.NetworkID != s.NetworkID:
		return readOnly("network_id")
	case req.CIDR.Set && req.CIDR.V.Masked() != s.CIDR:
		return readOnly("cidr")
	case req.IPVersion != 0 && req.IPVersion != s.IPVersion():
		return readOnly("ip_version")
	case req.IPv6RAMode.Set && req.IPv6RAMode.Or("") != s.IPv6RAMode:
		return readOnly("ipv6_ra_mode")
	case req.IPv6AddressMode.Set && req.IPv6AddressMode.Or("") != s.IPv6AddressMode:
		return readOnly("ipv6_address_mode")
	}
	return nil
}

// applySubnet takes over what may change later too.
func applySubnet(s *api.Subnet, req SubnetRequest) error {
	if req.GatewayIP.Set {
		s.GatewayIP = req.GatewayIP.Or(netip.Addr{})
	}
	s.EnableDHCP = req.EnableDHCP.Or(s.EnableDHCP)
	if given(req.AllocationPools) {
		s.AllocationPools = slices.Clone(req.AllocationPools.V)
		slices.SortFunc(s.AllocationPools, func(a, b api.AddrRange) int { return a.Start.Compare(b.Start) })
	}
	if err := setServiceTypes(s, req.ServiceTypes); err != nil {
		return err
	}
	if req.DNSNameservers.Set {
		s.DNSNameservers = slices.Clone(req.DNSNameservers.Or(nil))
		if err := checkNameservers(s); err != nil {
			return err
		}
	}
	if req.HostRoutes.Set {
		s.HostRoutes = maskRoutes(req.HostRoutes.Or(nil))
		if err := checkHostRoutes(s); err != nil {
			return err
		}
	}
	if len(s.DNSNameservers) > maxNameservers {
		return api.Faultf(api.BadRequest, "DNSNameServersExhausted", "Unable to complete operation for %s. The number of "+
			"DNS nameservers exceeds the limit %d.", s.ID, maxNameservers)
	}
	if len(s.HostRoutes) > maxHostRoutes {
		return api.Faultf(api.BadRequest, "HostRoutesExhausted", "Unable to complete operation for %s. The number of "+
			"host routes exceeds the limit %d.", s.ID, maxHostRoutes)
	}
	return nil
}

func maskRoutes(rs []api.HostRoute) []api.HostRoute {
	rs = slices.Clone(rs)
	for i := range rs {
		rs[i].Destination = rs[i].Destination.Masked()
	}
	return rs
}

// DeleteSubnet removes a subnet that no port has an address of. Addresses that hosts made up themselves (SLAAC) go
// with it, and hosts' own ports move to another subnet.
func (o *Ops) DeleteSubnet(tx *api.Txn, id api.SubnetID) error {
	s, err := subnet(tx.View, id)
	if err != nil {
		return err
	}
	ports := slices.Collect(tx.PortsOnSubnet(id))
	for _, p := range ports {
		if !p.IsAgentGateway() && !(p.IsGuest() && automatic(s)) {
			return api.Faultf(api.Conflict, "SubnetInUse", "Unable to complete operation on subnet %s: One or more ports "+
				"have an IP allocation from this subnet.", id)
		}
	}
	for _, p := range ports {
		if p.IsAgentGateway() {
			removePort(tx, p)
			continue
		}
		next := *p
		next.FixedIPs = withoutSubnet(p.FixedIPs, id)
		o.save(tx, p, &next, &next.Meta)
	}
	removeSubnet(tx, s)
	o.revise(tx, api.Ref{Kind: api.KindNetwork, ID: string(s.NetworkID)})
	return nil
}

func withoutSubnet(ips []api.FixedIP, id api.SubnetID) []api.FixedIP {
	return slices.DeleteFunc(slices.Clone(ips), func(f api.FixedIP) bool { return f.SubnetID == id })
}
