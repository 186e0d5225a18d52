package neutron

import (
	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

func rbacPolicies(ops *intent.Ops) noun.Resource {
	type R = intent.RBACRequest
	type P = *api.RBACPolicy
	return &noun.Noun[P, R]{
		Kind: api.KindRBACPolicy, One: "rbac_policy", Many: "rbac_policies", Path: "rbac-policies", Prefix: "v2.0", Key: "id",
		Example:  wire.Row{{"object_type", "network"}, {"object_id", noun.SampleID}, {"action", "access_as_shared"}, {"target_tenant", "shop"}},
		Meta:     func(p P) *api.Meta { return &p.Meta },
		Identity: [][]string{{"object_type", "object_id", "action", "target_tenant"}}, Own: &noun.Prefix{Attribute: "target_tenant", Prefix: api.Everyone},
		Mirrors: &noun.Mirror{Object: "object_id", By: "action", Attributes: map[string]string{
			string(api.ActionShared): "shared", string(api.ActionExternal): "router:external",
		}},
		After: []string{string(api.KindNetwork), string(api.KindSubnetPool), string(api.KindAddressScope)},

		Missing: wire.NotFound("RbacPolicyNotFound", "RBAC policy with ID %s not found"),
		View:    &noun.View[P]{All: api.View.RBACPolicies, Find: func(v api.View, id string) (P, bool) { return v.RBACPolicy(api.RBACPolicyID(id)) }},
		Create:  ops.CreateRBACPolicy,
		Update:  noun.ByID(ops.UpdateRBACPolicy),
		Remove:  noun.DropID(ops.DeleteRBACPolicy),
		Names:   sharedObject,
		Attributes: []noun.Attr[P]{
			noun.Read("id", "id of the policy, given by weft", wire.UUID[string](), func(_ noun.Scope, p P) string { return p.Ref().ID }),
			noun.Once("object_type", "what kind of object it is about", wire.OneOf(api.KindNetwork, api.KindSubnetPool, api.KindAddressScope).Failing(wire.AsInvalidInput),
				func(_ noun.Scope, p P) api.Kind { return p.ObjectKind }, func(r *R, v intent.Opt[api.Kind]) { r.ObjectKind = v.V }).Need(),
			noun.Once("object_id", "object that it lets others use", wire.UUID[string](),
				func(_ noun.Scope, p P) string { return p.ObjectID }, func(r *R, v intent.Opt[string]) { r.ObjectID = v.V }).Need().IdOf("object_type"),
			noun.Once("action", "what it allows: to use the object, or to have gateways and floating IPs on the network",
				wire.OneOf(api.ActionShared, api.ActionExternal).Failing(wire.AsInvalidInput),
				func(_ noun.Scope, p P) api.RBACAction { return p.Action }, func(r *R, v intent.Opt[api.RBACAction]) { r.Action = v.V }).Need(),
			noun.RW("target_tenant", "project that may do so; *: all", wire.Text(noun.MaxName),
				func(_ noun.Scope, p P) string { return p.Target }, func(r *R, v intent.Opt[string]) { r.Target = v }).
				Need().OnlyByUnless(access.Admins, func(v any) bool { return v != api.Everyone }),
			noun.Once("project_id", "project that owns the policy", wire.Text(noun.MaxName),
				func(_ noun.Scope, p P) string { return p.ProjectID }, func(r *R, v intent.Opt[string]) { r.ProjectID = v }),
			noun.Read("tenant_id", "old name of project_id; may be given in its place", wire.Text(noun.MaxName),
				func(_ noun.Scope, p P) string { return p.ProjectID }),
		},
	}
}

// sharedObject is what a new policy is about: whoever makes one has to own that.
func sharedObject(members map[string]any) []access.Mention {
	kind, _ := members["object_type"].(string)
	id, _ := members["object_id"].(string)
	if kind == "" || id == "" {
		return nil
	}
	return []access.Mention{{Resource: noun.PlainWord(kind), ID: id, Owned: true}}
}
