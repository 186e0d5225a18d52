package apply_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weft/client/apply"
)

// The examples are what they say: whole clouds, that a scope of nothing takes away.
func TestEveryExampleIsMadeKeptAndTakenAway(t *testing.T) {
	files, err := filepath.Glob("../../examples/apply/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yaml"), func(t *testing.T) {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			w, text := start(t), string(raw)
			w.apply(text, apply.Options{})
			if p, said := w.plan(text, apply.Options{Prune: true}); !p.Empty() {
				t.Errorf("a second time:\n%s", said)
			}
			exported := w.export()
			w.apply("scope: "+read(t, text).Scope, apply.Options{Prune: true, PruneAll: true})
			if left := w.export(); left != "" {
				t.Errorf("left:\n%s", left)
			}
			w.apply(exported, apply.Options{})
			if p, said := w.plan(text, apply.Options{}); !p.Empty() {
				t.Errorf("of its export:\n%s", said)
			}
		})
	}
}
