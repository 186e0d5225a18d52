package api

import "fmt"

// FaultClass says whose fault a Fault is, and so which HTTP status answers it.
type FaultClass int

// The classes of fault.
const (
	BadRequest   FaultClass = iota // 400
	Forbidden                      // 403
	NotFound                       // 404
	Conflict                       // 409
	Precondition                   // 412
	Unavailable                    // 503
)

// Fault is a refused request, in Neutron's words: Type is Neutron's exception class (NetworkNotFound, IpAddressInUse …)
// and Message what happened, to which object, and what to do next.
type Fault struct {
	Class   FaultClass
	Type    string
	Message string
}

// Error implements error.
func (f *Fault) Error() string { return f.Message }

// Faultf makes a Fault.
func Faultf(c FaultClass, kind, format string, args ...any) *Fault {
	return &Fault{Class: c, Type: kind, Message: fmt.Sprintf(format, args...)}
}
