package rest

import (
	"errors"
	"fmt"

	"weft/api"
)

// tooMany and twice are what is wrong with lists. Neutron has errors of their own for some lists.
type tooMany struct{ have, limit int }

func (e tooMany) Error() string {
	return fmt.Sprintf("%d entries are too many, at most %d are allowed", e.have, e.limit)
}

type twice struct{ what, value string }

func (e twice) Error() string { return fmt.Sprintf("Duplicate %s '%s'", e.what, e.value) }

// failing puts what is wrong with a value into other words.
func (k kind[V]) failing(say func(error) error) kind[V] {
	parse := k.parse
	k.parse = func(v any) (V, error) {
		out, err := parse(v)
		if err != nil {
			err = say(err)
		}
		return out, err
	}
	return k
}

// exhausted gives lists that are too long an error type of their own.
func exhausted(kind, format string) func(error) error {
	return func(err error) error {
		if e := (tooMany{}); errors.As(err, &e) {
			return api.Faultf(api.BadRequest, kind, format, e.limit)
		}
		return err
	}
}

// repeated gives lists with an entry twice an error type of their own.
func repeated(kind, format string) func(error) error {
	return func(err error) error {
		if e := (twice{}); errors.As(err, &e) {
			return api.Faultf(api.BadRequest, kind, format, e.value)
		}
		return err
	}
}

// given refuses null in the place of a list.
func (k kind[V]) given() kind[V] {
	parse := k.parse
	k.parse = func(v any) (V, error) {
		if v == nil {
			var none V
			return none, errors.New("'None' is not a list")
		}
		return parse(v)
	}
	return k
}

// asInvalidInput is for values that Neutron judges after it has read the request.
func asInvalidInput(err error) error { return invalidInput("%v", err) }
