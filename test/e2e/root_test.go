package e2e

import (
	"strings"
	"syscall"
	"testing"
)

// Whoever is not root is told so at once, and nothing is made.
func TestWhatNeedsRootSaysSo(t *testing.T) {
	t.Parallel()
	w := build(t, "e2enobody")
	for _, args := range [][]string{
		{"agent", "--tunnel-ip", "10.0.0.1"}, {"lab", "up"}, {"lab", "run", "../../examples/seed-002"}, {"lab", "down"},
	} {
		cmd := w.command(t.Context(), args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "root") {
			t.Errorf("weft %q as nobody: %v\n%s\nwant exit status 1 and a word about root", args, err, out)
		}
	}
	w.nothingLeft(t)
}
