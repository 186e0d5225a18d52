package clients

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	run "weft/test/serve"
)

// binary is the weft program, built once by TestMain.
var binary string

func TestMain(m *testing.M) { os.Exit(all(m)) }

func all(m *testing.M) int {
	dir, err := os.MkdirTemp("", "weft-clients")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if binary, err = run.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// controller is a running "weft controller".
type controller struct{ url, token string }

// serve starts a controller and stops it when the test ends.
func serve(t testing.TB, flags ...string) controller {
	t.Helper()
	c, err := run.Start(binary, t.TempDir(), io.Discard, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return controller{c.URL, c.Token}
}

// need gets Debian's command lines if they are missing, which takes root.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Geteuid() != 0 {
			t.Skipf("%s is missing and only root can install it: run 'sudo scripts/deps clients'", p)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "../../scripts/deps", "clients").CombinedOutput(); err != nil {
			t.Fatalf("install the command lines: %v\n%s", err, out)
		}
	}
}
