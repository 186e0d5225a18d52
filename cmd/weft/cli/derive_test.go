package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/client"
)

// Whatever may be given in a request may be given on the command line.
func TestEveryAttributeThatMayBeGivenHasAnOption(t *testing.T) {
	for _, r := range (&app{kinds: kinds()}).resources() {
		has := map[string]stage{}
		for _, o := range r.options {
			for _, attr := range o.sets {
				has[attr] |= o.on
			}
		}
		for _, attr := range r.argument.sets {
			has[attr] |= onCreate
		}
		for _, a := range r.kind.Attributes {
			if a.Settable() && (a.OnCreate && has[a.Name]&onCreate == 0 || a.OnUpdate && a.Name != r.kind.Key && has[a.Name]&onSet == 0) {
				t.Errorf("%s: no option sets %s", r.Singular, a.Name)
			}
		}
	}
}

// declared are kinds that nothing but their declarations knows: one below the other.
const declared = `{"resources": [
  {"name": "shelf", "collection": "shelves", "path": "/v2.0/shelves", "key": "id", "creatable": true, "deletable": true, "attributes": [
    {"name": "id", "type": "string", "shown": true}, {"name": "name", "type": "string", "shown": true, "on_create": true, "filterable": true}]},
  {"name": "heavy_box", "collection": "heavy_boxes", "path": "/v2.0/shelves/{shelf_id}/heavy_boxes", "key": "id", "parent": "shelf",
   "creatable": true, "updatable": true, "deletable": true, "attributes": [
    {"name": "id", "type": "string", "shown": true},
    {"name": "weight", "description": "w", "type": "integer", "shown": true, "required": true, "on_create": true},
    {"name": "beside_id", "description": "b", "type": "string", "format": "uuid", "references": "shelf", "nullable": true, "shown": true,
     "on_create": true, "on_update": true},
    {"name": "open", "description": "o", "type": "boolean", "shown": true, "on_update": true},
    {"name": "x:contents", "description": "c", "type": "array", "shown": true, "on_create": true, "on_update": true,
     "items": {"type": "object", "members": [{"name": "shelf_id", "type": "string", "references": "shelf"}, {"name": "count", "type": "integer"}]}},
    {"name": "status", "type": "string", "shown": true, "filterable": true}]}]}`

// shelves answers as an API with these kinds would, and writes down what it was asked.
func shelves(asked *[]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodGet {
			*asked = append(*asked, fmt.Sprint(r.Method, " ", r.URL.Path, " ", string(body)))
		}
		box := map[string]any{"id": "b1", "weight": 3, "x:contents": []any{map[string]any{"shelf_id": "s1", "count": 1}}, "status": "FULL"}
		answers := map[string]any{
			"GET /v2.0/shelves":                   map[string]any{"shelves": []any{map[string]any{"id": "s1", "name": "top"}}},
			"POST /v2.0/shelves/s1/heavy_boxes":   map[string]any{"heavy_box": box},
			"GET /v2.0/shelves/s1/heavy_boxes":    map[string]any{"heavy_boxes": []any{box}},
			"PUT /v2.0/shelves/s1/heavy_boxes/b1": map[string]any{"heavy_box": box},
		}
		a, ok := answers[r.Method+" "+r.URL.Path]
		switch {
		case ok:
			_ = json.NewEncoder(w).Encode(a)
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
}

func TestADeclarationAloneMakesTheCommandsOfAResource(t *testing.T) {
	all, err := client.ReadKinds([]byte(declared))
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	s := httptest.NewServer(shelves(&asked))
	defer s.Close()
	do := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		root := newRoot(&app{kinds: all, Reach: Reach{cfg: client.Config{Getenv: func(name string) string {
			return map[string]string{"WEFT_ENDPOINT": s.URL, "WEFT_TOKEN": "t"}[name]
		}}}}, nil)
		root.SetArgs(args)
		root.SetOut(&out)
		root.SetErr(&out)
		if code := Execute(context.Background(), root); code != exitOK {
			t.Errorf("%v: %d %s", args, code, out.String())
		}
		return out.String()
	}
	box := []string{"shelf", "heavy-box"}
	do(append(box, "create", "top", "--weight", "3", "--beside", "top", "--content", "shelf=top,count=1")...)
	do(append(box, "set", "top", "b1", "--no-open", "--content", "shelf=top,count=2")...)
	do(append(box, "unset", "top", "b1", "--beside")...)
	do(append(box, "delete", "top", "b1")...)
	want := []string{
		`POST /v2.0/shelves/s1/heavy_boxes {"heavy_box":{"beside_id":"s1","weight":3,"x:contents":[{"count":1,"shelf_id":"s1"}]}}`,
		`PUT /v2.0/shelves/s1/heavy_boxes/b1 {"heavy_box":{"open":false,"x:contents":[{"count":1,"shelf_id":"s1"},{"count":2,"shelf_id":"s1"}]}}`,
		`PUT /v2.0/shelves/s1/heavy_boxes/b1 {"heavy_box":{"beside_id":null}}`,
		`DELETE /v2.0/shelves/s1/heavy_boxes/b1 `,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("ID   WEIGHT   STATUS\nb1   3        FULL\n", do(append(box, "list", "top")...)); diff != "" {
		t.Error(diff)
	}
	if got := do(append([]string{"__complete"}, append(box, "delete", "top", "")...)...); !strings.HasPrefix(got, "b1\n:4\n") {
		t.Errorf("completed with %q", got)
	}
}
