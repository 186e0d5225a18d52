package intent

import (
	"math"

	"weft/api"
)

// poolFor finds the pool that a new subnet is to be cut from; nil: none.
func poolFor(v api.View, req SubnetRequest) (*api.SubnetPool, error) {
	if given(req.CIDR) && given(req.PrefixLen) {
		return nil, badRequest("subnets", "cidr and prefixlen must not be supplied together")
	}
	id, byDefault := req.SubnetPoolID.Or(""), req.UseDefaultPool.Or(false)
	switch {
	case id != "" && byDefault:
		return nil, badRequest("subnets", "subnetpool_id and use_default_subnetpool cannot both be specified")
	case byDefault:
		return defaultPool(v, req)
	case id != "":
		return subnetPool(v, id)
	case !given(req.CIDR):
		return nil, badRequest("subnets", "a subnetpool must be specified in the absence of a cidr")
	}
	return nil, nil
}

func defaultPool(v api.View, req SubnetRequest) (*api.SubnetPool, error) {
	version := req.IPVersion
	if given(req.CIDR) {
		version = (&api.Subnet{CIDR: req.CIDR.V}).IPVersion()
	}
	if version == 0 {
		return nil, badRequest("subnets", "ip_version must be specified in the absence of cidr and subnetpool_id")
	}
	p, ok := v.DefaultSubnetPool(version)
	if !ok {
		return nil, badRequest("subnets", "No default subnetpool found for IPv%d", version)
	}
	return p, nil
}

// chooseCIDR gives a new subnet its range: what was asked for, or a part of the pool, nil if there is none.
func chooseCIDR(tx *api.Txn, n *api.Network, p *api.SubnetPool, s *api.Subnet, req SubnetRequest) error {
	if given(req.CIDR) {
		s.CIDR = req.CIDR.V.Masked()
		if err := checkCIDR(s, req.IPVersion); err != nil {
			return err
		}
	}
	if err := checkAffinity(tx.View, n, p, s); err != nil || p == nil {
		return err
	}
	if err := checkPoolRequest(p, s, req); err != nil {
		return err
	}
	s.SubnetPoolID = p.ID
	if given(req.CIDR) {
		return cutCertain(tx, p, s)
	}
	if err := cutAny(tx, p, s, req.PrefixLen.Or(p.DefaultPrefixLen)); err != nil {
		return err
	}
	return checkCIDR(s, req.IPVersion)
}

func checkPoolRequest(p *api.SubnetPool, s *api.Subnet, req SubnetRequest) error {
	asked := req.IPVersion
	if s.CIDR.IsValid() {
		asked = s.IPVersion()
	} else if given(req.AllocationPools) {
		return badRequest("subnets", "allocation_pools allowed only for specific subnet requests")
	}
	if asked != 0 && asked != p.IPVersion() {
		return badRequest("subnets", "Cannot allocate IPv%d subnet from IPv%d subnet pool", asked, p.IPVersion())
	}
	return nil
}

// checkAffinity holds the subnets of a network and IP version to one pool or to none, or to one address scope if they are
// in one. p is nil for a subnet of no pool.
func checkAffinity(v api.View, n *api.Network, p *api.SubnetPool, s *api.Subnet) error {
	if p == nil {
		return checkSamePool(v, n, s.IPVersion(), "")
	}
	scope := v.ScopeOfNetwork(n.ID, p.IPVersion())
	for other := range v.SubnetsOf(n.ID) {
		switch {
		case other.IPVersion() != p.IPVersion():
		case scope != p.AddressScopeID: // there are subnets in another one, or in none
			return errScopeAffinity()
		}
	}
	if scope != "" {
		return nil
	}
	return checkSamePool(v, n, p.IPVersion(), p.ID)
}

// checkSamePool wants all subnets of a network and IP version to be of a pool; "" is none.
func checkSamePool(v api.View, n *api.Network, version int, pool api.SubnetPoolID) error {
	for other := range v.SubnetsOf(n.ID) {
		if other.IPVersion() == version && other.SubnetPoolID != pool {
			return api.Faultf(api.BadRequest, "NetworkSubnetPoolAffinityError",
				"Subnets hosted on the same network must be allocated from the same subnet pool.")
		}
	}
	return nil
}

func cutAny(tx *api.Txn, p *api.SubnetPool, s *api.Subnet, bits int) error {
	if err := checkCut(tx, p, s, bits); err != nil {
		return err
	}
	cidr, ok := takeAny(tx, p, bits)
	if !ok {
		return noSpace("Insufficient prefix space to allocate subnet size /%d", bits)
	}
	s.CIDR = cidr
	return nil
}

func cutCertain(tx *api.Txn, p *api.SubnetPool, s *api.Subnet) error {
	if err := checkCut(tx, p, s, s.CIDR.Bits()); err != nil {
		return err
	}
	if !take(tx, p, s.CIDR) {
		return noSpace("Cannot allocate requested subnet from the available set of prefixes")
	}
	return nil
}

func noSpace(format string, args ...any) error {
	f := api.Faultf(api.Conflict, "SubnetAllocationError", format, args...)
	f.Message = "Failed to allocate subnet: " + f.Message + "."
	return f
}

// checkCut holds the size of a new subnet against what the pool allows, and against the project's share of the pool.
func checkCut(tx *api.Txn, p *api.SubnetPool, s *api.Subnet, bits int) error {
	if bits > p.MaxPrefixLen {
		return api.Faultf(api.BadRequest, "MaxPrefixSubnetAllocationError",
			"Unable to allocate subnet with prefix length %d, maximum allowed prefix is %d.", bits, p.MaxPrefixLen)
	}
	if bits < p.MinPrefixLen {
		return api.Faultf(api.BadRequest, "MinPrefixSubnetAllocationError",
			"Unable to allocate subnet with prefix length %d, minimum allowed prefix is %d.", bits, p.MinPrefixLen)
	}
	if p.DefaultQuota == 0 {
		return nil
	}
	used := units(p, bits)
	for other := range tx.SubnetsOfPoolIn(p.ID, s.ProjectID) {
		if used > float64(p.DefaultQuota) {
			break
		}
		used += units(p, other.CIDR.Bits())
	}
	if used > float64(p.DefaultQuota) {
		return api.Faultf(api.Conflict, "SubnetPoolQuotaExceeded", "Per-tenant subnet pool prefix quota exceeded.")
	}
	return nil
}

// units is what a prefix counts in a pool's quota: addresses of IPv4, /64 prefixes of IPv6.
func units(p *api.SubnetPool, bits int) float64 {
	if p.IPVersion() == 4 {
		return math.Ldexp(1, 32-bits)
	}
	return math.Ldexp(1, 64-bits)
}

// removeSubnet removes a subnet; what it had of a pool is free again.
func removeSubnet(tx *api.Txn, s *api.Subnet) {
	releaseSubnet(tx, s)
	tx.Delete(s)
}

func releaseSubnet(tx *api.Txn, s *api.Subnet) {
	if s.SubnetPoolID != "" {
		giveBack(tx, s.SubnetPoolID, s.CIDR)
	}
}
