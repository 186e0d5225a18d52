package rest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// talk is what a client of Neutron says on a normal day, one request a line:
//
//	who METHOD path [body] => status [| as name] [| is names] [| has text] [| lacks text]
//
// The path is below /v2.0; {name} is the id of what the cloud of newEstate has, or of what an earlier line made and called
// so by "as". The ids of a list "is" exactly those of the names. Lines of # are comments.
type talk struct {
	*estate
	t    *testing.T
	line string
}

// TestWhatOtherProgramsOfOpenStackSayIsUnderstood replays what Nova, Heat, Horizon and Kubernetes' programs send, each in a
// cloud of its own.
func TestWhatOtherProgramsOfOpenStackSayIsUnderstood(t *testing.T) {
	files, err := filepath.Glob("testdata/clients/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no talks: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			k := talk{estate: newEstate(t), t: t}
			k.crowdOfHosts(2)
			for line := range strings.Lines(string(text)) {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					k.line = line
					k.say()
				}
			}
		})
	}
}

func (k *talk) say() {
	request, wanted, ok := strings.Cut(k.line, " => ")
	words := strings.SplitN(request, " ", 4)
	if !ok || len(words) < 3 {
		k.t.Fatalf("no request with a status: %s", k.line)
	}
	body := ""
	if len(words) == 4 {
		body = words[3]
	}
	got := k.as(words[0], words[1], "/v2.0/"+words[2], body)
	wants := strings.Split(wanted, " | ")
	if fmt.Sprint(got.status) != wants[0] {
		k.t.Fatalf("%s: %d %s", k.line, got.status, got.text)
	}
	for _, w := range wants[1:] {
		k.holds(got, w)
	}
}

// holds holds an answer against one thing that is wanted of it.
func (k *talk) holds(got reply, want string) {
	verb, of, _ := strings.Cut(want, " ")
	switch verb {
	case "as":
		k.ids[of] = find(got.body, "id")
	case "is":
		names := strings.Fields(of)
		slices.Sort(names)
		if have := k.names(got); !slices.Equal(have, names) || len(have) != len(got.list("id")) {
			k.t.Errorf("%s: got %v: %s", k.line, have, got.text)
		}
	case "has":
		if !strings.Contains(got.text, k.fill(of)) {
			k.t.Errorf("%s: %s", k.line, got.text)
		}
	case "lacks":
		if strings.Contains(got.text, k.fill(of)) {
			k.t.Errorf("%s: %s", k.line, got.text)
		}
	default:
		k.t.Fatalf("nothing can be wanted by %q: %s", verb, k.line)
	}
}
