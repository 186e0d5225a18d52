package wire

import (
	"encoding/binary"
	"fmt"

	"weft/pipeline"
)

const (
	outputLen   = 16
	noBuffer    = 0xffffffff
	fromNowhere = 0xfffffffd // OFPP_CONTROLLER: the packet came in by no port

	// maxPacketOut is what of a packet fits into a message beside what goes before it.
	maxPacketOut = 0xffff - HeaderLen - 16 - outputLen
)

// InPort is the OpenFlow port that the packet came in by.
func (p PacketIn) InPort() (uint32, bool) {
	for b := []byte(p.Match); len(b) >= 4; {
		class, field, n := binary.BigEndian.Uint16(b), b[2]>>1, int(b[3])
		if len(b) < 4+n {
			return 0, false
		}
		const inPort = 0
		if class == classBasic && field == inPort && n == 4 {
			return binary.BigEndian.Uint32(b[4:]), true
		}
		b = b[4+n:]
	}
	return 0, false
}

// AppendPacketOut appends a message that sends a packet out of one port. It passes no table.
func AppendPacketOut(b []byte, xid, port uint32, packet []byte) ([]byte, error) {
	if len(packet) > maxPacketOut {
		return b, fmt.Errorf("packet-out of %d bytes, want at most %d", len(packet), maxPacketOut)
	}
	p := binary.BigEndian.AppendUint32(make([]byte, 0, 16+outputLen+len(packet)), noBuffer)
	p = binary.BigEndian.AppendUint32(p, fromNowhere)
	p = binary.BigEndian.AppendUint16(p, outputLen)
	p = append(p, 0, 0, 0, 0, 0, 0)
	p = append(p, 0, 0, 0, outputLen) // OFPAT_OUTPUT
	p = binary.BigEndian.AppendUint32(p, port)
	p = append(p, 0, 0, 0, 0, 0, 0, 0, 0) // no max_len: it is for packets to controllers
	return AppendMessage(b, TypePacketOut, xid, append(p, packet...)), nil
}

// AppendPacketThrough appends a message that has the switch do actions to a packet, which passes no table.
func AppendPacketThrough(b []byte, xid uint32, as []pipeline.Action, packet []byte) ([]byte, error) {
	return AppendPacketFrom(b, xid, fromNowhere, as, packet)
}

// AppendPacketFrom does the same to a packet as if it had come in by a port.
func AppendPacketFrom(b []byte, xid, port uint32, as []pipeline.Action, packet []byte) ([]byte, error) {
	ins, err := encodeInstructions(nil, as)
	if err != nil {
		return b, fmt.Errorf("packet-out: %w", err)
	}
	const instruction = 8 // the header of apply_actions, the only one
	if len(ins) <= instruction || len(ins)+len(packet) > maxPacketOut {
		return b, fmt.Errorf("packet-out of %d bytes with actions of %d, want some, and at most %d together", len(packet), len(ins), maxPacketOut)
	}
	p := binary.BigEndian.AppendUint32(make([]byte, 0, 16+len(ins)+len(packet)), noBuffer)
	p = binary.BigEndian.AppendUint32(p, port)
	p = binary.BigEndian.AppendUint16(p, uint16(len(ins)-instruction))
	p = append(p, 0, 0, 0, 0, 0, 0)
	p = append(p, ins[instruction:]...)
	return AppendMessage(b, TypePacketOut, xid, append(p, packet...)), nil
}

// AppendSetControllerID appends a request that this connection be the one with an id: of what flows send up, it then gets
// only what they send to that id (Nicira's extension).
func AppendSetControllerID(b []byte, xid uint32, id uint16) []byte {
	const setControllerID = 20
	p := binary.BigEndian.AppendUint32(nil, experimenterNicira)
	p = binary.BigEndian.AppendUint32(p, setControllerID)
	p = append(p, 0, 0, 0, 0, 0, 0)
	return AppendMessage(b, TypeExperimenter, xid, binary.BigEndian.AppendUint16(p, id))
}

// AppendOnlyPackets appends a request that of all messages of a switch's own accord only packets that flows send up come
// over this connection.
func AppendOnlyPackets(b []byte, xid uint32) []byte {
	const byAction = 1 << 1 // OFPR_ACTION
	masks := [6]uint32{byAction, byAction}
	var p []byte
	for _, m := range masks {
		p = binary.BigEndian.AppendUint32(p, m)
	}
	return AppendMessage(b, TypeSetAsync, xid, p)
}
