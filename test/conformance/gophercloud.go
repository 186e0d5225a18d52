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

const (
	gophercloudModule = "github.com/gophercloud/gophercloud/v2"
	gophercloudTests  = "/internal/acceptance/openstack/networking/v2"
)

// gophercloud runs the acceptance tests of the very gophercloud that go.mod names, in a copy: the module cache is for
// reading only.
func gophercloud(ctx context.Context, o order) ([]result, error) {
	tree := filepath.Join(o.dir, "gophercloud")
	if err := copyModule(ctx, gophercloudModule, tree); err != nil {
		return nil, err
	}
	args := []string{"test", "-json", "-count=1", "-p=1", "-parallel=1", "-timeout=60m", "-tags=acceptance"}
	if o.only != "" {
		args = append(args, "-run", o.only)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "."+gophercloudTests+"/...")...)
	cmd.Dir, cmd.Stderr = tree, o.log
	cmd.Env = append(os.Environ(), "OS_AUTH_URL="+o.cloud.keystone.URL, "OS_USERNAME=admin", "OS_PASSWORD="+passwordOf("admin"),
		"OS_PROJECT_NAME=admin", "OS_TENANT_NAME=admin", "OS_DOMAIN_ID=default", "OS_REGION_NAME=RegionOne", "OS_BRANCH=master",
		"OS_EXTGW_ID="+o.cloud.public, "OS_POOL_NAME=public", "OS_IMAGE_ID=none", "OS_FLAVOR_ID=none", "OS_FLAVOR_ID_RESIZE=none-either",
		"GOFLAGS=-mod=mod")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	results, err := readGoTest(out, o.log)
	var ended *exec.ExitError
	if wait := cmd.Wait(); wait != nil && (!errors.As(wait, &ended) || len(results) == 0) { // tests that fail are results
		return nil, fmt.Errorf("go test: %w", wait)
	}
	return results, err
}

// copyModule copies a module that go.mod requires.
func copyModule(ctx context.Context, module, to string) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return fmt.Errorf("find module %s: %w", module, err)
	}
	if err := os.CopyFS(to, os.DirFS(strings.TrimSpace(string(out)))); err != nil {
		return fmt.Errorf("copy module %s: %w", module, err)
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
func readGoTest(in io.Reader, log io.Writer) ([]result, error) {
	var results []result
	said := map[string]*strings.Builder{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("go test said %q: %w", lines.Text(), err)
		}
		id := goID(e)
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
func goID(e event) string {
	_, dir, _ := strings.Cut(e.Package, gophercloudTests)
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
