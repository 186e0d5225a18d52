package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"weft/api"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		createUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

func mustOpen(t *testing.T, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func put(os ...api.Object) func(*api.Txn) error {
	return func(tx *api.Txn) error {
		for _, o := range os {
			tx.Put(o)
		}
		return nil
	}
}

func mustUpdate(t *testing.T, s *Store, fn func(*api.Txn) error) *api.Snapshot {
	t.Helper()
	snap, err := s.Update(context.Background(), fn)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func net(id string) *api.Network { return &api.Network{ID: api.NetworkID(id), Type: api.NetworkVXLAN} }

func TestUpdateIsThereAfterReopenAndBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := mustOpen(t, path, Options{})
	snap := mustUpdate(t, s, put(net("n1"), net("n2")))
	if _, ok := snap.Network("n1"); !ok || snap.Revision() != 1 || s.Snapshot() != snap {
		t.Fatalf("revision %d, published %d: want both 1 with n1", snap.Revision(), s.Snapshot().Revision())
	}
	mustUpdate(t, s, func(tx *api.Txn) error { tx.Delete(net("n1")); return nil })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, path, Options{}).Snapshot()
	if _, ok := again.Network("n1"); ok || again.Revision() != 2 {
		t.Errorf("n1 is there: %t, revision %d, want neither and 2", ok, again.Revision())
	}
	if _, ok := again.Network("n2"); !ok {
		t.Error("n2 is lost")
	}
}

func TestUpdateThatFailsOrPanicsLeavesNothing(t *testing.T) {
	boom := errors.New("boom")
	settle := func(tx *api.Txn) error {
		if _, ok := tx.Network("refused"); ok {
			return boom
		}
		if _, ok := tx.Network("fatal"); ok {
			panic("settle is broken")
		}
		return nil
	}
	path := filepath.Join(t.TempDir(), "state.db")
	s := mustOpen(t, path, Options{Settle: settle})
	mustUpdate(t, s, put(net("n1")))
	for name, fn := range map[string]func(*api.Txn) error{
		"error":           func(tx *api.Txn) error { tx.Put(net("x")); return boom },
		"panic":           func(tx *api.Txn) error { tx.Put(net("x")); panic("fn is broken") },
		"error-in-settle": put(net("refused")),
		"panic-in-settle": put(net("fatal")),
	} {
		if _, err := s.Update(context.Background(), fn); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	mustUpdate(t, s, put(net("n2")))
	want := []string{"network/n1", "network/n2"}
	if got := refs(s.Snapshot()); fmt.Sprint(got) != fmt.Sprint(want) || s.Snapshot().Revision() != 2 {
		t.Errorf("state %v at revision %d, want %v at 2", got, s.Snapshot().Revision(), want)
	}
}

func refs(s *api.Snapshot) (out []string) {
	for _, k := range api.Kinds {
		for o := range s.All(k) {
			out = append(out, o.Ref().String())
		}
	}
	return out
}

func TestUpdateThatChangesNothingUsesNoRevisionAndWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := mustOpen(t, path, Options{})
	mustUpdate(t, s, put(net("n1")))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, fn := range map[string]func(*api.Txn) error{
		"nothing":          put(),
		"put-back-equal":   put(net("n1")),
		"made-and-deleted": func(tx *api.Txn) error { tx.Put(net("x")); tx.Delete(net("x")); return nil },
	} {
		if snap := mustUpdate(t, s, fn); snap.Revision() != 1 {
			t.Errorf("%s: revision %d, want 1", name, snap.Revision())
		}
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("the file was written to")
	}
}

func TestConcurrentUpdatesAllHoldAndSeeEachOther(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "state.db"), Options{})
	const workers, each = 20, 10
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("n%d-%d", w, i)
				snap, err := s.Update(context.Background(), put(net(id)))
				if err != nil {
					t.Error(err)
				} else if _, ok := s.Snapshot().Network(api.NetworkID(id)); !ok || s.Snapshot().Revision() < snap.Revision() {
					t.Errorf("%s is not published after its Update returned", id)
				}
			}
		})
	}
	wg.Wait()
	if got := s.Snapshot().Revision(); got != workers*each {
		t.Errorf("revision %d, want %d", got, workers*each)
	}
}

// TestUpdatesShareAnFsync holds the disk up, so that the Updates which arrive meanwhile must go into one write.
func TestUpdatesShareAnFsync(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "state.db"), Options{})
	hold, err := s.file.db.Begin(true) // bbolt has one writer: the flusher waits for this one
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	const n = 50
	for i := range n {
		wg.Go(func() {
			if _, err := s.Update(context.Background(), put(net(fmt.Sprint(i)))); err != nil {
				t.Error(err)
			}
		})
	}
	for queued := 0; queued < n-1; { // the flusher may have taken some already
		<-s.writer
		queued = int(s.tip.Revision())
		s.writer <- struct{}{}
	}
	if got := s.Snapshot().Revision(); got != 0 {
		t.Errorf("revision %d is published before it is on disk", got)
	}
	id := hold.ID()
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	check, err := s.file.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = check.Rollback() }()
	if writes := check.ID() - id; writes > 3 {
		t.Errorf("%d Updates took %d writes, want at most 3", n, writes)
	}
}

func TestUpdateGivesUpWaitingForItsTurnWhenItsContextEnds(t *testing.T) {
	s := NewMemory(Options{})
	defer s.Close()
	<-s.writer
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Update(ctx, put(net("n"))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	s.writer <- struct{}{}
	if _, err := s.Update(ctx, put(net("n"))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestCloseRefusesWhatComesAfterAndMayBeCalledTwice(t *testing.T) {
	s := NewMemory(Options{})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Update(context.Background(), put(net("n"))); !errors.Is(err, ErrClosed) {
		t.Errorf("Update: got %v, want ErrClosed", err)
	}
	if _, err := s.Wait(context.Background(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("Wait: got %v, want ErrClosed", err)
	}
}

func TestOpenSaysWhatIsWrongWithTheFile(t *testing.T) {
	valid := filepath.Join(t.TempDir(), "valid.db")
	s := mustOpen(t, valid, Options{})
	for i := range 2000 {
		mustUpdateAsync(t, s, net(fmt.Sprintf("network-%d", i)))
	}
	mustUpdate(t, s, put(net("last")))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(valid)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, want string
		spoil      func([]byte) []byte
	}{
		{"not-a-database", "damaged", func([]byte) []byte { return bytes.Repeat([]byte("no "), 10000) }},
		{"few-bytes", "damaged", func([]byte) []byte { return []byte("x") }},
		{"cut-in-half", "damaged", func(b []byte) []byte { return b[:len(b)/2] }},
		{"cut-to-the-headers", "damaged", func(b []byte) []byte { return b[:8192] }},
		{"zeroes-after-the-headers", "damaged", func(b []byte) []byte { clear(b[8192:]); return b }},
		{"spoilt-value", "damaged", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"mtu"`), []byte(`{mtu"`)) }},
		{"spoilt-key", "damaged", func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`"id":"network-7`), []byte(`"id":"notwork-7`))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			if err := os.WriteFile(path, c.spoil(bytes.Clone(whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(path, Options{})
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %q, want it to name the file and say %q", err, c.want)
			}
		})
	}
}

func mustUpdateAsync(t *testing.T, s *Store, o api.Object) {
	t.Helper()
	<-s.writer
	p, err := s.compute(context.Background(), put(o))
	s.writer <- struct{}{}
	if err != nil {
		t.Fatal(err)
	}
	_ = p // the last Update waits for all
}

func TestOpenRefusesAFileThatIsOpenElsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	mustOpen(t, path, Options{})
	if _, err := Open(path, Options{LockTimeout: 100 * time.Millisecond}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got %v, want it to say that another process has the file", err)
	}
}

func TestOpenRefusesANewerSchemaAndLeavesTheFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := open(path, Options{}, schema{version: 7})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "newer weft (schema 7") {
		t.Errorf("got %v, want it to say that the file is newer", err)
	}
	if s, err = open(path, Options{}, schema{version: 7}); err != nil {
		t.Fatalf("the file was changed: %v", err)
	}
	s.Close()
}

func TestOpenMigratesAnOlderFileStepByStepOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := open(path, Options{}, schema{version: 1})
	if err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, s, put(net("n1")))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rename := func(from, to string) func(*bolt.Tx) error {
		return func(b *bolt.Tx) error {
			bucket := b.Bucket([]byte(api.KindNetwork))
			v := bytes.ReplaceAll(bytes.Clone(bucket.Get([]byte(from))), []byte(from), []byte(to))
			return errors.Join(bucket.Delete([]byte(from)), bucket.Put([]byte(to), v))
		}
	}
	broken := schema{version: 3, migrations: map[uint64]func(*bolt.Tx) error{
		1: rename("n1", "n2"), 2: func(*bolt.Tx) error { return errors.New("cannot") },
	}}
	if _, err := open(path, Options{}, broken); err == nil || !strings.Contains(err.Error(), "migrate from schema 2 to 3: cannot") {
		t.Errorf("got %v, want the failed step named", err)
	}
	good := schema{version: 3, migrations: map[uint64]func(*bolt.Tx) error{1: rename("n1", "n2"), 2: rename("n2", "n3")}}
	if s, err = open(path, Options{}, good); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := refs(s.Snapshot()); fmt.Sprint(got) != "[network/n3]" {
		t.Errorf("state %v, want network/n3", got)
	}
}
