package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goRun is a run of Go tests in a copy of a module: the module cache is for reading only.
type goRun struct {
	tree   string // the copy
	folder string // in it, from whose path tests have their names
	all    string // "/..." for the folders below too
	args   []string
	env    []string
}

func (r goRun) do(ctx context.Context, log io.Writer) ([]result, error) {
	args := append([]string{"test", "-json", "-count=1", "-parallel=1", "-timeout=6h"}, r.args...)
	cmd := exec.CommandContext(ctx, "go", append(args, "."+r.folder+r.all)...)
	cmd.Dir, cmd.Stderr = r.tree, log
	cmd.Env = append(append(os.Environ(), "GOFLAGS=-mod=mod"), r.env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	results, err := readGoTest(out, r.folder, log)
	var ended *exec.ExitError
	if wait := cmd.Wait(); wait != nil && (!errors.As(wait, &ended) || len(results) == 0) { // tests that fail are results
		return nil, fmt.Errorf("go test: %w", wait)
	}
	return results, err
}

// required gives the folder of a module that go.mod requires.
func required(ctx context.Context, module string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("find module %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// downloaded gives the folder of a module, as "path@version", that nothing of weft requires.
func downloaded(ctx context.Context, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir() // in no module
	out, err := cmd.Output()
	var got struct{ Dir, Error string }
	if bad := json.Unmarshal(out, &got); err == nil {
		err = bad
	}
	if err != nil {
		return "", fmt.Errorf("download module %s: %w: %s", module, err, got.Error)
	}
	return got.Dir, nil
}

// copyModule copies a module out of the cache.
func copyModule(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	// The copy is as unwritable as the cache, and go writes the sums of what only the tests need.
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := os.Chmod(filepath.Join(to, name), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// event is a line of "go test -json".
type event struct{ Action, Package, Test, Output string }

// readGoTest gives what each test came to; parts of a test count as the test.
func readGoTest(in io.Reader, folder string, log io.Writer) ([]result, error) {
	var results []result
	said := map[string]*strings.Builder{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("go test said %q: %w", lines.Text(), err)
		}
		id := goID(e, folder)
		if said[id] == nil {
			said[id] = &strings.Builder{}
		}
		said[id].WriteString(e.Output)
		fmt.Fprint(log, e.Output)
		how := outcome(e.Action)
		ended := how == passed || how == failed || how == skipped
		whole := e.Test != "" && !strings.Contains(e.Test, "/") || e.Test == "" && how == failed && !anyOf(results, id)
		if ended && whole {
			results = append(results, result{id, how, said[id].String()})
		}
	}
	return results, lines.Err()
}

// goID names a test by its package, from the folder of the suite, and its function.
func goID(e event, folder string) string {
	_, dir, _ := strings.Cut(e.Package, folder)
	name, _, _ := strings.Cut(e.Test, "/")
	return strings.TrimPrefix(dir+"."+name, "/")
}

// anyOf says if a test of a package failed, so that the package did because of it.
func anyOf(results []result, pkg string) bool {
	for _, r := range results {
		if r.Outcome == failed && strings.HasPrefix(r.ID, pkg) {
			return true
		}
	}
	return false
}
