package operator

import (
	"net/http"

	"weft/api"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

func (s *views) gatewayRoute() request.Route {
	return request.Route{
		Pattern: []string{"v1", "routers", "*", "gateway-host"},
		Name:    "/v1/routers/{id}/gateway-host",
		Admin:   true,
		Methods: map[string]request.Handler{http.MethodPut: s.moveGateway},
	}
}

// moveGateway moves a router's gateway to the host that the body names, and answers with the router.
func (s *views) moveGateway(c *request.Call) (request.Answer, error) {
	body, err := request.ReadBody(c.Writer, c.Request)
	if err != nil {
		return request.Answer{}, err
	}
	given, ok := body["host"]
	if !ok || len(body) != 1 {
		return request.Answer{}, wire.BadRequest("Want the member 'host' and no other in the request body")
	}
	host, err := hostName().Parse(given)
	if err != nil {
		return request.Answer{}, wire.InvalidValue("host", err)
	}
	id := c.Vars[0]
	snap, header, err := s.Commit(c, func(tx *api.Txn) error {
		_, err := s.Ops.MoveGateway(tx, api.RouterID(id), host)
		return err
	})
	if err != nil {
		return request.Answer{}, err
	}
	shown, err := s.Named["router"].Show(s.Scope(c, snap), id, nil)
	if err != nil {
		return request.Answer{}, err
	}
	return request.Answer{Status: http.StatusOK, Body: wire.Row{{"router", shown}}, Header: header}, nil
}
