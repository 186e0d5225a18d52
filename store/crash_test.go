package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"weft/api"
)

// crashDir, in the environment, makes this test program the victim of TestEveryAnsweredUpdateSurvivesKill.
const crashDir = "WEFT_STORE_CRASH_DIR"

// createUntilKilled creates networks with a subnet each, from many goroutines, and prints the id of each that was
// answered.
func createUntilKilled(dir string) {
	s, err := Open(filepath.Join(dir, "state.db"), Options{})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	at := s.Snapshot().Revision()
	var out sync.Mutex
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", at, w, i)
				n := net(id)
				n.Description = strings.Repeat("x", 500)
				if _, err := s.Update(context.Background(), put(n, &api.Subnet{ID: api.SubnetID("s" + id), NetworkID: n.ID})); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(id) // a write to a pipe: it is with the parent, whatever happens to us
				out.Unlock()
			}
		}()
	}
	select {}
}

func TestEveryAnsweredUpdateSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	answered := map[string]bool{}
	for round := range 5 {
		runUntilKilled(t, dir, 50+100*round, answered)
		s, err := Open(filepath.Join(dir, "state.db"), Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkSurvivors(t, s.Snapshot(), answered)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(answered) < 100 {
		t.Errorf("only %d creates were answered", len(answered))
	}
}

// runUntilKilled starts the victim and kills it once it has answered some creates.
func runUntilKilled(t *testing.T, dir string, some int, answered map[string]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Fatal(lines.Text())
		}
		answered[lines.Text()] = true
		if n == some {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the victim ended by itself: %v", err)
	}
}

func checkSurvivors(t *testing.T, s *api.Snapshot, answered map[string]bool) {
	t.Helper()
	for id := range answered {
		if _, ok := s.Network(api.NetworkID(id)); !ok {
			t.Errorf("network %s was answered and is lost", id)
		}
	}
	networks, subnets := 0, 0
	for n := range s.Networks() {
		networks++
		if _, ok := s.Subnet(api.SubnetID("s" + string(n.ID))); !ok {
			t.Errorf("network %s is there without its subnet", n.ID)
		}
	}
	for range s.Subnets() {
		subnets++
	}
	if networks != subnets || api.Revision(networks) != s.Revision() {
		t.Errorf("%d networks and %d subnets at revision %d, want the same number of each", networks, subnets, s.Revision())
	}
}

func TestFullDiskRefusesUpdatesAndTheStoreGoesOnOnceThereIsRoom(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("mount a small tmpfs (this test needs root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "state.db")
	s := mustOpen(t, path, Options{})
	kept, err := fill(s)
	if !errors.Is(err, ErrNotWritten) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
		t.Fatalf("got %v, want ErrNotWritten for lack of space with the file's name", err)
	}
	if got := s.Snapshot().Revision(); got != kept {
		t.Errorf("revision %d is published, %d were answered", got, kept)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	snap := mustUpdate(t, s, put(net("after")))
	if snap.Revision() != kept+1 {
		t.Errorf("revision %d after the failure, want %d", snap.Revision(), kept+1)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, path, Options{}).Snapshot()
	if _, ok := again.Network("after"); !ok || again.Revision() != kept+1 || len(refs(again)) != int(kept)+1 {
		t.Errorf("reopened at revision %d with %d objects, want %d of each", again.Revision(), len(refs(again)), kept+1)
	}
}

func TestStoreStopsClearlyWhenItCannotTellWhatTheFileHolds(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "state.db"), Options{})
	if err := s.file.db.Close(); err != nil { // now writes fail, and so does looking what became of them
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Update(context.Background(), put(net("n"))); !errors.Is(err, ErrBroken) {
			t.Errorf("got %v, want ErrBroken", err)
		}
	}
	if _, ok := s.Snapshot().Network("n"); ok {
		t.Error("the refused network is published")
	}
}

// fill makes large objects, several at a time so that writes are shared, until one is refused.
func fill(s *Store) (kept api.Revision, err error) {
	for i := 0; ; i++ {
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for j := range errs {
			wg.Go(func() {
				n := net(fmt.Sprintf("%d-%d", i, j))
				n.Description = strings.Repeat("x", 10000)
				_, errs[j] = s.Update(context.Background(), put(n))
			})
		}
		wg.Wait()
		for _, e := range errs {
			if e == nil {
				kept++
			}
		}
		if err := errors.Join(errs...); err != nil {
			return kept, err
		}
	}
}
