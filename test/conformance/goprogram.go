package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// goProgram is the program of a package's tests, for those that run in several parts.
type goProgram struct {
	goRun
	path string
}

// build makes the program.
func (r goRun) build(ctx context.Context, log io.Writer) (goProgram, error) {
	p := goProgram{r, filepath.Join(r.tree, "tests")}
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", p.path, "."+r.folder)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = r.tree, log, log, append(r.env, "GOFLAGS=-mod=mod")
	if err := cmd.Run(); err != nil {
		return p, fmt.Errorf("build the tests of %s: %w", r.folder, err)
	}
	return p, nil
}

// tests are the names of those that match an expression, and not another.
func (p goProgram) tests(ctx context.Context, which string, without *regexp.Regexp) ([]string, error) {
	cmd := exec.CommandContext(ctx, p.path, "-test.list", which)
	cmd.Dir, cmd.Env = p.tree+p.folder, p.env
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the tests of %s: %w", p.folder, err)
	}
	var names []string
	for name := range strings.Lines(string(out)) {
		if name = strings.TrimSpace(name); strings.HasPrefix(name, "Test") && !without.MatchString(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// do runs some of the tests, with more in their environment.
func (p goProgram) do(ctx context.Context, tests, env []string, log io.Writer) ([]result, error) {
	if len(tests) == 0 {
		return nil, nil
	}
	only := "^(" + strings.Join(tests, "|") + ")$"
	cmd := exec.CommandContext(ctx, "go", "tool", "test2json", "-p", p.folder, p.path, "-test.v=test2json", "-test.timeout=6h", "-test.run", only)
	cmd.Dir, cmd.Stderr = p.tree+p.folder, log
	cmd.Env = append(append([]string{}, p.env...), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	results, err := readGoTest(out, p.folder, log)
	var ended *exec.ExitError
	if wait := cmd.Wait(); wait != nil && (!errors.As(wait, &ended) || len(results) == 0) { // tests that fail are results
		return nil, fmt.Errorf("run the tests of %s: %w", p.folder, wait)
	}
	return results, err
}
