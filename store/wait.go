package store

import (
	"context"
	"fmt"
	"sync"

	"weft/api"
)

// Commit is one revision: the state before, the state after, and what differs.
type Commit struct {
	Old, New *api.Snapshot
	Changes  []api.Change
}

// A change keeps up to 30 KiB of old state in memory, so a bound on commits alone would let a few thousand large ones, as of
// bulk requests, keep gigabytes. What somebody has taken is for those alone who take commits at nearly the same time.
const (
	maxChanges = 16384 // that the kept commits have together
	leastKept  = 16    // commits that are kept whatever their size, and though they were taken
)

// commitLog keeps the newest commits and wakes those who wait for more. Revisions in it have no gaps.
type commitLog struct {
	mu     *sync.Mutex
	ring   []Commit // commit of revision r at (r-1) % len
	last   api.Revision
	kept   int
	weight int           // changes in the kept commits
	more   chan struct{} // closed and replaced when a commit is added
	closed bool
}

func newCommitLog(at api.Revision, size int) commitLog {
	return commitLog{mu: &sync.Mutex{}, ring: make([]Commit, size), last: at, more: make(chan struct{})}
}

func (l *commitLog) slot(r api.Revision) *Commit { return &l.ring[(r-1)%api.Revision(len(l.ring))] }

func (l *commitLog) add(c Commit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == len(l.ring) {
		l.drop()
	}
	l.last = c.New.Revision()
	*l.slot(l.last) = c
	l.kept++
	l.weight += len(c.Changes)
	for l.weight > maxChanges && l.kept > leastKept {
		l.drop()
	}
	close(l.more)
	l.more = make(chan struct{})
}

// drop forgets the oldest commit. The caller holds l.mu.
func (l *commitLog) drop() {
	oldest := l.slot(l.last - api.Revision(l.kept) + 1)
	l.weight -= len(oldest.Changes)
	l.kept--
	*oldest = Commit{}
}

func (l *commitLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	close(l.more)
}

// since gives the commits after a revision, or, if there are none yet, a channel that tells when to ask again.
func (l *commitLog) since(after api.Revision) ([]Commit, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.kept > leastKept && l.last-api.Revision(l.kept)+leastKept < after { // those up to after were taken
		l.drop()
	}
	if after >= l.last {
		if l.closed {
			return nil, nil, ErrClosed
		}
		return nil, l.more, nil
	}
	if l.last-after > api.Revision(l.kept) {
		return nil, nil, fmt.Errorf("wait for commits after revision %d: %w", after, ErrTooOld)
	}
	out := make([]Commit, 0, l.last-after)
	for r := after + 1; r <= l.last; r++ {
		out = append(out, *l.slot(r))
	}
	return out, nil, nil
}

// Wait blocks until there are commits after the given revision and returns all of them, oldest first. It fails with
// ErrTooOld if some of them are no longer kept, with ErrClosed after Close, and with ctx's cause when ctx ends. Earlier
// ones were taken then, so but for a few they are forgotten: those who wait must take them at nearly the same pace.
func (s *Store) Wait(ctx context.Context, after api.Revision) ([]Commit, error) {
	for {
		cs, more, err := s.log.since(after)
		if err != nil || cs != nil {
			return cs, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
