package wire

import (
	"errors"
	"fmt"
	"net/http"

	"weft/api"
)

// InvalidValue puts an attribute's name to what is wrong with its value, as Neutron does.
func InvalidValue(name string, err error) error {
	var f *api.Fault
	if errors.As(err, &f) {
		return f
	}
	return BadRequest("Invalid input for %s. Reason: %v.", name, err)
}

// HTTPError is an answer that is an error and has no class of api.Fault.
type HTTPError struct {
	Status  int
	Kind    string
	Message string
	Allow   string // of a 405
}

func (e *HTTPError) Error() string { return e.Message }

// BadRequest is what Neutron's API layer says of a request that it cannot make sense of.
func BadRequest(format string, args ...any) error {
	return api.Faultf(api.BadRequest, "HTTPBadRequest", format, args...)
}

// InvalidInput is what Neutron's converters say.
func InvalidInput(format string, args ...any) error {
	return api.Faultf(api.BadRequest, "InvalidInput", "Invalid input for operation: %s.", fmt.Sprintf(format, args...))
}

// BadResource is Neutron's BadRequest with the resource in it.
func BadResource(resource, format string, args ...any) error {
	return api.Faultf(api.BadRequest, "BadRequest", "Bad %s request: %s.", resource, fmt.Sprintf(format, args...))
}

// ErrNoSuchPage is what Neutron says of a path that leads nowhere, and of objects that the caller must not know of.
var ErrNoSuchPage = &HTTPError{http.StatusNotFound, "HTTPNotFound", "The resource could not be found.", ""}

// ErrNoPost is what Neutron says to those who would make a quota.
var ErrNoPost = &HTTPError{http.StatusNotImplemented, "HTTPNotImplemented", "POST requests are not supported on this resource.", ""}

// NotFound gives the error of a missing object in Neutron's words.
func NotFound(kind, format string) func(string) error {
	return func(id string) error { return api.Faultf(api.NotFound, kind, format, id) }
}
