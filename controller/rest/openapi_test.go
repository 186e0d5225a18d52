package rest

import (
	"cmp"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the documents that are made from the API")

func TestTheDocumentOfTheAPIIsUpToDate(t *testing.T) {
	isUpToDate(t, "docs/api.md", newWorld(t).handler.(*server).markdown())
}

// isUpToDate holds a document against what it is made from; -update writes it.
func isUpToDate(t *testing.T, doc, want string) {
	t.Helper()
	file := "../../" + doc
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, string(have)); diff != "" {
		t.Errorf("%s is stale; 'go test ./controller/rest -run Document -update' writes it anew (-want +have):\n%s", doc, diff)
	}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Every path of the document answers with every method that the document says it has, and with no other.
func TestOpenAPISaysWhatIsServed(t *testing.T) {
	w := newWorld(t)
	got := w.do("GET", "/openapi.json", nil)
	if got.status != http.StatusOK || got.body["openapi"] != "3.1.0" {
		t.Fatalf("%d %.300s", got.status, got.text)
	}
	for path, item := range got.body["paths"].(map[string]any) {
		for _, m := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
			_, said := item.(map[string]any)[strings.ToLower(m)]
			served := w.do(m, placeholder.ReplaceAllString(path, "nobody"), nil).status != http.StatusMethodNotAllowed
			if said != served {
				t.Errorf("%s %s: in the document %t, served %t", m, path, said, served)
			}
		}
	}
}

// What the document says of an object is what an answer has, and every reference leads somewhere.
func TestOpenAPIDescribesAnswers(t *testing.T) {
	w := newWorld(t)
	got := w.do("GET", "/openapi.json", nil)
	schemas := got.body["components"].(map[string]any)["schemas"].(map[string]any)
	port := w.must("POST", "/v2.0/ports", map[string]any{"port": map[string]any{"network_id": w.network("n")}})
	said := schemas["port"].(map[string]any)["properties"].(map[string]any)
	for name, value := range port {
		p, ok := said[name].(map[string]any)
		if !ok {
			t.Errorf("an answer has %s, the document does not", name)
			continue
		}
		if !fitsType(p["type"], value) {
			t.Errorf("%s is %v, which is not of type %v", name, value, p["type"])
		}
	}
	for name := range said {
		if _, ok := port[name]; !ok {
			t.Errorf("the document has %s, an answer does not", name)
		}
	}
	for _, part := range strings.Split(got.text, `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := schemas[name]; !ok {
			t.Errorf("no schema %s", name)
		}
	}
	create := schemas["port-create"].(map[string]any)
	if diff := gocmp.Diff([]any{"network_id"}, create["required"]); diff != "" {
		t.Errorf("required of a new port: %s", diff)
	}
	if _, ok := create["properties"].(map[string]any)["status"]; ok {
		t.Error("a new port may be given a status")
	}
}

// fitsType reports whether a value is of one of the types of a JSON schema.
func fitsType(types, value any) bool {
	if list, ok := types.([]any); ok {
		for _, t := range list {
			if fitsType(t, value) {
				return true
			}
		}
		return false
	}
	kinds := map[string]string{"n": "null", "t": "boolean", "f": "boolean", `"`: "string", "[": "array", "{": "object"}
	raw, _ := json.Marshal(value)
	kind := cmp.Or(kinds[string(raw[:1])], "integer")
	return types == kind
}
