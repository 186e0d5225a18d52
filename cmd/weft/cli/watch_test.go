package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/client"
)

// turns plays a controller whose list of shelves is another one each time that it is asked, and the last one for ever.
// A turn that is nil is a controller that hangs up.
type turns struct {
	mu     sync.Mutex
	states [][]client.Object
	over   context.CancelFunc // after the last one was seen twice
	extra  int
}

func (p *turns) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.states[0]
	if len(p.states) > 1 {
		p.states = p.states[1:]
	} else if p.extra++; p.extra > 1 {
		p.over()
	}
	if now == nil {
		panic(http.ErrAbortHandler)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"shelves": now})
}

// watched runs a command until the turns are over.
func watched(t *testing.T, states [][]client.Object, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	all, err := client.ReadKinds([]byte(declared))
	if err != nil {
		t.Fatal(err)
	}
	ctx, over := context.WithTimeout(t.Context(), time.Minute)
	defer over()
	s := httptest.NewServer(&turns{states: states, over: over})
	defer s.Close()
	var out, errs bytes.Buffer
	root := newRoot(&app{kinds: all, every: time.Millisecond, Reach: Reach{cfg: client.Config{Getenv: func(name string) string {
		return map[string]string{"WEFT_ENDPOINT": s.URL, "WEFT_TOKEN": "t"}[name]
	}}}}, nil)
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errs)
	code = Execute(ctx, root)
	if ctx.Err() == context.DeadlineExceeded {
		t.Fatalf("it went on:\n%s", out.String())
	}
	return out.String(), errs.String(), code
}

func shelf(id, name string) client.Object { return client.Object{"id": id, "name": name} }

func TestWatchTellsEveryChangeInALine(t *testing.T) {
	states := [][]client.Object{
		{shelf("1", "a"), shelf("2", "b")},
		{shelf("1", "a"), shelf("2", "c")},
		nil, // the controller is started anew
		nil,
		{shelf("2", "c"), shelf("3", "\x1b[2J")},
	}
	out, errs, code := watched(t, slices.Clone(states), "shelf", "list", "--watch")
	want := "ID   NAME\n1    a\n2    b\n~ 2   c\n+ 3   \uFFFD[2J\n- 1   a\n"
	if diff := cmp.Diff(want, out); diff != "" || code != exitOK {
		t.Errorf("exit status %d, -want +got:\n%s", code, diff)
	}
	if strings.Count(errs, "does not answer; trying on") != 1 {
		t.Errorf("of the controller that was away: %q", errs)
	}
	out, _, _ = watched(t, slices.Clone(states), "shelf", "list", "-w", "-o", "json")
	want = `{"change":"+","object":{"id":"1","name":"a"}}
{"change":"+","object":{"id":"2","name":"b"}}
{"change":"~","object":{"id":"2","name":"c"}}
{"change":"+","object":{"id":"3","name":"\u001b[2J"}}
{"change":"-","object":{"id":"1","name":"a"}}
`
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestListsAreSortedByWhatColumnsHold(t *testing.T) {
	list := []client.Object{{"n": json.Number("10"), "a": "10.0.0.10"}, {"n": json.Number("9"), "a": "10.0.0.9"}, {"n": json.Number("9"), "a": "10.0.0.2"}}
	columns := []column{{"N", "n"}, {"A", "a"}}
	g := listing{sort: []string{"n", "a"}}
	if err := g.order(columns, list); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range list {
		got = append(got, o.Text("a"))
	}
	if diff := cmp.Diff([]string{"10.0.0.2", "10.0.0.9", "10.0.0.10"}, got); diff != "" {
		t.Error(diff)
	}
	g = listing{sort: []string{"colour"}}
	if err := g.order(columns, list); exitCode(err) != exitUsage {
		t.Errorf("a column that is not there: %v", err)
	}
}

// As in "weft port list --watch | head -1": nothing more is to be written, and yet it ends.
func TestWatchEndsWhenNobodyReadsItAnyMore(t *testing.T) {
	all, err := client.ReadKinds([]byte(declared))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"shelves": []client.Object{shelf("1", "a")}})
	}))
	defer s.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	root := newRoot(&app{kinds: all, every: time.Millisecond, Reach: Reach{cfg: client.Config{Getenv: func(name string) string {
		return map[string]string{"WEFT_ENDPOINT": s.URL, "WEFT_TOKEN": "t"}[name]
	}}}}, nil)
	root.SetArgs([]string{"shelf", "list", "--watch"})
	root.SetOut(w)
	ended := make(chan int, 1)
	go func() { ended <- Execute(t.Context(), root) }()
	first := make([]byte, 2)
	if _, err := io.ReadFull(r, first); err != nil || string(first) != "ID" {
		t.Errorf("it begins with %q, %v", first, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != exitBrokenPipe {
		t.Errorf("exit status %d", code)
	}
}
