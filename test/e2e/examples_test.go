package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// measured are the examples that measure for how long nobody heard a guest. They have the machine to themselves: a
// neighbour's silences are not weft's, and taking them off would hide weft's own.
var measured = []string{"guests", "migration", "seed-003", "snat"}

// Every example but that of the demo, which has a test of its own, works from a clean start; in the middle the controller
// and an agent are killed and started again. First those that are alone.
func TestExamplesAloneOnTheMachineWorkAndSurviveDeaths(t *testing.T) {
	for i, name := range measured {
		t.Run(name, func(t *testing.T) { worksAndSurvives(t, name, fmt.Sprintf("e2em%d", i)) })
	}
}

func TestEveryOtherExampleWorksAndSurvivesDeaths(t *testing.T) {
	t.Parallel()
	for i, file := range glob(t, examples+"/*/example.yaml") {
		name := filepath.Base(filepath.Dir(file))
		if name == filepath.Base(example) || slices.Contains(measured, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worksAndSurvives(t, name, fmt.Sprintf("e2en%d", i))
		})
	}
}

func worksAndSurvives(t *testing.T, name, lab string) {
	t.Helper()
	if name == "seed-003" {
		if out, err := exec.CommandContext(t.Context(), "../../scripts/deps", "libvirt").CombinedOutput(); err != nil {
			t.Fatalf("install libvirt and build a guest: %v\n%s", err, out)
		}
	}
	w := build(t, lab)
	w.proves(t, filepath.Join(examples, name))
	w.nothingLeft(t)
}

// passes runs an example, all of whose checks must pass.
func (w *program) passes(t *testing.T, args ...string) {
	t.Helper()
	out, code := w.run(args...)
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("weft %s: exit status %d\n%s\n%s", strings.Join(args, " "), code, out, w.logs())
	}
}
