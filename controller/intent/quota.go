package intent

import (
	"maps"
	"reflect"
	"strings"

	"weft/api"
)

// Unlimited is the limit of a kind for which a project's quota says nothing.
const Unlimited = -1

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
func QuotaLimit(v api.View, project string, k api.Kind) int {
	if q, ok := v.Quota(project); ok {
		if n, ok := q.Limits[k]; ok {
			return n
		}
	}
	return Unlimited
}

// CheckQuota refuses the state if the project has more objects of a kind than it may. It is asked after one was made.
// Only what a request makes directly is asked about: ports that come with a router's interface, its gateway or a
// floating IP count, but are not refused.
func CheckQuota(v api.View, k api.Kind, project string) error {
	limit := QuotaLimit(v, project, k)
	if limit == Unlimited {
		return nil
	}
	if v.CountOfProject(k, project) > limit {
		return api.Faultf(api.Conflict, "OverQuota", "Quota exceeded for resources: ['%s'].", k)
	}
	return nil
}
