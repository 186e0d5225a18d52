package neutron

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// quotaRoutes are the limits of projects. They are no noun: a project has them without anybody's making them.
func (s *actions) quotaRoutes() []request.Route {
	at := func(name string, methods map[string]request.Handler, parts ...string) request.Route {
		return request.Route{Pattern: append([]string{"v2.0", "quotas"}, parts...), Name: name, Methods: methods}
	}
	get := func(h request.Handler) map[string]request.Handler {
		return map[string]request.Handler{http.MethodGet: h}
	}
	mine := func(c *request.Call) (request.Answer, error) {
		id := c.Policy().ProjectID
		return request.OK(wire.Row{{"tenant", wire.Row{{"tenant_id", id}, {"project_id", id}}}}), nil
	}
	return []request.Route{
		at("/v2.0/quotas", map[string]request.Handler{http.MethodGet: s.listQuotas, http.MethodPost: noQuotaPost}),
		at("/v2.0/quotas/tenant", get(mine), "tenant"),
		at("/v2.0/quotas/project", get(mine), "project"),
		at("/v2.0/quotas/{project}", map[string]request.Handler{
			http.MethodGet: s.showQuota, http.MethodPut: s.updateQuota, http.MethodDelete: s.deleteQuota,
		}, "*"),
		at("/v2.0/quotas/{project}/default", get(s.defaultQuota), "*", "default"),
		at("/v2.0/quotas/{project}/details", get(s.quotaDetails), "*", "details"),
	}
}

// Quota describes the limits of a project to those who know resources by their descriptions.
func Quota(ops *intent.Ops) noun.Description {
	r := noun.Description{
		Singular: "quota", Plural: "quotas", Path: "/v2.0/quotas", Key: "project_id", Updatable: true, Deletable: true, Upsert: true,
		Identity: [][]string{{"project_id"}},
		Attributes: []noun.Attribute{{
			Name: "project_id", Doc: "project that the limits are for", Shown: true, Schema: wire.Text(noun.MaxName).Schema,
		}},
	}
	for _, k := range intent.QuotaKinds() {
		var usual any = ops.DefaultQuota(k)
		doc := fmt.Sprintf("how many of its kind the project may have; %d: any number", intent.Unlimited)
		if intent.OnlyLimited(k) {
			doc = "weft has none of these; it keeps the limit for clients that set all limits together"
		}
		r.Attributes = append(r.Attributes, noun.Attribute{
			Name: string(k), Doc: doc,
			OnUpdate: true, Shown: true, Default: &usual, Schema: wire.Integer(intent.Unlimited, maxQuota).Schema,
		})
	}
	return r
}

// noQuotaPost is Neutron's answer to who would make a quota: every project has one.
func noQuotaPost(*request.Call) (request.Answer, error) {
	return request.Answer{}, wire.ErrNoPost
}

func (s *actions) quotaRow(v api.View, project string) wire.Row {
	out := wire.Row{}
	for _, k := range intent.QuotaKinds() {
		out = append(out, wire.Member{string(k), s.Ops.QuotaLimit(v, project, k)})
	}
	return out
}

// listQuotas shows the projects with limits of their own.
func (s *actions) listQuotas(c *request.Call) (request.Answer, error) {
	if err := c.Policy().MaySetQuotas(); err != nil {
		return request.Answer{}, err
	}
	snap, out := s.State.Snapshot(), []wire.Row{}
	for o := range snap.All(api.KindQuota) {
		p := o.(*api.Quota).ProjectID
		out = append(out, append(wire.Row{{"project_id", p}, {"tenant_id", p}}, s.quotaRow(snap.View, p)...))
	}
	return request.OK(wire.Row{{"quotas", out}}), nil
}

func (s *actions) showQuota(c *request.Call) (request.Answer, error) {
	if c.Policy().MaySeeQuota(c.Vars[0]) != nil {
		return request.Answer{}, access.OnlyForAdmins("who looks at quotas of another project")
	}
	return request.OK(wire.Row{{"quota", s.quotaRow(s.State.Snapshot().View, c.Vars[0])}}), nil
}

func (s *actions) defaultQuota(c *request.Call) (request.Answer, error) {
	if err := c.Policy().MaySeeQuota(c.Vars[0]); err != nil {
		return request.Answer{}, err
	}
	return request.OK(wire.Row{{"quota", s.quotaRow(api.NewSnapshot().View, "")}}), nil
}

// quotaDetails tells what is used beside what is allowed.
func (s *actions) quotaDetails(c *request.Call) (request.Answer, error) {
	if err := c.Policy().MaySeeQuota(c.Vars[0]); err != nil {
		return request.Answer{}, err
	}
	snap, out := s.State.Snapshot(), wire.Row{}
	for _, k := range intent.QuotaKinds() {
		used := snap.CountOfProject(k, c.Vars[0])
		out = append(out, wire.Member{string(k), wire.Row{
			{"limit", s.Ops.QuotaLimit(snap.View, c.Vars[0], k)}, {"used", used}, {"reserved", 0},
		}})
	}
	return request.OK(wire.Row{{"quota", out}}), nil
}

func (s *actions) updateQuota(c *request.Call) (request.Answer, error) {
	if err := c.Policy().MaySetQuotas(); err != nil {
		return request.Answer{}, err
	}
	body, err := request.ReadBody(c.Writer, c.Request)
	if err != nil {
		return request.Answer{}, err
	}
	limits, checked, err := readLimits(body)
	c.Touched(body)
	if err != nil {
		return request.Answer{}, err
	}
	snap, header, err := s.Commit(c, func(tx *api.Txn) error {
		if checked {
			if err := intent.CheckUsed(tx.View, c.Vars[0], limits); err != nil {
				return err
			}
		}
		return s.Ops.SetQuota(tx, c.Vars[0], limits)
	})
	if err != nil {
		return request.Answer{}, err
	}
	return request.Answer{Status: http.StatusOK, Body: wire.Row{{"quota", s.quotaRow(snap.View, c.Vars[0])}}, Header: header}, nil
}

const maxQuota = 1<<31 - 1

// readLimits reads what a body sets, and whether that must not be below what is used: as Neutron, only if it says so.
func readLimits(body map[string]any) (limits map[api.Kind]int, checked bool, err error) {
	given, isObject := body["quota"].(map[string]any)
	if !isObject {
		return nil, false, wire.BadRequest("Unable to find 'quota' in request body")
	}
	limits = map[api.Kind]int{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case name == "tenant_id" || name == "project_id": // the path says whose it is
		case name == "check_limit":
			if checked, err = wire.ToBool(given[name]); err != nil {
				return nil, false, wire.InvalidValue(name, err)
			}
		case name == "force": // not to check, which is what happens anyway
			if _, err := wire.ToBool(given[name]); err != nil {
				return nil, false, wire.InvalidValue(name, err)
			}
		case !slices.Contains(intent.QuotaKinds(), api.Kind(name)):
			return nil, false, wire.BadRequest("Unrecognized attribute(s) '%s'", wire.Shorten(name))
		default:
			n, err := wire.Integer(intent.Unlimited, maxQuota).Parse(given[name])
			if err != nil {
				return nil, false, wire.InvalidValue(name, err)
			}
			limits[api.Kind(name)] = n
		}
	}
	return limits, checked, nil
}

func (s *actions) deleteQuota(c *request.Call) (request.Answer, error) {
	if err := c.Policy().MaySetQuotas(); err != nil {
		return request.Answer{}, err
	}
	_, header, err := s.Commit(c, func(tx *api.Txn) error { return s.Ops.DeleteQuota(tx, c.Vars[0]) })
	return request.Answer{Status: http.StatusNoContent, Body: nil, Header: header}, err
}
