package ofp

import (
	"context"
	"fmt"
	"slices"

	"weft/controller/ofp/wire"
	"weft/plan"
)

// WatchFlows has the switch tell the Handler, a FlowWatcher, of every flow that comes, goes or is changed from now on,
// unless this session does it. An error that is a *wire.Error says that the switch cannot; Open vSwitch 3.1 can.
func (s *Session) WatchFlows(ctx context.Context) error {
	_, err := s.multipart(ctx, wire.PartExperimenter, func(xid uint32) []byte { return wire.AppendWatchFlows(nil, xid) })
	if err != nil {
		return fmt.Errorf("watch flows: %w", err)
	}
	return nil
}

// GiveBack is CommitSome for who is not the controller: it gives a bridge flows that it should hold, and takes some away.
// Whoever watches flows is told that they are given back (wire.FlowChange.Given).
func (s *Session) GiveBack(
	ctx context.Context, bridge string, put []plan.Flow, drop []plan.FlowKey, refused func(plan.Flow, *CommitError),
) error {
	fence := wire.Fence(bridge)
	return s.CommitSome(ctx, slices.Concat([]plan.Flow{fence}, put), slices.Concat(drop, []plan.FlowKey{fence.FlowKey}), refused)
}

// changed takes what a switch tells unasked: changes of flows or, as a message of the experimenter, that it could not tell
// them for a while, or can again.
func (s *Session) changed(h wire.Header, b []byte) error {
	w, ok := s.cfg.Handler.(FlowWatcher)
	if !ok {
		return nil
	}
	var all []wire.FlowChange
	if h.Type == wire.TypeExperimenter {
		s.fences.Pause(b)
	}
	if h.Type == wire.TypeMultipartReply {
		m, err := wire.ParseMultipart(b)
		if err == nil {
			all, err = wire.ParseFlowChanges(m)
		}
		if err != nil {
			return err
		}
		s.fences.Mark(all)
	}
	w.FlowsChanged(s, all)
	return nil
}
