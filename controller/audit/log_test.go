package audit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

type line struct {
	N    int
	Text string
}

func open(t *testing.T, cfg Config) *Log {
	t.Helper()
	if cfg.Failed == nil {
		cfg.Failed = func(err error) { t.Error(err) }
	}
	if cfg.Recovered == nil {
		cfg.Recovered = func(n int) { t.Errorf("%d lines lost", n) }
	}
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// lines reads a file, each line of which has to be whole.
func lines(t *testing.T, path string) []int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for text := range strings.Lines(string(b)) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		out = append(out, l.N)
	}
	return out
}

func TestLinesAreAppendedAndForTheOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	for i := range 2 { // as when the controller starts anew
		l := open(t, Config{Path: path, Size: 1 << 20})
		l.Write(line{N: i, Text: "two\nlines"})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(lines(t, path)); got != "[0 1]" {
		t.Errorf("lines %s", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestALargeFileIsTurnedOverAndTheOldestGoes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	l := open(t, Config{Path: path, Size: 100, Keep: 2})
	for i := range 9 {
		l.Write(line{N: i, Text: strings.Repeat("x", 20)}) // 38 bytes: two a file
	}
	for name, want := range map[string]string{"audit.log": "[8]", "audit.log.1": "[6 7]", "audit.log.2": "[4 5]"} {
		if got := fmt.Sprint(lines(t, filepath.Join(dir, name))); got != want {
			t.Errorf("%s has %s, want %s", name, got, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("%v, %v", entries, err)
	}
	l.Write(line{N: 9, Text: strings.Repeat("x", 500)}) // larger than a file may be: on its own
	if got := fmt.Sprint(lines(t, path)); got != "[9]" {
		t.Errorf("a large line: %s", got)
	}
}

func TestAMovedFileIsLeftAloneAfterReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, Config{Path: path, Size: 1 << 20, Keep: 1})
	l.Write(line{N: 1})
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	l.Reopen()
	l.Write(line{N: 2})
	if a, b := fmt.Sprint(lines(t, path+".moved")), fmt.Sprint(lines(t, path)); a != "[1]" || b != "[2]" {
		t.Errorf("moved %s, new %s", a, b)
	}
}

func TestWhatCannotBeWrittenIsToldOnceAndThenHowMuch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "audit.log")
	var failed, recovered []string
	l := open(t, Config{
		Path: path, Size: 60, Keep: 1, Failed: func(err error) { failed = append(failed, err.Error()) },
		Recovered: func(n int) { recovered = append(recovered, fmt.Sprint(n)) },
	})
	l.Write(line{N: 1, Text: strings.Repeat("x", 40)})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // each wants a new file, and there is no folder for it
		l.Write(line{N: 2 + i, Text: strings.Repeat("x", 40)})
	}
	if len(failed) != 1 || len(recovered) != 0 {
		t.Errorf("failed %v, recovered %v", failed, recovered)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l.Write(line{N: 9})
	if got := fmt.Sprint(lines(t, path)); got != "[9]" || fmt.Sprint(recovered) != "[3]" {
		t.Errorf("file %s, recovered %v", got, recovered)
	}
}

func TestLinesOfManyStayWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, Config{Path: path, Size: 1 << 20})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() { l.Write(line{N: i, Text: strings.Repeat("x", i)}) })
	}
	wg.Go(l.Reopen)
	wg.Wait()
	if got := lines(t, path); len(got) != 200 {
		t.Errorf("%d lines", len(got))
	}
}
