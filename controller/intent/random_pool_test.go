package intent_test

import (
	"net/netip"
	"slices"

	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/intent"
)

func (a actor) prefixes() []netip.Prefix {
	return rapid.SliceOfN(rapid.SampledFrom([]netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("10.0.1.0/24"), netip.MustParsePrefix("10.0.1.64/27"),
		netip.MustParsePrefix("10.0.2.0/28"), netip.MustParsePrefix("10.0.0.0/22"), netip.MustParsePrefix("fd00:1::/62"),
	}), 1, 3).Draw(a.t, "prefixes")
}

func (a actor) scope() intent.Opt[api.AddressScopeID] {
	if a.maybe("unscoped") {
		return intent.Opt[api.AddressScopeID]{}
	}
	return intent.Some(anID[api.AddressScopeID](a, api.KindAddressScope))
}

func (a actor) target() intent.Opt[string] {
	return intent.Some(rapid.SampledFrom([]string{api.Everyone, "a", "b", ""}).Draw(a.t, "target"))
}

func (a actor) policy() api.RBACPolicyID {
	ids := []api.RBACPolicyID{"none"}
	for p := range a.w.RBACPolicies() {
		ids = append(ids, p.ID)
	}
	return rapid.SampledFrom(ids).Draw(a.t, "policy")
}

// pools are what can be asked for of subnet pools and address scopes.
func (a actor) pools(ops map[string]func(*api.Txn) error) {
	o := a.w.ops
	pool := func() api.SubnetPoolID { return anID[api.SubnetPoolID](a, api.KindSubnetPool) }
	ops["create pool"] = func(tx *api.Txn) error {
		_, err := o.CreateSubnetPool(tx, intent.SubnetPoolRequest{
			Prefixes: intent.Some(a.prefixes()), AddressScopeID: a.scope(), IsDefault: intent.Some(a.maybe("default")),
		})
		return err
	}
	ops["create subnet of a pool"] = func(tx *api.Txn) error {
		req := a.subnetRequest()
		req.SubnetPoolID = intent.Some(pool())
		if a.maybe("any") {
			req.CIDR, req.PrefixLen = intent.Opt[netip.Prefix]{}, intent.Some(rapid.SampledFrom([]int{24, 26, 29, 64}).Draw(a.t, "bits"))
		}
		_, err := o.CreateSubnet(tx, req)
		return err
	}
	ops["update pool"] = func(tx *api.Txn) error {
		_, err := o.UpdateSubnetPool(tx, pool(), intent.SubnetPoolRequest{AddressScopeID: a.scope()})
		return err
	}
	ops["add prefixes"] = func(tx *api.Txn) error { _, err := o.AddPrefixes(tx, pool(), a.prefixes()); return err }
	ops["remove prefixes"] = func(tx *api.Txn) error { _, err := o.RemovePrefixes(tx, pool(), a.prefixes()); return err }
	ops["onboard"] = func(tx *api.Txn) error {
		_, err := o.OnboardSubnets(tx, pool(), anID[api.NetworkID](a, api.KindNetwork))
		return err
	}
	ops["delete pool"] = func(tx *api.Txn) error { return o.DeleteSubnetPool(tx, pool()) }
	ops["create scope"] = func(tx *api.Txn) error {
		_, err := o.CreateAddressScope(tx, intent.AddressScopeRequest{IPVersion: rapid.SampledFrom([]int{4, 6}).Draw(a.t, "version")})
		return err
	}
	ops["create policy"] = func(tx *api.Txn) error {
		kind := rapid.SampledFrom([]api.Kind{api.KindNetwork, api.KindSubnetPool, api.KindAddressScope}).Draw(a.t, "type")
		_, err := o.CreateRBACPolicy(tx, intent.RBACRequest{
			ObjectKind: kind, ObjectID: anID[string](a, kind), Target: a.target(),
			Action: rapid.SampledFrom([]api.RBACAction{api.ActionShared, api.ActionExternal}).Draw(a.t, "action"),
		})
		return err
	}
	ops["update policy"] = func(tx *api.Txn) error {
		_, err := o.UpdateRBACPolicy(tx, a.policy(), intent.RBACRequest{Target: a.target()})
		return err
	}
	ops["delete policy"] = func(tx *api.Txn) error { return o.DeleteRBACPolicy(tx, a.policy()) }
	ops["delete scope"] = func(tx *api.Txn) error {
		return o.DeleteAddressScope(tx, anID[api.AddressScopeID](a, api.KindAddressScope))
	}
}

// pools holds what is free in pools against their subnets, and pools of a scope against each other.
func (c *checker) pools() {
	for p := range all[*api.SubnetPool](c.View, api.KindSubnetPool) {
		if want, got := freeOf(c.View, p), free(c.View, p.ID); !slices.Equal(want, got) {
			c.holds(p, false, "free: %v, want %v", got, want)
		}
		if p.AddressScopeID != "" {
			c.refers(p, api.KindAddressScope, string(p.AddressScopeID))
		}
		if p.IsDefault {
			c.unique(p, "default of IPv%d", p.IPVersion())
		}
		for q := range c.PoolsOfScope(p.AddressScopeID) {
			c.holds(p, q.ID == p.ID || !meet(p.Prefixes, q.Prefixes), "overlaps with %s of its scope", q.ID)
		}
		for s := range c.SubnetsOfPool(p.ID) {
			for t := range c.SubnetsOfPool(p.ID) {
				c.holds(s, s == t || !s.CIDR.Overlaps(t.CIDR), "overlaps with %s of its pool", t.ID)
			}
		}
	}
	for p := range c.RBACPolicies() {
		c.refers(p, p.ObjectKind, p.ObjectID)
		c.unique(p, "%s of %s for %s", p.Action, p.Object(), p.Target)
		q, found := c.RBACPolicy(p.ID)
		c.holds(p, found && q.Object() == p.Object(), "is not found by its id")
	}
	for n := range c.Networks() {
		external := 0
		for p := range c.RBACPolicies() {
			if p.Object() == n.Ref() && p.Action == api.ActionExternal {
				external++
			}
		}
		c.holds(n, n.External == (external > 0), "external %t with %d policies for that", n.External, external)
	}
	for b := range all[*api.FreeBlock](c.View, api.KindFreeBlock) {
		c.refers(b, api.KindSubnetPool, string(b.PoolID))
	}
	for s := range c.Subnets() {
		if s.SubnetPoolID != "" {
			c.refers(s, api.KindSubnetPool, string(s.SubnetPoolID))
		}
	}
}

func meet(a, b []netip.Prefix) bool {
	return slices.ContainsFunc(a, func(p netip.Prefix) bool { return slices.ContainsFunc(b, p.Overlaps) })
}
