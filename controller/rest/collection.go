package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"weft/api"
)

// maxBulk is how many objects one POST may make: one transaction, during which nothing else can change.
const maxBulk = 4096

// resourceRoutes are the collections and their objects.
func (s *service) resourceRoutes() []route {
	var out []route
	for _, res := range s.resources {
		d := res.describe()
		base := strings.Split(strings.Trim(d.Path, "/"), "/")
		all, one := s.methods(res, d)
		out = append(out,
			route{pattern: base, name: d.Path, admin: d.AdminOnly, methods: all},
			route{pattern: append(base[:len(base):len(base)], "*"), name: d.Path + "/{id}", admin: d.AdminOnly, methods: one},
		)
	}
	return out
}

// methods are what may be done to a collection and to its objects.
func (s *service) methods(res resource, d Resource) (all, one map[string]handler) {
	all = map[string]handler{http.MethodGet: s.listAll(res)}
	one = map[string]handler{http.MethodGet: s.showOne(res)}
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

func (s *service) scope(c *call, v *api.Snapshot) scope {
	return scope{policy: c.policy(), view: v.View, status: s.Status, inspector: s.Inspector}
}

func (s *service) listAll(res resource) handler {
	d := res.describe()
	return func(c *call) (answer, error) {
		q, err := c.query()
		if err != nil {
			return answer{}, err
		}
		sc := s.scope(c, s.State.Snapshot())
		sc.query = q
		p, err := res.list(sc, q)
		if err != nil {
			return answer{}, err
		}
		body := row{{d.Plural, p.rows}}
		if q.limit > 0 {
			body = append(body, member{d.Plural + "_links", links(c, q, p)})
		}
		return answer{status: http.StatusOK, body: body}, nil
	}
}

func (c *call) query() (*query, error) {
	pairs, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	return readQuery(pairs)
}

// links point to the pages around one. There is one in the direction of reading only if this page is full.
func links(c *call, q *query, p page) []row {
	base := c.base() + c.r.URL.EscapedPath()
	out := []row{}
	if p.more || q.reverse {
		out = append(out, row{{"rel", "next"}, {"href", q.link(base, p.last, false)}})
	}
	if p.more || !q.reverse {
		out = append(out, row{{"rel", "previous"}, {"href", q.link(base, p.first, true)}})
	}
	return out
}

// base is the scheme and host that the client used.
func (c *call) base() string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + shorten(c.r.Host)
}

func (s *service) showOne(res resource) handler {
	d := res.describe()
	return func(c *call) (answer, error) {
		q, err := c.query()
		if err != nil {
			return answer{}, err
		}
		r, err := res.show(s.scope(c, s.State.Snapshot()), c.vars[0], q.fields)
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusOK, body: row{{d.Singular, r}}}, nil
	}
}

func (s *service) create(res resource) handler {
	d := res.describe()
	return func(c *call) (answer, error) {
		requests, bulk, err := readRequests(c, res)
		if err != nil {
			return answer{}, err
		}
		ids := make([]string, len(requests))
		snap, header, err := s.commit(c, func(tx *api.Txn) (err error) {
			for i, r := range requests {
				if ids[i], err = s.addOne(c, tx, res, r); err != nil {
					c.failedAt(i)
					return err
				}
			}
			return nil
		})
		if err != nil {
			return answer{}, err
		}
		c.made = ids
		rows := make([]row, len(ids))
		for i, id := range ids {
			if rows[i], err = res.made(s.scope(c, snap), id, requests[i].request); err != nil {
				return answer{}, fmt.Errorf("show what was just made: %w", err)
			}
		}
		if bulk {
			return answer{http.StatusCreated, row{{d.Plural, rows}}, header}, nil
		}
		return answer{http.StatusCreated, row{{d.Singular, rows[0]}}, header}, nil
	}
}

// failedAt tells the client which of many objects in a request is refused; the answer says why.
func (c *call) failedAt(i int) { c.w.Header().Set("X-Weft-Item", strconv.Itoa(i)) }

func (s *service) addOne(c *call, tx *api.Txn, res resource, w wanted) (string, error) {
	network, others := w.demands.byNetwork()
	if err := s.mentions(c.policy(), tx.View, network); err != nil {
		return "", err
	}
	if err := res.permitNew(c.policy(), tx.View, w.demands); err != nil {
		return "", err
	}
	if err := s.mentions(c.policy(), tx.View, others); err != nil {
		return "", err
	}
	id, err := res.add(tx, w.request)
	if err != nil {
		return "", err
	}
	return id, s.Ops.CheckQuota(tx.View, res.ref(id))
}

// wanted is what a body asks for.
type wanted struct {
	request any
	demands
}

// readRequests reads the body of a POST: one object, or many.
func readRequests(c *call, res resource) (requests []wanted, bulk bool, err error) {
	d := res.describe()
	if p := c.policy(); !p.MayWrite() {
		return nil, false, disallowed("create_" + d.Singular)
	}
	body, err := readBody(c.w, c.r)
	if err != nil {
		return nil, false, err
	}
	list, bulk := body[d.Plural]
	if !bulk {
		r, err := readRequest(c, body, res, onCreate)
		return []wanted{r}, false, err
	}
	items, ok := list.([]any)
	switch {
	case !ok || len(items) == 0:
		return nil, true, badRequest("Resources required")
	case len(items) > maxBulk:
		return nil, true, badRequest("%d objects in one request are too many, at most %d are allowed", len(items), maxBulk)
	}
	for i, item := range items {
		members, ok := item.(map[string]any)
		if !ok {
			c.failedAt(i)
			return nil, true, badRequest("Object '%s' contains invalid data", d.Singular)
		}
		if inner, wrapped := members[d.Singular].(map[string]any); wrapped { // each as if it were alone, as Neutron takes it
			members = inner
		}
		r, err := readMembers(c, members, res, onCreate)
		if err != nil {
			c.failedAt(i)
			return nil, true, err
		}
		requests = append(requests, r)
	}
	return requests, true, nil
}

func readRequest(c *call, body map[string]any, res resource, on access) (wanted, error) {
	name := res.describe().Singular
	v, ok := body[name]
	if !ok || v == nil {
		return wanted{}, badRequest("Unable to find '%s' in request body", name)
	}
	members, ok := v.(map[string]any)
	if !ok {
		return wanted{}, badRequest("Object '%s' contains invalid data", name)
	}
	return readMembers(c, members, res, on)
}

func readMembers(c *call, members map[string]any, res resource, on access) (w wanted, err error) {
	c.touched(members)
	if on == onCreate {
		if err := adopt(c.policy(), res.describe(), members); err != nil {
			return w, err
		}
	}
	if w.request, err = res.parse(members, on); err != nil {
		return w, err
	}
	w.demands = res.demands(members, on)
	return w, nil
}

func (s *service) update(res resource) handler {
	d := res.describe()
	return func(c *call) (answer, error) {
		body, err := readBody(c.w, c.r)
		if err != nil {
			return answer{}, err
		}
		w, err := readRequest(c, body, res, onUpdate)
		if err != nil {
			return answer{}, err
		}
		id := c.vars[0]
		act := res.deed(updating, w.demands)
		snap, header, err := s.commit(c, s.matching(c, res, act, func(tx *api.Txn) error { return res.change(tx, id, w.request) }))
		if err != nil {
			return answer{}, err
		}
		r, err := res.made(s.scope(c, snap), id, w.request)
		if err != nil {
			return answer{}, err
		}
		return answer{http.StatusOK, row{{d.Singular, r}}, header}, nil
	}
}

func (s *service) remove(res resource) handler {
	return func(c *call) (answer, error) {
		act := res.deed(deleting, demands{})
		_, header, err := s.commit(c, s.matching(c, res, act, func(tx *api.Txn) error { return res.drop(tx, c.vars[0]) }))
		return answer{http.StatusNoContent, nil, header}, err
	}
}

// matching puts the checks before a change: the object is there, the caller may do this to it, and it is at the revision
// that If-Match demands.
func (s *service) matching(c *call, res resource, act deed, f func(*api.Txn) error) func(*api.Txn) error {
	return func(tx *api.Txn) error {
		if err := res.permit(c.policy(), tx.View, c.vars[0], act); err != nil {
			return err
		}
		if err := s.mentions(c.policy(), tx.View, act.named); err != nil {
			return err
		}
		have, err := res.revision(tx.View, c.vars[0])
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
func (c *call) ifMatch() (revision int, demanded bool, err error) {
	h := c.r.Header.Get("If-Match")
	if h == "" {
		return 0, false, nil
	}
	n, ok := strings.CutPrefix(strings.TrimSpace(h), "revision_number=")
	revision, err = strconv.Atoi(n)
	if !ok || err != nil {
		return 0, false, badRequest("Invalid If-Match '%s': want revision_number=N", shorten(strings.ToValidUTF8(h, "\uFFFD")))
	}
	return revision, true, nil
}
