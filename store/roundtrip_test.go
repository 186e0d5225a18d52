package store

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/api"
)

// TestEveryObjectReadsBackAsItWasWritten fills every field of every kind, also those that are added later.
func TestEveryObjectReadsBackAsItWasWritten(t *testing.T) {
	for _, k := range api.Kinds {
		t.Run(string(k), rapid.MakeCheck(func(t *rapid.T) {
			want := k.New()
			fillValue(t, reflect.ValueOf(want).Elem())
			if h, ok := want.(*api.Host); ok {
				h.Name = "" // a host's name is its id
			}
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			got := k.New()
			if err := json.Unmarshal(text, got); err != nil {
				t.Fatal(err)
			}
			opts := cmp.Options{
				cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
				cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
			}
			if diff := cmp.Diff(want, got, opts); diff != "" {
				t.Fatalf("read back from %s (-written +read):\n%s", text, diff)
			}
		}))
	}
}

// fillValue gives v any value that the program may store in it. Lists are never empty: in JSON an empty one and none
// are the same.
func fillValue(t *rapid.T, v reflect.Value) {
	if special(t, v) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(t, v.Field(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fillValue(t, v.Elem())
		}
	case reflect.Slice:
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			e := reflect.New(v.Type().Elem()).Elem()
			fillValue(t, e)
			v.Set(reflect.Append(v, e))
		}
	case reflect.Map:
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillValue(t, k)
			fillValue(t, e)
			v.SetMapIndex(k, e)
		}
	default:
		scalar(t, v)
	}
}

func scalar(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint") >> (64 - v.Type().Bits()))
	case reflect.Interface: // what JSON can say
		v.Set(reflect.ValueOf(rapid.SampledFrom([]any{
			"text", 1.5, true, map[string]any{"a": []any{"b", float64(1 << 40)}},
		}).Draw(t, "any")))
	default:
		t.Fatalf("no values for %s: teach this test about it", v.Type())
	}
}

func special(t *rapid.T, v reflect.Value) bool {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).UTC()
	case *netip.Addr:
		*p = addr(t)
	case *netip.Prefix:
		if a := addr(t); a.IsValid() {
			*p = netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
		}
	case *api.MAC:
		*p = api.MACFromUint64(rapid.Uint64().Draw(t, "mac"))
	default:
		return false
	}
	return true
}

func addr(t *rapid.T) netip.Addr {
	b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")
	switch rapid.IntRange(0, 2).Draw(t, "version") {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom4([4]byte(b))
	}
	return netip.AddrFrom16([16]byte(b))
}
