package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"weft/api"
)

func TestWaitGivesEveryCommitOnceInOrder(t *testing.T) {
	s := NewMemory(Options{})
	defer s.Close()
	const n = 300
	done := make(chan error, 1)
	go func() {
		for i := range n {
			if _, err := s.Update(context.Background(), put(net(fmt.Sprint(i)))); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	var at api.Revision
	for at < n {
		cs, err := s.Wait(context.Background(), at)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cs {
			if c.Old.Revision() != at || c.New.Revision() != at+1 || len(c.Changes) != 1 ||
				c.Changes[0].Ref().ID != fmt.Sprint(at) {
				t.Fatalf("commit %d → %d of %v after revision %d", c.Old.Revision(), c.New.Revision(), c.Changes, at)
			}
			at++
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestWaitSaysWhenItCannotLookBackThatFar(t *testing.T) {
	s := NewMemory(Options{History: 4})
	defer s.Close()
	for i := range 10 {
		mustUpdate(t, s, put(net(fmt.Sprint(i))))
	}
	if _, err := s.Wait(context.Background(), 5); !errors.Is(err, ErrTooOld) {
		t.Errorf("after 5: got %v, want ErrTooOld", err)
	}
	if cs, err := s.Wait(context.Background(), 6); err != nil || len(cs) != 4 || cs[0].New.Revision() != 7 {
		t.Errorf("after 6: got %d commits, %v, want 4 from revision 7", len(cs), err)
	}
}

func TestLargeCommitsAreForgottenSooner(t *testing.T) {
	s := NewMemory(Options{})
	defer s.Close()
	const large, commits = 1000, 40
	for i := range commits {
		mustUpdate(t, s, func(tx *api.Txn) error {
			for j := range large {
				tx.Put(net(fmt.Sprint(i, "-", j)))
			}
			return nil
		})
	}
	if _, err := s.Wait(context.Background(), 0); !errors.Is(err, ErrTooOld) {
		t.Errorf("after 0: got %v, want ErrTooOld", err)
	}
	if cs, err := s.Wait(context.Background(), commits-leastKept); err != nil || len(cs) != leastKept {
		t.Errorf("got %d commits, %v, want the last %d", len(cs), err, leastKept)
	}
	for i := range commits {
		mustUpdate(t, s, put(net(fmt.Sprint("small", i))))
	}
	if cs, err := s.Wait(context.Background(), commits-1); err != nil || len(cs) != commits+1 {
		t.Errorf("got %d commits, %v, want all small ones and a large one before them", len(cs), err)
	}
}

func TestCommitsThatWereTakenAreForgottenButForAFew(t *testing.T) {
	s := NewMemory(Options{})
	defer s.Close()
	const commits = 40
	for i := range commits {
		mustUpdate(t, s, put(net(fmt.Sprint(i))))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, taken := range []api.Revision{0, 30, commits} {
		cs, err := s.Wait(ctx, taken)
		if want := int(commits - taken); len(cs) != want || (err == nil) != (want > 0) {
			t.Errorf("after %d: got %d commits, %v, want %d", taken, len(cs), err, want)
		}
	}
	if cs, err := s.Wait(ctx, commits-leastKept); err != nil || len(cs) != leastKept {
		t.Errorf("got %d commits, %v, want the last %d", len(cs), err, leastKept)
	}
	if _, err := s.Wait(ctx, commits-leastKept-1); !errors.Is(err, ErrTooOld) {
		t.Errorf("got %v, want ErrTooOld", err)
	}
}

func TestWaitAfterReopenStartsAtWhatTheFileHolds(t *testing.T) {
	path := t.TempDir() + "/state.db"
	s := mustOpen(t, path, Options{})
	mustUpdate(t, s, put(net("n1")))
	mustUpdate(t, s, put(net("n2")))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, path, Options{})
	if _, err := s.Wait(context.Background(), 1); !errors.Is(err, ErrTooOld) {
		t.Errorf("got %v, want ErrTooOld", err)
	}
	mustUpdate(t, s, put(net("n3")))
	if cs, err := s.Wait(context.Background(), 2); err != nil || len(cs) != 1 {
		t.Errorf("got %v, %v, want the third commit", cs, err)
	}
}

func TestWaitEndsWithItsContextAndWithTheStore(t *testing.T) {
	s := NewMemory(Options{})
	ctx, cancel := context.WithCancelCause(context.Background())
	errs := make(chan error)
	go func() { _, err := s.Wait(ctx, 0); errs <- err }()
	enough := errors.New("enough")
	cancel(enough)
	if err := <-errs; !errors.Is(err, enough) {
		t.Errorf("got %v, want the context's cause", err)
	}
	go func() { _, err := s.Wait(context.Background(), 0); errs <- err }()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-errs; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
