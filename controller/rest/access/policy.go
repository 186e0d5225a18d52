package access

import (
	"weft/api"
	"weft/controller/auth"
	"weft/controller/rest/wire"
)

// Policy answers what one caller may do. All of who may do what is in this file, in demand.go, and in the declarations
// of nouns and attributes that name the rights below.
type Policy struct{ auth.Caller }

// Target is what a right is asked about: an object, or one that is about to be made.
type Target struct {
	View    api.View
	Project string        // that owns it; "" is none
	Network api.NetworkID // that it is, or is on; "" is none
	Shared  bool          // with every project
	Object  api.Ref       // the zero Ref: it is about to be made
}

// Right says whether a caller may do a thing to a target. What only looks needs no more; what changes also needs the
// role of a member, which is asked for in one place (policy.may).
type Right func(Policy, Target) bool

// Admins may.
func Admins(p Policy, _ Target) bool { return p.Admin }

// everyone may.
func everyone(Policy, Target) bool { return true }

// Owners may: the project that the target belongs to, and admins.
func Owners(p Policy, t Target) bool { return p.Admin || p.IsOf(t.Project) }

// NetworkOwners may: the project that the target's network belongs to, and admins.
func NetworkOwners(p Policy, t Target) bool {
	if p.Admin {
		return true
	}
	n, ok := t.View.Network(t.Network)
	return ok && p.IsOf(n.ProjectID)
}

// NetworkUsers may: those who may put ports on the target's network.
func NetworkUsers(p Policy, t Target) bool {
	n, ok := t.View.Network(t.Network)
	return NetworkOwners(p, t) || ok && p.Shares(t.View, n)
}

// NetworkGuests may: those with whom in particular the target's network is shared.
func NetworkGuests(p Policy, t Target) bool {
	n, ok := t.View.Network(t.Network)
	return ok && p.Given(t.View, n, false)
}

// NetworkViewers may: those who may know of the target's network.
func NetworkViewers(p Policy, t Target) bool {
	n, ok := t.View.Network(t.Network)
	return NetworkUsers(p, t) || ok && n.External && (!n.ExternalToSome || t.View.Granted(n.Ref(), api.ActionExternal, p.ProjectID))
}

// Shares reports whether a network of another project may be used by the caller's.
func (p Policy) Shares(v api.View, n *api.Network) bool {
	return p.Given(v, n, n.Shared)
}

// Given reports whether an object is shared with everyone, as it says itself, or with the caller's project.
func (p Policy) Given(v api.View, o api.Object, everyone bool) bool {
	return everyone || p.ProjectID != "" && v.Granted(o.Ref(), api.ActionShared, p.ProjectID)
}

// Sharers may: those with whom the target is shared.
func Sharers(p Policy, t Target) bool {
	return t.Shared || p.ProjectID != "" && t.View.Granted(t.Object, api.ActionShared, p.ProjectID)
}

// IsOf reports whether the caller acts for a project. Nobody acts for no project.
func (p Policy) IsOf(project string) bool { return project != "" && project == p.ProjectID }

// Either right is enough.
func Either(rights ...Right) Right {
	return func(p Policy, t Target) bool {
		for _, r := range rights {
			if r(p, t) {
				return true
			}
		}
		return false
	}
}

// Rights are who may do what with the objects of a noun. What is left out is the owners' right, or that of admins if the
// objects belong to nobody.
type Rights struct {
	See, Create, Update, Delete Right
	// Use is the right to name an object in another one; left out: whoever sees it.
	Use Right
	// Plug is the right to have a router on an object; left out: whoever may use it.
	Plug      Right
	Operators bool // nobody but admins: others are told so
}

// WithDefaults fills in what a declaration leaves out: the owners' right, or the admins' if objects are not owned.
func (r Rights) WithDefaults(owned bool) Rights {
	usual := Right(Admins)
	if owned {
		usual = Owners
	}
	for _, f := range []*Right{&r.See, &r.Create, &r.Update, &r.Delete} {
		if *f == nil {
			*f = usual
		}
	}
	if r.Use == nil {
		r.Use = r.See
	}
	if r.Plug == nil {
		r.Plug = r.Use
	}
	return r
}

// OnlyAdmins have anything to do with the objects of a noun.
func OnlyAdmins() Rights {
	return Rights{See: Admins, Create: Admins, Update: Admins, Delete: Admins, Operators: true}
}

// PublicView is what everybody may look at.
func PublicView() Rights { return Rights{See: everyone} }

// May reports whether the caller has a right that changes something.
func (p Policy) May(r Right, t Target) bool { return p.MayWrite() && r(p, t) }

// Sees reports whether the caller has a right that only looks.
func (p Policy) Sees(r Right, t Target) bool { return p.MayRead() && r(p, t) }

// Disallowed is Neutron's answer to what the caller may not do. The rules are like create_network, and what follows
// the first are those of attributes.
func Disallowed(rule string, attributes ...string) error {
	text := "rule:" + rule
	for _, a := range attributes {
		text += " and rule:" + rule + ":" + a
	}
	if len(attributes) > 0 {
		text = "(" + text + ")"
	}
	return api.Faultf(api.Forbidden, "PolicyNotAuthorized", "%s is disallowed by policy", text)
}

// Refused is the answer to a change that the caller may not make. That an object of somebody else is there is not told.
func (p Policy) Refused(t Target, rule string, attributes ...string) error {
	if p.Admin || p.IsOf(t.Project) {
		return Disallowed(rule, attributes...)
	}
	return wire.ErrNoSuchPage
}

// OnlyForAdmins is the answer to who asks for what only admins may have, where nothing is given away by saying so.
func OnlyForAdmins(what string) error {
	return api.Faultf(api.Forbidden, "PolicyNotAuthorized",
		"rule:admin_only is disallowed by policy: %s needs a token with the role admin", what)
}

// MaySeeQuota refuses the limits of a project to others, in Neutron's words.
func (p Policy) MaySeeQuota(project string) error {
	if p.Admin || p.IsOf(project) {
		return nil
	}
	return adminRequired("Only admin is authorized to access quotas for another tenant")
}

// MaySetQuotas refuses what only admins may do with limits, in Neutron's words.
func (p Policy) MaySetQuotas() error {
	if p.Admin {
		return nil
	}
	return OnlyForAdmins("who sets quotas")
}

func adminRequired(reason string) error {
	return api.Faultf(api.Forbidden, "AdminRequired", "User does not have admin privileges: %s", reason)
}
