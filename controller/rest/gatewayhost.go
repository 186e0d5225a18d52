package rest

import (
	"net/http"

	"weft/api"
)

func (s *views) gatewayRoute() route {
	return route{
		pattern: []string{"v1", "routers", "*", "gateway-host"},
		name:    "/v1/routers/{id}/gateway-host",
		admin:   true,
		methods: map[string]handler{http.MethodPut: s.moveGateway},
	}
}

// moveGateway moves a router's gateway to the host that the body names, and answers with the router.
func (s *views) moveGateway(c *call) (answer, error) {
	body, err := readBody(c.w, c.r)
	if err != nil {
		return answer{}, err
	}
	given, ok := body["host"]
	if !ok || len(body) != 1 {
		return answer{}, badRequest("Want the member 'host' and no other in the request body")
	}
	host, err := hostName().parse(given)
	if err != nil {
		return answer{}, invalidValue("host", err)
	}
	id := c.vars[0]
	snap, header, err := s.commit(c, func(tx *api.Txn) error {
		_, err := s.Ops.MoveGateway(tx, api.RouterID(id), host)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	shown, err := s.named["router"].show(s.scope(c, snap), id, nil)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, row{{"router", shown}}, header}, nil
}
