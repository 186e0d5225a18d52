package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Member is one name and value of a JSON object. It is an alias, so that literals of rows need no names of fields anywhere.
type Member = struct {
	Name  string
	Value any
}

// Row is a JSON object whose members keep their order, so that answers read as their declarations do.
type Row []Member

// MarshalJSON implements json.Marshaler.
func (r Row) MarshalJSON() ([]byte, error) { return AppendJSON(nil, r) }

// AppendJSON appends a value as JSON. It writes itself what lists consist of: encoding/json copies and checks again all
// that a Marshaler returns, for each level that it is nested in.
func AppendJSON(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case string:
		if plain(v) {
			b = append(b, '"')
			b = append(b, v...)
			return append(b, '"'), nil
		}
	case Row:
		return v.appendTo(b)
	case []Row:
		return appendArray(b, v)
	case []any:
		return appendArray(b, v)
	case []string:
		return appendArray(b, v)
	}
	var buf bytes.Buffer
	if err := encoder(&buf).Encode(value); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})...), nil
}

// plain reports whether a string is written in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (r Row) appendTo(b []byte) (_ []byte, err error) {
	b = append(b, '{')
	for i, m := range r {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = AppendJSON(b, m.Name); err != nil {
			return nil, err
		}
		if b, err = AppendJSON(append(b, ':'), m.Value); err != nil {
			return nil, fmt.Errorf("encode %s: %w", m.Name, err)
		}
	}
	return append(b, '}'), nil
}

func appendArray[V any](b []byte, vs []V) (_ []byte, err error) {
	if vs == nil {
		return append(b, "null"...), nil
	}
	b = append(b, '[')
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = AppendJSON(b, v); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func encoder(b *bytes.Buffer) *json.Encoder {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e
}
