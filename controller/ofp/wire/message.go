package wire

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// Version is OpenFlow 1.3 in a message's header.
const Version = 4

// HeaderLen is the length of the header that each message begins with.
const HeaderLen = 8

// Type is the type of a message.
type Type uint8

// The types that weft sends or understands (OpenFlow 1.3.5, ofp_type).
const (
	TypeHello            Type = 0
	TypeError            Type = 1
	TypeEchoRequest      Type = 2
	TypeEchoReply        Type = 3
	TypeExperimenter     Type = 4
	TypeFeaturesRequest  Type = 5
	TypeFeaturesReply    Type = 6
	TypeSetConfig        Type = 9
	TypePacketIn         Type = 10
	TypeFlowRemoved      Type = 11
	TypePortStatus       Type = 12
	TypePacketOut        Type = 13
	TypeFlowMod          Type = 14
	TypeMultipartRequest Type = 18
	TypeMultipartReply   Type = 19
	TypeBarrierRequest   Type = 20
	TypeBarrierReply     Type = 21
	TypeRoleRequest      Type = 24
	TypeRoleReply        Type = 25
	TypeSetAsync         Type = 28
)

// String gives the name of the type without OFPT_, in lower case with hyphens.
func (t Type) String() string {
	names := map[Type]string{
		TypeHello: "hello", TypeError: "error", TypeEchoRequest: "echo-request", TypeEchoReply: "echo-reply",
		TypeExperimenter: "experimenter", TypeFeaturesRequest: "features-request", TypeFeaturesReply: "features-reply",
		TypeSetConfig: "set-config", TypePacketIn: "packet-in", TypeFlowRemoved: "flow-removed", TypePortStatus: "port-status",
		TypePacketOut: "packet-out", TypeFlowMod: "flow-mod", TypeMultipartRequest: "multipart-request",
		TypeMultipartReply: "multipart-reply", TypeBarrierRequest: "barrier-request", TypeBarrierReply: "barrier-reply",
		TypeRoleRequest: "role-request", TypeRoleReply: "role-reply", TypeSetAsync: "set-async",
	}
	if n, ok := names[t]; ok {
		return n
	}
	return "type-" + strconv.Itoa(int(t))
}

// Experimenters whose messages weft knows.
const (
	experimenterNicira = 0x00002320
	experimenterONF    = 0x4f4e4600
)

// Header begins every message.
type Header struct {
	Version uint8
	Type    Type
	Length  int // of the whole message
	XID     uint32
}

// ParseHeader reads the first HeaderLen bytes of b. A length that is shorter than the header is an error: nothing that
// follows on the connection could be told apart.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderLen {
		return Header{}, fmt.Errorf("message header has %d bytes, want %d", len(b), HeaderLen)
	}
	h := Header{b[0], Type(b[1]), int(binary.BigEndian.Uint16(b[2:])), binary.BigEndian.Uint32(b[4:])}
	if h.Length < HeaderLen {
		return Header{}, fmt.Errorf("message header %x says %d bytes in all, fewer than the header itself", b[:8], h.Length)
	}
	return h, nil
}

// body gives what follows the header of a whole message of type t, at least need bytes of it.
func body(b []byte, t Type, need int) ([]byte, error) {
	h, err := ParseHeader(b)
	switch {
	case err != nil:
		return nil, err
	case h.Type != t:
		return nil, fmt.Errorf("message is %v, want %v", h.Type, t)
	case h.Length != len(b):
		return nil, fmt.Errorf("%v message says %d bytes, has %d", t, h.Length, len(b))
	case len(b)-HeaderLen < need:
		return nil, fmt.Errorf("%v message has %d bytes, want %d at least", t, len(b), HeaderLen+need)
	}
	return b[HeaderLen:], nil
}

// AppendMessage appends a message with a body that is at hand; most requests have none.
func AppendMessage(b []byte, t Type, xid uint32, body []byte) []byte {
	b = append(b, Version, byte(t))
	b = binary.BigEndian.AppendUint16(b, uint16(HeaderLen+len(body)))
	b = binary.BigEndian.AppendUint32(b, xid)
	return append(b, body...)
}

// AppendHello appends a hello that offers OpenFlow 1.3 alone.
func AppendHello(b []byte, xid uint32) []byte {
	return AppendMessage(b, TypeHello, xid, []byte{0, 1, 0, 8, 0, 0, 0, 1 << Version})
}

// AppendSetConfig appends a request that packets be sent up whole, and that of a packet in fragments the first one be seen
// with its ports and its ICMP type (OVS's nx-match), as flows see whole packets: else what a guest may not send would pass
// them in two pieces. OVS sends nothing of its own accord, not even port-status, over a bridge's management socket before
// it has had this.
func AppendSetConfig(b []byte, xid uint32) []byte {
	const firstFragmentsWhole = 3
	return AppendMessage(b, TypeSetConfig, xid, []byte{0, firstFragmentsWhole, 0xff, 0xff})
}
