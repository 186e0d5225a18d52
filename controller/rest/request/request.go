package request

import (
	"net/http"
	"time"
)

// OK answers with 200 and a body.
func OK(body any) Answer { return Answer{Status: http.StatusOK, Body: body} }

// Route is one shape of path and what its methods do.
type Route struct {
	Pattern  []string // "*" stands for any one part
	Name     string   // for metrics
	Open     bool     // needs no token
	Admin    bool     // only for admins
	Loopback bool     // needs no token from this machine
	Methods  map[string]Handler
}

// Handler answers a call. An error becomes the answer that explain makes of it.
type Handler func(*Call) (Answer, error)

// Call is one request on its way.
type Call struct {
	Writer    http.ResponseWriter
	Request   *http.Request
	RequestID string   // of the request
	Vars      []string // what the wildcards of the route stand for
	// Changed are the names of what the body gives.
	Changed []string
	// Made are the ids of what the call made.
	Made []string
	// ErrorType is what went wrong, in Neutron's word; "" if nothing did.
	ErrorType string
}

// Answer is what goes back. A nil body is an empty one; a []byte and a stream go as they are, anything else as JSON.
type Answer struct {
	Status int
	Body   any
	Header http.Header
}

// Fits reports whether a path is one of the route, and what stands in the places of its wildcards.
func (rt Route) Fits(parts []string) (vars []string, ok bool) {
	if len(parts) != len(rt.Pattern) {
		return nil, false
	}
	for i, p := range rt.Pattern {
		switch {
		case p == "*":
			vars = append(vars, parts[i])
		case p != parts[i]:
			return nil, false
		}
	}
	return vars, true
}

// Extend moves the deadline of writing the answer, for calls that may take longer than others.
func (c *Call) Extend(d time.Duration) {
	// A writer without deadlines (a test's recorder) has none to move.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(d))
}
