package auth

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestTheTokenIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weft", "token")
	var wg sync.WaitGroup
	tokens := make([]string, 8)
	for i := range tokens { // several at once, as when a controller and a tool start together
		wg.Go(func() {
			var err error
			if tokens[i], err = LoadOrCreateToken(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, tok := range tokens {
		if tok != tokens[0] || len(tok) != 64 {
			t.Fatalf("tokens %q", tokens)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestATokenFileThatIsNoneIsRefused(t *testing.T) {
	good := strings.Repeat("a", 64)
	for _, tc := range []struct {
		name, content string
		mode          os.FileMode
		says          string
	}{
		{"empty", "", 0o600, "delete the file to get a new one"},
		{"short", "abc", 0o600, "at least 32 characters"},
		{"two-words", good + " " + good, 0o600, "not one word"},
		{"readable-by-others", good, 0o644, "chmod 0600"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(tc.content), tc.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadOrCreateToken(path); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error is %v, want %q in it", err, tc.says)
			}
			if b, _ := os.ReadFile(path); string(b) != tc.content {
				t.Errorf("the file was changed to %q", b)
			}
		})
	}
}

func TestATokenOfTheAdministratorsOwnIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	want := strings.Repeat("s3cr3t", 8)
	if err := os.WriteFile(path, []byte(want+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadOrCreateToken(path); err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}
