package operator

import (
	"net/http"

	"weft/api"
	"weft/controller/rest/backend"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// checkRoutes try the network between hosts.
func (s *views) checkRoutes() []request.Route {
	return []request.Route{{
		Pattern: []string{"v1", "check", "tunnels"},
		Name:    "/v1/check/tunnels",
		Admin:   true,
		Methods: map[string]request.Handler{http.MethodGet: s.checkTunnels},
	}}
}

func (s *views) checkTunnels(c *request.Call) (request.Answer, error) {
	pairs, err := noun.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return request.Answer{}, err
	}
	var q backend.TunnelQuery
	for _, p := range pairs {
		switch p.Key {
		case "from":
			q.From = api.HostID(p.Value)
		case "to":
			q.To = api.HostID(p.Value)
		default:
			return request.Answer{}, wire.BadRequest("%s is invalid attribute for filtering", wire.Show([]string{p.Key}))
		}
	}
	found, err := s.Inspector.Tunnels(c.Request.Context(), q)
	return request.Answer{Status: http.StatusOK, Body: wire.Row{{"tunnels", wire.NonNil(found)}}}, err
}
