package wire

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

// AnyMap gives texts as the JSON object that they are shown as.
func AnyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// Kind is a type of attribute: how a JSON value becomes a V, and a V a JSON value again.
type Kind[V any] struct {
	Schema Schema
	Parse  func(any) (V, error) // the error is the reason in Neutron's words, or an *api.Fault
	Render func(V) any
	Match  func(values []string) (func(any) bool, error) // nil: by equality, or not at all for arrays and objects
}

// Accept reads a given value, null included.
func (k Kind[V]) Accept(value any) (intent.Opt[V], error) {
	if value == nil && k.Schema.Nullable {
		return intent.Opt[V]{Set: true, Null: true}, nil
	}
	v, err := k.Parse(value)
	if err != nil {
		return intent.Opt[V]{}, err
	}
	return intent.Some(v), nil
}

// OrNull lets null stand for "none".
func (k Kind[V]) OrNull() Kind[V] {
	k.Schema.Nullable = true
	return k
}

// Matcher gives the filter of attributes of this kind: equal to one of the values, in any of their spellings.
func (k Kind[V]) Matcher() func([]string) (func(any) bool, error) {
	if k.Match != nil {
		return k.Match
	}
	if k.Schema.Type == "array" || k.Schema.Type == "object" {
		return nil
	}
	return func(values []string) (func(any) bool, error) {
		want := TextsOf(values)
		for _, s := range values {
			v, err := k.Parse(s)
			switch {
			case err == nil:
				want[Show(k.Render(v))] = true
			case k.Schema.Type != "string": // 'perhaps' is no boolean
				return nil, err
			}
		}
		return want.Has, nil
	}
}

// Texts is a set of filter values. A map, since clients filter by thousands of ids at once.
type Texts map[string]bool

// TextsOf gives the set of some values.
func TextsOf(values []string) Texts {
	t := make(Texts, len(values))
	for _, v := range values {
		t[v] = true
	}
	return t
}

// Has reports whether a rendered value is in the set; null is the empty text.
func (t Texts) Has(value any) bool {
	if value == nil {
		return t[""]
	}
	return t[Show(value)]
}

// ZeroForNull makes null mean the zero value, for attributes that Neutron's clients clear that way.
func ZeroForNull[V any](v intent.Opt[V]) intent.Opt[V] {
	v.Null = false
	return v
}

// Same renders a value as it is.
func Same[V any](v V) any { return v }

// Text is a string of at most so many characters.
func Text(most int) Kind[string] {
	return Kind[string]{
		Schema: Schema{Type: "string", Max: &most},
		Render: Same[string],
		Parse: func(v any) (string, error) {
			s, ok := v.(string)
			if !ok {
				return "", fmt.Errorf("'%s' is not a valid string", Show(v))
			}
			if utf8.RuneCountInString(s) > most {
				return "", fmt.Errorf("'%s' exceeds maximum length of %d", Show(v), most)
			}
			return s, nil
		},
	}
}

// Named is text whose Go type is a string type of its own; what is "" is shown as null if the kind is nullable.
func Named[V ~string](t Kind[string]) Kind[V] {
	k := Kind[V]{
		Schema: t.Schema,
		Parse: func(v any) (V, error) {
			s, err := t.Parse(v)
			return V(s), err
		},
	}
	k.Render = func(v V) any { return t.Render(string(v)) }
	return k
}

// NullWhenEmpty shows "" as null and reads null as "none".
func NullWhenEmpty[V ~string](k Kind[V]) Kind[V] {
	render := k.Render
	k.Render = func(v V) any {
		if v == "" {
			return nil
		}
		return render(v)
	}
	return k.OrNull()
}

// OneOf is one of a few strings.
func OneOf[V ~string](values ...V) Kind[V] {
	k := Named[V](Text(255))
	for _, v := range values {
		k.Schema.Enum = append(k.Schema.Enum, string(v))
	}
	parse := k.Parse
	k.Parse = func(given any) (V, error) {
		v, err := parse(given)
		if err == nil && !slices.Contains(values, v) {
			err = fmt.Errorf("'%s' is not in %s", Show(given), Show(k.Schema.Enum))
		}
		return v, err
	}
	return k
}

// UUID is the id of another object.
func UUID[V ~string]() Kind[V] {
	t := Text(255)
	t.Schema.Format, t.Schema.Max = "uuid", nil
	t.Schema.Ref = resourceOf[V]()
	parse := t.Parse
	t.Parse = func(v any) (string, error) {
		s, err := parse(v)
		if err != nil || !IsUUID(s) {
			return "", fmt.Errorf("'%s' is not a valid UUID", Show(v))
		}
		return strings.ToLower(s), nil
	}
	return Named[V](t)
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

// IsUUID reports whether a text is spelt as a UUID.
func IsUUID(s string) bool {
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

// Boolean is a truth value, in any of the spellings that Neutron takes.
func Boolean() Kind[bool] {
	return Kind[bool]{Schema: Schema{Type: "boolean"}, Parse: ToBool, Render: Same[bool]}
}

// ToBool reads a truth value in any of the spellings that Neutron takes.
func ToBool(v any) (bool, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	switch strings.ToLower(strings.TrimSpace(Show(v))) {
	case "1", "t", "true", "on", "y", "yes":
		return true, nil
	case "0", "f", "false", "off", "n", "no":
		return false, nil
	}
	return false, InvalidInput("'%s' cannot be converted to boolean", Show(v))
}

// Integer is a whole number from least to most, also as a string.
func Integer(least, most int) Kind[int] {
	return Kind[int]{
		Schema: Schema{Type: "integer", Min: &least, Max: &most},
		Render: Same[int],
		Parse: func(v any) (int, error) {
			n, err := ToInt(v)
			switch {
			case err != nil:
				return 0, err
			case n < least:
				return 0, fmt.Errorf("'%s' is too small - must be at least '%d'", Show(v), least)
			case n > most:
				return 0, fmt.Errorf("'%s' is too large - must be no larger than '%d'", Show(v), most)
			}
			return n, nil
		},
	}
}

// ToInt reads a whole number, also from a text.
func ToInt(v any) (int, error) {
	wrong := InvalidInput("'%s' is not an integer", Show(v))
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

// Number is an integer whose Go type is another.
func Number[V ~int | ~uint16 | ~uint32 | ~uint64](least, most int) Kind[V] {
	i := Integer(least, most)
	return Kind[V]{
		Schema: i.Schema,
		Parse:  func(v any) (V, error) { n, err := i.Parse(v); return V(n), err },
		Render: func(v V) any { return int(v) },
	}
}

// Instant is a point in time, read only, in Neutron's form; the zero time is null.
func Instant() Kind[time.Time] {
	return Kind[time.Time]{
		Schema: Schema{Type: "string", Format: "date-time", Nullable: true},
		Parse: func(v any) (time.Time, error) {
			s, _ := v.(string)
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return time.Time{}, fmt.Errorf("'%s' is not a time like 2006-01-02T15:04:05Z", Show(v))
			}
			return t, nil
		},
		Render: func(t time.Time) any {
			if t.IsZero() {
				return nil
			}
			return t.UTC().Format("2006-01-02T15:04:05Z")
		},
	}
}

// OrNone shows a missing object as null instead of {}.
func OrNone(k Kind[map[string]any]) Kind[map[string]any] {
	render := k.Render
	k.Render = func(m map[string]any) any {
		if m == nil {
			return nil
		}
		return render(m)
	}
	return k.OrNull()
}

// Object is a JSON object that weft keeps as it is.
func Object() Kind[map[string]any] {
	return Kind[map[string]any]{
		Schema: Schema{Type: "object"},
		Render: func(m map[string]any) any {
			if m == nil {
				return map[string]any{}
			}
			return m
		},
		Parse: func(v any) (map[string]any, error) {
			m, ok := v.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("'%s' is not a dictionary", Show(v))
			}
			return m, nil
		},
	}
}

// NullWhenUnset shows an object that is not there as null.
func NullWhenUnset(k Kind[map[string]any]) Kind[map[string]any] {
	k = k.OrNull()
	k.Render = func(m map[string]any) any {
		if m == nil {
			return nil
		}
		return m
	}
	return k
}
