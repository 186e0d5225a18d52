package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"weft/api"
	"weft/controller/auth"
	"weft/store"
)

// httpError is an answer that is an error and has no class of api.Fault.
type httpError struct {
	status  int
	kind    string
	message string
	allow   string // of a 405
}

func (e *httpError) Error() string { return e.message }

// badRequest is what Neutron's API layer says of a request that it cannot make sense of.
func badRequest(format string, args ...any) error {
	return api.Faultf(api.BadRequest, "HTTPBadRequest", format, args...)
}

// invalidInput is what Neutron's converters say.
func invalidInput(format string, args ...any) error {
	return api.Faultf(api.BadRequest, "InvalidInput", "Invalid input for operation: %s.", fmt.Sprintf(format, args...))
}

// badResource is Neutron's BadRequest with the resource in it.
func badResource(resource, format string, args ...any) error {
	return api.Faultf(api.BadRequest, "BadRequest", "Bad %s request: %s.", resource, fmt.Sprintf(format, args...))
}

var errNoSuchPage = &httpError{http.StatusNotFound, "HTTPNotFound", "The resource could not be found.", ""}

// errNoPost is what Neutron says to those who would make a quota.
var errNoPost = &httpError{http.StatusNotImplemented, "HTTPNotImplemented", "POST requests are not supported on this resource.", ""}

func errMethod(method, allow string) error {
	return &httpError{http.StatusMethodNotAllowed, "HTTPMethodNotAllowed",
		fmt.Sprintf("The method %s is not allowed for this resource. Allowed: %s.", shorten(method), allow), allow}
}

var statusOf = map[api.FaultClass]int{
	api.BadRequest:   http.StatusBadRequest,
	api.Forbidden:    http.StatusForbidden,
	api.NotFound:     http.StatusNotFound,
	api.Conflict:     http.StatusConflict,
	api.Precondition: http.StatusPreconditionFailed,
	api.Unavailable:  http.StatusServiceUnavailable,
}

// explain turns any error into the one to answer with. What is nobody's fault but ours becomes a 500 that keeps the
// cause for the log.
func explain(err error) *httpError {
	var (
		busy        *auth.Busy
		unavailable *auth.Unavailable

		h *httpError
		f *api.Fault
		m *http.MaxBytesError
	)
	switch {
	case errors.As(err, &h):
		return h
	case errors.As(err, &busy):
		return &httpError{http.StatusTooManyRequests, "TooManyRequests", busy.Error(), ""}
	case errors.As(err, &unavailable):
		return &httpError{http.StatusServiceUnavailable, "ServiceUnavailable", unavailable.Error(), ""}
	case errors.As(err, &f):
		return &httpError{statusOf[f.Class], f.Type, f.Message, ""}
	case errors.As(err, &m):
		return &httpError{http.StatusRequestEntityTooLarge, "HTTPRequestEntityTooLarge",
			fmt.Sprintf("The request body is larger than %d bytes; split the request.", m.Limit), ""}
	case errors.Is(err, store.ErrNoBackup):
		return &httpError{http.StatusBadRequest, "BackupUnreadable", err.Error(), ""}
	case errors.Is(err, store.ErrNotWritten), errors.Is(err, store.ErrBroken), errors.Is(err, store.ErrClosed):
		return &httpError{http.StatusServiceUnavailable, "ServiceUnavailable",
			fmt.Sprintf("The change was not made: %v.", err), ""}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &httpError{http.StatusServiceUnavailable, "ServiceUnavailable",
			"The controller is stopping or the request took too long; try again.", ""}
	}
	return &httpError{http.StatusInternalServerError, "HTTPInternalServerError",
		"Request Failed: internal server error while processing your request.", ""}
}

func errorBody(e *httpError) row {
	return row{{"NeutronError", row{{"type", e.kind}, {"message", e.message}, {"detail", ""}}}}
}
