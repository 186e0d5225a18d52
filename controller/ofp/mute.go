package ofp

import (
	"context"
	"fmt"

	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/tables"
)

// Muted is for how many seconds Mute holds.
const Muted = 1

// Mute has the switch drop for a moment what a port of br-int asks the agent, before it is on its way here. The switch adds
// the flows by itself and takes them away again, so they are in no plan and outlive nobody who dies. It does not wait for
// the switch.
func (s *Session) Mute(ctx context.Context, port uint32) error {
	var as []pipeline.Action
	for _, t := range tables.AskingAgent() {
		as = append(as, pipeline.Learn{
			Way: pipeline.WayNowhere, Table: t, Priority: tables.PrioTooOften, Cookie: tables.Learned("asks too often"), Hard: Muted,
		})
	}
	const shortest = 60 // frame
	b, err := wire.AppendPacketFrom(nil, s.xid.Add(1), port, as, make([]byte, shortest))
	if err == nil {
		err = s.send(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("mute port %d: %w", port, err)
	}
	return nil
}
