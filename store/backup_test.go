package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
)

// blockingWriter holds a backup up in the middle until it is let go.
type blockingWriter struct {
	bytes.Buffer
	started chan struct{}
	resume  chan struct{}
	once    sync.Once
}

func (w *blockingWriter) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.started); <-w.resume })
	return w.Buffer.Write(b)
}

func TestBackupIsOneStateWhileUpdatesGoOn(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "state.db"), Options{})
	mustUpdate(t, s, put(net("before")))
	w := &blockingWriter{started: make(chan struct{}), resume: make(chan struct{})}
	done := make(chan error)
	go func() { done <- s.Backup(w) }()
	<-w.started
	for i := range 200 {
		mustUpdate(t, s, put(&api.Network{ID: api.NetworkID(fmt.Sprint(i)), Meta: api.Meta{Description: strings.Repeat("x", 20000)}}))
	}
	close(w.resume)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(copied, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := refs(mustOpen(t, copied, Options{}).Snapshot()); fmt.Sprint(got) != "[network/before]" {
		t.Errorf("backup holds %v, want network/before", got)
	}
}

func TestRestoreMakesTheStateWhatItWas(t *testing.T) {
	for name, s := range map[string]*Store{
		"in a file": mustOpen(t, filepath.Join(t.TempDir(), "state.db"), Options{}),
		"in memory": NewMemory(Options{}),
	} {
		t.Run(name, func(t *testing.T) {
			mustUpdate(t, s, put(net("kept")))
			mustUpdate(t, s, put(net("lost")))
			var backup bytes.Buffer
			if err := s.Backup(&backup); err != nil {
				t.Fatal(err)
			}
			mustUpdate(t, s, func(tx *api.Txn) error {
				tx.Delete(net("lost"))
				tx.Put(net("later"))
				return nil
			})
			before := s.Snapshot().Revision()
			change, err := s.Restore(&backup)
			if err != nil {
				t.Fatal(err)
			}
			mustUpdate(t, s, change)
			if got := refs(s.Snapshot()); fmt.Sprint(got) != "[network/kept network/lost]" {
				t.Errorf("state %v, want what it was", got)
			}
			if rev := s.Snapshot().Revision(); rev != before+1 {
				t.Errorf("revision %d, want the one after %d", rev, before)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestARestoreLeavesHostsTheirCertificates(t *testing.T) {
	s := NewMemory(Options{})
	t.Cleanup(func() { _ = s.Close() })
	hosts := func(certs ...string) func(*api.Txn) error {
		return func(tx *api.Txn) error {
			for i, cert := range certs {
				tx.Put(&api.Host{ID: api.HostID(fmt.Sprint("h", i)), CertHash: cert, OldCertHash: "before " + cert})
			}
			return nil
		}
	}
	mustUpdate(t, s, hosts("first", "first", "first"))
	var backup bytes.Buffer
	if err := s.Backup(&backup); err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, s, hosts("first", "renewed"))
	mustUpdate(t, s, func(tx *api.Txn) error { tx.Delete(&api.Host{ID: "h2"}); return nil })
	change, err := s.Restore(&backup)
	if err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, s, change)
	got := map[api.HostID]string{}
	for h := range s.Snapshot().Hosts() {
		got[h.ID] = h.CertHash + ", " + h.OldCertHash
	}
	want := map[api.HostID]string{"h0": "first, before first", "h1": "renewed, before renewed", "h2": "first, before first"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoBackupIsRefusedAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, filepath.Join(dir, "state.db"), Options{})
	var good bytes.Buffer
	if err := s.Backup(&good); err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(good.Bytes())
	for i := range damaged[4096:] {
		damaged[4096+i] ^= 0x5a
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "text": []byte(strings.Repeat("no ", 9000)), "half": good.Bytes()[:good.Len()/2], "damaged": damaged,
	} {
		if _, err := s.Restore(bytes.NewReader(b)); !errors.Is(err, ErrNoBackup) {
			t.Errorf("%s: %v, want %v", name, err, ErrNoBackup)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}
