package plan

import (
	"cmp"
	"encoding/binary"

	"weft/api"
)

// FlowKey is what makes two flows the same entry of a switch (OpenFlow 1.3.5, section 6.4: table, priority, match).
type FlowKey struct {
	Bridge   string
	Table    uint8
	Priority uint16
	Match    string // OXM fields in canonical order, without header and padding
}

// Compare orders keys by bridge, table, priority (highest first) and match.
func (k FlowKey) Compare(o FlowKey) int {
	return cmp.Or(
		cmp.Compare(k.Bridge, o.Bridge),
		cmp.Compare(k.Table, o.Table),
		cmp.Compare(o.Priority, k.Priority),
		cmp.Compare(k.Match, o.Match),
	)
}

// Flow is one flow entry in the form of the wire.
type Flow struct {
	FlowKey
	Cookie       uint64 // tables.Cookie; holds a hash of the whole content, so equal cookies mean equal flows
	Instructions []byte // OpenFlow 1.3 instructions, each padded as on the wire
	// Subject is the logical object that the flow serves. It is not part of the flow on the switch.
	Subject api.Ref
}

// FlowCommand is the command of a flow-mod message.
type FlowCommand uint8

// The commands that weft sends (OpenFlow 1.3.5, ofp_flow_mod_command).
const (
	FlowAdd          FlowCommand = 0
	FlowDeleteStrict FlowCommand = 4
)

// AppendFlowMod appends an OpenFlow 1.3 OFPT_FLOW_MOD message for f to b: header (transaction id xid), flow-mod body,
// padded match, and, unless it deletes, the instructions.
func (f *Flow) AppendFlowMod(b []byte, xid uint32, c FlowCommand) []byte {
	const body, matchHeader = 48, 4
	start := len(b)
	b = append(b, 4, 14, 0, 0)
	b = binary.BigEndian.AppendUint32(b, xid)
	b = binary.BigEndian.AppendUint64(b, f.Cookie)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // cookie mask: every cookie
	b = append(b, f.Table, byte(c), 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, f.Priority)
	b = append(b, 0xff, 0xff, 0xff, 0xff) // buffer: none
	b = append(b, 0xff, 0xff, 0xff, 0xff) // out_port: any
	b = append(b, 0xff, 0xff, 0xff, 0xff) // out_group: any
	b = append(b, 0, 0, 0, 0)             // flags, padding
	b = append(b, 0, 1)                   // OFPMT_OXM
	b = binary.BigEndian.AppendUint16(b, uint16(matchHeader+len(f.Match)))
	b = append(b, f.Match...)
	for (len(b)-start-body)%8 != 0 {
		b = append(b, 0)
	}
	if c == FlowAdd {
		b = append(b, f.Instructions...)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return b
}
