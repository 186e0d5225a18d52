package store

import (
	"context"
	"fmt"
	"runtime/debug"

	"weft/api"
)

// pending is an Update that waits for the disk. One without changes waits only for those before it.
type pending struct {
	commit Commit
	done   chan error // buffered
}

// Update runs fn on a transaction over the newest state, then Options.Settle, and returns the new state once it is on
// disk. An error or a panic in either, or a failing disk, leaves everything as it was. If nothing changed, the newest
// state is returned and no revision is used.
//
// ctx bounds the wait for the turn. Once fn has run, Update waits for the disk whatever ctx says, since nobody could
// tell otherwise whether the change holds. fn must not call the store's Update, and must not block.
func (s *Store) Update(ctx context.Context, fn func(*api.Txn) error) (*api.Snapshot, error) {
	select {
	case <-s.writer:
	case <-ctx.Done():
		return nil, fmt.Errorf("update state: %w", context.Cause(ctx))
	}
	p, err := s.compute(ctx, fn)
	s.writer <- struct{}{}
	if err != nil {
		return nil, err
	}
	if err := <-p.done; err != nil {
		return nil, err
	}
	return p.commit.New, nil
}

// compute makes the change on the tip and queues it. The caller has the writer's token.
func (s *Store) compute(ctx context.Context, fn func(*api.Txn) error) (*pending, error) {
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("update state: %w", context.Cause(ctx))
	case s.closed:
		return nil, fmt.Errorf("update state: %w", ErrClosed)
	case s.broken != nil:
		return nil, s.broken
	}
	tx := s.tip.Txn()
	if err := guarded(tx, fn); err != nil {
		return nil, err
	}
	if s.settle != nil {
		if err := guarded(tx, s.settle); err != nil {
			return nil, err
		}
	}
	p := &pending{done: make(chan error, 1), commit: Commit{Old: s.tip, New: s.tip, Changes: tx.Changes()}}
	if len(p.commit.Changes) > 0 {
		p.commit.New = tx.Commit(tx.Next())
		s.tip = p.commit.New
	}
	s.queue = append(s.queue, p)
	select {
	case s.wake <- struct{}{}:
	default: // the flusher has a wake-up to come already
	}
	return p, nil
}

// guarded turns a panic of fn into an error: one faulty request must not end the process.
func guarded(tx *api.Txn, fn func(*api.Txn) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("update state: panic: %v\n%s", r, debug.Stack())
		}
	}()
	return fn(tx)
}

// flush makes what is queued durable, batch by batch, until Close.
func (s *Store) flush() {
	defer s.flushed.Done()
	for range s.wake {
		s.flushBatch()
	}
	s.flushBatch()
}

func (s *Store) flushBatch() {
	<-s.writer
	batch := s.queue
	s.queue = nil
	s.writer <- struct{}{}
	if len(batch) == 0 {
		return
	}
	if err := s.write(batch); err != nil {
		s.fail(batch, err)
		return
	}
	for _, p := range batch {
		if len(p.commit.Changes) > 0 {
			s.shown.Store(p.commit.New)
			s.log.add(p.commit)
		}
		p.done <- nil
	}
}

func (s *Store) write(batch []*pending) error {
	if s.file == nil {
		return nil
	}
	var cs []Commit
	for _, p := range batch {
		if len(p.commit.Changes) > 0 {
			cs = append(cs, p.commit)
		}
	}
	if len(cs) == 0 {
		return nil
	}
	return s.file.write(cs)
}

// fail takes back a batch that the disk refused, and all that was computed on top of it.
func (s *Store) fail(batch []*pending, cause error) {
	<-s.writer
	batch = append(batch, s.queue...)
	s.queue = nil
	s.tip = s.shown.Load()
	err := fmt.Errorf("%w: %s: %w", ErrNotWritten, s.file.path, cause)
	if rev, readErr := s.file.revision(); readErr != nil || rev != s.tip.Revision() {
		s.broken = fmt.Errorf("%w: %s: %w", ErrBroken, s.file.path, cause)
		err = s.broken
	}
	s.writer <- struct{}{}
	for _, p := range batch {
		p.done <- err
	}
}
