package rest

import (
	"weft/api"
	"weft/controller/intent"
)

func rbacPolicies(ops *intent.Ops) resource {
	type R = intent.RBACRequest
	type P = *api.RBACPolicy
	return &noun[P, R]{
		kind: api.KindRBACPolicy, one: "rbac_policy", many: "rbac_policies", path: "rbac-policies", prefix: "v2.0", key: "id",
		example:  row{{"object_type", "network"}, {"object_id", sampleID}, {"action", "access_as_shared"}, {"target_tenant", "shop"}},
		meta:     func(p P) *api.Meta { return &p.Meta },
		identity: [][]string{{"object_type", "object_id", "action", "target_tenant"}}, own: &prefix{"target_tenant", api.Everyone},
		mirrors: &mirror{Object: "object_id", By: "action", Attributes: map[string]string{
			string(api.ActionShared): "shared", string(api.ActionExternal): "router:external",
		}},
		after: []string{string(api.KindNetwork), string(api.KindSubnetPool), string(api.KindAddressScope)},

		missing: notFound("RbacPolicyNotFound", "RBAC policy with ID %s not found"),
		view:    &view[P]{api.View.RBACPolicies, func(v api.View, id string) (P, bool) { return v.RBACPolicy(api.RBACPolicyID(id)) }},
		create:  ops.CreateRBACPolicy,
		update:  byID(ops.UpdateRBACPolicy),
		remove:  dropID(ops.DeleteRBACPolicy),
		names:   sharedObject,
		attributes: []attribute[P]{
			read("id", "id of the policy, given by weft", uuid[string](), func(_ scope, p P) string { return p.Ref().ID }),
			once("object_type", "what kind of object it is about", oneOf(api.KindNetwork, api.KindSubnetPool, api.KindAddressScope).failing(asInvalidInput),
				func(_ scope, p P) api.Kind { return p.ObjectKind }, func(r *R, v opt[api.Kind]) { r.ObjectKind = v.V }).need(),
			once("object_id", "object that it lets others use", uuid[string](),
				func(_ scope, p P) string { return p.ObjectID }, func(r *R, v opt[string]) { r.ObjectID = v.V }).need().idOf("object_type"),
			once("action", "what it allows: to use the object, or to have gateways and floating IPs on the network",
				oneOf(api.ActionShared, api.ActionExternal).failing(asInvalidInput),
				func(_ scope, p P) api.RBACAction { return p.Action }, func(r *R, v opt[api.RBACAction]) { r.Action = v.V }).need(),
			rw("target_tenant", "project that may do so; *: all", text(maxName),
				func(_ scope, p P) string { return p.Target }, func(r *R, v opt[string]) { r.Target = v }).
				need().onlyByUnless(admins, func(v any) bool { return v != api.Everyone }),
			once("project_id", "project that owns the policy", text(maxName),
				func(_ scope, p P) string { return p.ProjectID }, func(r *R, v opt[string]) { r.ProjectID = v }),
			read("tenant_id", "old name of project_id; may be given in its place", text(maxName),
				func(_ scope, p P) string { return p.ProjectID }),
		},
	}
}

// sharedObject is what a new policy is about: whoever makes one has to own that.
func sharedObject(members map[string]any) []mention {
	kind, _ := members["object_type"].(string)
	id, _ := members["object_id"].(string)
	if kind == "" || id == "" {
		return nil
	}
	return []mention{{resource: plainWord(kind), id: id, owned: true}}
}
