package python

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.py")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAScriptServesUntilItIsStopped(t *testing.T) {
	left := filepath.Join(t.TempDir(), "left")
	s, err := Serve(t.Context(), script(t, `
import sys
print("ready", sys.argv[1], 7, flush=True)
sys.stdin.read()
open(sys.argv[2], "w").close()
`), "here", left)
	if err != nil {
		t.Fatal(err)
	}
	if s.Ready != "here 7" {
		t.Errorf("it is ready with %q", s.Ready)
	}
	s.Stop()
	s.Stop()
	if _, err := os.Stat(left); err != nil {
		t.Errorf("it did not end by itself: %v", err)
	}
}

func TestAScriptThatDoesNotComeUpSaysWhy(t *testing.T) {
	_, err := Serve(t.Context(), script(t, `import sys; print("no"); sys.exit("there is no database")`))
	if err == nil || !strings.Contains(err.Error(), "there is no database") || !strings.Contains(err.Error(), `"no\n"`) {
		t.Errorf("got %v", err)
	}
}
