package auth

import (
	"errors"
	"net/http"
)

// Either asks the first, and of a token that the first does not know, the second.
func Either(first, second Rememberer) Rememberer { return either{first, second} }

type either struct{ first, second Rememberer }

// Remember implements Rememberer.
func (e either) Remember(r *http.Request) (Caller, bool) {
	if c, ok := e.first.Remember(r); ok {
		return c, true
	}
	return e.second.Remember(r)
}

// Authenticate implements Authenticator.
func (e either) Authenticate(r *http.Request) (Caller, error) {
	c, err := e.first.Authenticate(r)
	if errors.Is(err, ErrDenied) {
		return e.second.Authenticate(r)
	}
	return c, err
}
