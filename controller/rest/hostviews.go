package rest

import (
	"net/http"
	"strconv"

	"weft/api"
)

// hostRoutes look into hosts.
func (s *views) hostRoutes() []route {
	view := func(name string, h func(*call, api.HostID) (any, error)) route {
		return route{
			pattern: []string{"v1", "hosts", "*", name},
			name:    "/v1/hosts/{name}/" + name,
			admin:   true,
			methods: map[string]handler{http.MethodGet: s.ofHost(h)},
		}
	}
	return []route{
		view("plan", func(c *call, id api.HostID) (any, error) {
			p, err := s.Inspector.Plan(c.r.Context(), id)
			return row{{"revision", p.Revision}, {"flows", some(p.Flows)}, {"items", some(p.Items)}}, err
		}),
		view("diff", func(c *call, id api.HostID) (any, error) {
			d, err := s.Inspector.Diff(c.r.Context(), id)
			return row{
				{"revision", d.Revision}, {"missing_flows", some(d.MissingFlows)}, {"extra_flows", some(d.ExtraFlows)},
				{"item_errors", some(d.ItemErrors)},
			}, err
		}),
		view("flows", func(c *call, id api.HostID) (any, error) {
			q, err := flowQuery(c)
			if err != nil {
				return nil, err
			}
			f, err := s.Inspector.Flows(c.r.Context(), id, q)
			return row{{"flows", some(f)}}, err
		}),
		s.gatewayRoute(),
	}
}

// some is never null in JSON.
func some[V any](vs []V) []V {
	if vs == nil {
		return []V{}
	}
	return vs
}

func (s *views) ofHost(h func(*call, api.HostID) (any, error)) handler {
	return func(c *call) (answer, error) {
		id := api.HostID(c.vars[0])
		if _, ok := s.State.Snapshot().Host(id); !ok {
			return answer{}, notFound("HostNotFound", "Host %s could not be found.")(shorten(c.vars[0]))
		}
		body, err := h(c, id)
		return answer{status: http.StatusOK, body: body}, err
	}
}

// flowQuery reads bridge= and table= of a request for flows.
func flowQuery(c *call) (q FlowQuery, err error) {
	pairs, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return q, err
	}
	for _, p := range pairs {
		switch p.key {
		case "bridge":
			q.Bridge = p.value
		case "table":
			n, err := strconv.ParseUint(p.value, 10, 8)
			if err != nil {
				return q, badRequest("Invalid input for table. Reason: '%s' is not a table number, 0 to 254.", shorten(p.value))
			}
			t := uint8(n)
			q.Table = &t
		default:
			return q, badRequest("%s is invalid attribute for filtering", show([]string{p.key}))
		}
	}
	return q, nil
}
