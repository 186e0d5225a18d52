package intent

import (
	"net/netip"
	"slices"

	"weft/api"
)

// AddPrefixes gives a pool further prefixes.
func (o *Ops) AddPrefixes(tx *api.Txn, id api.SubnetPoolID, more []netip.Prefix) (*api.SubnetPool, error) {
	p, err := subnetPool(tx.View, id)
	if err != nil || len(more) == 0 {
		return p, err
	}
	return o.UpdateSubnetPool(tx, id, SubnetPoolRequest{Prefixes: Some(slices.Concat(p.Prefixes, more))})
}

// RemovePrefixes takes addresses away from a pool that no subnet has. What the pool does not have is passed over.
func (o *Ops) RemovePrefixes(tx *api.Txn, id api.SubnetPoolID, less []netip.Prefix) (*api.SubnetPool, error) {
	prev, err := subnetPool(tx.View, id)
	if err != nil {
		return nil, err
	}
	left := prev.Prefixes
	for _, q := range less {
		if !q.IsValid() || q.Addr().BitLen() != left[0].Addr().BitLen() {
			return nil, errMixed()
		}
		if left = without(left, q.Masked()); len(left) == 0 {
			return nil, api.Faultf(api.BadRequest, "EmptySubnetPoolPrefixList",
				"Empty subnet pool prefix list. Delete the pool if it is to have no prefixes.")
		}
	}
	p := *prev
	if err := setPrefixes(&p, left); err != nil {
		return nil, err
	}
	return &p, o.savePool(tx, prev, &p)
}

// without gives what is left of prefixes without the addresses of one.
func without(prefixes []netip.Prefix, gone netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range prefixes {
		switch {
		case !p.Overlaps(gone):
			out = append(out, p)
		case p.Bits() < gone.Bits():
			for half := gone; half.Bits() > p.Bits(); half = parent(half) {
				out = append(out, api.Sibling(half))
			}
		}
	}
	return out
}

// OnboardSubnets makes the subnets of a network that have the pool's IP version subnets of the pool, which gets their
// addresses. It gives the subnets.
func (o *Ops) OnboardSubnets(tx *api.Txn, id api.SubnetPoolID, net api.NetworkID) ([]*api.Subnet, error) {
	prev, err := subnetPool(tx.View, id)
	if err != nil {
		return nil, err
	}
	if _, err := network(tx.View, net); err != nil {
		return nil, err
	}
	p := *prev
	var moved []*api.Subnet
	for _, s := range slices.Collect(tx.SubnetsOf(net)) {
		if s.IPVersion() != p.IPVersion() {
			continue
		}
		if s.SubnetPoolID == id || taken(tx.View, id, s.CIDR) {
			return nil, api.Faultf(api.BadRequest, "IllegalSubnetPoolUpdate", "Illegal subnetpool update : Onboarding subnet %s: %s "+
				"conflicts with allocated prefixes in subnet pool %s.", s.ID, s.CIDR, id)
		}
		next := *s
		next.SubnetPoolID = id
		releaseSubnet(tx, s)
		o.save(tx, s, &next, &next.Meta)
		moved = append(moved, &next)
		p.Prefixes = slices.Concat(p.Prefixes, []netip.Prefix{s.CIDR})
	}
	if err := setPrefixes(&p, p.Prefixes); err != nil {
		return nil, err
	}
	if err := o.savePool(tx, prev, &p); err != nil {
		return nil, err
	}
	return moved, checkScope(tx.View, &p)
}

// taken reports whether a subnet of a pool has any of some addresses.
func taken(v api.View, id api.SubnetPoolID, cidr netip.Prefix) bool {
	for s := range v.SubnetsOfPool(id) {
		if s.CIDR.Overlaps(cidr) {
			return true
		}
	}
	return false
}
