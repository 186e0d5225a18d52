package wire

import (
	"encoding/binary"
	"fmt"

	"weft/api"
)

// Port is a switch's description of one of its ports.
type Port struct {
	No     uint32
	MAC    api.MAC
	Name   string
	Config uint32 // bits of ofp_port_config; 1: down by an administrator
	State  uint32 // bits of ofp_port_state; 1: no link
}

const portLen = 64

// parsePort decodes a whole ofp_port.
func parsePort(b []byte) Port {
	return Port{
		No:     binary.BigEndian.Uint32(b),
		MAC:    api.MAC(b[8:14]),
		Name:   text(b[16:32]),
		Config: binary.BigEndian.Uint32(b[32:]),
		State:  binary.BigEndian.Uint32(b[36:]),
	}
}

// AppendPorts appends the ports of one part of a PartPortDesc reply to ps.
func AppendPorts(ps []Port, body []byte) ([]Port, error) {
	if len(body)%portLen != 0 {
		return ps, fmt.Errorf("port descriptions take %d bytes, want a multiple of %d", len(body), portLen)
	}
	for ; len(body) > 0; body = body[portLen:] {
		ps = append(ps, parsePort(body))
	}
	return ps, nil
}

// PortReason is what happened to a port.
type PortReason uint8

// The reasons.
const (
	PortAdded    PortReason = 0
	PortDeleted  PortReason = 1
	PortModified PortReason = 2
)

// String gives added, deleted or modified.
func (r PortReason) String() string {
	switch r {
	case PortAdded:
		return "added"
	case PortDeleted:
		return "deleted"
	case PortModified:
		return "modified"
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// PortStatus says that a port changed.
type PortStatus struct {
	Reason PortReason
	Port   Port
}

// ParsePortStatus decodes a port-status message.
func ParsePortStatus(b []byte) (PortStatus, error) {
	p, err := body(b, TypePortStatus, 8+portLen)
	if err != nil {
		return PortStatus{}, err
	}
	return PortStatus{PortReason(p[0]), parsePort(p[8:])}, nil
}

// PacketIn is a packet that a switch sends up.
type PacketIn struct {
	Buffer   uint32
	TotalLen uint16 // of the packet; Data may be cut
	Reason   uint8
	Table    uint8
	Cookie   uint64
	Match    string // canonical; in_port and metadata of the packet
	Data     []byte
}

// ParsePacketIn decodes a packet-in.
func ParsePacketIn(b []byte) (PacketIn, error) {
	p, err := body(b, TypePacketIn, 16)
	if err != nil {
		return PacketIn{}, err
	}
	match, rest, err := parseMatch(p[16:])
	switch {
	case err != nil:
		return PacketIn{}, fmt.Errorf("packet-in: %w", err)
	case len(rest) < 2:
		return PacketIn{}, fmt.Errorf("packet-in has %d bytes behind its match, want 2 at least", len(rest))
	}
	return PacketIn{
		Buffer: binary.BigEndian.Uint32(p), TotalLen: binary.BigEndian.Uint16(p[4:]), Reason: p[6], Table: p[7],
		Cookie: binary.BigEndian.Uint64(p[8:]), Match: match, Data: rest[2:],
	}, nil
}

// FlowRemoved says that a flow ended.
type FlowRemoved struct {
	Cookie         uint64
	Priority       uint16
	Reason, Table  uint8
	Packets, Bytes uint64
	Match          string // canonical
}

// ParseFlowRemoved decodes a flow-removed message.
func ParseFlowRemoved(b []byte) (FlowRemoved, error) {
	p, err := body(b, TypeFlowRemoved, 40)
	if err != nil {
		return FlowRemoved{}, err
	}
	match, _, err := parseMatch(p[40:])
	if err != nil {
		return FlowRemoved{}, fmt.Errorf("flow-removed: %w", err)
	}
	return FlowRemoved{
		Cookie: binary.BigEndian.Uint64(p), Priority: binary.BigEndian.Uint16(p[8:]), Reason: p[10], Table: p[11],
		Packets: binary.BigEndian.Uint64(p[24:]), Bytes: binary.BigEndian.Uint64(p[32:]), Match: match,
	}, nil
}

func parseMatch(b []byte) (canonical string, rest []byte, err error) {
	oxm, rest, err := splitMatch(b)
	if err != nil {
		return "", nil, err
	}
	canonical, err = CanonicalMatch(oxm)
	return canonical, rest, err
}
