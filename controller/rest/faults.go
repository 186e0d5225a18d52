package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/rest/wire"
	"weft/store"
)

func errMethod(method, allow string) error {
	return &wire.HTTPError{Status: http.StatusMethodNotAllowed, Kind: "HTTPMethodNotAllowed",
		Message: fmt.Sprintf("The method %s is not allowed for this resource. Allowed: %s.", wire.Shorten(method), allow), Allow: allow}
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
func explain(err error) *wire.HTTPError {
	var (
		busy        *auth.Busy
		unavailable *auth.Unavailable

		h *wire.HTTPError
		f *api.Fault
		m *http.MaxBytesError
	)
	switch {
	case errors.As(err, &h):
		return h
	case errors.As(err, &busy):
		return &wire.HTTPError{Status: http.StatusTooManyRequests, Kind: "TooManyRequests", Message: busy.Error(), Allow: ""}
	case errors.As(err, &unavailable):
		return &wire.HTTPError{Status: http.StatusServiceUnavailable, Kind: "ServiceUnavailable", Message: unavailable.Error(), Allow: ""}
	case errors.As(err, &f):
		return &wire.HTTPError{Status: statusOf[f.Class], Kind: f.Type, Message: f.Message, Allow: ""}
	case errors.As(err, &m):
		return &wire.HTTPError{Status: http.StatusRequestEntityTooLarge, Kind: "HTTPRequestEntityTooLarge",
			Message: fmt.Sprintf("The request body is larger than %d bytes; split the request.", m.Limit), Allow: ""}
	case errors.Is(err, store.ErrNoBackup):
		return &wire.HTTPError{Status: http.StatusBadRequest, Kind: "BackupUnreadable", Message: err.Error(), Allow: ""}
	case errors.Is(err, store.ErrNotWritten), errors.Is(err, store.ErrBroken), errors.Is(err, store.ErrClosed):
		return &wire.HTTPError{Status: http.StatusServiceUnavailable, Kind: "ServiceUnavailable",
			Message: fmt.Sprintf("The change was not made: %v.", err), Allow: ""}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &wire.HTTPError{Status: http.StatusServiceUnavailable, Kind: "ServiceUnavailable",
			Message: "The controller is stopping or the request took too long; try again.", Allow: ""}
	}
	return &wire.HTTPError{Status: http.StatusInternalServerError, Kind: "HTTPInternalServerError",
		Message: "Request Failed: internal server error while processing your request.", Allow: ""}
}

func errorBody(e *wire.HTTPError) wire.Row {
	return wire.Row{{"NeutronError", wire.Row{{"type", e.Kind}, {"message", e.Message}, {"detail", ""}}}}
}
