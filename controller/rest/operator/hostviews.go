package operator

import (
	"net/http"
	"strconv"

	"weft/api"
	"weft/controller/rest/backend"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// hostRoutes look into hosts.
func (s *views) hostRoutes() []request.Route {
	view := func(name string, h func(*request.Call, api.HostID) (any, error)) request.Route {
		return request.Route{
			Pattern: []string{"v1", "hosts", "*", name},
			Name:    "/v1/hosts/{name}/" + name,
			Admin:   true,
			Methods: map[string]request.Handler{http.MethodGet: s.ofHost(h)},
		}
	}
	return []request.Route{
		view("plan", func(c *request.Call, id api.HostID) (any, error) {
			p, err := s.Inspector.Plan(c.Request.Context(), id)
			return wire.Row{{"revision", p.Revision}, {"flows", wire.NonNil(p.Flows)}, {"items", wire.NonNil(p.Items)}}, err
		}),
		view("diff", func(c *request.Call, id api.HostID) (any, error) {
			d, err := s.Inspector.Diff(c.Request.Context(), id)
			return wire.Row{
				{"revision", d.Revision}, {"missing_flows", wire.NonNil(d.MissingFlows)}, {"extra_flows", wire.NonNil(d.ExtraFlows)},
				{"item_errors", wire.NonNil(d.ItemErrors)},
			}, err
		}),
		view("flows", func(c *request.Call, id api.HostID) (any, error) {
			q, err := flowQuery(c)
			if err != nil {
				return nil, err
			}
			f, err := s.Inspector.Flows(c.Request.Context(), id, q)
			return wire.Row{{"flows", wire.NonNil(f)}}, err
		}),
		s.gatewayRoute(),
	}
}

func (s *views) ofHost(h func(*request.Call, api.HostID) (any, error)) request.Handler {
	return func(c *request.Call) (request.Answer, error) {
		id := api.HostID(c.Vars[0])
		if _, ok := s.State.Snapshot().Host(id); !ok {
			return request.Answer{}, wire.NotFound("HostNotFound", "Host %s could not be found.")(wire.Shorten(c.Vars[0]))
		}
		body, err := h(c, id)
		return request.Answer{Status: http.StatusOK, Body: body}, err
	}
}

// flowQuery reads bridge= and table= of a request for flows.
func flowQuery(c *request.Call) (q backend.FlowQuery, err error) {
	pairs, err := noun.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return q, err
	}
	for _, p := range pairs {
		switch p.Key {
		case "bridge":
			q.Bridge = p.Value
		case "table":
			n, err := strconv.ParseUint(p.Value, 10, 8)
			if err != nil {
				return q, wire.BadRequest("Invalid input for table. Reason: '%s' is not a table number, 0 to 254.", wire.Shorten(p.Value))
			}
			t := uint8(n)
			q.Table = &t
		default:
			return q, wire.BadRequest("%s is invalid attribute for filtering", wire.Show([]string{p.Key}))
		}
	}
	return q, nil
}
