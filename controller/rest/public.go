package rest

import (
	"net/http"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
)

// publicRoutes are versions, extensions, health and metrics.
func (s *server) publicRoutes() []route {
	get := func(h handler) map[string]handler { return map[string]handler{http.MethodGet: h} }
	return []route{
		{pattern: nil, name: "/", open: true, methods: get(versions)},
		{pattern: []string{"openapi"}, name: "/openapi.json", open: true, methods: get(s.showOpenAPI)},
		{pattern: []string{"healthz"}, name: "/healthz", open: true, methods: get(healthy)},
		{pattern: []string{"readyz"}, name: "/readyz", open: true, methods: get(s.ready)},
		{pattern: []string{"metrics"}, name: "/metrics", loopback: true, admin: true, methods: get(s.showMetrics)},
		{pattern: []string{"v2.0"}, name: "/v2.0", methods: get(s.collections)},
		{pattern: []string{"v2.0", "extensions"}, name: "/v2.0/extensions", methods: get(allExtensions)},
		{pattern: []string{"v2.0", "extensions", "*"}, name: "/v2.0/extensions/{alias}", methods: get(oneExtension)},
		{pattern: []string{"v1", "status"}, name: "/v1/status", admin: true, methods: get(s.overview)},
		{pattern: []string{"v1", "resources"}, name: "/v1/resources", methods: get(s.describeAll)},
	}
}

func versions(c *call) (answer, error) {
	link := row{{"rel", "self"}, {"href", c.base() + "/v2.0/"}}
	return ok(row{{"versions", []row{{{"id", "v2.0"}, {"status", "CURRENT"}, {"links", []row{link}}}}}}), nil
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func healthy(*call) (answer, error) { return ok(row{{"healthy", true}}), nil }

func (s *server) ready(*call) (answer, error) {
	if err := s.Ready(); err != nil {
		return answer{status: http.StatusServiceUnavailable, body: row{{"ready", false}, {"reason", err.Error()}}}, nil //nolint:nilerr // it is the answer
	}
	return ok(row{{"ready", true}}), nil
}

// collections lists what is under /v2.0.
func (s *server) collections(c *call) (answer, error) {
	out := []row{}
	for _, res := range s.resources {
		d := res.describe()
		if !strings.HasPrefix(d.Path, "/v2.0/") {
			continue
		}
		link := row{{"rel", "self"}, {"href", c.base() + d.Path}}
		out = append(out, row{{"name", d.Singular}, {"collection", d.Plural}, {"links", []row{link}}})
	}
	return ok(row{{"resources", out}}), nil
}

// overview says in a few lines how the whole is.
func (s *server) overview(*call) (answer, error) {
	snap := s.State.Snapshot()
	counts := row{}
	for _, k := range api.Kinds {
		n := 0
		for range snap.All(k) {
			n++
		}
		counts = append(counts, member{string(k), n})
	}
	var alive, total int
	problems := []row{}
	for h := range snap.Hosts() {
		total++
		st := s.Inspector.Host(h.ID)
		if st.Alive {
			alive++
		}
		if st.Problem != "" {
			problems = append(problems, row{{"host", h.ID}, {"problem", st.Problem}})
		}
	}
	ready := s.Ready()
	return ok(row{
		{"ready", ready == nil}, {"revision", snap.Revision()}, {"hosts", row{{"total", total}, {"alive", alive}}},
		{"problems", problems}, {"objects", counts},
	}), nil
}

// describeAll says what every resource is made of.
func (s *server) describeAll(*call) (answer, error) {
	return ok(row{{"resources", describeAll(s.declared(), s.Ops)}}), nil
}

// Resources describes every resource of the API: what documents and command lines are made from.
func Resources() []Resource {
	return describeAll(slices.Concat(resources(nil, nil), parts(nil)), &intent.Ops{})
}

func describeAll(resources []resource, ops *intent.Ops) []Resource {
	out := make([]Resource, 0, len(resources)+1)
	for _, res := range resources {
		out = append(out, res.describe())
	}
	return append(out, describeQuota(ops))
}
