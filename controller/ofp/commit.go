package ofp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"weft/controller/ofp/wire"
	"weft/plan"
)

// chunkSize is how many bytes of flows are queued at a time. With the queue's length it bounds what is in flight.
const chunkSize = 64 << 10

// CommitError says which flow the switch refused, and why. Nothing of the commit was applied.
type CommitError struct {
	Flow  plan.FlowKey
	Cause *wire.Error
}

// Error implements error.
func (e *CommitError) Error() string {
	match := fmt.Sprintf("%x", e.Flow.Match)
	if d, err := wire.Decode(plan.Flow{FlowKey: e.Flow}); err == nil {
		match = d.Match.String()
	}
	return fmt.Sprintf("switch refuses flow bridge=%s, table=%d, priority=%d,%s: %v",
		e.Flow.Bridge, e.Flow.Table, e.Flow.Priority, match, e.Cause)
}

// Unwrap gives the switch's error.
func (e *CommitError) Unwrap() error { return e.Cause }

// bundle is a commit under way.
type bundle struct {
	id    uint32
	first uint32 // transaction id of the first flow; the others follow without a gap
	n     uint32
	// refused is set under the session's mutex; the first one stays.
	refused *wire.Error
	at      uint32        // the index of the refused flow
	stop    chan struct{} // closed with refused
}

// refuse records an error about one of the bundle's flows. It reports whether xid is one of them.
func (b *bundle) refuse(xid uint32, e *wire.Error) bool {
	at := xid - b.first // wraps as the counter does
	if at >= b.n {
		return false
	}
	if b.refused == nil {
		b.refused, b.at = e, at
		close(b.stop)
	}
	return true
}

// Commit makes the switch hold put, which replaces flows of equal keys, and no longer hold drop: in this order, all or
// nothing, in one atomic bundle. It returns when the switch has done it. No key may be in both lists.
//
// If the switch refuses a flow the error is a *CommitError and nothing has changed. After any other error what the switch
// holds is not known: read it. Commits of a session take turns.
func (s *Session) Commit(ctx context.Context, put []plan.Flow, drop []plan.FlowKey) error {
	n := len(put) + len(drop)
	if n == 0 {
		return nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return fmt.Errorf("commit %d flows: %w", n, context.Cause(ctx))
	case <-s.done:
		return fmt.Errorf("commit %d flows: %w", n, s.Err())
	}
	b := s.newBundle(n)
	defer s.endBundle()
	err := s.fill(ctx, b, put, drop)
	if err == nil {
		err = s.finish(ctx, b)
	} else {
		s.discard(b)
	}
	return s.commitError(b, put, drop, err)
}

// CommitSome is Commit that does without what the switch refuses of put: refused is told of each such flow, and the rest
// is sent again, so that one bad flow does not keep the others out.
func (s *Session) CommitSome(
	ctx context.Context, put []plan.Flow, drop []plan.FlowKey, refused func(plan.Flow, *CommitError),
) error {
	for {
		err := s.Commit(ctx, put, drop)
		var bad *CommitError
		if err == nil || !errors.As(err, &bad) {
			return err
		}
		i := slices.IndexFunc(put, func(f plan.Flow) bool { return f.FlowKey == bad.Flow })
		if i < 0 {
			return err
		}
		refused(put[i], bad)
		put = slices.Delete(slices.Clone(put), i, i+1)
	}
}

func (s *Session) newBundle(n int) *bundle {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.xid.Add(uint32(n) + 1)
	b := &bundle{id: last, first: last - uint32(n), n: uint32(n), stop: make(chan struct{})}
	s.bundle = b
	return b
}

func (s *Session) endBundle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bundle = nil
}

// errRefused stops a commit whose bundle has its error already.
var errRefused = errors.New("a flow was refused")

// fill opens the bundle and adds every flow, and returns when the switch has taken them all. A switch keeps a bundle from
// which it refused a message, and would commit the rest of it: so no commit may be on its way before this is known.
func (s *Session) fill(ctx context.Context, b *bundle, put []plan.Flow, drop []plan.FlowKey) error {
	opened, w := s.expect()
	defer s.forget(opened)
	chunk := wire.AppendBundleControl(make([]byte, 0, chunkSize+4096), opened, b.id, wire.BundleOpen, bundleFlags)
	for i := range len(put) + len(drop) {
		f, command := &plan.Flow{}, plan.FlowAdd
		if i < len(put) {
			f = &put[i]
		} else {
			f.FlowKey, command = drop[i-len(put)], plan.FlowDeleteStrict
		}
		chunk = wire.AppendBundleFlow(chunk, b.first+uint32(i), b.id, bundleFlags, f, command)
		if len(chunk) < chunkSize {
			continue
		}
		if err := s.sendChunk(ctx, b, chunk); err != nil {
			return err
		}
		chunk = make([]byte, 0, chunkSize+4096)
	}
	barrier, bw := s.expect()
	defer s.forget(barrier)
	if err := s.sendChunk(ctx, b, append(chunk, barrierRequest(barrier)...)); err != nil {
		return err
	}
	if _, err := s.wait(ctx, bw); err != nil {
		return fmt.Errorf("barrier: %w", err)
	}
	if replies, err := w.replied(); err != nil {
		return fmt.Errorf("open bundle: %w", err)
	} else if err := bundleReply(replies, b, wire.BundleOpen); err != nil {
		return err
	}
	return b.refusedNow()
}

const bundleFlags = wire.BundleAtomic | wire.BundleOrdered

// refusedNow reports whether a flow has been refused so far.
func (b *bundle) refusedNow() error {
	select {
	case <-b.stop:
		return errRefused
	default:
		return nil
	}
}

// sendChunk queues a part of the bundle unless it has failed already.
func (s *Session) sendChunk(ctx context.Context, b *bundle, chunk []byte) error {
	if err := b.refusedNow(); err != nil {
		return err
	}
	return s.send(ctx, chunk)
}

// finish commits the bundle and waits for the switch to have done it.
func (s *Session) finish(ctx context.Context, b *bundle) error {
	committed, w := s.expect()
	defer s.forget(committed)
	barrier, bw := s.expect()
	defer s.forget(barrier)
	m := wire.AppendBundleControl(nil, committed, b.id, wire.BundleCommit, bundleFlags)
	if err := s.send(ctx, append(m, barrierRequest(barrier)...)); err != nil {
		return err
	}
	// The barrier comes last, so then every error about the bundle is known, in whichever order the switch sent them.
	if _, err := s.wait(ctx, bw); err != nil {
		return fmt.Errorf("barrier: %w", err)
	}
	replies, err := w.replied()
	if err != nil {
		return fmt.Errorf("commit bundle: %w", err)
	}
	if err := bundleReply(replies, b, wire.BundleCommit); err != nil {
		return err
	}
	return b.refusedNow()
}

// discard frees an abandoned bundle in the switch. A switch that cannot even be told is given up.
func (s *Session) discard(b *bundle) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	m := wire.AppendBundleControl(nil, s.xid.Add(1), b.id, wire.BundleDiscard, bundleFlags)
	if err := s.send(ctx, m); err != nil {
		s.fail(fmt.Errorf("discard bundle: %w", err))
	}
}

func bundleReply(replies [][]byte, b *bundle, op wire.BundleOp) error {
	if len(replies) != 1 {
		return errors.New("no reply")
	}
	r, err := wire.ParseBundle(replies[0])
	if err != nil {
		return err
	}
	if r.Bundle != b.id || r.Op != op.Reply() {
		return fmt.Errorf("switch answers operation %d of bundle %d, want %d of %d", r.Op, r.Bundle, op.Reply(), b.id)
	}
	return nil
}

// commitError puts the flow into the error, if one was refused.
func (s *Session) commitError(b *bundle, put []plan.Flow, drop []plan.FlowKey, err error) error {
	if err == nil {
		return nil
	}
	s.mu.Lock()
	refused, at := b.refused, int(b.at)
	s.mu.Unlock()
	switch {
	case refused == nil:
		return fmt.Errorf("commit %d flows: %w", len(put)+len(drop), err)
	case at < len(put):
		return &CommitError{put[at].FlowKey, refused}
	}
	return &CommitError{drop[at-len(put)], refused}
}
