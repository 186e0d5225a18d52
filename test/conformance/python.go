package main

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"weft/test/python"
)

//go:embed python/*.py
var scripts embed.FS

// pythonSuite is a suite of Python's unittest: modules, and packages of modules.
func pythonSuite(names ...string) func(context.Context, order) ([]result, error) {
	return func(ctx context.Context, o order) ([]result, error) {
		stop, err := warm(ctx, o.dir)
		if err != nil {
			return nil, err
		}
		defer stop()
		script, err := unpack(o.dir, "run.py")
		if err != nil {
			return nil, err
		}
		results := filepath.Join(o.dir, "results")
		args := append([]string{"-W", "ignore", script, results, cmp.Or(o.only, ".")}, names...)
		cmd := exec.CommandContext(ctx, python.Interpreter, args...)
		cmd.Stdout, cmd.Stderr, cmd.Dir = o.log, o.log, o.dir
		cmd.Env = o.cloud.environment("PATH="+o.dir+":"+os.Getenv("PATH"), "OS_NEUTRONCLIENT_EXEC_DIR="+o.dir,
			"OPENSTACKSDK_FUNC_TEST_TIMEOUT=60", "OS_TEST_TIMEOUT=600")
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("run the suite: %w", err)
		}
		return readResults(results)
	}
}

// besideCompute lists a compute service, at which nobody answers: "openstack extension list" asks it too, puts up with no
// answer, and gives up if the catalogue has none.
func besideCompute(run func(context.Context, order) ([]result, error)) func(context.Context, order) ([]result, error) {
	return func(ctx context.Context, o order) ([]result, error) {
		if err := o.cloud.keystone.Service(ctx, "compute", "http://127.0.0.1:1/v2.1"); err != nil {
			return nil, err
		}
		return run(ctx, o)
	}
}

// unpack writes one of this program's scripts into a folder.
func unpack(dir, name string) (string, error) {
	text, err := scripts.ReadFile("python/" + name)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, text, 0o600)
}

// warm puts openstack and neutron into a folder, which start faster than Debian's and are the same.
func warm(ctx context.Context, dir string) (stop func(), err error) {
	script, err := unpack(dir, "warm.py")
	if err != nil {
		return nil, err
	}
	p, err := python.Serve(ctx, script, dir)
	if err != nil {
		return nil, fmt.Errorf("the command lines: %w", err)
	}
	return p.Stop, nil
}

// readResults reads the file that run.py wrote.
func readResults(path string) ([]result, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var results []result
	for in := json.NewDecoder(bytes.NewReader(raw)); in.More(); {
		var r result
		if err := in.Decode(&r); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		results = append(results, r)
	}
	if len(results) == 0 {
		return nil, errors.New("the suite ran no test")
	}
	return results, nil
}
