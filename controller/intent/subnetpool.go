package intent

import (
	"net/netip"

	"weft/api"
)

// CreateSubnetPool makes a subnet pool. Its prefixes are joined as far as they can be.
func (o *Ops) CreateSubnetPool(tx *api.Txn, req SubnetPoolRequest) (*api.SubnetPool, error) {
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	p := &api.SubnetPool{ID: api.SubnetPoolID(o.NewID()), Meta: meta, Shared: req.Shared.Or(false)}
	if err := setPrefixes(p, req.Prefixes.Or(nil)); err != nil {
		return nil, err
	}
	p.MinPrefixLen, p.MaxPrefixLen = 8, 32 // Neutron's defaults
	if p.IPVersion() == 6 {
		p.MinPrefixLen, p.MaxPrefixLen = 64, 128
	}
	p.DefaultPrefixLen = req.MinPrefixLen.Or(p.MinPrefixLen)
	if err := o.applyPool(tx, nil, p, req); err != nil {
		return nil, err
	}
	tx.Put(p)
	return p, refill(tx, p)
}

// UpdateSubnetPool changes what the request sets. Prefixes may be added, not taken away.
func (o *Ops) UpdateSubnetPool(tx *api.Txn, id api.SubnetPoolID, req SubnetPoolRequest) (*api.SubnetPool, error) {
	prev, err := subnetPool(tx.View, id)
	if err != nil {
		return nil, err
	}
	p := *prev
	if given(req.Prefixes) {
		if err := setPrefixes(&p, req.Prefixes.V); err != nil {
			return nil, err
		}
		if p.IPVersion() != prev.IPVersion() {
			return nil, errMixed()
		}
		if !allWithin(prev.Prefixes, p.Prefixes) {
			return nil, api.Faultf(api.BadRequest, "IllegalSubnetPoolPrefixUpdate",
				"Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.")
		}
	}
	if err := o.applyPool(tx, prev, &p, req); err != nil {
		return nil, err
	}
	return &p, o.savePool(tx, prev, &p)
}

// savePool stores a changed pool, and what is free in it then.
func (o *Ops) savePool(tx *api.Txn, prev, p *api.SubnetPool) error {
	o.save(tx, prev, p, &p.Meta)
	return refill(tx, p)
}

// applyPool takes over what may change later too, and judges the whole pool. prev is nil for a new one.
func (o *Ops) applyPool(tx *api.Txn, prev, p *api.SubnetPool, req SubnetPoolRequest) error {
	if err := applyMeta(&p.Meta, req.MetaRequest); err != nil {
		return err
	}
	p.MinPrefixLen = req.MinPrefixLen.Or(p.MinPrefixLen)
	p.MaxPrefixLen = req.MaxPrefixLen.Or(p.MaxPrefixLen)
	p.DefaultPrefixLen = req.DefaultPrefixLen.Or(p.DefaultPrefixLen)
	if req.DefaultQuota.Set {
		p.DefaultQuota, p.QuotaSet = req.DefaultQuota.Or(0), !req.DefaultQuota.Null
	}
	if req.AddressScopeID.Set {
		p.AddressScopeID = req.AddressScopeID.Or("")
	}
	p.IsDefault = req.IsDefault.Or(p.IsDefault)
	if err := checkBounds(p); err != nil {
		return err
	}
	if d, ok := tx.DefaultSubnetPool(p.IPVersion()); ok && p.IsDefault && d.ID != p.ID {
		return invalid("A default subnetpool for this IP family has already been set. Only one default may exist per IP family")
	}
	if prev == nil || prev.AddressScopeID != p.AddressScopeID {
		if err := checkScopeAffinity(tx.View, p); err != nil {
			return err
		}
	}
	return checkScope(tx.View, p)
}

// checkBounds holds the three prefix lengths against each other and the IP version.
func checkBounds(p *api.SubnetPool) error {
	most := p.Prefixes[0].Addr().BitLen()
	illegal := func(what string, n int, base string, limit int) error {
		return api.Faultf(api.BadRequest, "IllegalSubnetPoolPrefixBounds", "Illegal prefix bounds: %s=%d, %s=%d.", what, n, base, limit)
	}
	switch {
	case p.MinPrefixLen < 0:
		return api.Faultf(api.BadRequest, "UnsupportedMinSubnetPoolPrefix", "Prefix '%d' not supported in IPv%d pool.",
			p.MinPrefixLen, p.IPVersion())
	case p.MinPrefixLen > p.MaxPrefixLen:
		return illegal("min_prefixlen", p.MinPrefixLen, "max_prefixlen", p.MaxPrefixLen)
	case p.MaxPrefixLen > most:
		return illegal("max_prefixlen", p.MaxPrefixLen, "ip_version_max", most)
	case p.DefaultPrefixLen < p.MinPrefixLen:
		return illegal("default_prefixlen", p.DefaultPrefixLen, "min_prefixlen", p.MinPrefixLen)
	case p.DefaultPrefixLen > p.MaxPrefixLen:
		return illegal("default_prefixlen", p.DefaultPrefixLen, "max_prefixlen", p.MaxPrefixLen)
	case p.DefaultQuota < 0:
		return invalid("default_quota '%d' is negative", p.DefaultQuota)
	}
	return nil
}

// DeleteSubnetPool removes a pool that no subnet was cut from.
func (o *Ops) DeleteSubnetPool(tx *api.Txn, id api.SubnetPoolID) error {
	p, err := subnetPool(tx.View, id)
	if err != nil {
		return err
	}
	for range tx.SubnetsOfPool(id) {
		return api.Faultf(api.BadRequest, "SubnetPoolDeleteError",
			"Unable to delete subnet pool: Subnet pool has existing allocations.")
	}
	drain(tx, p)
	dropPolicies(tx, p.Ref())
	tx.Delete(p)
	return nil
}

func subnetPool(v api.View, id api.SubnetPoolID) (*api.SubnetPool, error) {
	if p, ok := v.SubnetPool(id); ok {
		return p, nil
	}
	return nil, api.Faultf(api.NotFound, "SubnetPoolNotFound", "Subnet pool %.255s could not be found.", id)
}

// maxPrefixes bounds the prefixes of a pool, as they are stored.
const maxPrefixes = 1024

// setPrefixes gives a pool its prefixes, joined.
func setPrefixes(p *api.SubnetPool, prefixes []netip.Prefix) error {
	if len(prefixes) == 0 {
		return api.Faultf(api.BadRequest, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.")
	}
	masked := make([]netip.Prefix, len(prefixes))
	for i, q := range prefixes {
		if !q.IsValid() || q.Addr().Is4In6() {
			return invalid("%s is not in a CIDR format", q)
		}
		if q.Addr().BitLen() != prefixes[0].Addr().BitLen() {
			return errMixed()
		}
		masked[i] = q.Masked()
	}
	if p.Prefixes = api.JoinPrefixes(masked); len(p.Prefixes) > maxPrefixes {
		return invalid("%d prefixes are too many for a subnet pool, the maximum is %d; make another pool", len(p.Prefixes), maxPrefixes)
	}
	return nil
}

func errMixed() error {
	return api.Faultf(api.BadRequest, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.")
}

// overlap reports whether two sorted lists of prefixes, disjoint in themselves, have an address in common.
func overlap(a, b []netip.Prefix) bool {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].Overlaps(b[j]):
			return true
		case a[i].Addr().Less(b[j].Addr()):
			i++
		default:
			j++
		}
	}
	return false
}

// allWithin reports whether every address of some prefixes is in others, which are joined.
func allWithin(some, others []netip.Prefix) bool {
	for _, p := range some {
		if !within(p, others) {
			return false
		}
	}
	return true
}

func within(p netip.Prefix, joined []netip.Prefix) bool {
	for _, q := range joined {
		if q.Bits() <= p.Bits() && q.Overlaps(p) {
			return true
		}
	}
	return false
}
