package e2e

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// interrupted starts "weft lab up", and sends it a signal once it has printed n lines.
func interrupted(t *testing.T, w *program, n int, sig syscall.Signal) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	cmd := w.command(ctx, "lab", "up")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for range n {
		if line, err := lines.ReadString('\n'); err != nil {
			t.Fatalf("weft lab up printed %q and ended: %v", line, err)
		}
	}
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, lines)
	return cmd.Wait()
}

func TestUpThatIsInterruptedTakesDownWhatItMade(t *testing.T) {
	t.Parallel()
	w := build(t, "e2eint")
	for _, lines := range []int{0, 1, 2} {
		err := interrupted(t, w, lines, syscall.SIGINT)
		if _, ok := err.(*exec.ExitError); !ok { //nolint:errorlint // Wait returns it as it is
			t.Errorf("interrupted after %d lines: got %v, want an exit status", lines, err)
		}
		w.nothingLeft(t)
	}
}

func TestUpThatIsKilledIsRepairedOrRemoved(t *testing.T) {
	t.Parallel()
	w := build(t, "e2ekill")
	for _, lines := range []int{0, 1, 2} {
		_ = interrupted(t, w, lines, syscall.SIGKILL)
		w.must(t, "lab", "down")
		w.nothingLeft(t)
	}
	_ = interrupted(t, w, 2, syscall.SIGKILL)
	w.must(t, "lab", "up")
	if out := w.must(t, "lab", "status"); strings.Contains(out, "never started") || strings.Contains(out, "ended") {
		t.Errorf("status after a repair:\n%s", out)
	}
	w.must(t, "lab", "down")
	w.must(t, "lab", "down") // nothing is left to remove
	w.nothingLeft(t)
}

func TestLabsAreSideBySide(t *testing.T) {
	t.Parallel()
	a, b := build(t, "e2ea"), build(t, "e2eb")
	b.root = a.root
	a.must(t, "lab", "up")
	b.must(t, "lab", "up")
	for _, w := range []*program{a, b} {
		l := w.open(t)
		out, code := w.run("--endpoint", l.Endpoint(), "--token-file", l.TokenFile(), "host", "list")
		if code != 0 || strings.Count(out, "host") < 3 {
			t.Errorf("lab %s: exit status %d\n%s", w.name, code, out)
		}
	}
	a.must(t, "lab", "down")
	b.must(t, "lab", "exec", "host1", "--", "ping", "-c1", "-W5", "10.1.2.4")
	b.must(t, "lab", "down")
	b.nothingLeft(t)
}

// The first page that a newcomer reads is typed word for word, and then that of clouds as files, in the same lab.
func TestANewcomersLabIsAsThePagesSay(t *testing.T) {
	t.Parallel()
	w := build(t, "e2ex")
	w.must(t, "lab", "up")
	t.Run("an-exit-status-is-passed-on", w.passesStatusOn)
	t.Run("README.md", func(t *testing.T) { w.page(t, "../../README.md") })
	w.must(t, "lab", "down")
	w.must(t, "lab", "up")
	t.Run("examples-apply", func(t *testing.T) { w.page(t, "../../examples/apply/README.md") })
}

func (w *program) passesStatusOn(t *testing.T) {
	for _, args := range [][]string{
		{"lab", "exec", "outside", "--", "sh", "-c", "exit 42"}, {"lab", "host", "host1", "--", "sh", "-c", "exit 42"},
	} {
		if out, code := w.run(args...); code != 42 {
			t.Errorf("weft %q: exit status %d, want 42\n%s", args, code, out)
		}
	}
	if out, code := w.run("lab", "exec", "nobody", "--", "true"); code == 0 || !strings.Contains(out, "nobody") {
		t.Errorf("exec in a guest that is not there: exit status %d\n%s", code, out)
	}
	if got := strings.TrimSpace(w.must(t, "lab", "host", "host2", "--", "hostname")); got != "host2" {
		t.Errorf("hostname on host2 is %q", got)
	}
}
