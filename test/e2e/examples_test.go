package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// longFirst are the examples that take longest. What begins last should be short: at the end nothing runs beside it.
var longFirst = []string{"guests", "seed-003", "snat"}

// Every example but that of the demo, which has a test of its own, each from a clean start; in the middle the controller
// and an agent are killed and started again.
func TestEveryExampleWorksAndSurvivesDeaths(t *testing.T) {
	t.Parallel()
	dirs := glob(t, "../../examples/*/example.yaml")
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return rank(a) - rank(b) })
	for i, dir := range dirs {
		if dir == example {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			if filepath.Base(dir) == "seed-003" {
				if out, err := exec.CommandContext(t.Context(), "../../scripts/deps", "libvirt").CombinedOutput(); err != nil {
					t.Fatalf("install libvirt and build a guest: %v\n%s", err, out)
				}
			}
			w := build(t, fmt.Sprintf("e2en%d", i))
			w.passes(t, "lab", "run", "--chaos", dir)
			w.nothingLeft(t)
		})
	}
}

func rank(dir string) int {
	if i := slices.Index(longFirst, filepath.Base(dir)); i >= 0 {
		return i
	}
	return len(longFirst)
}

// passes runs an example, all of whose checks must pass.
func (w *program) passes(t *testing.T, args ...string) {
	t.Helper()
	out, code := w.run(args...)
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("weft %s: exit status %d\n%s\n%s", strings.Join(args, " "), code, out, w.logs())
	}
}
