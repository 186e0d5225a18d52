package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"weft/api"
	"weft/controller/intent"
)

// quotaRoutes are the limits of projects. They are no noun: a project has them without anybody's making them.
func (s *actions) quotaRoutes() []route {
	at := func(name string, methods map[string]handler, parts ...string) route {
		return route{pattern: append([]string{"v2.0", "quotas"}, parts...), name: name, methods: methods}
	}
	get := func(h handler) map[string]handler { return map[string]handler{http.MethodGet: h} }
	mine := func(c *call) (answer, error) {
		id := c.policy().ProjectID
		return ok(row{{"tenant", row{{"tenant_id", id}, {"project_id", id}}}}), nil
	}
	return []route{
		at("/v2.0/quotas", map[string]handler{http.MethodGet: s.listQuotas, http.MethodPost: noQuotaPost}),
		at("/v2.0/quotas/tenant", get(mine), "tenant"),
		at("/v2.0/quotas/project", get(mine), "project"),
		at("/v2.0/quotas/{project}", map[string]handler{
			http.MethodGet: s.showQuota, http.MethodPut: s.updateQuota, http.MethodDelete: s.deleteQuota,
		}, "*"),
		at("/v2.0/quotas/{project}/default", get(s.defaultQuota), "*", "default"),
		at("/v2.0/quotas/{project}/details", get(s.quotaDetails), "*", "details"),
	}
}

// describeQuota describes the limits of a project to those who know resources by their descriptions.
func describeQuota(ops *intent.Ops) Resource {
	r := Resource{
		Singular: "quota", Plural: "quotas", Path: "/v2.0/quotas", Key: "project_id", Updatable: true, Deletable: true, Upsert: true,
		Identity: [][]string{{"project_id"}},
		Attributes: []Attribute{{
			Name: "project_id", Doc: "project that the limits are for", Shown: true, schema: text(maxName).schema,
		}},
	}
	for _, k := range intent.QuotaKinds() {
		var usual any = ops.DefaultQuota(k)
		doc := fmt.Sprintf("how many of its kind the project may have; %d: any number", intent.Unlimited)
		if intent.OnlyLimited(k) {
			doc = "weft has none of these; it keeps the limit for clients that set all limits together"
		}
		r.Attributes = append(r.Attributes, Attribute{
			Name: string(k), Doc: doc,
			OnUpdate: true, Shown: true, Default: &usual, schema: integer(intent.Unlimited, maxQuota).schema,
		})
	}
	return r
}

// noQuotaPost is Neutron's answer to who would make a quota: every project has one.
func noQuotaPost(*call) (answer, error) {
	return answer{}, errNoPost
}

func (s *actions) quotaRow(v api.View, project string) row {
	out := row{}
	for _, k := range intent.QuotaKinds() {
		out = append(out, member{string(k), s.Ops.QuotaLimit(v, project, k)})
	}
	return out
}

// listQuotas shows the projects with limits of their own.
func (s *actions) listQuotas(c *call) (answer, error) {
	if err := c.policy().maySetQuotas(); err != nil {
		return answer{}, err
	}
	snap, out := s.State.Snapshot(), []row{}
	for o := range snap.All(api.KindQuota) {
		p := o.(*api.Quota).ProjectID
		out = append(out, append(row{{"project_id", p}, {"tenant_id", p}}, s.quotaRow(snap.View, p)...))
	}
	return ok(row{{"quotas", out}}), nil
}

func (s *actions) showQuota(c *call) (answer, error) {
	if c.policy().maySeeQuota(c.vars[0]) != nil {
		return answer{}, onlyForAdmins("who looks at quotas of another project")
	}
	return ok(row{{"quota", s.quotaRow(s.State.Snapshot().View, c.vars[0])}}), nil
}

func (s *actions) defaultQuota(c *call) (answer, error) {
	if err := c.policy().maySeeQuota(c.vars[0]); err != nil {
		return answer{}, err
	}
	return ok(row{{"quota", s.quotaRow(api.NewSnapshot().View, "")}}), nil
}

// quotaDetails tells what is used beside what is allowed.
func (s *actions) quotaDetails(c *call) (answer, error) {
	if err := c.policy().maySeeQuota(c.vars[0]); err != nil {
		return answer{}, err
	}
	snap, out := s.State.Snapshot(), row{}
	for _, k := range intent.QuotaKinds() {
		used := snap.CountOfProject(k, c.vars[0])
		out = append(out, member{string(k), row{
			{"limit", s.Ops.QuotaLimit(snap.View, c.vars[0], k)}, {"used", used}, {"reserved", 0},
		}})
	}
	return ok(row{{"quota", out}}), nil
}

func (s *actions) updateQuota(c *call) (answer, error) {
	if err := c.policy().maySetQuotas(); err != nil {
		return answer{}, err
	}
	body, err := readBody(c.w, c.r)
	if err != nil {
		return answer{}, err
	}
	limits, checked, err := readLimits(body)
	c.touched(body)
	if err != nil {
		return answer{}, err
	}
	snap, header, err := s.commit(c, func(tx *api.Txn) error {
		if checked {
			if err := intent.CheckUsed(tx.View, c.vars[0], limits); err != nil {
				return err
			}
		}
		return s.Ops.SetQuota(tx, c.vars[0], limits)
	})
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, row{{"quota", s.quotaRow(snap.View, c.vars[0])}}, header}, nil
}

const maxQuota = 1<<31 - 1

// readLimits reads what a body sets, and whether that must not be below what is used: as Neutron, only if it says so.
func readLimits(body map[string]any) (limits map[api.Kind]int, checked bool, err error) {
	given, isObject := body["quota"].(map[string]any)
	if !isObject {
		return nil, false, badRequest("Unable to find 'quota' in request body")
	}
	limits = map[api.Kind]int{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case name == "tenant_id" || name == "project_id": // the path says whose it is
		case name == "check_limit":
			if checked, err = toBool(given[name]); err != nil {
				return nil, false, invalidValue(name, err)
			}
		case name == "force": // not to check, which is what happens anyway
			if _, err := toBool(given[name]); err != nil {
				return nil, false, invalidValue(name, err)
			}
		case !slices.Contains(intent.QuotaKinds(), api.Kind(name)):
			return nil, false, badRequest("Unrecognized attribute(s) '%s'", shorten(name))
		default:
			n, err := integer(intent.Unlimited, maxQuota).parse(given[name])
			if err != nil {
				return nil, false, invalidValue(name, err)
			}
			limits[api.Kind(name)] = n
		}
	}
	return limits, checked, nil
}

func (s *actions) deleteQuota(c *call) (answer, error) {
	if err := c.policy().maySetQuotas(); err != nil {
		return answer{}, err
	}
	_, header, err := s.commit(c, func(tx *api.Txn) error { return s.Ops.DeleteQuota(tx, c.vars[0]) })
	return answer{http.StatusNoContent, nil, header}, err
}
