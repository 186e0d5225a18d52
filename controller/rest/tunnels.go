package rest

import (
	"net/http"
	"net/netip"

	"weft/api"
)

// TunnelQuery selects tunnels by the hosts at their ends; "" is every host.
type TunnelQuery struct{ From, To api.HostID }

// TunnelCheck is what packets between two hosts showed. Both ways are checked on their own.
type TunnelCheck struct {
	From    api.HostID `json:"from"`
	To      api.HostID `json:"to"`
	FromIP  netip.Addr `json:"from_ip"`
	ToIP    netip.Addr `json:"to_ip"`
	Small   bool       `json:"small"`   // a small packet passed
	Full    bool       `json:"full"`    // one of Size bytes passed too
	Size    int        `json:"size"`    // bytes on the underlay, unfragmented
	Problem string     `json:"problem"` // why not; "" if all is well
}

// checkRoutes try the network between hosts.
func (s *views) checkRoutes() []route {
	return []route{{
		pattern: []string{"v1", "check", "tunnels"},
		name:    "/v1/check/tunnels",
		admin:   true,
		methods: map[string]handler{http.MethodGet: s.checkTunnels},
	}}
}

func (s *views) checkTunnels(c *call) (answer, error) {
	pairs, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return answer{}, err
	}
	var q TunnelQuery
	for _, p := range pairs {
		switch p.key {
		case "from":
			q.From = api.HostID(p.value)
		case "to":
			q.To = api.HostID(p.value)
		default:
			return answer{}, badRequest("%s is invalid attribute for filtering", show([]string{p.key}))
		}
	}
	found, err := s.Inspector.Tunnels(c.r.Context(), q)
	return answer{status: http.StatusOK, body: row{{"tunnels", some(found)}}}, err
}
