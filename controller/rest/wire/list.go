package wire

import (
	"errors"
	"fmt"
	"reflect"
)

// NonNil is never null in JSON.
func NonNil[V any](vs []V) []V {
	if vs == nil {
		return []V{}
	}
	return vs
}

// itemOf is the schema of values of a type that is JSON's own.
func itemOf[V any]() *Schema {
	switch reflect.TypeFor[V]().Kind() {
	case reflect.String:
		return &Schema{Type: "string"}
	case reflect.Int:
		return &Schema{Type: "integer"}
	}
	return &Schema{Type: "object"}
}

// List is an array of anything, read only.
func List[V any]() Kind[[]V] {
	return Kind[[]V]{
		Schema: Schema{Type: "array", Items: itemOf[V]()},
		Render: func(vs []V) any { return append([]V{}, vs...) },
		Parse:  func(any) ([]V, error) { return nil, errors.New("it is read only") },
	}
}

// Empty is the value of attributes that are always the empty list.
func Empty() []any { return []any{} }

// Fields reads an object of a list: it must have the required keys and may have the others.
func Fields(what string, v any, must []string, may ...string) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("Invalid data format for %s: '%s'", what, Show(v)) //nolint:staticcheck // Neutron's words
	}
	known := map[string]bool{}
	for _, k := range must {
		known[k] = true
		if _, ok := m[k]; !ok {
			return nil, fmt.Errorf("Invalid data format for %s: '%s' lacks '%s'", what, Show(v), k) //nolint:staticcheck // Neutron's words
		}
	}
	for _, k := range may {
		known[k] = true
	}
	for k := range m {
		if !known[k] {
			return nil, fmt.Errorf("Invalid data format for %s: '%s' has the unknown key '%s'", what, Show(v), Shorten(k)) //nolint:staticcheck // Neutron's words
		}
	}
	return m, nil
}

// ListOf is an array whose elements one function reads and another shows. Null is the empty array.
func ListOf[E comparable](what string, limit int, parse func(any) (E, error), render func(E) any) Kind[[]E] {
	k := Kind[[]E]{Schema: Schema{Type: "array", Format: what, Max: &limit}}
	k.Parse = func(v any) ([]E, error) {
		given, ok := v.([]any)
		switch {
		case v == nil:
			return []E{}, nil
		case !ok:
			return nil, fmt.Errorf("Invalid data format for %s: '%s'", what, Show(v)) //nolint:staticcheck // Neutron's words
		case len(given) > limit:
			return nil, tooMany{len(given), limit}
		}
		out, seen := make([]E, 0, len(given)), map[E]bool{}
		for _, g := range given {
			e, err := parse(g)
			if err != nil {
				return nil, err
			}
			if seen[e] {
				return nil, Twice{what, Show(g)}
			}
			seen[e] = true
			out = append(out, e)
		}
		return out, nil
	}
	k.Render = func(es []E) any {
		out := make([]any, len(es))
		for i, e := range es {
			out[i] = render(e)
		}
		return out
	}
	return k
}
