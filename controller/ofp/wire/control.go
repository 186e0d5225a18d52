package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Hello is a switch's first message.
type Hello struct {
	Version uint8  // the highest that the switch speaks, from the header
	Bitmap  uint32 // bit N: speaks version N; 0 if the switch gave no bitmap
}

// Speaks13 reports whether the two sides agree on OpenFlow 1.3.
func (h Hello) Speaks13() bool {
	if h.Bitmap != 0 {
		return h.Bitmap>>Version&1 == 1
	}
	return h.Version >= Version
}

// ParseHello decodes a hello. Elements other than a version bitmap are skipped, as the standard asks.
func ParseHello(b []byte) (Hello, error) {
	elements, err := body(b, TypeHello, 0)
	if err != nil {
		return Hello{}, err
	}
	h := Hello{Version: b[0]}
	for len(elements) > 0 {
		if len(elements) < 4 {
			return Hello{}, fmt.Errorf("hello ends inside an element, with %d bytes left", len(elements))
		}
		kind, n := binary.BigEndian.Uint16(elements), int(binary.BigEndian.Uint16(elements[2:]))
		if n < 4 || n > len(elements) {
			return Hello{}, fmt.Errorf("hello element %d says %d bytes, %d are left", kind, n, len(elements))
		}
		const versionBitmap = 1
		if kind == versionBitmap && n >= 8 {
			h.Bitmap = binary.BigEndian.Uint32(elements[4:])
		}
		elements = elements[min(len(elements), (n+7)/8*8):]
	}
	return h, nil
}

// ParseEcho gives the payload of an echo request or reply.
func ParseEcho(b []byte) ([]byte, error) {
	h, err := ParseHeader(b)
	if err != nil {
		return nil, err
	}
	if h.Type != TypeEchoRequest && h.Type != TypeEchoReply {
		return nil, fmt.Errorf("message is %v, want an echo", h.Type)
	}
	return body(b, h.Type, 0)
}

// Features says who a switch is.
type Features struct {
	DPID         uint64
	Buffers      uint32
	Tables       uint8
	AuxiliaryID  uint8 // 0 for the main connection
	Capabilities uint32
}

// ParseFeatures decodes a features reply.
func ParseFeatures(b []byte) (Features, error) {
	p, err := body(b, TypeFeaturesReply, 24)
	if err != nil {
		return Features{}, err
	}
	return Features{
		DPID:         binary.BigEndian.Uint64(p),
		Buffers:      binary.BigEndian.Uint32(p[8:]),
		Tables:       p[12],
		AuxiliaryID:  p[13],
		Capabilities: binary.BigEndian.Uint32(p[16:]),
	}, nil
}

// ParseBarrier checks a barrier reply.
func ParseBarrier(b []byte) error {
	p, err := body(b, TypeBarrierReply, 0)
	if err == nil && len(p) != 0 {
		err = fmt.Errorf("barrier-reply message has a body of %d bytes", len(p))
	}
	return err
}

// Role is what a controller may do with a switch.
type Role uint32

// The roles (OpenFlow 1.3.5, ofp_controller_role).
const (
	RoleNoChange Role = 0
	RoleEqual    Role = 1
	RoleMaster   Role = 2
	RoleSlave    Role = 3
)

// AppendRoleRequest appends a request for a role. Generation orders the masters of a cluster.
func AppendRoleRequest(b []byte, xid uint32, r Role, generation uint64) []byte {
	p := binary.BigEndian.AppendUint32(nil, uint32(r))
	p = binary.BigEndian.AppendUint32(p, 0)
	return AppendMessage(b, TypeRoleRequest, xid, binary.BigEndian.AppendUint64(p, generation))
}

// ParseRole decodes a role reply: the role now, and the generation.
func ParseRole(b []byte) (Role, uint64, error) {
	p, err := body(b, TypeRoleReply, 16)
	if err != nil {
		return 0, 0, err
	}
	return Role(binary.BigEndian.Uint32(p)), binary.BigEndian.Uint64(p[8:]), nil
}

// Error is a switch's refusal.
type Error struct {
	Type         uint16
	Code         uint16 // for an experimenter's error its type
	Experimenter uint32 // if Type is 0xffff
	// Data begins with the message that was refused, at least 64 bytes of it.
	Data []byte
}

// errExperimenter is the type of an experimenter's error.
const errExperimenter = 0xffff

// ParseError decodes an error message.
func ParseError(b []byte) (*Error, error) {
	p, err := body(b, TypeError, 4)
	if err != nil {
		return nil, err
	}
	e := &Error{Type: binary.BigEndian.Uint16(p), Code: binary.BigEndian.Uint16(p[2:]), Data: p[4:]}
	if e.Type == errExperimenter {
		if len(e.Data) < 4 {
			return nil, errors.New("experimenter's error message has no experimenter id")
		}
		e.Experimenter, e.Data = binary.BigEndian.Uint32(e.Data), e.Data[4:]
	}
	return e, nil
}

// AppendError appends an error message about a message that we refuse.
func AppendError(b []byte, xid uint32, kind, code uint16, refused []byte) []byte {
	p := binary.BigEndian.AppendUint16(nil, kind)
	p = binary.BigEndian.AppendUint16(p, code)
	return AppendMessage(b, TypeError, xid, append(p, refused[:min(64, len(refused))]...))
}
