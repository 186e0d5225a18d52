package intent

import (
	"fmt"

	"weft/api"
)

// checkUngranted refuses to take a policy away of which somebody makes use. The state is the one without it.
func checkUngranted(v api.View, gone *api.RBACPolicy) error {
	project, what := dependent(v, gone)
	if n, ok := v.Network(api.NetworkID(gone.ObjectID)); ok && n.IsDefault && gone.Action == api.ActionExternal && gone.Target == api.Everyone {
		return api.Faultf(api.Conflict, "RbacPolicyInUse", "RBAC policy on object %s cannot be removed because other objects depend "+
			"on it.\nDetails: it is the default external network, which is external to everyone; unset is_default first.", n.ID)
	}
	if what == "" {
		return nil
	}
	return api.Faultf(api.Conflict, "RbacPolicyInUse", "RBAC policy on object %s cannot be removed because other objects depend "+
		"on it.\nDetails: %s of project %s uses it; delete that first.", gone.ObjectID, what, project)
}

// dependent finds something that a project has by a policy that is gone, and by no other.
func dependent(v api.View, gone *api.RBACPolicy) (project, what string) {
	uses := func(p string) bool {
		return p != "" && (gone.Target == api.Everyone || p == gone.Target) && !allowed(v, gone, p)
	}
	switch gone.ObjectKind {
	case api.KindSubnetPool:
		for s := range v.SubnetsOfPool(api.SubnetPoolID(gone.ObjectID)) {
			if uses(s.ProjectID) {
				return s.ProjectID, fmt.Sprintf("subnet %s", s.ID)
			}
		}
	case api.KindAddressScope:
		for p := range v.PoolsOfScope(api.AddressScopeID(gone.ObjectID)) {
			if uses(p.ProjectID) {
				return p.ProjectID, fmt.Sprintf("subnet pool %s", p.ID)
			}
		}
	default:
		return dependentOnNetwork(v, gone, uses)
	}
	return "", ""
}

func dependentOnNetwork(v api.View, gone *api.RBACPolicy, uses func(string) bool) (project, what string) {
	id := api.NetworkID(gone.ObjectID)
	for p := range v.PortsOf(id) {
		owner, outside := p.ProjectID, false
		if p.IsRouterGateway() { // the port itself belongs to nobody
			outside = true
			if r, ok := v.Router(api.RouterID(p.DeviceID)); ok {
				owner = r.ProjectID
			}
		}
		outside = outside || p.DeviceOwner == api.OwnerFloatingIP
		if outside == (gone.Action == api.ActionExternal) && uses(owner) {
			return owner, fmt.Sprintf("port %s", p.ID)
		}
	}
	if gone.Action != api.ActionExternal {
		return "", ""
	}
	for f := range v.FloatingIPsOf(id) {
		if uses(f.ProjectID) {
			return f.ProjectID, fmt.Sprintf("floating IP %s", f.ID)
		}
	}
	return "", ""
}

// allowed reports whether a project may do with an object what a policy allowed, now that this one is gone.
func allowed(v api.View, gone *api.RBACPolicy, project string) bool {
	o, ok := v.Object(gone.Object())
	if !ok || v.Granted(gone.Object(), gone.Action, project) {
		return true
	}
	_, meta := withMeta(o)
	for _, p := range api.PublicPolicies(o) {
		if p.Action == gone.Action {
			return true
		}
	}
	return meta.ProjectID == project
}

// checkUnshared refuses to make an object private that other projects use.
func checkUnshared(v api.View, o api.Ref, fault func() error) error {
	if _, what := dependent(v, &api.RBACPolicy{ObjectKind: o.Kind, ObjectID: o.ID, Action: api.ActionShared, Target: api.Everyone}); what != "" {
		return fault()
	}
	return nil
}
