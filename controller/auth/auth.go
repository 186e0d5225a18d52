package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Authenticator says who sent a request. It is safe for concurrent use.
//
// The error is ErrDenied if the request proves nobody, a *Busy if its sender has to wait, an *Unavailable if it cannot be
// told now; none of them holds a secret.
type Authenticator interface {
	Authenticate(r *http.Request) (Caller, error)
}

// ErrDenied means that a request carries no token, or one that is not valid.
var ErrDenied = errors.New("no valid X-Auth-Token")

// Busy means that a sender has shown too many wrong tokens and is not listened to for a while.
type Busy struct{ For time.Duration }

// Error implements error.
func (b *Busy) Error() string {
	return fmt.Sprintf("too many wrong tokens from this address; try again in %d seconds", b.Seconds())
}

// Seconds is the time to wait, in whole seconds, at least 1.
func (b *Busy) Seconds() int { return max(1, int((b.For+time.Second-1)/time.Second)) }

// Unavailable means that whoever knows the tokens cannot be asked.
type Unavailable struct{ Err error }

// Error implements error.
func (u *Unavailable) Error() string { return "tokens cannot be checked: " + u.Err.Error() }

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.Err }

// tokenOf is what a request carries; "" if nothing.
func tokenOf(r *http.Request) string { return r.Header.Get("X-Auth-Token") }

// hash is what is kept of a token. A token is 256 random bits, so that a plain hash cannot be turned back.
type hash [sha256.Size]byte

func hashOf(token string) hash { return sha256.Sum256([]byte(token)) }

func (h hash) is(other hash) bool { return subtle.ConstantTimeCompare(h[:], other[:]) == 1 }

// Single knows one token, whose bearer is an administrator.
func Single(token string) Authenticator { return single(hashOf(token)) }

type single hash

// Authenticate implements Authenticator.
func (s single) Authenticate(r *http.Request) (Caller, error) {
	if t := tokenOf(r); t == "" || !hash(s).is(hashOf(t)) {
		return Caller{}, ErrDenied
	}
	return administrator("admin"), nil
}
