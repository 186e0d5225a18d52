package wire

import (
	"encoding/binary"
	"fmt"

	"weft/plan"
)

// BundleOp is the type of a bundle control message (ONF extension 230): a request, or with one more its reply.
type BundleOp uint16

// The operations.
const (
	BundleOpen    BundleOp = 0
	BundleClose   BundleOp = 2
	BundleCommit  BundleOp = 4
	BundleDiscard BundleOp = 6
)

// Reply is the type of the reply to a request.
func (o BundleOp) Reply() BundleOp { return o + 1 }

// BundleFlags say how a bundle is applied.
type BundleFlags uint16

// The flags: all or nothing, also for packets in flight; in the order of addition.
const (
	BundleAtomic  BundleFlags = 1
	BundleOrdered BundleFlags = 2
)

// Types of ONF's experimenter messages.
const (
	onfBundleControl = 2300
	onfBundleAdd     = 2301
)

// AppendBundleControl appends a bundle control request.
func AppendBundleControl(b []byte, xid, bundle uint32, op BundleOp, flags BundleFlags) []byte {
	b = appendONF(b, xid, 24, onfBundleControl, bundle)
	b = binary.BigEndian.AppendUint16(b, uint16(op))
	return binary.BigEndian.AppendUint16(b, uint16(flags))
}

// AppendBundleFlow appends a message that adds one flow-mod to a bundle. Both have the transaction id xid, as the
// extension demands, so that an error names the flow.
func AppendBundleFlow(b []byte, xid, bundle uint32, flags BundleFlags, f *plan.Flow, c plan.FlowCommand) []byte {
	start := len(b)
	b = appendONF(b, xid, 0, onfBundleAdd, bundle)
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(flags))
	b = f.AppendFlowMod(b, xid, c)
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return b
}

func appendONF(b []byte, xid uint32, length uint16, kind, bundle uint32) []byte {
	b = append(b, Version, byte(TypeExperimenter))
	b = binary.BigEndian.AppendUint16(b, length)
	b = binary.BigEndian.AppendUint32(b, xid)
	b = binary.BigEndian.AppendUint32(b, experimenterONF)
	b = binary.BigEndian.AppendUint32(b, kind)
	return binary.BigEndian.AppendUint32(b, bundle)
}

// BundleReply is the answer to a bundle control request.
type BundleReply struct {
	Bundle uint32
	Op     BundleOp
	Flags  BundleFlags
}

// ParseBundle decodes a bundle control message.
func ParseBundle(b []byte) (BundleReply, error) {
	p, err := body(b, TypeExperimenter, 8)
	if err != nil {
		return BundleReply{}, err
	}
	who, kind := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
	if who != experimenterONF || kind != onfBundleControl || len(p) < 16 {
		return BundleReply{}, fmt.Errorf("message %d of experimenter %#x with %d bytes is no bundle control", kind, who, len(b))
	}
	return BundleReply{
		binary.BigEndian.Uint32(p[8:]), BundleOp(binary.BigEndian.Uint16(p[12:])),
		BundleFlags(binary.BigEndian.Uint16(p[14:])),
	}, nil
}
