package neutron

import (
	"net/http"
	"slices"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// dryRun is what a client names among the fields that only wants to know whether there could be a topology.
const dryRun = "dry-run"

// topologyRoutes are the network that weft makes for a project which asks for one, and does not care what it is.
func (s *actions) topologyRoutes() []request.Route {
	return []request.Route{{
		Pattern: []string{"v2.0", "auto-allocated-topology", "*"}, Name: "/v2.0/auto-allocated-topology/{project}",
		Methods: map[string]request.Handler{http.MethodGet: s.autoTopology, http.MethodDelete: s.dropAutoTopology},
	}}
}

// topologyOf is the project of the path; clients that know none say "None".
func topologyOf(c *request.Call) (string, error) {
	p, project := c.Policy(), c.Vars[0]
	if project == "None" {
		project = p.ProjectID
	}
	switch {
	case project == "":
		return "", wire.BadRequest("the token is for no project: name one in the path")
	case len(project) > noun.MaxName:
		return "", wire.BadRequest("'%s' is no project", wire.Shorten(project))
	case !p.Admin && !p.IsOf(project):
		return "", api.Faultf(api.Forbidden, "NotAuthorized", "Not authorized.")
	}
	return project, nil
}

func topologyRow(id, project string) request.Answer {
	return request.OK(wire.Row{{"auto_allocated_topology", wire.Row{{"id", id}, {"tenant_id", project}, {"project_id", project}}}})
}

// autoTopology shows a project's network, and makes it first if there is none.
func (s *actions) autoTopology(c *request.Call) (request.Answer, error) {
	project, err := topologyOf(c)
	if err != nil {
		return request.Answer{}, err
	}
	q, err := c.Query()
	if err != nil {
		return request.Answer{}, err
	}
	v := s.State.Snapshot().View
	switch n, there := intent.AutoNetwork(v, project); {
	case slices.Contains(q.Fields, dryRun):
		return topologyRow(dryRun+"=pass", project), intent.CheckAutoTopology(v)
	case len(q.Fields) > 0:
		return request.Answer{}, wire.BadRequest("Bad auto_allocate request: Unrecognized field.")
	case there:
		return topologyRow(string(n.ID), project), nil
	case !c.Policy().MayWrite():
		return request.Answer{}, access.Disallowed("get_auto_allocated_topology")
	}
	var made *api.Network
	_, header, err := s.Commit(c, func(tx *api.Txn) (err error) {
		made, err = s.Ops.AutoTopology(tx, project)
		return err
	})
	if err != nil {
		return request.Answer{}, err
	}
	c.Made = []string{string(made.ID)}
	a := topologyRow(string(made.ID), project)
	a.Header = header
	return a, nil
}

func (s *actions) dropAutoTopology(c *request.Call) (request.Answer, error) {
	project, err := topologyOf(c)
	if err != nil {
		return request.Answer{}, err
	}
	if !c.Policy().MayWrite() {
		return request.Answer{}, access.Disallowed("delete_auto_allocated_topology")
	}
	_, header, err := s.Commit(c, func(tx *api.Txn) error { return s.Ops.DeleteAutoTopology(tx, project) })
	return request.Answer{Status: http.StatusNoContent, Body: nil, Header: header}, err
}
