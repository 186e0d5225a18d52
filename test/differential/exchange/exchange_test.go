package exchange

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const file = `# a network
+ If-Match: revision_number=7
admin PUT /v2.0/networks/{net} {"network":{"name":"x"}} => net
< 404 NetworkNotFound
a GET /v2.0/networks
< 200 {"networks":[]}
# another
b DELETE /v2.0/networks/{net}
`

func TestWhatIsReadIsWrittenAsItWas(t *testing.T) {
	stories, err := Read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Write(&b, stories); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatIsNoneIsRefused(t *testing.T) {
	for _, bad := range []string{"admin GET /", "# x\n< 200 {}", "# x\nadmin GET", "# x\nnobody GET /", "# x\nadmin GET /\n< many", "# x\nadmin GET /\n< 200 {"} {
		if _, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// serverOf makes objects whose ids begin with a digit, gives the first segment asked for by itself, and lists by id.
func serverOf(t *testing.T, digit int, order []int) Server {
	id := func(n int) string { return fmt.Sprintf("%d%07d-0000-4000-8000-000000000000", digit, n) }
	made := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			made++
			fmt.Fprintf(w, `{"thing":{"id":%q,"created_at":"2026-01-02T03:04:0%dZ","provider:segmentation_id":%d%d}}`, id(made), digit, digit, made)
			return
		}
		fmt.Fprintf(w, `{"things":[{"id":%q},{"id":%q}],"path":%q}`, id(order[0]), id(order[1]), r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return Server{URL: s.URL}
}

func TestTwoServersThatChooseOtherIdsSayTheSame(t *testing.T) {
	story := Tell("two things", `admin POST things {"thing":{}} => one`, `admin POST things {"thing":{}} => two`, `a GET things/{one}/{none}`)
	var answers [][]Answer
	for _, s := range []Server{serverOf(t, 1, []int{1, 2}), serverOf(t, 2, []int{2, 1})} {
		got, err := s.Tell(context.Background(), story)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, got)
	}
	if diff := cmp.Diff(answers[0], answers[1]); diff != "" {
		t.Error(diff)
	}
	want := `200 {"thing":{"created_at":"{time}","id":"{one}","provider:segmentation_id":"{number}"}}`
	if diff := cmp.Diff(want, answers[0][0].String()); diff != "" {
		t.Error(diff)
	}
}

func TestADifferenceSaysWhereItIs(t *testing.T) {
	step := Do("admin GET networks/{net}?fields=id")
	theirs := Answer{Status: 200, Body: decode([]byte(`{"network":{"mtu":1450,"tags":["a"],"x":1,"z":[1]}}`))}
	ours := Answer{Status: 200, Body: decode([]byte(`{"network":{"mtu":1500,"tags":["b"],"y":null,"z":[]}}`))}
	var got []string
	for _, d := range Compare(step, theirs, ours) {
		got = append(got, d.String())
	}
	on := "GET /v2.0/networks/ID: network."
	want := []string{on + "mtu: 1450, weft: 1500", on + `tags[]: "a", weft: "b"`, on + "x: 1, weft: (absent)", on + "y: (absent), weft: null",
		on + "z[]: 1: [1], weft: 0: []"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	refused := Compare(step, theirs, Answer{Status: 404, Type: "NetworkNotFound"})
	if len(refused) != 1 || refused[0].String() != "GET /v2.0/networks/ID: status: 200, weft: 404 NetworkNotFound" {
		t.Errorf("got %v", refused)
	}
	if r := (Reason{On: "GET .*", Is: "status: 200, .*"}); !r.Explains(step, refused[0]) || r.Explains(step, Compare(step, theirs, ours)[0]) {
		t.Error("a reason is for what it says, and for nothing else")
	}
}
