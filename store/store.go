package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"weft/api"
)

// Errors that callers tell apart.
var (
	ErrClosed = errors.New("store is closed")
	// ErrTooOld: Wait was asked for commits that are no longer kept. Resynchronise from Snapshot.
	ErrTooOld = errors.New("commits that old are no longer kept")
	// ErrNotWritten: the disk refused the change. Nothing of it remains; try again once the cause is removed.
	ErrNotWritten = errors.New("state could not be written")
	// ErrBroken: a write ended in doubt, so what the file holds is unknown. Only opening it anew can tell.
	ErrBroken = errors.New("state file is in doubt after a failed write; restart the controller")
)

// Defaults of Options.
const (
	DefaultHistory     = 4096
	DefaultLockTimeout = 2 * time.Second
)

// Options adjust a store. The zero value is useful.
type Options struct {
	// Settle runs at the end of every changing transaction, after the caller's function.
	Settle func(*api.Txn) error
	// History is how many commits Wait can look back at most; 0 means DefaultHistory.
	History int
	// LockTimeout is how long Open waits for another process to let go of the file; 0 means DefaultLockTimeout.
	LockTimeout time.Duration
}

// Store is the state and its file. All methods are safe for concurrent use.
type Store struct {
	settle func(*api.Txn) error
	file   *file // nil: memory only
	shown  atomic.Pointer[api.Snapshot]

	writer chan struct{} // holds one token: who has it owns the four fields below
	tip    *api.Snapshot // newest computed state, ahead of shown by what is queued
	queue  []*pending
	broken error
	closed bool

	wake    chan struct{} // tells the flusher that the queue has something; closed by Close
	flushed sync.WaitGroup
	log     commitLog
}

// Open reads the state from the file at path, which it creates if there is none, and keeps the file locked until Close.
// A file of an older schema is migrated; one of a newer schema, a damaged one and a locked one are refused.
func Open(path string, opts Options) (*Store, error) {
	return open(path, opts, current)
}

func open(path string, opts Options, sch schema) (*Store, error) {
	if opts.LockTimeout == 0 {
		opts.LockTimeout = DefaultLockTimeout
	}
	f, snap, err := openFile(path, opts.LockTimeout, sch)
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", path, err)
	}
	return start(f, snap, opts), nil
}

// NewMemory gives an empty store that lives in memory only.
func NewMemory(opts Options) *Store { return start(nil, api.NewSnapshot(), opts) }

func start(f *file, snap *api.Snapshot, opts Options) *Store {
	if opts.History == 0 {
		opts.History = DefaultHistory
	}
	s := &Store{
		settle: opts.Settle,
		file:   f,
		writer: make(chan struct{}, 1),
		tip:    snap,
		wake:   make(chan struct{}, 1),
		log:    newCommitLog(snap.Revision(), opts.History),
	}
	s.shown.Store(snap)
	s.writer <- struct{}{}
	s.flushed.Add(1)
	go s.flush()
	return s
}

// Snapshot gives the newest durable state.
func (s *Store) Snapshot() *api.Snapshot { return s.shown.Load() }

// Close finishes the Updates under way, ends every Wait with ErrClosed, and lets go of the file. Closing twice is fine.
func (s *Store) Close() error {
	<-s.writer
	if s.closed {
		s.writer <- struct{}{}
		s.flushed.Wait()
		return nil
	}
	s.closed = true
	close(s.wake)
	s.writer <- struct{}{}
	s.flushed.Wait()
	s.log.close()
	if s.file == nil {
		return nil
	}
	return s.file.close()
}
