package intent

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"weft/api"
)

// Unlimited is the limit of a kind for which a project's quota says nothing.
const Unlimited = -1

// Kinds of which there are none in weft: clients that set a project's limits send these along, and look for them
// afterwards. Nobody can have more of them than any limit says.
const (
	securityGroups     api.Kind = "security_group"
	securityGroupRules api.Kind = "security_group_rule"
)

// OnlyLimited reports whether there is nothing of a kind but limits.
func OnlyLimited(k api.Kind) bool { return k == securityGroups || k == securityGroupRules }

// QuotaKinds are what a quota can limit.
func QuotaKinds() []api.Kind {
	return []api.Kind{api.KindFloatingIP, api.KindNetwork, api.KindPort, api.KindRBACPolicy, api.KindRouter, securityGroups,
		securityGroupRules, api.KindSubnet, api.KindSubnetPool, api.KindTrunk}
}

// CheckUsed refuses limits below what the project has already.
func CheckUsed(v api.View, project string, limits map[api.Kind]int) error {
	for _, k := range QuotaKinds() {
		limit, given := limits[k]
		if used := v.CountOfProject(k, project); given && limit != Unlimited && used > limit {
			return api.Faultf(api.BadRequest, "HTTPBadRequest",
				"Quota limit %d for %s must be greater than or equal to already used %d", limit, k, used)
		}
	}
	return nil
}

// SetQuota sets limits of a project; kinds that are not in it keep theirs.
func (o *Ops) SetQuota(tx *api.Txn, project string, limits map[api.Kind]int) error {
	if err := checkText("project_id", project); err != nil {
		return err
	}
	if strings.ContainsRune(project, 0) {
		return invalid("a project's id has no NUL character")
	}
	q := &api.Quota{ProjectID: project, Limits: map[api.Kind]int{}}
	prev, had := tx.Quota(project)
	if had {
		maps.Copy(q.Limits, prev.Limits)
	}
	for k, n := range limits {
		if n < Unlimited {
			return invalid("quota limit of %s is %d, the least is -1, which means unlimited", k, n)
		}
		q.Limits[k] = n
	}
	if !had || !reflect.DeepEqual(prev, q) {
		tx.Put(q)
	}
	return nil
}

// DeleteQuota makes all of a project's limits the default ones again.
func (o *Ops) DeleteQuota(tx *api.Txn, project string) error {
	q, ok := tx.Quota(project)
	if !ok {
		return api.Faultf(api.NotFound, "TenantQuotaNotFound", "Quota for tenant %.255s could not be found.", project)
	}
	tx.Delete(q)
	return nil
}

// QuotaLimit is how many objects of a kind a project may have.
func (o *Ops) QuotaLimit(v api.View, project string, k api.Kind) int {
	if q, ok := v.Quota(project); ok {
		if n, ok := q.Limits[k]; ok {
			return n
		}
	}
	return o.DefaultQuota(k)
}

// DefaultQuota is the limit of a kind for projects without one of their own.
func (o *Ops) DefaultQuota(k api.Kind) int {
	if n, ok := o.Quotas[k]; ok {
		return n
	}
	return Unlimited
}

// RoomFor refuses one more object of a kind if the project has as many as it may. It is asked before the object is looked at, as
// in Neutron, whatever else is wrong with it.
func (o *Ops) RoomFor(v api.View, k api.Kind, project string) error {
	return o.withinQuota(v, k, project, 1)
}

func (o *Ops) withinQuota(v api.View, k api.Kind, project string, more int) error {
	limit := o.QuotaLimit(v, project, k)
	if !slices.Contains(QuotaKinds(), k) || limit == Unlimited || v.CountOfProject(k, project)+more <= limit {
		return nil
	}
	return api.Faultf(api.Conflict, "OverQuota", "Quota exceeded for resources: ['%s'].", k)
}

// CheckQuota refuses the state if the project that owns an object has more of its kind than it may. It is asked after the
// object was made. Only what a request makes directly is asked about, as in Neutron: ports that come with a router's
// interface count, but are not refused; those of gateways and floating IPs belong to no project.
func (o *Ops) CheckQuota(v api.View, made api.Ref) error {
	if !slices.Contains(QuotaKinds(), made.Kind) {
		return nil
	}
	obj, ok := v.Object(made)
	if !ok {
		return nil // it follows from another, as the policy for everyone does from the network's shared
	}
	d, ok := obj.(api.Described)
	if !ok {
		return nil
	}
	return o.withinQuota(v, made.Kind, d.Standard().ProjectID, 0)
}
