package dhcp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"weft/agent/frame"
	"weft/api"
)

const (
	ethernetLen = 14
	ipv4Len     = 20
	udpLen      = 8

	etherVLAN = 0x8100
	etherIPv4 = 0x0800
	vlanLen   = 4
	macsLen   = 12 // the two addresses, before the type or a tag
	protoUDP  = 17

	clientPort, serverPort = 68, 67
)

var errNotDHCP = errors.New("frame is no DHCP request")

// untag takes the 802.1Q tag off a frame and gives its VLAN id; 0 for a frame without one.
func untag(frame []byte) (uint16, []byte) {
	if len(frame) < ethernetLen+vlanLen || binary.BigEndian.Uint16(frame[macsLen:]) != etherVLAN {
		return 0, frame
	}
	const id = 0xfff
	tag := binary.BigEndian.Uint16(frame[ethernetLen:]) & id
	return tag, append(frame[:macsLen:macsLen], frame[macsLen+vlanLen:]...)
}

// withTag puts a tag into a frame; 0 is none.
func withTag(tag uint16, frame []byte) []byte {
	if tag == 0 {
		return frame
	}
	f := make([]byte, 0, len(frame)+vlanLen)
	f = append(f, frame[:macsLen]...)
	f = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(f, etherVLAN), tag)
	return append(f, frame[macsLen:]...)
}

// payload gives what a DHCP client's frame carries in UDP. Checksums are not looked at: a guest whose device finishes
// them later sends them unfinished.
func payload(f []byte) ([]byte, error) {
	if len(f) < ethernetLen+ipv4Len || binary.BigEndian.Uint16(f[12:]) != etherIPv4 {
		return nil, errNotDHCP
	}
	ip := f[ethernetLen:]
	head, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
	const fragment = 0x3fff // more to come, or not the first
	switch {
	case ip[0]>>4 != 4 || head < ipv4Len || total < head+udpLen || total > len(ip):
		return nil, fmt.Errorf("IPv4 header says %d of %d bytes in a packet of %d: %w", head, total, len(ip), errNotDHCP)
	case ip[9] != protoUDP || binary.BigEndian.Uint16(ip[6:])&fragment != 0:
		return nil, errNotDHCP
	}
	udp := ip[head:total]
	n := int(binary.BigEndian.Uint16(udp[4:]))
	if n < udpLen || n > len(udp) || binary.BigEndian.Uint16(udp[2:]) != serverPort {
		return nil, fmt.Errorf("UDP header says %d bytes in a packet of %d: %w", n, len(udp), errNotDHCP)
	}
	return udp[udpLen:n], nil
}

// envelope is where a frame comes from and goes to.
type envelope struct {
	srcMAC, dstMAC api.MAC
	src, dst       netip.Addr
}

// seal puts a server's answer into a frame.
func (e envelope) seal(b []byte) []byte {
	f := make([]byte, 0, ethernetLen+ipv4Len+udpLen+len(b))
	f = append(append(f, e.dstMAC[:]...), e.srcMAC[:]...)
	f = binary.BigEndian.AppendUint16(f, etherIPv4)
	f = append(f, 0x45, 0xc0) // internetwork control, as routing and DHCP packets have
	f = binary.BigEndian.AppendUint16(f, uint16(ipv4Len+udpLen+len(b)))
	f = append(f, 0, 0, 0, 0, 64, protoUDP, 0, 0)
	f = append(append(f, e.src.AsSlice()...), e.dst.AsSlice()...)
	ip := f[ethernetLen:]
	binary.BigEndian.PutUint16(ip[10:], ^frame.Fold(frame.Sum(ip)))
	f = binary.BigEndian.AppendUint16(f, serverPort)
	f = binary.BigEndian.AppendUint16(f, clientPort)
	f = binary.BigEndian.AppendUint16(f, uint16(udpLen+len(b)))
	f = append(append(f, 0, 0), b...)
	udp := f[ethernetLen+ipv4Len:]
	check := ^frame.Checked(e.src, e.dst, protoUDP, udp)
	if check == 0 {
		check = 0xffff // 0 would mean that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(udp[6:], check)
	return f
}
