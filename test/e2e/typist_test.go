package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"weft/lab"
	"weft/lab/scenario"
	"weft/test/page"
	"weft/test/scratch"
)

// typist types what a page says into a shell, as a newcomer does who has the program's lab before him.
type typist struct {
	w      *program
	dir    string          // where he is: it has the project's examples, and takes what he writes
	folder *scratch.Folder // that is there
	path   string          // PATH
	begun  []string        // what he set in his shell
	watch  *watch          // what runs in his other terminal
	typed  int
}

// types types the commands of a page that its reader is to type, in a lab that is up.
func (w *program) types(ctx context.Context, file string) (string, error) {
	commands, err := page.Read(file)
	if err != nil {
		return "", err
	}
	y, err := newTypist(w)
	if err != nil {
		return "", err
	}
	defer y.folder.Close()
	for _, c := range commands {
		if !c.Typed || goesBefore.MatchString(c.Text) {
			continue
		}
		if err := y.typeOne(ctx, c); err != nil {
			if y.watch != nil {
				y.watch.stop()
			}
			return "", errors.Join(fmt.Errorf("%v\n%w", c, err), y.watched())
		}
	}
	err = y.watched()
	if err == nil && y.typed == 0 {
		err = fmt.Errorf("%s has nothing to type", file)
	}
	return fmt.Sprintf("%d commands", y.typed), err
}

// page types a page in a test.
func (w *program) page(t *testing.T, file string) {
	t.Helper()
	seen, err := w.types(t.Context(), file)
	if err != nil {
		t.Fatalf("%v\n%s", err, w.logs())
	}
	t.Logf("%s: %s", file, seen)
}

// goesBefore is what makes the program and its lab, and what removes them.
var goesBefore = regexp.MustCompile(`^(make|apt-get|export PATH=|weft lab (run|up|down))\b`)

// changes are commands that one does not type twice.
var changes = regexp.MustCompile(`\b(create|set|unset|add|remove|delete|del|move-gateway|kill|start|restart|apply|restore|migrate|activate|attach|detach|eval)\b`)

func newTypist(w *program) (*typist, error) {
	f, err := scratch.New("", "weft-typist", nil)
	if err != nil {
		return nil, err
	}
	dir := f.Path
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		return nil, err
	}
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = lab ]; then shift; set -- lab --root %s --name %s \"$@\"; fi\nexec %s \"$@\"\n", w.root, w.name, w.path)
	bin := filepath.Join(dir, "bin")
	err = errors.Join(os.Mkdir(bin, 0o755), os.WriteFile(filepath.Join(bin, "weft"), []byte(script), 0o755),
		os.Symlink(examples, filepath.Join(dir, "examples")))
	return &typist{w: w, dir: dir, folder: f, path: "PATH=" + bin + ":" + os.Getenv("PATH")}, err
}

func (y *typist) typeOne(ctx context.Context, c page.Command) error {
	y.typed++
	if strings.HasPrefix(c.Text, "eval ") || strings.HasPrefix(c.Text, "export ") {
		y.begun = append(y.begun, c.Text)
	}
	if strings.Contains(c.Text, "tcpdump ") {
		return y.watches(ctx, c)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var last error // what it said before its time was over
	for {
		err := y.once(ctx, c)
		if err == nil || changes.MatchString(c.Text) {
			return err
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return last
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (y *typist) shell(ctx context.Context, text string) *exec.Cmd {
	script := strings.Join(append(append([]string{"set -e -o pipefail"}, y.begun...), text), "\n")
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir, cmd.Env = y.dir, append(append(os.Environ(), y.w.env...), y.path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// once types a command, and judges how it ends and what it says.
func (y *typist) once(ctx context.Context, c page.Command) error {
	out, err := y.shell(ctx, c.Text).CombinedOutput()
	switch {
	case err == nil && c.Fails:
		return fmt.Errorf("it succeeds, and the page says that it fails:\n%s", out)
	case err != nil && !c.Fails:
		return fmt.Errorf("it fails: %w\n%s", err, out)
	}
	for _, part := range c.Says {
		if err := contains(string(out), part); err != nil {
			return err
		}
	}
	return nil
}

// watch is a capture in another terminal: it ends by itself, before the page says what to watch next.
type watch struct {
	command page.Command
	cmd     *exec.Cmd
	stop    context.CancelFunc
	ready   chan struct{} // it listens
	out     bytes.Buffer
}

// watches starts a capture, and returns once it listens.
func (y *typist) watches(ctx context.Context, c page.Command) error {
	if err := y.watched(); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	v := &watch{command: c, stop: stop, ready: make(chan struct{})}
	v.cmd = y.shell(ctx, c.Text)
	v.cmd.Stdout, v.cmd.Stderr = &v.out, &listens{said: v.ready}
	if err := v.cmd.Start(); err != nil {
		stop()
		return err
	}
	y.watch = v
	select {
	case <-v.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("it does not listen: %w", ctx.Err())
	}
}

// watched waits until the capture, if there is one, has seen what it is for.
func (y *typist) watched() error {
	v := y.watch
	if v == nil {
		return nil
	}
	y.watch = nil
	defer v.stop()
	if err := v.cmd.Wait(); err != nil {
		return fmt.Errorf("%v\nwhat was typed after it brought it no end: %w\n%s", v.command, err, v.out.String())
	}
	for _, part := range v.command.Says {
		if err := contains(v.out.String(), part); err != nil {
			return fmt.Errorf("%v\n%w", v.command, err)
		}
	}
	return nil
}

// listens closes said with the first words of a capture.
type listens struct{ said chan struct{} }

func (l *listens) Write(p []byte) (int, error) {
	if l.said != nil {
		close(l.said)
		l.said = nil
	}
	return len(p), nil
}

// proves runs an example with deaths in the middle, and types its page while the cloud is whole.
func (w *program) proves(t *testing.T, dir string) {
	t.Helper()
	x, err := scenario.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	x.Chaos = true
	x.Look = func(ctx context.Context) (string, error) { return w.types(ctx, filepath.Join(dir, "README.md")) }
	var out bytes.Buffer
	l, err := lab.New(lab.Config{Name: w.name, Root: w.root, Exe: w.path, Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	err = x.Run(t.Context(), l, &out)
	if err != nil || strings.Contains(out.String(), "FAIL") {
		t.Errorf("%s: %v\n%s\n%s", dir, err, out.String(), w.logs())
	}
	if err := l.DownRenewed(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}
