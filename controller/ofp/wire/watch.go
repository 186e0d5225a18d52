package wire

import (
	"encoding/binary"
	"fmt"

	"weft/plan"
	"weft/tables"
)

// PartExperimenter is the type of multipart messages that are no part of the standard.
const PartExperimenter PartType = 0xffff

// flowMonitor is ONF's extension 187 to OpenFlow 1.3, which 1.4 took up: a switch tells of changes of its flows.
const flowMonitor = 1870

// AppendWatchFlows appends a request to be told of every flow that comes, goes or is changed from now on. Of what the
// connection itself does it is told only that it was done.
func AppendWatchFlows(b []byte, xid uint32) []byte {
	const added, deleted, modified = 1 << 1, 1 << 2, 1 << 3
	p := []byte{0xff, 0xff, 0, 0, 0, 0, 0, 0}
	p = binary.BigEndian.AppendUint32(p, experimenterONF)
	p = binary.BigEndian.AppendUint32(p, flowMonitor)
	p = append(p, 0, 0, 0, 0) // the monitor's id
	p = append(p, 0, added|deleted|modified)
	p = append(p, 0, 4)                   // length of the match without its padding
	p = append(p, 0xff, 0xff, 0xff, 0xff) // out_port: any
	p = append(p, AllTables, 0, 0, 0)
	p = append(p, 0, 1, 0, 4, 0, 0, 0, 0) // a match of everything, padded
	return AppendMessage(b, TypeMultipartRequest, xid, p)
}

// FlowEvent is what became of a flow.
type FlowEvent uint16

// The events (nx_flow_update_event). A flow that takes another one's place has come.
const (
	FlowAdded    FlowEvent = 0
	FlowDeleted  FlowEvent = 1
	FlowModified FlowEvent = 2
	// FlowOwn stands for what the connection itself has done; nothing else is said of it.
	FlowOwn FlowEvent = 3
)

// FlowChange is what a switch tells who watches its flows.
type FlowChange struct {
	Event    FlowEvent
	Table    uint8
	Priority uint16
	Cookie   uint64
	// Given says that it came with a bundle that gives flows back (see Fence), or while the switch could not tell what comes
	// with what.
	Given bool
}

// Concerns reports whether the change may be one of weft's flows. A flow that is not weft's may have come in the place of
// one. What switches learn as they were told to is none of it, nor is what the connection has done itself.
func (c FlowChange) Concerns() bool {
	cookie := tables.Cookie(c.Cookie)
	return c.Event != FlowOwn && !cookie.IsLearned() && (cookie.Ours() || c.Event != FlowDeleted)
}

// Fence is the flow that comes first and goes last in a bundle which gives a bridge flows back.
func Fence(bridge string) plan.Flow {
	return plan.Flow{
		FlowKey: plan.FlowKey{Bridge: bridge, Table: uint8(tables.FenceTable)}, Cookie: uint64(tables.GivenBack),
	}
}

// Fences marks, in what a switch tells on one connection, what stands between fences. The zero value is for a new one.
type Fences struct{ inside, unclear bool }

// Mark sets Given of what was told next.
func (f *Fences) Mark(told []FlowChange) {
	for i := range told {
		c := &told[i]
		fence := c.Cookie == uint64(tables.GivenBack)
		f.inside = (f.inside || fence) && (!fence || c.Event != FlowDeleted)
		c.Given = f.inside || fence || f.unclear
	}
}

// Pause takes a message by which a switch says that it cannot tell for a while, or can again. Before it can, it tells all
// that has come meanwhile, but nothing of what came and went.
func (f *Fences) Pause(b []byte) {
	const resumed = flowMonitor + 2
	again := len(b) >= HeaderLen+8 && binary.BigEndian.Uint32(b[HeaderLen+4:]) == resumed
	f.inside, f.unclear = false, !again
}

// ParseFlowChanges decodes a part of what a switch tells who watches its flows.
func ParseFlowChanges(m Multipart) ([]FlowChange, error) {
	b := m.Body
	if m.Type != PartExperimenter || len(b) < 8 || binary.BigEndian.Uint32(b) != experimenterONF ||
		binary.BigEndian.Uint32(b[4:]) != flowMonitor {
		return nil, fmt.Errorf("multipart reply of type %d that nobody asked for", m.Type)
	}
	var out []FlowChange
	for b = b[8:]; len(b) > 0; {
		if len(b) < 8 {
			return nil, fmt.Errorf("changes of flows end inside an entry, with %d bytes left", len(b))
		}
		n := int(binary.BigEndian.Uint16(b))
		if n < 8 || n%8 != 0 || n > len(b) {
			return nil, fmt.Errorf("change of a flow says %d bytes, %d are left", n, len(b))
		}
		c, err := flowChange(b[:n])
		if err != nil {
			return nil, err
		}
		out, b = append(out, c), b[n:]
	}
	return out, nil
}

func flowChange(e []byte) (FlowChange, error) {
	const full = 24 // up to the match
	c := FlowChange{Event: FlowEvent(binary.BigEndian.Uint16(e[2:]))}
	switch {
	case c.Event > FlowOwn:
		return c, fmt.Errorf("event %d of a flow is not known", c.Event)
	case c.Event == FlowOwn:
		return c, nil
	case len(e) < full:
		return c, fmt.Errorf("change of a flow has %d bytes, want %d at least", len(e), full)
	}
	c.Priority, c.Table = binary.BigEndian.Uint16(e[6:]), e[14]
	c.Cookie = binary.BigEndian.Uint64(e[16:])
	return c, nil
}
