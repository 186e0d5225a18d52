package main

import (
	"context"
	"path/filepath"
	"testing"

	"weft/test/differential/exchange"
)

// What a Neutron answered to the stories in testdata is what weft answers, but for what there is a reason for; and no
// reason outlives what it is for.
func TestWeftAnswersAsNeutronDid(t *testing.T) {
	known, err := readReasons("testdata/reasons.json")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	used := make([]bool, len(known))
	for _, f := range files {
		stories, err := readStories(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stories {
			hold(t, s, known, used)
		}
	}
	for i, r := range known {
		if !used[i] {
			t.Errorf("nothing differs for this reason: %+v", r)
		}
	}
}

func hold(t *testing.T, s exchange.Story, known []exchange.Reason, used []bool) {
	t.Helper()
	differences, err := against(context.Background(), s)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	for _, f := range differences {
		explained := false
		for i, r := range known {
			if r.Explains(f.story.Steps[f.step], f.Difference) {
				explained, used[i] = true, true
			}
		}
		if !explained {
			t.Errorf("%s: %s\n%s", s.Name, f.Difference, s.Steps[f.step])
		}
	}
}
