package e2e

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"weft/client"
	"weft/lab"
	"weft/test/scratch"
)

// program is the weft binary, and the folder and name of a lab for one test.
type program struct {
	t          *testing.T
	path       string
	root, name string
	env        []string // what they find in their environment beside what is there
}

// binary builds weft once for all tests, and ends the labs of runs that were killed. TestMain removes the folder.
var binary = sync.OnceValues(func() (string, error) {
	f, err := scratch.New("", "weft-e2e", endLabs)
	if err != nil {
		return "", err
	}
	dir, path := f.Path, filepath.Join(f.Path, "weft")
	if out, err := exec.Command("go", "build", "-o", path, "weft/cmd/weft").CombinedOutput(); err != nil {
		return path, fmt.Errorf("build weft: %w\n%s", err, out)
	}
	return path, os.Chmod(dir, 0o755) //nolint:gosec // nobody must find the program
})

// most labs can be up at a time before they lack processors, memory or networks for their management.
const most = 4

func TestMain(m *testing.M) {
	flag.Parse()
	if n, err := strconv.Atoi(flag.Lookup("test.parallel").Value.String()); err != nil || n > most {
		_ = flag.Set("test.parallel", strconv.Itoa(most))
	}
	code := m.Run()
	if path, _ := binary(); path != "" {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// build gives a test the program and the name of a lab, and removes what the test leaves of the lab. The test runs beside
// others, each with a lab of its own.
func build(t *testing.T, name string) *program {
	t.Helper()
	if err := lab.Ready(); err != nil {
		t.Skipf("no lab is possible here: %v", err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	f, err := scratch.New("", "weft-e2e", endLabs)
	if err != nil {
		t.Fatal(err)
	}
	w := &program{t: t, path: path, root: filepath.Join(f.Path, "labs"), name: name}
	t.Cleanup(func() {
		w.run("lab", "down")
		_ = f.Close() // what a lab that did not end holds is for the next run
	})
	return w
}

// endLabs ends the labs in a folder that a dead run left.
func endLabs(dir string) {
	labs, _ := filepath.Glob(filepath.Join(dir, "labs", "*", "state.json")) // the pattern is right
	for _, state := range labs {
		folder := filepath.Dir(state)
		l, err := lab.New(lab.Config{Name: filepath.Base(folder), Root: filepath.Dir(folder), Out: io.Discard})
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		_ = l.Down(ctx) // what resists shows when a lab of that name is made
		cancel()
	}
}

// commandTimeout is for a whole example on a machine that does other things too.
const commandTimeout = 15 * time.Minute

func (w *program) command(ctx context.Context, args ...string) *exec.Cmd {
	if args[0] == "lab" {
		args = append([]string{"lab", "--root", w.root, "--name", w.name}, args[1:]...)
	}
	cmd := exec.CommandContext(ctx, w.path, args...)
	cmd.Env = append(os.Environ(), w.env...)
	return cmd
}

// run runs weft, and gives what it printed and its exit status.
func (w *program) run(args ...string) (string, int) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	var out bytes.Buffer
	cmd := w.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return out.String(), exit.ExitCode()
	case err != nil:
		return out.String() + err.Error(), -1
	}
	return out.String(), 0
}

// must runs weft, which must succeed.
func (w *program) must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := w.run(args...)
	if code != 0 {
		t.Fatalf("weft %s: exit status %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func (w *program) open(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Open(lab.Config{Name: w.name, Root: w.root, Exe: w.path})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (w *program) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := w.open(t).Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// ping wants every one of three requests answered within five seconds.
func (w *program) ping(t *testing.T, from, to string) {
	t.Helper()
	for range 3 {
		if out, code := w.run("lab", "exec", from, "--", "ping", "-n", "-c1", "-W5", to); code != 0 {
			t.Errorf("%s does not reach %s (exit status %d):\n%s", from, to, code, out)
			return
		}
	}
}

// paths are one of every kind in the example's cloud.
var paths = [...][2]string{
	{"vm1", "192.168.10.4"}, {"vm3", "192.168.10.222"}, {"vm1", "10.10.10.4"}, {"vm5", "192.168.10.222"},
	{"vm4", "192.168.10.223"}, {"outside", "2.2.2.100"}, {"vm1", "10.0.44.64"},
}

// works pings along every kind of path of the example's cloud.
func (w *program) works(t *testing.T) {
	t.Helper()
	for _, p := range paths {
		w.ping(t, p[0], p[1])
	}
}

// recovers says which path of the example's cloud does not work yet.
func (w *program) recovers() error {
	for _, p := range paths {
		if out, code := w.run("lab", "exec", p[0], "--", "ping", "-n", "-c1", "-W1", p[1]); code != 0 {
			return fmt.Errorf("%s does not reach %s: %s", p[0], p[1], out)
		}
	}
	return nil
}

// nothingLeft wants no trace of the lab on the machine.
func (w *program) nothingLeft(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(w.root); !os.IsNotExist(err) {
		t.Errorf("folder %s is left (%v)", w.root, err)
	}
	if _, err := os.Stat("/sys/class/net/weft-" + w.name); err == nil {
		t.Errorf("device weft-%s is left", w.name)
	}
	for _, f := range glob(t, "/proc/[0-9]*/cmdline") {
		raw, err := os.ReadFile(f)
		if err == nil && bytes.Contains(raw, []byte(w.root+"/")) {
			t.Errorf("process %s is left: %q", filepath.Dir(f), raw)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(mounts, []byte(w.root)) {
		t.Errorf("a mount under %s is left", w.root)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return files
}
