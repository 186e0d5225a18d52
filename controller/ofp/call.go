package ofp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"weft/controller/ofp/wire"
	"weft/plan"
	"weft/tables"
)

// maxReply bounds the bytes of one reply in many parts: some two million flows.
const maxReply = 256 << 20

// waiter collects the replies to one request.
type waiter struct {
	got  [][]byte // whole messages
	size int
	err  error
	done chan struct{} // closed when the last reply is there
}

// nextXID gives a transaction id for a request that is answered. With 0 a switch tells what nobody asked for.
func (s *Session) nextXID() uint32 {
	for {
		if xid := s.xid.Add(1); xid != 0 {
			return xid
		}
	}
}

// expect registers a request with a transaction id of its own.
func (s *Session) expect() (uint32, *waiter) {
	xid, w := s.nextXID(), &waiter{done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiters == nil {
		s.waiters = map[uint32]*waiter{}
	}
	s.waiters[xid] = w
	return xid, w
}

// replied gives the replies that must be there already.
func (w *waiter) replied() ([][]byte, error) {
	select {
	case <-w.done:
		return w.got, w.err
	default:
		return nil, errors.New("the switch did not answer before the barrier")
	}
}

func (s *Session) forget(xid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiters, xid)
}

// wait waits for the last reply.
func (s *Session) wait(ctx context.Context, w *waiter) ([][]byte, error) {
	late := time.NewTimer(s.cfg.ReplyTimeout)
	defer late.Stop()
	select {
	case <-w.done:
		return w.got, w.err
	case <-late.C:
		return nil, fmt.Errorf("no reply for %v", s.cfg.ReplyTimeout)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.done:
		return nil, s.Err()
	}
}

// send queues b for the switch.
func (s *Session) send(ctx context.Context, b []byte) error {
	select {
	case s.bulk <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.done:
		return s.Err()
	}
}

// call sends a request and gives its replies, each a whole message.
func (s *Session) call(ctx context.Context, build func(xid uint32) []byte) ([][]byte, error) {
	xid, w := s.expect()
	defer s.forget(xid)
	if err := s.send(ctx, build(xid)); err != nil {
		return nil, err
	}
	return s.wait(ctx, w)
}

// answer gives a reply to whoever waits for it. Nobody does if the caller has gone.
func (s *Session) answer(h wire.Header, b []byte) error {
	more := false
	if h.Type == wire.TypeMultipartReply {
		m, err := wire.ParseMultipart(b)
		if err != nil {
			return err
		}
		more = m.More
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.waiters[h.XID]
	if !ok {
		return nil
	}
	if w.size += len(b); w.size > maxReply {
		return fmt.Errorf("reply exceeds %d bytes", maxReply)
	}
	w.got = append(w.got, b)
	if !more {
		delete(s.waiters, h.XID)
		close(w.done)
	}
	return nil
}

// refusal gives an error message to the call, or to the bundle, that it is about.
func (s *Session) refusal(h wire.Header, b []byte) error {
	e, err := wire.ParseError(b)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.waiters[h.XID]; ok {
		w.err = e
		delete(s.waiters, h.XID)
		close(w.done)
		return nil
	}
	if s.bundle == nil || !s.bundle.refuse(h.XID, e) {
		s.cfg.Log.WithFields(map[string]any{"remote": s.remote, "err": e}).Debug("switch sent an error that nobody waits for")
	}
	return nil
}

// multipart asks for a multipart reply and gives the bodies of its parts.
func (s *Session) multipart(ctx context.Context, t wire.PartType, build func(xid uint32) []byte) ([][]byte, error) {
	messages, err := s.call(ctx, build)
	if err != nil {
		return nil, err
	}
	for i, b := range messages {
		m, err := wire.ParseMultipart(b)
		if err != nil {
			return nil, err
		}
		if m.Type != t {
			return nil, fmt.Errorf("switch answers with a multipart reply of type %d, want %d", m.Type, t)
		}
		messages[i] = m.Body
	}
	return messages, nil
}

// ReadFlows gives every flow that the switch holds, in no particular order, as flows of a bridge by that name. Keys are
// canonical; a flow that was committed comes back with its cookie.
func (s *Session) ReadFlows(ctx context.Context, bridge string) ([]plan.Flow, error) {
	bodies, err := s.multipart(ctx, wire.PartFlow, func(xid uint32) []byte {
		return wire.AppendFlowRequest(nil, xid, wire.PartFlow, wire.AllTables, 0, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("read flows of %s: %w", bridge, err)
	}
	size := 0
	for _, b := range bodies {
		size += len(b)
	}
	fs := make([]plan.Flow, 0, size/112) // a typical entry; too few cost a copy
	for _, b := range bodies {
		if fs, err = wire.AppendFlowStats(fs, bridge, b); err != nil {
			return nil, fmt.Errorf("read flows of %s: %w", bridge, err)
		}
	}
	return fs, nil
}

// ReadOurFlows is ReadFlows without the flows of others.
func (s *Session) ReadOurFlows(ctx context.Context, bridge string) ([]plan.Flow, error) {
	all, err := s.ReadFlows(ctx, bridge)
	return slices.DeleteFunc(all, func(f plan.Flow) bool { return !tables.Cookie(f.Cookie).Ours() }), err
}

// CountFlows counts the flows whose cookie equals cookie in the bits of mask.
func (s *Session) CountFlows(ctx context.Context, cookie, mask uint64) (uint32, error) {
	bodies, err := s.multipart(ctx, wire.PartAggregate, func(xid uint32) []byte {
		return wire.AppendFlowRequest(nil, xid, wire.PartAggregate, wire.AllTables, cookie, mask)
	})
	if err != nil {
		return 0, fmt.Errorf("count flows: %w", err)
	}
	if len(bodies) != 1 {
		return 0, fmt.Errorf("count flows: the switch answers in %d parts", len(bodies))
	}
	a, err := wire.ParseAggregate(bodies[0])
	if err != nil {
		return 0, fmt.Errorf("count flows: %w", err)
	}
	return a.Flows, nil
}

// Ports gives the switch's ports.
func (s *Session) Ports(ctx context.Context) ([]wire.Port, error) {
	bodies, err := s.multipart(ctx, wire.PartPortDesc, func(xid uint32) []byte {
		return wire.AppendPartRequest(nil, xid, wire.PartPortDesc)
	})
	if err != nil {
		return nil, fmt.Errorf("read ports: %w", err)
	}
	var ps []wire.Port
	for _, b := range bodies {
		if ps, err = wire.AppendPorts(ps, b); err != nil {
			return nil, fmt.Errorf("read ports: %w", err)
		}
	}
	return ps, nil
}

// Barrier returns when the switch has done all that was asked before.
func (s *Session) Barrier(ctx context.Context) error {
	replies, err := s.call(ctx, barrierRequest)
	if err == nil {
		err = barrierReply(replies)
	}
	if err != nil {
		return fmt.Errorf("barrier: %w", err)
	}
	return nil
}

func barrierRequest(xid uint32) []byte {
	return wire.AppendMessage(nil, wire.TypeBarrierRequest, xid, nil)
}

func barrierReply(replies [][]byte) error {
	if len(replies) != 1 {
		return errors.New("no reply")
	}
	return wire.ParseBarrier(replies[0])
}
