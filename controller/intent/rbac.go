package intent

import (
	"slices"

	"weft/api"
)

// CreateRBACPolicy lets a project, or everyone, use an object.
func (o *Ops) CreateRBACPolicy(tx *api.Txn, req RBACRequest) (*api.RBACPolicy, error) {
	meta, err := o.newMeta(MetaRequest{ProjectID: req.ProjectID})
	if err != nil {
		return nil, err
	}
	p := &api.RBACPolicy{
		ID: api.RBACPolicyID(o.NewID()), Meta: meta, ObjectKind: req.ObjectKind, ObjectID: req.ObjectID, Action: req.Action,
		Target: req.Target.Or(""),
	}
	object, err := rbacObject(tx.View, p)
	if err != nil {
		return nil, err
	}
	if err := checkTarget(tx.View, p); err != nil {
		return nil, err
	}
	if p.Target == api.Everyone {
		return o.publish(tx, object, p.Action, "")
	}
	tx.Put(p)
	if n, ok := object.(*api.Network); ok && p.Action == api.ActionExternal && !n.External {
		next := *n
		next.External, next.ExternalToSome = true, true
		o.save(tx, n, &next, &next.Meta)
	}
	return p, nil
}

// rbacObject finds what a policy is about, if there can be such a policy.
func rbacObject(v api.View, p *api.RBACPolicy) (api.Object, error) {
	actions := []api.RBACAction{api.ActionShared}
	var object api.Object
	var err error
	switch p.ObjectKind {
	case api.KindNetwork:
		actions = append(actions, api.ActionExternal)
		object, err = network(v, api.NetworkID(p.ObjectID))
	case api.KindSubnetPool:
		object, err = subnetPool(v, api.SubnetPoolID(p.ObjectID))
	case api.KindAddressScope:
		object, err = addressScope(v, api.AddressScopeID(p.ObjectID))
	default:
		return nil, invalid("object_type '%.255s' is not in [network, subnetpool, address_scope]", p.ObjectKind)
	}
	if err == nil && !slices.Contains(actions, p.Action) {
		err = invalid("Invalid action '%.255s' for object type '%s'. Valid actions: %s", p.Action, p.ObjectKind, listed(actions, ", "))
	}
	return object, err
}

// checkTarget judges whom a policy is for.
func checkTarget(v api.View, p *api.RBACPolicy) error {
	if p.Target == "" {
		return invalid("target_tenant must be a project, or '*' for all projects")
	}
	if err := checkText("target_tenant", p.Target); err != nil {
		return err
	}
	if pool, ok := v.SubnetPool(api.SubnetPoolID(p.ObjectID)); ok && p.ObjectKind == api.KindSubnetPool && !mayUseScope(v, pool, p.Target) {
		return invalid("subnet pool %s is in address scope %s, to which %q has no access; share the address scope first",
			pool.ID, pool.AddressScopeID, p.Target)
	}
	exists := v.Granted(p.Object(), p.Action, p.Target)
	if o, ok := v.Object(p.Object()); ok && p.Target == api.Everyone {
		exists = slices.ContainsFunc(api.PublicPolicies(o), func(q *api.RBACPolicy) bool { return q.Action == p.Action })
	}
	if exists {
		return api.Faultf(api.Conflict, "DuplicateRbacPolicy", "An RBAC policy already exists with those values.")
	}
	return nil
}

// mayUseScope reports whether a project, or everyone, may use the address scope that a pool is in, if it is in one.
func mayUseScope(v api.View, p *api.SubnetPool, project string) bool {
	s, ok := v.AddressScope(p.AddressScopeID)
	return !ok || s.Shared || s.ProjectID == project || v.Granted(s.Ref(), api.ActionShared, project)
}

// publish makes the policy for everyone, by what the object itself says, with an id that it had before or none.
func (o *Ops) publish(tx *api.Txn, object api.Object, a api.RBACAction, id api.RBACPolicyID) (*api.RBACPolicy, error) {
	next, meta := withMeta(object)
	setPublic(next, a, true, id)
	o.save(tx, object, next, meta)
	all := api.PublicPolicies(next)
	i := slices.IndexFunc(all, func(p *api.RBACPolicy) bool { return p.Action == a })
	return all[i], nil
}

// setPublic changes whether everyone may use an object, by a policy of a certain id if it is not "".
func setPublic(object api.Object, a api.RBACAction, is bool, id api.RBACPolicyID) {
	switch x := object.(type) {
	case *api.Network:
		if a == api.ActionShared {
			x.Shared, x.PublicIDs.Shared = is, id
		} else {
			x.External, x.ExternalToSome, x.PublicIDs.External = true, !is, id
		}
	case *api.SubnetPool:
		x.Shared, x.PublicIDs.Shared = is, id
	case *api.AddressScope:
		x.Shared, x.PublicIDs.Shared = is, id
	}
}

// UpdateRBACPolicy gives a policy another project, or everyone.
func (o *Ops) UpdateRBACPolicy(tx *api.Txn, id api.RBACPolicyID, req RBACRequest) (*api.RBACPolicy, error) {
	prev, err := rbacPolicy(tx.View, id)
	if err != nil {
		return nil, err
	}
	p := *prev
	if p.Target = req.Target.Or(p.Target); p.Target == prev.Target {
		return prev, nil
	}
	if err := checkTarget(tx.View, &p); err != nil {
		return nil, err
	}
	if p.Target == api.Everyone {
		tx.Delete(prev)
		object, _ := tx.Object(p.Object())
		return o.publish(tx, object, p.Action, p.ID)
	}
	if prev.Target == api.Everyone {
		o.unpublish(tx, prev)
	}
	o.save(tx, prev, &p, &p.Meta)
	return &p, checkUngranted(tx.View, prev)
}

// unpublish takes the policy for everyone away, which is what the object itself says.
func (o *Ops) unpublish(tx *api.Txn, p *api.RBACPolicy) {
	object, _ := tx.Object(p.Object())
	next, meta := withMeta(object)
	setPublic(next, p.Action, false, "")
	o.save(tx, object, next, meta)
}

// giveWay gives another id to policies that were for everyone once and became those of one project, if the object is to
// be everyone's again: the id is that of the policy for everyone, for it follows from the object.
func (o *Ops) giveWay(tx *api.Txn, object api.Object) {
	for _, public := range api.PublicPolicies(object) {
		if p, ok := tx.RBACPolicy(public.ID); ok && p.Target != api.Everyone {
			next := *p
			next.ID = api.RBACPolicyID(o.NewID())
			tx.Delete(p)
			tx.Put(&next)
		}
	}
}

// DeleteRBACPolicy takes a permission away that nobody makes use of.
func (o *Ops) DeleteRBACPolicy(tx *api.Txn, id api.RBACPolicyID) error {
	p, err := rbacPolicy(tx.View, id)
	if err != nil {
		return err
	}
	if p.Target != api.Everyone {
		tx.Delete(p)
		return o.withdraw(tx, p)
	}
	o.unpublish(tx, p)
	return o.withdraw(tx, p)
}

// withdraw judges the state without a policy, and makes a network an internal one if it is external to nobody any more.
func (o *Ops) withdraw(tx *api.Txn, p *api.RBACPolicy) error {
	if err := checkUngranted(tx.View, p); err != nil {
		return err
	}
	n, ok := tx.Network(api.NetworkID(p.ObjectID))
	if !ok || p.Action != api.ActionExternal || !n.ExternalToSome {
		return nil
	}
	for q := range tx.RBACPoliciesOf(p.Object()) {
		if q.Action == api.ActionExternal {
			return nil
		}
	}
	next := *n
	next.External, next.ExternalToSome, next.IsDefault = false, false, false
	o.save(tx, n, &next, &next.Meta)
	return checkNetworkUse(tx, n, &next)
}

func rbacPolicy(v api.View, id api.RBACPolicyID) (*api.RBACPolicy, error) {
	if p, ok := v.RBACPolicy(id); ok {
		return p, nil
	}
	return nil, api.Faultf(api.NotFound, "RbacPolicyNotFound", "RBAC policy with ID %.255s not found", id)
}

// dropPolicies removes the policies about an object that goes.
func dropPolicies(tx *api.Txn, object api.Ref) {
	for _, p := range slices.Collect(tx.RBACPoliciesOf(object)) {
		tx.Delete(p)
	}
}
