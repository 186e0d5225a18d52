package lab

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"weft/lab/machine"
)

// TestMain lets the test program be the init of the machines that tests make: weft lab machine --machine N --dir D.
func TestMain(m *testing.M) {
	if len(os.Args) == 7 && os.Args[1] == "lab" && os.Args[2] == "machine" {
		if err := machine.Init(context.Background(), os.Args[4], os.Args[6]); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// testLab describes a lab in a folder of its own, which goes with the test.
func testLab(t *testing.T, topology Topology) *Lab {
	t.Helper()
	if err := Ready(); err != nil {
		t.Skipf("no lab is possible here: %v", err)
	}
	root, err := os.MkdirTemp("/tmp", "weft-lab-test") // short: a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d", os.Getpid()%1e6)
	l, err := New(Config{Name: name, Root: root, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), downTimeout)
		defer cancel()
		if err := l.Down(ctx); err != nil {
			t.Errorf("take the lab down: %v", err)
		}
		_ = os.RemoveAll(root)
	})
	unlock, err := l.lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	_, release, err := l.begin(&topology)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return l
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
