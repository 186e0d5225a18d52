package rest

import (
	"net/http"
	"slices"

	"weft/api"
	"weft/controller/intent"
)

// dryRun is what a client names among the fields that only wants to know whether there could be a topology.
const dryRun = "dry-run"

// topologyRoutes are the network that weft makes for a project which asks for one, and does not care what it is.
func (s *actions) topologyRoutes() []route {
	return []route{{
		pattern: []string{"v2.0", "auto-allocated-topology", "*"}, name: "/v2.0/auto-allocated-topology/{project}",
		methods: map[string]handler{http.MethodGet: s.autoTopology, http.MethodDelete: s.dropAutoTopology},
	}}
}

func topologyExchanges() map[string]exchange {
	path := "/v2.0/auto-allocated-topology/{project}"
	return map[string]exchange{
		"GET " + path:    gives(plainObject(must("auto_allocated_topology", shape(must("id", aWord), must("tenant_id", aWord), must("project_id", aWord))))),
		"DELETE " + path: {status: "204"},
	}
}

// topologyOf is the project of the path; clients that know none say "None".
func topologyOf(c *call) (string, error) {
	p, project := c.policy(), c.vars[0]
	if project == "None" {
		project = p.ProjectID
	}
	switch {
	case project == "":
		return "", badRequest("the token is for no project: name one in the path")
	case len(project) > maxName:
		return "", badRequest("'%s' is no project", shorten(project))
	case !p.Admin && !p.isOf(project):
		return "", api.Faultf(api.Forbidden, "NotAuthorized", "Not authorized.")
	}
	return project, nil
}

func topologyRow(id, project string) answer {
	return ok(row{{"auto_allocated_topology", row{{"id", id}, {"tenant_id", project}, {"project_id", project}}}})
}

// autoTopology shows a project's network, and makes it first if there is none.
func (s *actions) autoTopology(c *call) (answer, error) {
	project, err := topologyOf(c)
	if err != nil {
		return answer{}, err
	}
	q, err := c.query()
	if err != nil {
		return answer{}, err
	}
	v := s.State.Snapshot().View
	switch n, there := intent.AutoNetwork(v, project); {
	case slices.Contains(q.fields, dryRun):
		return topologyRow(dryRun+"=pass", project), intent.CheckAutoTopology(v)
	case len(q.fields) > 0:
		return answer{}, badRequest("Bad auto_allocate request: Unrecognized field.")
	case there:
		return topologyRow(string(n.ID), project), nil
	case !c.policy().MayWrite():
		return answer{}, disallowed("get_auto_allocated_topology")
	}
	var made *api.Network
	_, header, err := s.commit(c, func(tx *api.Txn) (err error) {
		made, err = s.Ops.AutoTopology(tx, project)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	c.made = []string{string(made.ID)}
	a := topologyRow(string(made.ID), project)
	a.header = header
	return a, nil
}

func (s *actions) dropAutoTopology(c *call) (answer, error) {
	project, err := topologyOf(c)
	if err != nil {
		return answer{}, err
	}
	if !c.policy().MayWrite() {
		return answer{}, disallowed("delete_auto_allocated_topology")
	}
	_, header, err := s.commit(c, func(tx *api.Txn) error { return s.Ops.DeleteAutoTopology(tx, project) })
	return answer{http.StatusNoContent, nil, header}, err
}
