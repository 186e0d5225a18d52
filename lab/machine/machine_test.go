package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test program be the init of the machines that tests make: init NAME DIR.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "init" {
		fmt.Fprintln(os.Stderr, Init(context.Background(), os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func spec(t *testing.T) Spec {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("namespaces need root")
	}
	dir, err := os.MkdirTemp("/tmp", "weft-machine") // short: a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Spec{Name: "m1", Dir: dir, Argv: []string{exe, "init", "m1", dir}}
}

func started(t *testing.T, s Spec) Process {
	t.Helper()
	p, err := Start(t.Context(), s, func(Process) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// eventually polls until ok, for things that happen in another process.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func TestMachineIsAWorldOfItsOwn(t *testing.T) {
	s := spec(t)
	p := started(t, s)
	out, err := Run(t.Context(), p, "", "sh", "-c", "hostname; ls /sys/class/net; ip netns add n1 && ip netns list; echo $$")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(out)
	if len(got) < 4 || got[0] != "m1" || got[1] != "lo" || got[2] != "n1" {
		t.Errorf("inside: got %q, want host name m1, device lo, namespace n1", got)
	}
	if out, err := Run(t.Context(), p, "", "getent", "hosts", "m1"); err != nil || !strings.HasPrefix(out, "127.0.1.1") {
		t.Errorf("the machine finds its own name at %q, %v", out, err)
	}
	if _, err := os.Stat("/run/netns/n1"); err == nil {
		t.Error("a namespace of the machine shows on the real one")
	}
	if out, err := Run(t.Context(), p, "n1", "ls", "/sys/class/net"); err != nil || strings.TrimSpace(out) != "lo" {
		t.Errorf("in its namespace: got %q, %v, want lo", out, err)
	}
}

func TestServicesAreKeptAndTheirEndIsKnown(t *testing.T) {
	s := spec(t)
	p := started(t, s)
	c := Client{Dir: s.Dir}
	log := filepath.Join(s.Dir, "log", "x.log")
	sleep := Command{Name: "sleeper", Argv: []string{"/bin/sh", "-c", "echo begun; exec sleep 1000"}, Log: log}
	for range 2 { // the second time it runs already
		if err := c.Run(t.Context(), sleep); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Run(t.Context(), Command{Name: "brief", Argv: []string{"/bin/sh", "-c", "exit 7"}, Log: log}); err != nil {
		t.Fatal(err)
	}
	service := func(name string) Service {
		all, err := c.Services(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if s.Name == name {
				return s
			}
		}
		return Service{}
	}
	eventually(t, "the exit of brief is known", func() bool { return service("brief").Exit == "exit status 7" })
	inside, err := Inside(p)
	if err != nil {
		t.Fatal(err)
	}
	outer := inside[service("sleeper").PID]
	sleeper, err := Find(outer)
	if err != nil || !sleeper.Alive() {
		t.Fatalf("the service has no process outside: %v", err)
	}
	eventually(t, "it has begun", func() bool { raw, _ := os.ReadFile(log); return string(raw) == "begun\n" })
	if err := c.Stop(t.Context(), "sleeper", unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if s := service("sleeper"); s.Running || s.Exit != "killed by SIGKILL" {
		t.Errorf("after its end: %+v", s)
	}
	if sleeper.Alive() {
		t.Error("the process still lives")
	}
	if raw, _ := os.ReadFile(log); string(raw) != "begun\n" {
		t.Errorf("log has %q, want one start", raw)
	}
}

func TestEndOfInitIsEndOfAll(t *testing.T) {
	s := spec(t)
	p := started(t, s)
	c := Client{Dir: s.Dir}
	err := c.Run(t.Context(), Command{
		Name: "stubborn", Log: filepath.Join(s.Dir, "log", "x.log"),
		Argv: []string{"/bin/sh", "-c", "trap '' TERM INT HUP; setsid sleep 1000 & while :; do sleep 1; done"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var inside map[int]int
	eventually(t, "init, shell and its children run", func() bool {
		inside, _ = Inside(p)
		return len(inside) >= 4
	})
	if err := p.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, outer := range inside {
		if q, err := Find(outer); err == nil && q.Alive() {
			t.Errorf("process %d is left", outer)
		}
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Errorf("kill what is gone: %v", err)
	}
}

func TestMachineThatCannotBeRecordedDoesNotStay(t *testing.T) {
	s := spec(t)
	var seen Process
	refuse := errors.New("disk full")
	_, err := Start(t.Context(), s, func(p Process) error { seen = p; return refuse })
	if !errors.Is(err, refuse) {
		t.Errorf("got %v, want %v", err, refuse)
	}
	if seen.Alive() {
		t.Error("the machine runs, and nobody knows of it")
	}
}

func TestAnotherProcessWithTheNumberIsNotKilled(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	now, err := Find(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	earlier := Process{PID: now.PID, Started: now.Started - 1}
	if err := earlier.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if earlier.Alive() || !now.Alive() {
		t.Errorf("earlier alive: %t, now alive: %t; want false, true", earlier.Alive(), now.Alive())
	}
}

func TestRunSaysHowACommandFailed(t *testing.T) {
	p := started(t, spec(t))
	var exit *ExitError
	_, err := Run(t.Context(), p, "", "sh", "-c", "echo why >&2; exit 9")
	if !errors.As(err, &exit) || exit.Code != 9 || !strings.Contains(err.Error(), "why") {
		t.Errorf("got %v, want exit status 9 and the reason", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := Run(ctx, p, "", "sleep", "1000"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	eventually(t, "the command that took too long is gone", func() bool {
		out, err := Run(t.Context(), p, "", "pgrep", "-c", "sleep")
		return err != nil && strings.TrimSpace(out) == "0"
	})
}
