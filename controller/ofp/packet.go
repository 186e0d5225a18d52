package ofp

import (
	"context"
	"fmt"

	"weft/controller/ofp/wire"
	"weft/pipeline"
)

// BecomeController makes the session the one that flows send packets to by an id, and keeps everything else away from it:
// no ports, no flows that ended, no packets of other ids. The Handler must be a PacketReceiver.
func (s *Session) BecomeController(ctx context.Context, id uint16) error {
	requests := []func(xid uint32) []byte{
		func(xid uint32) []byte { return wire.AppendSetControllerID(nil, xid, id) },
		func(xid uint32) []byte { return wire.AppendOnlyPackets(nil, xid) },
	}
	var refused []*waiter
	for _, build := range requests {
		xid, w := s.expect()
		defer s.forget(xid)
		if err := s.send(ctx, build(xid)); err != nil {
			return fmt.Errorf("become controller %d: %w", id, err)
		}
		refused = append(refused, w)
	}
	if err := s.Barrier(ctx); err != nil {
		return fmt.Errorf("become controller %d: %w", id, err)
	}
	for _, w := range refused { // only a refusal has an answer, and it came before that of the barrier
		select {
		case <-w.done:
			return fmt.Errorf("become controller %d: %w", id, w.err)
		default:
		}
	}
	return nil
}

// PacketThrough has the switch do actions to a packet. It does not wait for the switch.
func (s *Session) PacketThrough(ctx context.Context, as []pipeline.Action, packet []byte) error {
	b, err := wire.AppendPacketThrough(nil, s.xid.Add(1), as, packet)
	if err != nil {
		return err
	}
	return s.send(ctx, b)
}

// PacketOut sends a packet out of one port of the switch, past all flows. It does not wait for the switch.
func (s *Session) PacketOut(ctx context.Context, port uint32, packet []byte) error {
	b, err := wire.AppendPacketOut(nil, s.xid.Add(1), port, packet)
	if err == nil {
		err = s.send(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("send a packet out of port %d: %w", port, err)
	}
	return nil
}
