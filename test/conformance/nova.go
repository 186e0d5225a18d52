package main

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

//go:embed nova
var novaFiles embed.FS

// nova has an OpenStack Compute of Debian's packages run servers on the hypervisors of a lab of its own. It needs root. The
// Debian that it runs in is made once, and kept in /var/cache/weft.
func nova(ctx context.Context, o order) ([]result, error) {
	scripts, dir := filepath.Join(o.dir, "scripts"), filepath.Join(o.dir, "cloud")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := unpackAll(novaFiles, "nova", scripts); err != nil {
		return nil, err
	}
	results := filepath.Join(o.dir, "results")
	cmd := exec.CommandContext(ctx, filepath.Join(scripts, "run"), o.program, dir, results, cmp.Or(o.only, "."))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it removes its lab
	cmd.Stdout, cmd.Stderr, cmd.Dir = o.log, o.log, o.dir
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run the suite: %w", err)
	}
	return readResults(results)
}

// unpackAll writes a folder of this program's files, which may be run, into another.
func unpackAll(from fs.FS, folder, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	files, err := fs.ReadDir(from, folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := fs.ReadFile(from, folder+"/"+f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), text, 0o755); err != nil {
			return err
		}
	}
	return nil
}
