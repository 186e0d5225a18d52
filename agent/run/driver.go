package run

import (
	"context"
	"maps"

	"weft/plan"
)

// Driver reads and changes one side of the host. Both calls keep their promise however the host looks: every change is
// written so that making it twice is making it once.
type Driver interface {
	// Kinds lists the kinds that the driver serves.
	Kinds() []plan.Kind
	// List reads what is there of everything that weft owns, in the words of the plan. A wanted item that is there but
	// not right is left out; one that is not wanted is given whatever its condition, so that it can be dropped. With
	// scope set only that namespace is read. A non-nil map with an error is what could be read; nil means nothing could.
	List(ctx context.Context, want *Wanted, scope string) (map[plan.Key]plan.Spec, error)
	// Apply makes the changes of one kind. An item that fails does not stop the others.
	Apply(ctx context.Context, s Step) Result
}

// Away is the error of a driver that can reach nothing of its side of the host now. It is about no item more than about
// another, and ends by itself when what is away comes back.
type Away string

// Error implements error.
func (a Away) Error() string { return string(a) }

// Everywhere is the scope of List that means the whole host. No namespace has such a name.
const Everywhere = "*"

// Step is the changes of one kind.
type Step struct {
	Kind plan.Kind
	Put  []plan.Spec // missing, or not right
	Drop []plan.Spec // there, and not wanted
	Want *Wanted     // everything that is wanted, to be read only
}

// Result says what of a step does not hold.
type Result struct {
	Errors map[plan.Key]error
	// Doubt names namespaces that must be read again: the step may have taken other items along.
	Doubt map[string]bool
}

// Fail records the error of an item; nil records nothing.
func (r *Result) Fail(k plan.Key, err error) {
	if err == nil {
		return
	}
	if r.Errors == nil {
		r.Errors = map[plan.Key]error{}
	}
	r.Errors[k] = err
}

// FailAll records one error for all changes of a step.
func (r *Result) FailAll(s Step, err error) {
	for _, x := range append(append([]plan.Spec(nil), s.Put...), s.Drop...) {
		r.Fail(x.Key(), err)
	}
}

// Suspect marks a namespace as one to be read again.
func (r *Result) Suspect(ns string) {
	if r.Doubt == nil {
		r.Doubt = map[string]bool{}
	}
	r.Doubt[ns] = true
}

// Merge adds the findings of another result.
func (r *Result) Merge(o Result) {
	for k, err := range o.Errors {
		r.Fail(k, err)
	}
	if len(o.Doubt) > 0 && r.Doubt == nil {
		r.Doubt = map[string]bool{}
	}
	maps.Copy(r.Doubt, o.Doubt)
}
