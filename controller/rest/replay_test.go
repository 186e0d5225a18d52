package rest

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded is one exchange with a Neutron server, or, if Setup, a step between exchanges that was not recorded.
type recorded struct {
	Setup   bool              `json:"setup"`
	Learn   map[string]string `json:"learn"` // attribute of the answer → its value when it was recorded
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers []string          `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	Status  int               `json:"status"`
	Answer  any               `json:"answer"`
	Loose   []string          `json:"loose"` // attributes that the steps not recorded changed
	Type    string            `json:"type"`  // of Neutron's error, where the answers differ
	Differs string            `json:"differs"`
	Ours    verdict           `json:"ours"` // if they differ
}

// verdict is an answer in short.
type verdict struct {
	Status int    `json:"status"`
	Type   string `json:"type"` // of an error
}

// What cannot be equal: chosen at random or by the clock, or counted otherwise.
var volatile = []string{
	"tenant_id", "project_id", "created_at", "updated_at", "mac_address", "revision_number", "provider:segmentation_id",
	"external_fixed_ips",
	"security_groups", // Neutron puts every port into a group; weft has none
}

func TestAnswersAsNeutronDid(t *testing.T) {
	w := newWorld(t)
	names := &translation{}
	for i, s := range recording(t) {
		got := replay(w, names, s)
		kind, _ := got.fault()
		switch ours := (verdict{got.status, kind}); {
		case s.Setup && got.status > 299:
			t.Fatalf("step %d: %s %s: %d %s", i, s.Method, s.Path, got.status, got.text)
		case s.Setup:
		case s.Differs == "":
			checkReplay(t, i, s, got, names)
		case ours != s.Ours:
			t.Errorf("step %d: %s %s %s: %v, and the list of differences says %v\n%s", i, s.Method, s.Path, s.Body, ours, s.Ours, got.text)
		}
	}
}

// recording is all of them, in order.
func recording(t *testing.T) (steps []recorded) {
	t.Helper()
	raw, err := os.ReadFile("testdata/neutron.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &steps); err != nil {
		t.Fatal(err)
	}
	return steps
}

func replay(w *world, names *translation, s recorded) reply {
	var body any
	if s.Body != nil {
		body = names.toOurs(string(s.Body))
	}
	got := w.do(s.Method, names.toOurs(s.Path), body, s.Headers...)
	if s.Setup {
		for attr, theirs := range s.Learn {
			names.learn(theirs, find(got.body, attr))
		}
	} else if s.Method == http.MethodPost || strings.HasSuffix(s.Path, "_router_interface") {
		for _, attr := range []string{"id", "port_id", "floating_ip_address"} {
			names.learn(find(s.Answer, attr), find(got.body, attr))
		}
	}
	return got
}

func checkReplay(t *testing.T, step int, s recorded, got reply, names *translation) {
	t.Helper()
	if got.status != s.Status {
		t.Errorf("step %d: %s %s %s: status %d, Neutron's %d\n%s", step, s.Method, s.Path, s.Body, got.status, s.Status, got.text)
		return
	}
	if s.Answer == nil {
		return
	}
	var ours any
	if err := json.Unmarshal([]byte(names.toTheirs(got.text)), &ours); err != nil {
		t.Fatal(err)
	}
	drop := append(slices.Clone(volatile), s.Loose...)
	if diff := cmp.Diff(plainOf(s.Answer, drop), onlyLike(plainOf(ours, drop), plainOf(s.Answer, drop))); diff != "" {
		t.Errorf("step %d: %s %s %s: -Neutron +weft:\n%s", step, s.Method, s.Path, s.Body, diff)
	}
}

var (
	uuids    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	idLists  = regexp.MustCompile(`ID(, ?ID)+`)
	testHost = strings.NewReplacer("http://example.com", "http://HOST")
)

// plainOf gives an answer without what is volatile.
func plainOf(v any, drop []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if !slices.Contains(drop, k) {
				out[k] = plainOf(e, drop)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plainOf(e, drop)
		}
		return out
	case string:
		return testHost.Replace(idLists.ReplaceAllString(uuids.ReplaceAllString(v, "ID"), "IDS"))
	}
	return v
}

// onlyLike drops the members of objects that weft has on top of Neutron's.
func onlyLike(ours, theirs any) any {
	switch t := theirs.(type) {
	case map[string]any:
		o, ok := ours.(map[string]any)
		if !ok {
			return ours
		}
		out := map[string]any{}
		for k, v := range o {
			if tv, known := t[k]; known {
				out[k] = onlyLike(v, tv)
			}
		}
		return out
	case []any:
		o, ok := ours.([]any)
		if !ok {
			return ours
		}
		out := make([]any, len(o))
		for i, v := range o {
			out[i] = v
			if i < len(t) {
				out[i] = onlyLike(v, t[i])
			}
		}
		return out
	}
	return ours
}

// translation knows what was recorded under another name.
type translation struct{ ours, theirs []string }

func (n *translation) learn(theirs, ours string) {
	if theirs != "" && ours != "" && !slices.Contains(n.ours, ours) {
		n.theirs, n.ours = append(n.theirs, theirs, ours), append(n.ours, ours, theirs)
	}
}

func (n *translation) toOurs(s string) string { return strings.NewReplacer(n.theirs...).Replace(s) }

func (n *translation) toTheirs(s string) string { return strings.NewReplacer(n.ours...).Replace(s) }

// find gives a string attribute of the object in an answer.
func find(body any, attr string) string {
	m, _ := body.(map[string]any)
	if s, ok := m[attr].(string); ok {
		return s
	}
	for _, v := range m {
		if o, ok := v.(map[string]any); ok {
			s, _ := o[attr].(string)
			return s
		}
	}
	return ""
}
