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

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/intent"
	"weft/controller/rest/neutron"
	"weft/controller/rest/noun"
	"weft/controller/rest/operator"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// server is the handler that New makes.
type server struct {
	Config
	work      *request.Service
	resources []noun.Resource
	routes    []request.Route
	metrics   *metrics
	packed    http.Handler // serve, with answers compressed
}

func newServer(c Config) *server {
	s := &server{Config: c, metrics: newMetrics(c.Registry), resources: resources(c.Ops, c.JoinToken)}
	s.packed = compressed(http.HandlerFunc(s.serve))
	s.work = request.NewService(c.State, c.Ops, c.Status, c.Inspector, s.resources)
	s.routes = slices.Concat(s.publicRoutes(), s.work.ResourceRoutes(), s.work.TagRoutes(), neutron.Routes(s.work), operator.Routes(s.work, c.Keeper))
	return s
}

// resources are all that the API has, in the order in which one may refer to another.
func resources(ops *intent.Ops, joinToken func(api.HostID, string) string) []noun.Resource {
	return slices.Concat(neutron.Core(ops), operator.Resources(ops, joinToken), neutron.Further(ops))
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.packed.ServeHTTP(w, r) }

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	c := &request.Call{Writer: w, Request: r, RequestID: newRequestID()}
	w.Header().Set("X-Openstack-Request-Id", c.RequestID)
	start := s.Now()
	rt, vars, ok := s.route(r.URL)
	c.Vars = vars
	a := s.guarded(c, rt, ok)
	s.write(c, a)
	took := s.Now().Sub(start)
	s.audit(c, rt, a, took)
	s.metrics.seen(r.Method, rt.Name, a.Status, took)
	s.Log.WithFields(logrus.Fields{
		"request": c.RequestID, "method": r.Method, "route": rt.Name, "status": a.Status, "took": took,
	}).Debug("request answered")
}

// guarded answers a call; a panic ends that call alone.
func (s *server) guarded(c *request.Call, rt request.Route, found bool) (a request.Answer) {
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
func (s *server) choose(c *request.Call, rt request.Route, found bool) (request.Handler, error) {
	if err := s.identify(c, rt); err != nil {
		return nil, err
	}
	if !found {
		return nil, wire.ErrNoSuchPage
	}
	method := c.Request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	h := rt.Methods[method]
	if h == nil {
		return nil, errMethod(method, strings.Join(slices.Sorted(maps.Keys(rt.Methods)), ", "))
	}
	return h, nil
}

// route finds the route of a path. A path's last part may end in ".json", and the path in a slash, as old clients do; several
// slashes are one, as in Neutron, since fog asks for "/v2.0//quotas/ID".
func (s *server) route(u *url.URL) (request.Route, []string, bool) {
	parts, err := split(u)
	if err != nil {
		return request.Route{Name: "unknown"}, nil, false
	}
	for _, rt := range s.routes {
		if vars, ok := rt.Fits(parts); ok {
			return rt, vars, true
		}
	}
	return request.Route{Name: "unknown"}, nil, false
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

// identify puts the caller into the call's context, and refuses one who may not use the route.
func (s *server) identify(c *request.Call, rt request.Route) error {
	if rt.Open || rt.Loopback && fromHere(c.Request) {
		return nil
	}
	caller, err := s.Auth.Authenticate(c.Request)
	if err != nil {
		return err
	}
	c.Request = c.Request.WithContext(auth.WithCaller(c.Request.Context(), caller))
	return rt.Admit(c.Policy())
}

// fromHere reports whether a request comes from this machine and was not handed on by a proxy.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

// failed makes the answer of an error, and logs what is our own fault.
func (s *server) failed(c *request.Call, err error) request.Answer {
	if errors.Is(err, auth.ErrDenied) {
		c.ErrorType = "Unauthorized"
		return unauthorized()
	}
	e := explain(err)
	c.ErrorType = e.Kind
	if e.Status >= http.StatusInternalServerError && e != wire.ErrNoPost && c.Request.Context().Err() == nil {
		s.Log.WithFields(logrus.Fields{
			"request": c.RequestID, "method": c.Request.Method, "path": wire.Shorten(c.Request.URL.Path), "err": err,
		}).Error("request failed")
	}
	a := request.Answer{Status: e.Status, Body: errorBody(e)}
	if e.Allow != "" {
		a.Header = http.Header{"Allow": {e.Allow}}
	}
	if busy := (*auth.Busy)(nil); errors.As(err, &busy) {
		a.Header = http.Header{"Retry-After": {strconv.Itoa(busy.Seconds())}}
	}
	return a
}

func unauthorized() request.Answer {
	return request.Answer{
		Status: http.StatusUnauthorized,
		Header: http.Header{"Www-Authenticate": {"X-Auth-Token"}},
		Body: wire.Row{{"error", wire.Row{
			{"code", http.StatusUnauthorized}, {"title", "Unauthorized"},
			{"message", "The request you have made requires authentication: send a valid token in X-Auth-Token."},
		}}},
	}
}

// write sends an answer. It is encoded before anything is sent, so that an answer is never half an answer.
func (s *server) write(c *request.Call, a request.Answer) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if long, ok := a.Body.(request.Stream); ok {
		s.send(c, a.Status, long)
		return
	}
	body, contentType, err := encode(a.Body)
	if err != nil {
		a = s.failed(c, fmt.Errorf("encode answer: %w", err))
		body, contentType, _ = encode(a.Body)
	}
	maps.Copy(h, a.Header)
	if body != nil {
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", contentType)
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	c.Writer.WriteHeader(a.Status)
	_, _ = c.Writer.Write(body) // a client that has gone needs no answer
}

// send writes a stream for as long as its reader goes on reading.
func (s *server) send(c *request.Call, status int, body request.Stream) {
	c.Writer.Header().Set("Content-Type", "application/octet-stream")
	c.Writer.WriteHeader(status)
	if err := body(request.PatientWriter{C: c}); err != nil {
		s.Log.WithFields(logrus.Fields{"request": c.RequestID, "route": c.Request.URL.Path, "err": err}).Warn("answer ends too early")
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
	b, err := wire.AppendJSON(nil, body)
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
