package scratch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMain is also the process that is killed: it makes a folder and waits.
func TestMain(m *testing.M) {
	if parent := os.Getenv("SCRATCH_PARENT"); parent != "" {
		f, err := New(parent, "weft-x", nil)
		fmt.Println(f.Path, err)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// another starts a process that has a folder, and gives what kills it.
func another(t *testing.T, parent string) (folder string, kill func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command(exe)
	other.Env = append(os.Environ(), "SCRATCH_PARENT="+parent)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() }) // ends it, if it was not killed
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanned := fmt.Sscan(line, &folder); err != nil || scanned != nil {
		t.Fatalf("the other process says %q: %v", line, err)
	}
	return folder, func() {
		if err := other.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = other.Wait() // killed
	}
}

func TestTheNextRunRemovesWhatADeadOneLeft(t *testing.T) {
	parent := t.TempDir()
	theirs, kill := another(t, parent)
	var ended []string
	mine := func() *Folder {
		f, err := New(parent, "weft-x", func(dir string) { ended = append(ended, dir) })
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	a := mine()
	if _, err := os.Stat(theirs); err != nil || len(ended) != 0 {
		t.Fatalf("the folder of a process that lives: %v, ended %q", err, ended)
	}
	kill()
	b := mine()
	if _, err := os.Stat(theirs); !os.IsNotExist(err) || len(ended) != 1 || ended[0] != theirs {
		t.Errorf("the folder of a dead process: %v, ended %q", err, ended)
	}
	for _, f := range []*Folder{a, b} {
		if _, err := os.Stat(f.Path); err != nil {
			t.Errorf("a folder of this process: %v", err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(parent, "*")); err != nil || len(left) != 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}
