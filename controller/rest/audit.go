package rest

import (
	"net/http"
	"slices"
	"time"

	"weft/controller/auth"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// Event is one line of the audit log: who did what, when, and what came of it. It holds no secret: of a request's body,
// only the names of what it gives.
type Event struct {
	Time     time.Time `json:"time"`
	Request  string    `json:"request_id"`
	User     string    `json:"user_id"`
	UserName string    `json:"user_name,omitempty"`
	Project  string    `json:"project_id"`
	From     string    `json:"from"` // the address that sent it
	Method   string    `json:"method"`
	Route    string    `json:"route"` // /v2.0/networks/{id}
	Objects  []string  `json:"objects,omitempty"`
	Status   int       `json:"status"`
	Error    string    `json:"error,omitempty"` // its type
	Changed  []string  `json:"changed,omitempty"`
	Millis   float64   `json:"duration_ms"`
}

// audited reports whether a call goes into the audit log: whatever changes, or was to change, something, and whoever was
// turned away with a token. Looking is not written down, nor who shows nothing or too much: they would drown the rest.
func audited(c *request.Call, status int) bool {
	looks := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead || c.Request.Method == http.MethodOptions
	switch status {
	case http.StatusTooManyRequests:
		return false
	case http.StatusUnauthorized:
		return c.Request.Header.Get("X-Auth-Token") != ""
	case http.StatusForbidden:
		return true
	}
	return !looks
}

// audit writes a call down.
func (s *server) audit(c *request.Call, rt request.Route, a request.Answer, took time.Duration) {
	if s.Audit == nil || !audited(c, a.Status) {
		return
	}
	who := auth.FromContext(c.Request.Context())
	e := Event{
		Time: s.Now().UTC(), Request: c.RequestID, User: who.UserID, UserName: who.UserName, Project: who.ProjectID,
		From: c.Request.RemoteAddr, Method: wire.Shorten(c.Request.Method), Route: rt.Name, Status: a.Status, Error: c.ErrorType,
		Changed: slices.Sorted(slices.Values(c.Changed)), Millis: float64(took.Microseconds()) / 1000,
	}
	for _, v := range slices.Concat(c.Vars, c.Made) {
		e.Objects = append(e.Objects, wire.Shorten(v))
	}
	s.Audit(e)
}
