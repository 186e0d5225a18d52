package wire

import (
	"errors"
	"fmt"

	"weft/api"
)

// tooMany is what is wrong with a list that is too long. Neutron has errors of their own for some lists.
type tooMany struct{ have, limit int }

func (e tooMany) Error() string {
	return fmt.Sprintf("%d entries are too many, at most %d are allowed", e.have, e.limit)
}

// Twice is what is wrong with a list that has an entry twice.
type Twice struct{ what, Value string }

func (e Twice) Error() string { return fmt.Sprintf("Duplicate %s '%s'", e.what, e.Value) }

// Failing puts what is wrong with a value into other words.
func (k Kind[V]) Failing(say func(error) error) Kind[V] {
	parse := k.Parse
	k.Parse = func(v any) (V, error) {
		out, err := parse(v)
		if err != nil {
			err = say(err)
		}
		return out, err
	}
	return k
}

// Exhausted gives lists that are too long an error type of their own.
func Exhausted(kind, format string) func(error) error {
	return func(err error) error {
		if e := (tooMany{}); errors.As(err, &e) {
			return api.Faultf(api.BadRequest, kind, format, e.limit)
		}
		return err
	}
}

// Repeated gives lists with an entry twice an error type of their own.
func Repeated(kind, format string) func(error) error {
	return func(err error) error {
		if e := (Twice{}); errors.As(err, &e) {
			return api.Faultf(api.BadRequest, kind, format, e.Value)
		}
		return err
	}
}

// Given refuses null in the place of a list.
func (k Kind[V]) Given() Kind[V] {
	parse := k.Parse
	k.Parse = func(v any) (V, error) {
		if v == nil {
			var none V
			return none, errors.New("'None' is not a list")
		}
		return parse(v)
	}
	return k
}

// AsInvalidInput is for values that Neutron judges after it has read the request.
func AsInvalidInput(err error) error { return InvalidInput("%v", err) }
