package rest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/intent"
)

// server is the handler that New makes.
type server struct {
	Config
	work      *service
	resources []resource
	routes    []route
	metrics   *metrics
	packed    http.Handler // serve, with answers compressed
}

// route is one shape of path and what its methods do.
type route struct {
	pattern  []string // "*" stands for any one part
	name     string   // for metrics
	open     bool     // needs no token
	admin    bool     // only for admins
	loopback bool     // needs no token from this machine
	methods  map[string]handler
}

// handler answers a call. An error becomes the answer that explain makes of it.
type handler func(*call) (answer, error)

// call is one request on its way.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	id   string   // of the request
	vars []string // what the wildcards of the route stand for
	// changed are the names of what the body gives.
	changed []string
	// made are the ids of what the call made.
	made []string
	// errorType is what went wrong, in Neutron's word; "" if nothing did.
	errorType string
}

// answer is what goes back. A nil body is an empty one; a []byte and a stream go as they are, anything else as JSON.
type answer struct {
	status int
	body   any
	header http.Header
}

func newServer(c Config) *server {
	s := &server{Config: c, metrics: newMetrics(c.Registry), resources: resources(c.Ops, c.JoinToken)}
	s.packed = compressed(http.HandlerFunc(s.serve))
	s.work = newService(c.State, c.Ops, c.Status, c.Inspector, s.resources)
	s.routes = slices.Concat(s.publicRoutes(), s.work.resourceRoutes(), s.work.tagRoutes(), neutronRoutes(s.work), operatorRoutes(s.work, c.Keeper))
	return s
}

// resources are all that the API has, in the order in which one may refer to another.
func resources(ops *intent.Ops, joinToken func(api.HostID, string) string) []resource {
	return slices.Concat(coreResources(ops), operatorResources(ops, joinToken), furtherResources(ops))
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.packed.ServeHTTP(w, r) }

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r, id: newRequestID()}
	w.Header().Set("X-Openstack-Request-Id", c.id)
	start := s.Now()
	rt, vars, ok := s.route(r.URL)
	c.vars = vars
	a := s.guarded(c, rt, ok)
	s.write(c, a)
	took := s.Now().Sub(start)
	s.audit(c, rt, a, took)
	s.metrics.seen(r.Method, rt.name, a.status, took)
	s.Log.WithFields(logrus.Fields{
		"request": c.id, "method": r.Method, "route": rt.name, "status": a.status, "took": took,
	}).Debug("request answered")
}

// guarded answers a call; a panic ends that call alone.
func (s *server) guarded(c *call, rt route, found bool) (a answer) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // a panic with this very value
			panic(p)
		}
		a = s.failed(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}()
	h, err := s.choose(c, rt, found)
	if err != nil {
		return s.failed(c, err)
	}
	if a, err = h(c); err != nil {
		return s.failed(c, err)
	}
	return a
}

// choose finds the handler of a call, if the caller may have it.
func (s *server) choose(c *call, rt route, found bool) (handler, error) {
	if err := s.identify(c, rt); err != nil {
		return nil, err
	}
	if !found {
		return nil, errNoSuchPage
	}
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	h := rt.methods[method]
	if h == nil {
		return nil, errMethod(method, strings.Join(slices.Sorted(maps.Keys(rt.methods)), ", "))
	}
	return h, nil
}

// route finds the route of a path. A path's last part may end in ".json", and the path in a slash, as old clients do; several
// slashes are one, as in Neutron, since fog asks for "/v2.0//quotas/ID".
func (s *server) route(u *url.URL) (route, []string, bool) {
	parts, err := split(u)
	if err != nil {
		return route{name: "unknown"}, nil, false
	}
	for _, rt := range s.routes {
		if vars, ok := rt.fits(parts); ok {
			return rt, vars, true
		}
	}
	return route{name: "unknown"}, nil, false
}

func split(u *url.URL) ([]string, error) {
	given := strings.FieldsFunc(u.EscapedPath(), func(r rune) bool { return r == '/' })
	parts := make([]string, len(given))
	for i, part := range given {
		if i == len(given)-1 {
			part = strings.TrimSuffix(part, ".json")
		}
		var err error
		if parts[i], err = url.PathUnescape(part); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func (rt route) fits(parts []string) (vars []string, ok bool) {
	if len(parts) != len(rt.pattern) {
		return nil, false
	}
	for i, p := range rt.pattern {
		switch {
		case p == "*":
			vars = append(vars, parts[i])
		case p != parts[i]:
			return nil, false
		}
	}
	return vars, true
}

// identify puts the caller into the call's context, and refuses one who may not use the route.
func (s *server) identify(c *call, rt route) error {
	if rt.open || rt.loopback && fromHere(c.r) {
		return nil
	}
	caller, err := s.Auth.Authenticate(c.r)
	if err != nil {
		return err
	}
	c.r = c.r.WithContext(auth.WithCaller(c.r.Context(), caller))
	return rt.admit(c.policy())
}

// fromHere reports whether a request comes from this machine and was not handed on by a proxy.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

// failed makes the answer of an error, and logs what is our own fault.
func (s *server) failed(c *call, err error) answer {
	if errors.Is(err, auth.ErrDenied) {
		c.errorType = "Unauthorized"
		return unauthorized()
	}
	e := explain(err)
	c.errorType = e.kind
	if e.status >= http.StatusInternalServerError && e != errNoPost && c.r.Context().Err() == nil {
		s.Log.WithFields(logrus.Fields{
			"request": c.id, "method": c.r.Method, "path": shorten(c.r.URL.Path), "err": err,
		}).Error("request failed")
	}
	a := answer{status: e.status, body: errorBody(e)}
	if e.allow != "" {
		a.header = http.Header{"Allow": {e.allow}}
	}
	if busy := (*auth.Busy)(nil); errors.As(err, &busy) {
		a.header = http.Header{"Retry-After": {strconv.Itoa(busy.Seconds())}}
	}
	return a
}

func unauthorized() answer {
	return answer{
		status: http.StatusUnauthorized,
		header: http.Header{"Www-Authenticate": {"X-Auth-Token"}},
		body: row{{"error", row{
			{"code", http.StatusUnauthorized}, {"title", "Unauthorized"},
			{"message", "The request you have made requires authentication: send a valid token in X-Auth-Token."},
		}}},
	}
}

// write sends an answer. It is encoded before anything is sent, so that an answer is never half an answer.
func (s *server) write(c *call, a answer) {
	h := c.w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if long, ok := a.body.(stream); ok {
		s.send(c, a.status, long)
		return
	}
	body, contentType, err := encode(a.body)
	if err != nil {
		a = s.failed(c, fmt.Errorf("encode answer: %w", err))
		body, contentType, _ = encode(a.body)
	}
	maps.Copy(h, a.header)
	if body != nil {
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", contentType)
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	c.w.WriteHeader(a.status)
	_, _ = c.w.Write(body) // a client that has gone needs no answer
}

// send writes a stream for as long as its reader goes on reading.
func (s *server) send(c *call, status int, body stream) {
	c.w.Header().Set("Content-Type", "application/octet-stream")
	c.w.WriteHeader(status)
	if err := body(patientWriter{c}); err != nil {
		s.Log.WithFields(logrus.Fields{"request": c.id, "route": c.r.URL.Path, "err": err}).Warn("answer ends too early")
		panic(http.ErrAbortHandler)
	}
}

func encode(body any) ([]byte, string, error) {
	switch b := body.(type) {
	case nil:
		return nil, "", nil
	case []byte:
		return b, "text/plain; charset=utf-8", nil
	}
	b, err := appendJSON(nil, body)
	if err != nil {
		return nil, "", err
	}
	return append(b, '\n'), "application/json", nil
}

// newRequestID gives an id as OpenStack's services do.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process rather
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("req-%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// extend moves the deadline of writing the answer, for calls that may take longer than others.
func (c *call) extend(d time.Duration) {
	// A writer without deadlines (a test's recorder) has none to move.
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(d))
}
