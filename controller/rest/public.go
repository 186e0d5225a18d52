package rest

import (
	"net/http"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/neutron"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// publicRoutes are versions, extensions, health and metrics.
func (s *server) publicRoutes() []request.Route {
	get := func(h request.Handler) map[string]request.Handler {
		return map[string]request.Handler{http.MethodGet: h}
	}
	return []request.Route{
		{Pattern: nil, Name: "/", Open: true, Methods: get(versions)},
		{Pattern: []string{"openapi"}, Name: "/openapi.json", Open: true, Methods: get(s.showOpenAPI)},
		{Pattern: []string{"healthz"}, Name: "/healthz", Open: true, Methods: get(healthy)},
		{Pattern: []string{"readyz"}, Name: "/readyz", Open: true, Methods: get(s.ready)},
		{Pattern: []string{"metrics"}, Name: "/metrics", Loopback: true, Admin: true, Methods: get(s.showMetrics)},
		{Pattern: []string{"v2.0"}, Name: "/v2.0", Methods: get(s.collections)},
		{Pattern: []string{"v2.0", "extensions"}, Name: "/v2.0/extensions", Methods: get(neutron.AllExtensions)},
		{Pattern: []string{"v2.0", "extensions", "*"}, Name: "/v2.0/extensions/{alias}", Methods: get(neutron.OneExtension)},
		{Pattern: []string{"v1", "status"}, Name: "/v1/status", Admin: true, Methods: get(s.overview)},
		{Pattern: []string{"v1", "resources"}, Name: "/v1/resources", Methods: get(s.describeAll)},
	}
}

func versions(c *request.Call) (request.Answer, error) {
	link := wire.Row{{"rel", "self"}, {"href", c.Base() + "/v2.0/"}}
	return request.OK(wire.Row{{"versions", []wire.Row{{{"id", "v2.0"}, {"status", "CURRENT"}, {"links", []wire.Row{link}}}}}}), nil
}

func healthy(*request.Call) (request.Answer, error) {
	return request.OK(wire.Row{{"healthy", true}}), nil
}

func (s *server) ready(*request.Call) (request.Answer, error) {
	if err := s.Ready(); err != nil {
		return request.Answer{Status: http.StatusServiceUnavailable, Body: wire.Row{{"ready", false}, {"reason", err.Error()}}}, nil //nolint:nilerr // it is the answer
	}
	return request.OK(wire.Row{{"ready", true}}), nil
}

// collections lists what is under /v2.0.
func (s *server) collections(c *request.Call) (request.Answer, error) {
	out := []wire.Row{}
	for _, res := range s.resources {
		d := res.Describe()
		if !strings.HasPrefix(d.Path, "/v2.0/") {
			continue
		}
		link := wire.Row{{"rel", "self"}, {"href", c.Base() + d.Path}}
		out = append(out, wire.Row{{"name", d.Singular}, {"collection", d.Plural}, {"links", []wire.Row{link}}})
	}
	return request.OK(wire.Row{{"resources", out}}), nil
}

// overview says in a few lines how the whole is.
func (s *server) overview(*request.Call) (request.Answer, error) {
	snap := s.State.Snapshot()
	counts := wire.Row{}
	for _, k := range api.Kinds {
		n := 0
		for range snap.All(k) {
			n++
		}
		counts = append(counts, wire.Member{string(k), n})
	}
	var alive, total int
	problems := []wire.Row{}
	for h := range snap.Hosts() {
		total++
		st := s.Inspector.Host(h.ID)
		if st.Alive {
			alive++
		}
		if st.Problem != "" {
			problems = append(problems, wire.Row{{"host", h.ID}, {"problem", st.Problem}})
		}
	}
	ready := s.Ready()
	return request.OK(wire.Row{
		{"ready", ready == nil}, {"revision", snap.Revision()}, {"hosts", wire.Row{{"total", total}, {"alive", alive}}},
		{"problems", problems}, {"objects", counts},
	}), nil
}

// describeAll says what every resource is made of.
func (s *server) describeAll(*request.Call) (request.Answer, error) {
	return request.OK(wire.Row{{"resources", describeAll(s.declared(), s.Ops)}}), nil
}

// Resources describes every resource of the API: what documents and command lines are made from.
func Resources() []noun.Description {
	return describeAll(slices.Concat(resources(nil, nil), neutron.Parts(nil)), &intent.Ops{})
}

func describeAll(resources []noun.Resource, ops *intent.Ops) []noun.Description {
	out := make([]noun.Description, 0, len(resources)+1)
	for _, res := range resources {
		out = append(out, res.Describe())
	}
	return append(out, neutron.Quota(ops))
}
