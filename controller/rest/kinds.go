package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"weft/controller/intent"
)

// schema describes values for people and for documents.
type schema struct {
	Type     string   `json:"type"` // string, boolean, integer, array, object
	Format   string   `json:"format,omitempty"`
	Enum     []string `json:"enum,omitempty"`
	Asks     []string `json:"asks,omitempty"` // of Enum: what leaves the value to weft, which shows another then
	Nullable bool     `json:"nullable,omitempty"`
	Min      *int     `json:"minimum,omitempty"`
	Max      *int     `json:"maximum,omitempty"`
	Ref      string   `json:"references,omitempty"`    // the resource whose id a value is
	RefBy    string   `json:"references_by,omitempty"` // the attribute whose value is the resource whose id a value is
	Items    *schema  `json:"items,omitempty"`         // of an array
	Ordered  bool     `json:"ordered,omitempty"`       // an array whose order means something
	Members  []part   `json:"members,omitempty"`       // of an object; none: any
	numeric  bool     // a number that is shown as text, or a range of them
}

// part is one member of an object.
type part struct {
	Name     string `json:"name"`
	Required bool   `json:"required,omitempty"`
	schema
}

// kind is a type of attribute: how a JSON value becomes a V, and a V a JSON value again.
type kind[V any] struct {
	schema schema
	parse  func(any) (V, error) // the error is the reason in Neutron's words, or an *api.Fault
	render func(V) any
	match  func(values []string) (func(any) bool, error) // nil: by equality, or not at all for arrays and objects
}

// accept reads a given value, null included.
func (k kind[V]) accept(value any) (opt[V], error) {
	if value == nil && k.schema.Nullable {
		return opt[V]{Set: true, Null: true}, nil
	}
	v, err := k.parse(value)
	if err != nil {
		return opt[V]{}, err
	}
	return intent.Some(v), nil
}

// orNull lets null stand for "none".
func (k kind[V]) orNull() kind[V] {
	k.schema.Nullable = true
	return k
}

// matcher gives the filter of attributes of this kind: equal to one of the values, in any of their spellings.
func (k kind[V]) matcher() func([]string) (func(any) bool, error) {
	if k.match != nil {
		return k.match
	}
	if k.schema.Type == "array" || k.schema.Type == "object" {
		return nil
	}
	return func(values []string) (func(any) bool, error) {
		want := textsOf(values)
		for _, s := range values {
			v, err := k.parse(s)
			switch {
			case err == nil:
				want[show(k.render(v))] = true
			case k.schema.Type != "string": // 'perhaps' is no boolean
				return nil, err
			}
		}
		return want.has, nil
	}
}

// texts is a set of filter values. A map, since clients filter by thousands of ids at once.
type texts map[string]bool

func textsOf(values []string) texts {
	t := make(texts, len(values))
	for _, v := range values {
		t[v] = true
	}
	return t
}

// has reports whether a rendered value is in the set; null is the empty text.
func (t texts) has(value any) bool {
	if value == nil {
		return t[""]
	}
	return t[show(value)]
}

// zeroForNull makes null mean the zero value, for attributes that Neutron's clients clear that way.
func zeroForNull[V any](v opt[V]) opt[V] {
	v.Null = false
	return v
}

func same[V any](v V) any { return v }

// text is a string of at most so many characters.
func text(most int) kind[string] {
	return kind[string]{
		schema: schema{Type: "string", Max: &most},
		render: same[string],
		parse: func(v any) (string, error) {
			s, ok := v.(string)
			if !ok {
				return "", fmt.Errorf("'%s' is not a valid string", show(v))
			}
			if utf8.RuneCountInString(s) > most {
				return "", fmt.Errorf("'%s' exceeds maximum length of %d", show(v), most)
			}
			return s, nil
		},
	}
}

// named is text whose Go type is a string type of its own; what is "" is shown as null if the kind is nullable.
func named[V ~string](t kind[string]) kind[V] {
	k := kind[V]{
		schema: t.schema,
		parse: func(v any) (V, error) {
			s, err := t.parse(v)
			return V(s), err
		},
	}
	k.render = func(v V) any { return t.render(string(v)) }
	return k
}

// nullWhenEmpty shows "" as null and reads null as "none".
func nullWhenEmpty[V ~string](k kind[V]) kind[V] {
	render := k.render
	k.render = func(v V) any {
		if v == "" {
			return nil
		}
		return render(v)
	}
	return k.orNull()
}

// oneOf is one of a few strings.
func oneOf[V ~string](values ...V) kind[V] {
	k := named[V](text(255))
	for _, v := range values {
		k.schema.Enum = append(k.schema.Enum, string(v))
	}
	parse := k.parse
	k.parse = func(given any) (V, error) {
		v, err := parse(given)
		if err == nil && !slices.Contains(values, v) {
			err = fmt.Errorf("'%s' is not in %s", show(given), show(k.schema.Enum))
		}
		return v, err
	}
	return k
}

// uuid is the id of another object.
func uuid[V ~string]() kind[V] {
	t := text(255)
	t.schema.Format, t.schema.Max = "uuid", nil
	t.schema.Ref = resourceOf[V]()
	parse := t.parse
	t.parse = func(v any) (string, error) {
		s, err := parse(v)
		if err != nil || !isUUID(s) {
			return "", fmt.Errorf("'%s' is not a valid UUID", show(v))
		}
		return strings.ToLower(s), nil
	}
	return named[V](t)
}

// resourceOf names the resource whose ids are of a type, by the type's name: an api.NetworkID is the id of a network. Ids
// of no certain resource are plain strings.
func resourceOf[V ~string]() string {
	name, ok := strings.CutSuffix(reflect.TypeFor[V]().Name(), "ID")
	if !ok {
		return ""
	}
	return strings.ToLower(name)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// boolean is a truth value, in any of the spellings that Neutron takes.
func boolean() kind[bool] {
	return kind[bool]{schema: schema{Type: "boolean"}, parse: toBool, render: same[bool]}
}

func toBool(v any) (bool, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	switch strings.ToLower(strings.TrimSpace(show(v))) {
	case "1", "t", "true", "on", "y", "yes":
		return true, nil
	case "0", "f", "false", "off", "n", "no":
		return false, nil
	}
	return false, invalidInput("'%s' cannot be converted to boolean", show(v))
}

// integer is a whole number from least to most, also as a string.
func integer(least, most int) kind[int] {
	return kind[int]{
		schema: schema{Type: "integer", Min: &least, Max: &most},
		render: same[int],
		parse: func(v any) (int, error) {
			n, err := toInt(v)
			switch {
			case err != nil:
				return 0, err
			case n < least:
				return 0, fmt.Errorf("'%s' is too small - must be at least '%d'", show(v), least)
			case n > most:
				return 0, fmt.Errorf("'%s' is too large - must be no larger than '%d'", show(v), most)
			}
			return n, nil
		},
	}
}

func toInt(v any) (int, error) {
	wrong := invalidInput("'%s' is not an integer", show(v))
	var s string
	switch v := v.(type) {
	case json.Number:
		s = string(v)
	case string:
		s = strings.TrimSpace(v)
	default:
		return 0, wrong
	}
	n, err := strconv.Atoi(s)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, strconv.ErrRange) { // a number all the same: the range of the kind refuses it
		if strings.HasPrefix(s, "-") {
			return math.MinInt, nil
		}
		return math.MaxInt, nil
	}
	f, err := strconv.ParseFloat(s, 64) // 1450.0 is an integer to JSON
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, wrong
	}
	return int(f), nil
}

// number is an integer whose Go type is another.
func number[V ~int | ~uint16 | ~uint32 | ~uint64](least, most int) kind[V] {
	i := integer(least, most)
	return kind[V]{
		schema: i.schema,
		parse:  func(v any) (V, error) { n, err := i.parse(v); return V(n), err },
		render: func(v V) any { return int(v) },
	}
}

// instant is a point in time, read only, in Neutron's form; the zero time is null.
func instant() kind[time.Time] {
	return kind[time.Time]{
		schema: schema{Type: "string", Format: "date-time", Nullable: true},
		parse: func(v any) (time.Time, error) {
			s, _ := v.(string)
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return time.Time{}, fmt.Errorf("'%s' is not a time like 2006-01-02T15:04:05Z", show(v))
			}
			return t, nil
		},
		render: func(t time.Time) any {
			if t.IsZero() {
				return nil
			}
			return t.UTC().Format("2006-01-02T15:04:05Z")
		},
	}
}

// orNone shows a missing object as null instead of {}.
func orNone(k kind[map[string]any]) kind[map[string]any] {
	render := k.render
	k.render = func(m map[string]any) any {
		if m == nil {
			return nil
		}
		return render(m)
	}
	return k.orNull()
}

// object is a JSON object that weft keeps as it is.
func object() kind[map[string]any] {
	return kind[map[string]any]{
		schema: schema{Type: "object"},
		render: func(m map[string]any) any {
			if m == nil {
				return map[string]any{}
			}
			return m
		},
		parse: func(v any) (map[string]any, error) {
			m, ok := v.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("'%s' is not a dictionary", show(v))
			}
			return m, nil
		},
	}
}

// nullWhenUnset shows an object that is not there as null.
func nullWhenUnset(k kind[map[string]any]) kind[map[string]any] {
	k = k.orNull()
	k.render = func(m map[string]any) any {
		if m == nil {
			return nil
		}
		return m
	}
	return k
}

// itemOf is the schema of values of a type that is JSON's own.
func itemOf[V any]() *schema {
	switch reflect.TypeFor[V]().Kind() {
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Int:
		return &schema{Type: "integer"}
	}
	return &schema{Type: "object"}
}

// list is an array of anything, read only.
func list[V any]() kind[[]V] {
	return kind[[]V]{
		schema: schema{Type: "array", Items: itemOf[V]()},
		render: func(vs []V) any { return append([]V{}, vs...) },
		parse:  func(any) ([]V, error) { return nil, errors.New("it is read only") },
	}
}
