package operator

import (
	"net/http"
	"net/netip"
	"strconv"

	"weft/api"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
	"weft/controller/trace"
)

// traceRoutes say what becomes of a packet. Asking sends none.
func (s *views) traceRoutes() []request.Route {
	return []request.Route{{
		Pattern: []string{"v1", "trace"},
		Name:    "/v1/trace",
		Admin:   true,
		Methods: map[string]request.Handler{http.MethodGet: s.trace},
	}}
}

func (s *views) trace(c *request.Call) (request.Answer, error) {
	pairs, err := noun.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return request.Answer{}, err
	}
	var q trace.Query
	for _, p := range pairs {
		if err := traceWord(&q, p.Key, p.Value); err != nil {
			return request.Answer{}, err
		}
	}
	found, err := s.Inspector.Trace(c.Request.Context(), q)
	found.Steps, found.Doubts = wire.NonNil(found.Steps), wire.NonNil(found.Doubts)
	return request.Answer{Status: http.StatusOK, Body: wire.Row{{"trace", found}}}, err
}

// traceWord reads one word of a request for a trace.
func traceWord(q *trace.Query, key, value string) (err error) {
	switch key {
	case "port":
		q.From = api.PortID(value)
	case "outside":
		q.Outside = api.NetworkID(value)
	case "to":
		q.To, err = netip.ParseAddr(value)
	case "from":
		q.Source, err = netip.ParseAddr(value)
	case "to_mac":
		q.ToMAC, err = api.ParseMAC(value)
	case "from_mac":
		q.SourceMAC, err = api.ParseMAC(value)
	case "protocol":
		q.Proto = value
	case "dst_port":
		var n uint64
		n, err = strconv.ParseUint(value, 10, 16)
		q.Port = uint16(n)
	default:
		return wire.BadRequest("%s is invalid attribute for filtering", wire.Show([]string{key}))
	}
	if err != nil {
		return wire.BadRequest("Invalid input for %s. Reason: '%s' is not a valid one.", key, wire.Shorten(value))
	}
	return nil
}
