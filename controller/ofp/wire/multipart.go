package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"weft/plan"
)

// PartType is the type of a multipart message.
type PartType uint16

// The types of multipart messages that weft uses.
const (
	PartDesc      PartType = 0
	PartFlow      PartType = 1
	PartAggregate PartType = 2
	PartPortDesc  PartType = 13
)

// AllTables stands for every table in a request.
const AllTables = 255

// AppendPartRequest appends a multipart request whose type needs no body.
func AppendPartRequest(b []byte, xid uint32, t PartType) []byte {
	return AppendMessage(b, TypeMultipartRequest, xid, []byte{byte(t >> 8), byte(t), 0, 0, 0, 0, 0, 0})
}

// AppendFlowRequest appends a request for flows (PartFlow) or for their number (PartAggregate): those of a table or of
// AllTables whose cookie equals cookie in the bits of mask.
func AppendFlowRequest(b []byte, xid uint32, t PartType, table uint8, cookie, mask uint64) []byte {
	p := []byte{byte(t >> 8), byte(t), 0, 0, 0, 0, 0, 0}
	p = append(p, table, 0, 0, 0)
	p = append(p, 0xff, 0xff, 0xff, 0xff) // out_port: any
	p = append(p, 0xff, 0xff, 0xff, 0xff) // out_group: any
	p = append(p, 0, 0, 0, 0)
	p = binary.BigEndian.AppendUint64(p, cookie)
	p = binary.BigEndian.AppendUint64(p, mask)
	p = append(p, 0, 1, 0, 4, 0, 0, 0, 0) // a match of nothing, padded
	return AppendMessage(b, TypeMultipartRequest, xid, p)
}

// Multipart is one part of a reply.
type Multipart struct {
	Type PartType
	More bool // another part follows
	Body []byte
}

// ParseMultipart takes the frame off one part.
func ParseMultipart(b []byte) (Multipart, error) {
	p, err := body(b, TypeMultipartReply, 8)
	if err != nil {
		return Multipart{}, err
	}
	return Multipart{PartType(binary.BigEndian.Uint16(p)), p[3]&1 == 1, p[8:]}, nil
}

// flowStatsLen is the fixed part of an entry of a flow stats reply, before the match.
const flowStatsLen = 48

// AppendFlowStats appends the flows of one part of a PartFlow reply to fs. Their keys are canonical. Instructions share
// the memory of body.
func AppendFlowStats(fs []plan.Flow, bridge string, body []byte) ([]plan.Flow, error) {
	for len(body) > 0 {
		if len(body) < flowStatsLen+8 {
			return fs, fmt.Errorf("flow stats end inside an entry, with %d bytes left", len(body))
		}
		n := int(binary.BigEndian.Uint16(body))
		if n < flowStatsLen+8 || n > len(body) {
			return fs, fmt.Errorf("flow stats entry says %d bytes, %d are left", n, len(body))
		}
		f, err := flowStats(bridge, body[:n:n])
		if err != nil {
			return fs, fmt.Errorf("flow stats entry: %w", err)
		}
		fs, body = append(fs, f), body[n:]
	}
	return fs, nil
}

func flowStats(bridge string, e []byte) (plan.Flow, error) {
	match, rest, err := splitMatch(e[flowStatsLen:])
	if err != nil {
		return plan.Flow{}, err
	}
	canonical, err := CanonicalMatch(match)
	if err != nil {
		return plan.Flow{}, err
	}
	return plan.Flow{
		FlowKey: plan.FlowKey{
			Bridge: bridge, Table: e[2], Priority: binary.BigEndian.Uint16(e[12:]), Match: canonical,
		},
		Cookie:       binary.BigEndian.Uint64(e[24:]),
		Instructions: rest,
	}, nil
}

// splitMatch takes an ofp_match (header, OXM fields, padding to 8 bytes) off b.
func splitMatch(b []byte) (oxm, rest []byte, err error) {
	const oxmMatch = 1
	if len(b) < 8 {
		return nil, nil, fmt.Errorf("match has %d bytes, want 8 at least", len(b))
	}
	kind, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
	padded := (n + 7) / 8 * 8
	if kind != oxmMatch || n < 4 || padded > len(b) {
		return nil, nil, fmt.Errorf("match of type %d says %d bytes, %d are left", kind, n, len(b))
	}
	return b[4:n:n], b[padded:], nil
}

// Desc describes a switch in its own words.
type Desc struct {
	Manufacturer, Hardware, Software, Serial, Datapath string
}

// ParseDesc decodes the body of a PartDesc reply.
func ParseDesc(body []byte) (Desc, error) {
	if len(body) != 1056 {
		return Desc{}, fmt.Errorf("switch description has %d bytes, want 1056", len(body))
	}
	return Desc{
		text(body[:256]), text(body[256:512]), text(body[512:768]), text(body[768:800]), text(body[800:]),
	}, nil
}

// text reads a field that is filled up with zero bytes.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// Aggregate is the sum over flows.
type Aggregate struct {
	Packets, Bytes uint64
	Flows          uint32
}

// ParseAggregate decodes the body of a PartAggregate reply.
func ParseAggregate(body []byte) (Aggregate, error) {
	if len(body) != 24 {
		return Aggregate{}, fmt.Errorf("aggregate has %d bytes, want 24", len(body))
	}
	return Aggregate{
		binary.BigEndian.Uint64(body), binary.BigEndian.Uint64(body[8:]), binary.BigEndian.Uint32(body[16:]),
	}, nil
}
