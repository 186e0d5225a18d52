package client

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

// Error is the controller's refusal of a request.
type Error struct {
	Status  int    // the HTTP status
	Type    string // Neutron's name for it: NetworkNotFound, IpAddressInUse …; "" if the answer had none
	Message string
	Item    int // of a request for many objects, the one that is at fault, from 0; -1 if the answer does not say it
}

// Error implements error.
func (e *Error) Error() string {
	if e.Type == "" {
		return fmt.Sprintf("%s (%d)", e.Message, e.Status)
	}
	return fmt.Sprintf("%s (%s, %d)", e.Message, e.Type, e.Status)
}

// Unreachable means that nobody answered at the endpoint.
type Unreachable struct {
	Endpoint string
	Err      error
}

// Error implements error.
func (e *Unreachable) Error() string {
	return fmt.Sprintf("no controller answers at %s: %v\n%s", e.Endpoint, e.Err, e.help())
}

// help says what to do next.
func (e *Unreachable) help() string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired:
		return "Its certificate is not good at this machine's time: see whether the clocks of both machines are right (date), else renew it."
	case errors.Is(e.Err, io.EOF) || strings.Contains(e.Err.Error(), "malformed HTTP"):
		return "Something else than the REST API is there: that is on port 9696, unless the controller was told otherwise."
	case errors.As(e.Err, &unknown):
		return "Its certificate is signed by nobody that is trusted here: give the controller's pki/ca.crt with --ca-file or OS_CACERT."
	case errors.As(e.Err, &name):
		return "Its certificate is for other names: use one of those in the endpoint."
	case strings.Contains(e.Err.Error(), "server gave HTTP response to HTTPS client"):
		return "There is no TLS there: the endpoint begins with http://, not https://."
	case errors.Is(e.Err, context.DeadlineExceeded):
		return "It may be busy, or a firewall swallows what is sent: --timeout waits longer, \"weft status\" tells how it is."
	}
	return "Start one with \"weft controller\", or name the right endpoint with --endpoint or WEFT_ENDPOINT."
}

// Unwrap gives the cause.
func (e *Unreachable) Unwrap() error { return e.Err }

// Unauthorized means that the controller wants another token than the client has.
type Unauthorized struct {
	Endpoint string
	Found    bool   // the client has a token
	Origin   string // where it came from, or why there is none
	Err      *Error
}

// Error implements error.
func (e *Unauthorized) Error() string {
	const right = "The right one is in the file \"token\" of the controller's data directory (" + DefaultTokenFile +
		" by default); give it with WEFT_TOKEN or --token-file."
	if !e.Found {
		return fmt.Sprintf("the controller at %s wants a token, and none was found: %s\n%s", e.Endpoint, e.Origin, right)
	}
	return fmt.Sprintf("the controller at %s does not accept the token from %s: %v\n%s", e.Endpoint, e.Origin, e.Err, right)
}

// Unwrap gives the cause.
func (e *Unauthorized) Unwrap() error { return e.Err }

// Missing means that no object has a name.
type Missing struct {
	Resource Resource
	Name     string
}

// Error implements error.
func (e *Missing) Error() string {
	return fmt.Sprintf("no %s has the name or id %q; see \"weft %s list\"", e.Resource.Singular, e.Name,
		strings.ReplaceAll(e.Resource.Singular, "_", "-"))
}

// Ambiguous means that a name stands for more than one object.
type Ambiguous struct {
	Resource Resource
	Name     string
	IDs      []string
}

// Error implements error.
func (e *Ambiguous) Error() string {
	return fmt.Sprintf("%d %s have the name %q; use one of their ids:\n  %s", len(e.IDs), e.Resource.Plural, e.Name,
		strings.Join(e.IDs, "\n  "))
}

// Unconfirmed means that a change was made, but that hosts which it concerns had not confirmed it in time. The call gives
// its result beside the error.
type Unconfirmed struct {
	Hosts []string
}

// Error implements error.
func (e *Unconfirmed) Error() string {
	who := "hosts have"
	if len(e.Hosts) > 0 {
		who = strings.Join(e.Hosts, ", ") + " has"
	}
	return fmt.Sprintf("the change is made, but %s not confirmed it in time; see \"weft status\"", who)
}

// NotFound reports whether the error says that an object does not exist.
func NotFound(err error) bool {
	var m *Missing
	return errors.As(err, &m) || refused(err, http.StatusNotFound)
}

func refused(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status
}

// refusal reads an error body: Neutron's, Keystone's, or whatever a proxy in between made of it.
func refusal(status int, header http.Header, body []byte) *Error {
	var b struct {
		Neutron struct{ Type, Message string } `json:"NeutronError"`
		Error   struct{ Title, Message string }
	}
	e := &Error{Status: status, Item: -1}
	if i, err := strconv.Atoi(header.Get("X-Weft-Item")); err == nil {
		e.Item = i
	}
	if json.Unmarshal(body, &b) == nil {
		e.Type, e.Message = b.Neutron.Type, b.Neutron.Message
		if e.Message == "" {
			e.Type, e.Message = b.Error.Title, b.Error.Message
		}
	}
	if e.Message == "" {
		e.Message = excerpt(string(body))
	}
	if e.Message == "" {
		e.Message = http.StatusText(status)
	}
	e.Type, e.Message = printable(e.Type), printable(e.Message)
	return e
}

func excerpt(s string) string {
	const most = 200
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// printable keeps what a controller says from driving the reader's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
