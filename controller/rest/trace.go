package rest

import (
	"net/http"
	"net/netip"
	"strconv"

	"weft/api"
	"weft/controller/trace"
)

// traceRoutes say what becomes of a packet. Asking sends none.
func (s *views) traceRoutes() []route {
	return []route{{
		pattern: []string{"v1", "trace"},
		name:    "/v1/trace",
		admin:   true,
		methods: map[string]handler{http.MethodGet: s.trace},
	}}
}

func (s *views) trace(c *call) (answer, error) {
	pairs, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return answer{}, err
	}
	var q trace.Query
	for _, p := range pairs {
		if err := traceWord(&q, p.key, p.value); err != nil {
			return answer{}, err
		}
	}
	found, err := s.Inspector.Trace(c.r.Context(), q)
	found.Steps, found.Doubts = some(found.Steps), some(found.Doubts)
	return answer{status: http.StatusOK, body: row{{"trace", found}}}, err
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
		return badRequest("%s is invalid attribute for filtering", show([]string{key}))
	}
	if err != nil {
		return badRequest("Invalid input for %s. Reason: '%s' is not a valid one.", key, shorten(value))
	}
	return nil
}
