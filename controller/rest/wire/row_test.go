package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// asMap gives the same value in types that encoding/json knows. A map has its keys sorted, so rows here have one member.
func asMap(v any) any {
	switch v := v.(type) {
	case Row:
		return map[string]any{v[0].Name: asMap(v[0].Value)}
	case []Row:
		out := make([]any, len(v))
		for i := range v {
			out[i] = asMap(v[i])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = asMap(v[i])
		}
		return out
	}
	return v
}

func anyValue(t *rapid.T, depth int) any {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int().Draw(t, "int")
	case 3:
		return rapid.String().Draw(t, "text")
	case 4:
		return rapid.SliceOf(rapid.StringMatching(`[a-z"\\<&\x{2028}é\x00-\x1f]{0,6}`)).Draw(t, "texts")
	case 5:
		return Row{{rapid.String().Draw(t, "name"), anyValue(t, depth-1)}}
	}
	out := []any{}
	for range rapid.IntRange(0, 3).Draw(t, "length") {
		out = append(out, anyValue(t, depth-1))
	}
	return out
}

func TestAnswersAreWrittenAsEncodingJSONWritesThem(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := anyValue(rt, 3)
		var want bytes.Buffer
		if err := encoder(&want).Encode(asMap(v)); err != nil {
			rt.Fatal(err)
		}
		got, err := AppendJSON(nil, v)
		if err != nil || string(got)+"\n" != want.String() {
			rt.Fatalf("%s, %v; want %s", got, err, want.String())
		}
	})
}

func TestARowInsideOfOtherTypesIsWrittenToo(t *testing.T) {
	got, err := json.Marshal(map[string]any{"a": []Row{{{"b", Row{{"c", json.Number("1.5")}}}}, nil}})
	if want := `{"a":[{"b":{"c":1.5}},{}]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if _, err := AppendJSON(nil, Row{{"broken", math.Inf(1)}}); err == nil {
		t.Error("infinity was written")
	}
}
