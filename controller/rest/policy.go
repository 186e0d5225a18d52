package rest

import (
	"weft/api"
	"weft/controller/auth"
)

// policy answers what one caller may do. All of who may do what is in this file, in demand.go, and in the declarations
// of nouns and attributes that name the rights below.
type policy struct{ auth.Caller }

// target is what a right is asked about: an object, or one that is about to be made.
type target struct {
	view    api.View
	project string        // that owns it; "" is none
	network api.NetworkID // that it is, or is on; "" is none
	shared  bool          // with every project
	object  api.Ref       // the zero Ref: it is about to be made
}

// right says whether a caller may do a thing to a target. What only looks needs no more; what changes also needs the
// role of a member, which is asked for in one place (policy.may).
type right func(policy, target) bool

// admins may.
func admins(p policy, _ target) bool { return p.Admin }

// everyone may.
func everyone(policy, target) bool { return true }

// owners may: the project that the target belongs to, and admins.
func owners(p policy, t target) bool { return p.Admin || p.isOf(t.project) }

// networkOwners may: the project that the target's network belongs to, and admins.
func networkOwners(p policy, t target) bool {
	if p.Admin {
		return true
	}
	n, ok := t.view.Network(t.network)
	return ok && p.isOf(n.ProjectID)
}

// networkUsers may: those who may put ports on the target's network.
func networkUsers(p policy, t target) bool {
	n, ok := t.view.Network(t.network)
	return networkOwners(p, t) || ok && p.shares(t.view, n)
}

// networkGuests may: those with whom in particular the target's network is shared.
func networkGuests(p policy, t target) bool {
	n, ok := t.view.Network(t.network)
	return ok && p.given(t.view, n, false)
}

// networkViewers may: those who may know of the target's network.
func networkViewers(p policy, t target) bool {
	n, ok := t.view.Network(t.network)
	return networkUsers(p, t) || ok && n.External && (!n.ExternalToSome || t.view.Granted(n.Ref(), api.ActionExternal, p.ProjectID))
}

// shares reports whether a network of another project may be used by the caller's.
func (p policy) shares(v api.View, n *api.Network) bool {
	return p.given(v, n, n.Shared)
}

// given reports whether an object is shared with everyone, as it says itself, or with the caller's project.
func (p policy) given(v api.View, o api.Object, everyone bool) bool {
	return everyone || p.ProjectID != "" && v.Granted(o.Ref(), api.ActionShared, p.ProjectID)
}

// sharers may: those with whom the target is shared.
func sharers(p policy, t target) bool {
	return t.shared || p.ProjectID != "" && t.view.Granted(t.object, api.ActionShared, p.ProjectID)
}

// isOf reports whether the caller acts for a project. Nobody acts for no project.
func (p policy) isOf(project string) bool { return project != "" && project == p.ProjectID }

// either right is enough.
func either(rights ...right) right {
	return func(p policy, t target) bool {
		for _, r := range rights {
			if r(p, t) {
				return true
			}
		}
		return false
	}
}

// rights are who may do what with the objects of a noun. What is left out is the owners' right, or that of admins if the
// objects belong to nobody.
type rights struct {
	see, create, update, delete right
	// use is the right to name an object in another one; left out: whoever sees it.
	use right
	// plug is the right to have a router on an object; left out: whoever may use it.
	plug      right
	operators bool // nobody but admins: others are told so
}

func (r rights) withDefaults(owned bool) rights {
	usual := right(admins)
	if owned {
		usual = owners
	}
	for _, f := range []*right{&r.see, &r.create, &r.update, &r.delete} {
		if *f == nil {
			*f = usual
		}
	}
	if r.use == nil {
		r.use = r.see
	}
	if r.plug == nil {
		r.plug = r.use
	}
	return r
}

// onlyAdmins have anything to do with the objects of a noun.
func onlyAdmins() rights {
	return rights{see: admins, create: admins, update: admins, delete: admins, operators: true}
}

// publicView is what everybody may look at.
func publicView() rights { return rights{see: everyone} }

// may reports whether the caller has a right that changes something.
func (p policy) may(r right, t target) bool { return p.MayWrite() && r(p, t) }

// sees reports whether the caller has a right that only looks.
func (p policy) sees(r right, t target) bool { return p.MayRead() && r(p, t) }

// disallowed is Neutron's answer to what the caller may not do. The rules are like create_network, and what follows
// the first are those of attributes.
func disallowed(rule string, attributes ...string) error {
	text := "rule:" + rule
	for _, a := range attributes {
		text += " and rule:" + rule + ":" + a
	}
	if len(attributes) > 0 {
		text = "(" + text + ")"
	}
	return api.Faultf(api.Forbidden, "PolicyNotAuthorized", "%s is disallowed by policy", text)
}

// refused is the answer to a change that the caller may not make. That an object of somebody else is there is not told.
func (p policy) refused(t target, rule string, attributes ...string) error {
	if p.Admin || p.isOf(t.project) {
		return disallowed(rule, attributes...)
	}
	return errNoSuchPage
}

// onlyForAdmins is the answer to who asks for what only admins may have, where nothing is given away by saying so.
func onlyForAdmins(what string) error {
	return api.Faultf(api.Forbidden, "PolicyNotAuthorized",
		"rule:admin_only is disallowed by policy: %s needs a token with the role admin", what)
}

// maySeeQuota refuses the limits of a project to others, in Neutron's words.
func (p policy) maySeeQuota(project string) error {
	if p.Admin || p.isOf(project) {
		return nil
	}
	return adminRequired("Only admin is authorized to access quotas for another tenant")
}

// maySetQuotas refuses what only admins may do with limits, in Neutron's words.
func (p policy) maySetQuotas() error {
	if p.Admin {
		return nil
	}
	return onlyForAdmins("who sets quotas")
}

func adminRequired(reason string) error {
	return api.Faultf(api.Forbidden, "AdminRequired", "User does not have admin privileges: %s", reason)
}
