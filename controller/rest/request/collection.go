package request

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"weft/api"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// maxBulk is how many objects one POST may make: one transaction, during which nothing else can change.
const maxBulk = 4096

// ResourceRoutes are the collections and their objects.
func (s *Service) ResourceRoutes() []Route {
	var out []Route
	for _, res := range s.resources {
		d := res.Describe()
		base := strings.Split(strings.Trim(d.Path, "/"), "/")
		all, one := s.methods(res, d)
		out = append(out,
			Route{Pattern: base, Name: d.Path, Admin: d.AdminOnly, Methods: all},
			Route{Pattern: append(base[:len(base):len(base)], "*"), Name: d.Path + "/{id}", Admin: d.AdminOnly, Methods: one},
		)
	}
	return out
}

// methods are what may be done to a collection and to its objects.
func (s *Service) methods(res noun.Resource, d noun.Description) (all, one map[string]Handler) {
	all = map[string]Handler{http.MethodGet: s.listAll(res)}
	one = map[string]Handler{http.MethodGet: s.showOne(res)}
	if d.Creatable {
		all[http.MethodPost] = s.create(res)
	}
	if d.Updatable {
		one[http.MethodPut] = s.update(res)
	}
	if d.Deletable {
		one[http.MethodDelete] = s.remove(res)
	}
	return all, one
}

// Scope is what rendering an answer to a call may look at, of one state.
func (s *Service) Scope(c *Call, v *api.Snapshot) noun.Scope {
	return noun.Scope{Policy: c.Policy(), View: v.View, Status: s.Status, Inspector: s.Inspector}
}

func (s *Service) listAll(res noun.Resource) Handler {
	d := res.Describe()
	return func(c *Call) (Answer, error) {
		q, err := c.Query()
		if err != nil {
			return Answer{}, err
		}
		sc := s.Scope(c, s.State.Snapshot())
		sc.Query = q
		p, err := res.List(sc, q)
		if err != nil {
			return Answer{}, err
		}
		body := wire.Row{{d.Plural, p.Rows}}
		if q.Limit > 0 {
			body = append(body, wire.Member{d.Plural + "_links", links(c, q, p)})
		}
		return Answer{Status: http.StatusOK, Body: body}, nil
	}
}

// Query reads what a list is asked for from the address of a call.
func (c *Call) Query() (*noun.Query, error) {
	pairs, err := noun.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	return noun.ReadQuery(pairs)
}

// links point to the pages around one. There is one in the direction of reading only if this page is full.
func links(c *Call, q *noun.Query, p noun.Page) []wire.Row {
	base := c.Base() + c.Request.URL.EscapedPath()
	out := []wire.Row{}
	if p.More || q.Reverse {
		out = append(out, wire.Row{{"rel", "next"}, {"href", q.Link(base, p.Last, false)}})
	}
	if p.More || !q.Reverse {
		out = append(out, wire.Row{{"rel", "previous"}, {"href", q.Link(base, p.First, true)}})
	}
	return out
}

// Base is the scheme and host that the client used.
func (c *Call) Base() string {
	scheme := "http"
	if c.Request.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + wire.Shorten(c.Request.Host)
}

func (s *Service) showOne(res noun.Resource) Handler {
	d := res.Describe()
	return func(c *Call) (Answer, error) {
		q, err := c.Query()
		if err != nil {
			return Answer{}, err
		}
		r, err := res.Show(s.Scope(c, s.State.Snapshot()), c.Vars[0], q.Fields)
		if err != nil {
			return Answer{}, err
		}
		return Answer{Status: http.StatusOK, Body: wire.Row{{d.Singular, r}}}, nil
	}
}

func (s *Service) create(res noun.Resource) Handler {
	d := res.Describe()
	return func(c *Call) (Answer, error) {
		requests, bulk, err := readRequests(c, res)
		if err != nil {
			return Answer{}, err
		}
		ids := make([]string, len(requests))
		snap, header, err := s.Commit(c, func(tx *api.Txn) (err error) {
			for i, r := range requests {
				if ids[i], err = s.addOne(c, tx, res, r); err != nil {
					c.failedAt(i)
					return err
				}
			}
			return nil
		})
		if err != nil {
			return Answer{}, err
		}
		c.Made = ids
		rows := make([]wire.Row, len(ids))
		for i, id := range ids {
			if rows[i], err = res.Made(s.Scope(c, snap), id, requests[i].request); err != nil {
				return Answer{}, fmt.Errorf("show what was just made: %w", err)
			}
		}
		if bulk {
			return Answer{http.StatusCreated, wire.Row{{d.Plural, rows}}, header}, nil
		}
		return Answer{http.StatusCreated, wire.Row{{d.Singular, rows[0]}}, header}, nil
	}
}

// failedAt tells the client which of many objects in a request is refused; the answer says why.
func (c *Call) failedAt(i int) { c.Writer.Header().Set("X-Weft-Item", strconv.Itoa(i)) }

func (s *Service) addOne(c *Call, tx *api.Txn, res noun.Resource, w wanted) (string, error) {
	network, others := w.Demands.ByNetwork()
	if err := s.mentions(c.Policy(), tx.View, network); err != nil {
		return "", err
	}
	if err := res.PermitNew(c.Policy(), tx.View, w.Demands); err != nil {
		return "", err
	}
	if err := s.Ops.RoomFor(tx.View, res.Ref("").Kind, w.project); err != nil {
		return "", err
	}
	if err := s.mentions(c.Policy(), tx.View, others); err != nil {
		return "", err
	}
	id, err := res.Add(tx, w.request)
	if err != nil {
		return "", err
	}
	return id, s.Ops.CheckQuota(tx.View, res.Ref(id))
}

// wanted is what a body asks for.
type wanted struct {
	request any
	project string // that a new object is to belong to
	access.Demands
}

// readRequests reads the body of a POST: one object, or many.
func readRequests(c *Call, res noun.Resource) (requests []wanted, bulk bool, err error) {
	d := res.Describe()
	if p := c.Policy(); !p.MayWrite() {
		return nil, false, access.Disallowed("create_" + d.Singular)
	}
	body, err := ReadBody(c.Writer, c.Request)
	if err != nil {
		return nil, false, err
	}
	list, bulk := body[d.Plural]
	if !bulk {
		r, err := readRequest(c, body, res, noun.OnCreate)
		return []wanted{r}, false, err
	}
	items, ok := list.([]any)
	switch {
	case !ok || len(items) == 0:
		return nil, true, wire.BadRequest("Resources required")
	case len(items) > maxBulk:
		return nil, true, wire.BadRequest("%d objects in one request are too many, at most %d are allowed", len(items), maxBulk)
	}
	for i, item := range items {
		members, ok := item.(map[string]any)
		if !ok {
			c.failedAt(i)
			return nil, true, wire.BadRequest("Object '%s' contains invalid data", d.Singular)
		}
		if inner, wrapped := members[d.Singular].(map[string]any); wrapped { // each as if it were alone, as Neutron takes it
			members = inner
		}
		r, err := readMembers(c, members, res, noun.OnCreate)
		if err != nil {
			c.failedAt(i)
			return nil, true, err
		}
		requests = append(requests, r)
	}
	return requests, true, nil
}

func readRequest(c *Call, body map[string]any, res noun.Resource, on noun.When) (wanted, error) {
	name := res.Describe().Singular
	v, ok := body[name]
	if !ok || v == nil {
		return wanted{}, wire.BadRequest("Unable to find '%s' in request body", name)
	}
	members, ok := v.(map[string]any)
	if !ok {
		return wanted{}, wire.BadRequest("Object '%s' contains invalid data", name)
	}
	return readMembers(c, members, res, on)
}

func readMembers(c *Call, members map[string]any, res noun.Resource, on noun.When) (w wanted, err error) {
	c.Touched(members)
	if on == noun.OnCreate {
		if err := adopt(c.Policy(), res.Describe(), members); err != nil {
			return w, err
		}
	}
	if w.request, err = res.Parse(members, on); err != nil {
		return w, err
	}
	w.project, _ = members["project_id"].(string)
	w.Demands = res.Demands(members, on)
	return w, nil
}

func (s *Service) update(res noun.Resource) Handler {
	d := res.Describe()
	return func(c *Call) (Answer, error) {
		body, err := ReadBody(c.Writer, c.Request)
		if err != nil {
			return Answer{}, err
		}
		w, err := readRequest(c, body, res, noun.OnUpdate)
		if err != nil {
			return Answer{}, err
		}
		id := c.Vars[0]
		act := res.Deed(access.Updating, w.Demands)
		snap, header, err := s.Commit(c, s.Matching(c, res, act, func(tx *api.Txn) error { return res.Change(tx, id, w.request) }))
		if err != nil {
			return Answer{}, err
		}
		r, err := res.Made(s.Scope(c, snap), id, w.request)
		if err != nil {
			return Answer{}, err
		}
		return Answer{http.StatusOK, wire.Row{{d.Singular, r}}, header}, nil
	}
}

func (s *Service) remove(res noun.Resource) Handler {
	return func(c *Call) (Answer, error) {
		act := res.Deed(access.Deleting, access.Demands{})
		_, header, err := s.Commit(c, s.Matching(c, res, act, func(tx *api.Txn) error { return res.Drop(tx, c.Vars[0]) }))
		return Answer{http.StatusNoContent, nil, header}, err
	}
}

// Matching puts the checks before a change: the object is there, the caller may do this to it, and it is at the revision
// that If-Match demands.
func (s *Service) Matching(c *Call, res noun.Resource, act access.Deed, f func(*api.Txn) error) func(*api.Txn) error {
	return func(tx *api.Txn) error {
		if err := res.Permit(c.Policy(), tx.View, c.Vars[0], act); err != nil {
			return err
		}
		if err := s.mentions(c.Policy(), tx.View, act.Named); err != nil {
			return err
		}
		have, err := res.Revision(tx.View, c.Vars[0])
		if err != nil {
			return err
		}
		want, demanded, err := c.ifMatch()
		if err != nil {
			return err
		}
		if demanded && want != have {
			return api.Faultf(api.Precondition, "RevisionNumberConstraintFailed",
				"Constrained to %d, but current revision is %d", want, have)
		}
		return f(tx)
	}
}

// ifMatch reads If-Match: revision_number=N.
func (c *Call) ifMatch() (revision int, demanded bool, err error) {
	h := c.Request.Header.Get("If-Match")
	if h == "" {
		return 0, false, nil
	}
	n, ok := strings.CutPrefix(strings.TrimSpace(h), "revision_number=")
	revision, err = strconv.Atoi(n)
	if !ok || err != nil {
		return 0, false, wire.BadRequest("Invalid If-Match '%s': want revision_number=N", wire.Shorten(strings.ToValidUTF8(h, "\uFFFD")))
	}
	return revision, true, nil
}
