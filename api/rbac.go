package api

import (
	"crypto/sha256"
	"fmt"
	"iter"
)

// RBACAction is what a policy allows.
type RBACAction string

// The actions.
const (
	ActionShared   RBACAction = "access_as_shared"   // to use the object
	ActionExternal RBACAction = "access_as_external" // to have gateways and floating IPs on the network
)

// Everyone is the target of a policy for all projects.
const Everyone = "*"

// RBACPolicy lets another project use an object that is not its own (Neutron's rbac-policy). Those for everyone are not
// stored: they follow from Network.Shared, Network.External and so on (PublicPolicies).
type RBACPolicy struct {
	ID   RBACPolicyID `json:"id"`
	Meta              // its project is the object's
	// ObjectKind is KindNetwork, KindSubnetPool or KindAddressScope.
	ObjectKind Kind       `json:"object_type"`
	ObjectID   string     `json:"object_id"`
	Action     RBACAction `json:"action"`
	Target     string     `json:"target_tenant"` // a project, or Everyone
}

// Ref implements Object.
func (p *RBACPolicy) Ref() Ref { return Ref{KindRBACPolicy, string(p.ID)} }

// Object names what the policy is about.
func (p *RBACPolicy) Object() Ref { return Ref{p.ObjectKind, p.ObjectID} }

// PublicIDs are ids of policies for everyone that were for one project before. Others' ids follow from the object.
type PublicIDs struct {
	Shared   RBACPolicyID `json:"shared,omitempty"`
	External RBACPolicyID `json:"external,omitempty"`
}

// RBACPolicy finds a policy, also one for everyone.
func (v View) RBACPolicy(id RBACPolicyID) (*RBACPolicy, bool) {
	if p, ok := get[*RBACPolicy](v, KindRBACPolicy, string(id)); ok {
		return p, true
	}
	for _, k := range [...]Kind{KindNetwork, KindSubnetPool, KindAddressScope} {
		o, ok := first[Object](v, k, byPublic, string(id))
		if !ok {
			continue
		}
		for _, p := range PublicPolicies(o) {
			if p.ID == id {
				return p, true
			}
		}
	}
	return nil, false
}

// RBACPolicies yields every policy, also those for everyone.
func (v View) RBACPolicies() iter.Seq[*RBACPolicy] {
	return func(yield func(*RBACPolicy) bool) {
		for p := range all[*RBACPolicy](v, KindRBACPolicy) {
			if !yield(p) {
				return
			}
		}
		for _, k := range [...]Kind{KindNetwork, KindSubnetPool, KindAddressScope} {
			for o := range v.All(k) {
				for _, p := range PublicPolicies(o) {
					if !yield(p) {
						return
					}
				}
			}
		}
	}
}

// RBACPoliciesOf yields the stored policies about an object: those for one project each.
func (v View) RBACPoliciesOf(o Ref) iter.Seq[*RBACPolicy] {
	return scan[*RBACPolicy](v, KindRBACPolicy, byObject, o.String())
}

// Granted reports whether a policy of its own lets a project use an object.
func (v View) Granted(o Ref, a RBACAction, project string) bool {
	_, ok := first[*RBACPolicy](v, KindRBACPolicy, byGrant, grantKey(o, a, project))
	return ok
}

// PublicPolicies gives the policies for everyone about an object.
func PublicPolicies(o Object) []*RBACPolicy {
	var out []*RBACPolicy
	add := func(m *Meta, a RBACAction, is bool, id RBACPolicyID) {
		if is {
			if id == "" {
				id = publicID(o.Ref(), a)
			}
			own := Meta{ProjectID: m.ProjectID, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, RevisionNumber: 1}
			out = append(out, &RBACPolicy{
				ID: id, Meta: own, ObjectKind: o.Ref().Kind, ObjectID: o.Ref().ID, Action: a, Target: Everyone,
			})
		}
	}
	switch o := o.(type) {
	case *Network:
		add(&o.Meta, ActionShared, o.Shared, o.PublicIDs.Shared)
		add(&o.Meta, ActionExternal, o.External && !o.ExternalToSome, o.PublicIDs.External)
	case *SubnetPool:
		add(&o.Meta, ActionShared, o.Shared, o.PublicIDs.Shared)
	case *AddressScope:
		add(&o.Meta, ActionShared, o.Shared, o.PublicIDs.Shared)
	}
	return out
}

func publicKeys(o Object) []string {
	var keys []string
	for _, p := range PublicPolicies(o) {
		keys = append(keys, string(p.ID))
	}
	return keys
}

// publicID is the id of the policy for everyone about an object: a UUID that follows from the two.
func publicID(o Ref, a RBACAction) RBACPolicyID {
	b := sha256.Sum256([]byte(o.String() + "\x00" + string(a)))
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return RBACPolicyID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16]))
}

func grantKey(o Ref, a RBACAction, project string) string {
	return o.String() + "/" + string(a) + projectKey(project)
}
