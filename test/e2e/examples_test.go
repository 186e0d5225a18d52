package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every example but that of the demo, which has a test of its own, each from a clean start; in the middle the controller
// and an agent are killed and started again.
func TestEveryExampleWorksAndSurvivesDeaths(t *testing.T) {
	w := build(t, "e2eall")
	for _, file := range glob(t, "../../examples/*/example.yaml") {
		dir := filepath.Dir(file)
		if dir == example {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if filepath.Base(dir) == "seed-003" {
				if out, err := exec.CommandContext(t.Context(), "../../scripts/deps", "libvirt").CombinedOutput(); err != nil {
					t.Fatalf("install libvirt and build a guest: %v\n%s", err, out)
				}
			}
			w.passes(t, "lab", "run", "--chaos", dir)
			w.nothingLeft(t)
		})
	}
}

// passes runs an example, all of whose checks must pass.
func (w *program) passes(t *testing.T, args ...string) {
	t.Helper()
	out, code := w.run(args...)
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("weft %s: exit status %d\n%s\n%s", strings.Join(args, " "), code, out, w.logs())
	}
}
