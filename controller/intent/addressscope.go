package intent

import "weft/api"

// CreateAddressScope makes an address scope.
func (o *Ops) CreateAddressScope(tx *api.Txn, req AddressScopeRequest) (*api.AddressScope, error) {
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	if req.IPVersion != 4 && req.IPVersion != 6 {
		return nil, invalid("'%d' is not in [4, 6]", req.IPVersion)
	}
	s := &api.AddressScope{
		ID: api.AddressScopeID(o.NewID()), Meta: meta, IPVersion: req.IPVersion, Shared: req.Shared.Or(false),
	}
	tx.Put(s)
	return s, nil
}

// UpdateAddressScope changes what the request sets. A scope that is shared stays so, since others may use it.
func (o *Ops) UpdateAddressScope(tx *api.Txn, id api.AddressScopeID, req AddressScopeRequest) (*api.AddressScope, error) {
	prev, err := addressScope(tx.View, id)
	if err != nil {
		return nil, err
	}
	s := *prev
	if err := applyMeta(&s.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	if s.Shared = req.Shared.Or(s.Shared); prev.Shared && !s.Shared {
		return nil, api.Faultf(api.BadRequest, "AddressScopeUpdateError",
			"Unable to update address scope %s : Shared address scope can't be unshared.", id)
	}
	o.save(tx, prev, &s, &s.Meta)
	return &s, nil
}

// DeleteAddressScope removes a scope that no subnet pool is in.
func (o *Ops) DeleteAddressScope(tx *api.Txn, id api.AddressScopeID) error {
	s, err := addressScope(tx.View, id)
	if err != nil {
		return err
	}
	for range tx.PoolsOfScope(id) {
		return api.Faultf(api.Conflict, "AddressScopeInUse", "Unable to complete operation on address scope %s. There are one "+
			"or more subnet pools in use on the address scope.", id)
	}
	dropPolicies(tx, s.Ref())
	tx.Delete(s)
	return nil
}

func addressScope(v api.View, id api.AddressScopeID) (*api.AddressScope, error) {
	if s, ok := v.AddressScope(id); ok {
		return s, nil
	}
	return nil, api.Faultf(api.NotFound, "AddressScopeNotFound", "Address scope %.255s could not be found.", id)
}

// checkScope reports why a pool cannot be in the address scope that it names.
func checkScope(v api.View, p *api.SubnetPool) error {
	if p.AddressScopeID == "" {
		return nil
	}
	s, err := addressScope(v, p.AddressScopeID)
	if err != nil {
		return err
	}
	if s.IPVersion != p.IPVersion() {
		return api.Faultf(api.BadRequest, "IllegalSubnetPoolIpVersionAssociationToAddressScope", "Illegal subnetpool association: "+
			"subnetpool %s cannot associate with address scope %s because subnetpool ip_version is not %d.", p.ID, s.ID, s.IPVersion)
	}
	for other := range v.PoolsOfScope(s.ID) {
		if other.ID != p.ID && overlap(other.Prefixes, p.Prefixes) {
			return api.Faultf(api.Conflict, "AddressScopePrefixConflict", "Failed to associate address scope: subnetpools within "+
				"an address scope must have unique prefixes; those of subnetpool %s overlap.", other.ID)
		}
	}
	return nil
}

// checkScopeAffinity holds the networks that have subnets of a pool to one address scope each.
func checkScopeAffinity(v api.View, p *api.SubnetPool) error {
	seen := set[api.NetworkID]{}
	for s := range v.SubnetsOfPool(p.ID) {
		if seen[s.NetworkID] {
			continue
		}
		seen[s.NetworkID] = true
		for other := range v.SubnetsOf(s.NetworkID) {
			if other.IPVersion() == s.IPVersion() && other.SubnetPoolID != p.ID {
				return errScopeAffinity()
			}
		}
	}
	return nil
}

func errScopeAffinity() error {
	return api.Faultf(api.BadRequest, "NetworkAddressScopeAffinityError", "Subnets of the same address family hosted on the "+
		"same network must all participate in the same address scope.")
}
