package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"weft/controller/rest/wire"
)

const (
	maxBody  = 1 << 20 // bytes
	maxDepth = 16      // of arrays and objects in each other; Neutron's own bodies need 5
)

// ReadBody gives the JSON object in a request. The Content-Type is not looked at: Neutron's clients send all kinds.
func ReadBody(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, wire.BadRequest("Malformed request body: it ended early")
	}
	v, err := decodeJSON(b)
	if err != nil {
		return nil, wire.BadRequest("Malformed request body: %v", err)
	}
	if v == nil {
		return nil, wire.BadRequest("Resource body required")
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, wire.BadRequest("Malformed request body: want a JSON object")
	}
	return o, nil
}

// decodeJSON reads one JSON value strictly: valid UTF-8, no key twice in an object, bounded depth, no NUL in a string,
// nothing after the value. Numbers become json.Number. No value at all is nil.
func decodeJSON(b []byte) (any, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(b) {
		return nil, errors.New("it is not valid UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more follows the JSON value")
	}
	return v, nil
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, syntaxError(err)
	}
	switch t := t.(type) {
	case json.Delim:
		if depth >= maxDepth {
			return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
		}
		if t == '{' {
			return decodeObject(d, depth+1)
		}
		return decodeArray(d, depth+1)
	case string:
		return t, checkText(t)
	}
	return t, nil
}

func decodeObject(d *json.Decoder, depth int) (any, error) {
	o := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, syntaxError(err)
		}
		key, ok := t.(string)
		if !ok {
			return nil, errors.New("an object's key must be a string")
		}
		if err := checkText(key); err != nil {
			return nil, err
		}
		if _, twice := o[key]; twice {
			return nil, fmt.Errorf("key '%s' is given twice", wire.Shorten(key))
		}
		if o[key], err = decodeValue(d, depth); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return o, syntaxError(err)
}

func decodeArray(d *json.Decoder, depth int) (any, error) {
	a := []any{}
	for d.More() {
		v, err := decodeValue(d, depth)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	_, err := d.Token()
	return a, syntaxError(err)
}

func syntaxError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it ends in the middle")
	}
	return err
}

// checkText refuses NUL, which ends the keys of the state's indexes.
func checkText(s string) error {
	if strings.ContainsRune(s, 0) {
		return errors.New("a string has a NUL character")
	}
	return nil
}

const maxTouched = 64 // names of attributes that one call remembers

// Touched remembers the names of what a request gives.
func (c *Call) Touched(members map[string]any) {
	for name := range members {
		if len(c.Changed) < maxTouched && !slices.Contains(c.Changed, wire.Shorten(name)) {
			c.Changed = append(c.Changed, wire.Shorten(name))
		}
	}
}

// OnlyMember gives the one member that a body has to have, and no other.
func OnlyMember(c *Call, name string) (any, error) {
	body, err := ReadBody(c.Writer, c.Request)
	if err != nil {
		return nil, err
	}
	m, err := wire.Fields("request body", body, []string{name})
	if err != nil {
		return nil, wire.BadRequest("%v", err)
	}
	return m[name], nil
}
