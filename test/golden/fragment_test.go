package golden

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/mdlayher/ndp"

	"weft/agent/frame"
	"weft/api"
	"weft/tables"
	"weft/test/ovstest"
)

// Protocols of headers of IPv6 between the first and the last.
const (
	hopByHop    = 0
	fragment    = 44
	destination = 60
)

// padded is a header of options with nothing in them, in front of a protocol.
func padded(next uint8, eights int) []byte {
	b := make([]byte, 8*eights)
	b[0], b[1] = next, byte(eights-1)
	for at := 2; at < len(b); { // PadN, each of as much as it can have
		n := min(len(b)-at, 257)
		b[at], b[at+1] = 1, byte(n-2)
		at += n
	}
	return b
}

// inFragments are the first n bytes behind the IPv6 header, as the first fragment of a packet with more to come.
func inFragments(next uint8, payload []byte, n int) []byte {
	const more = 1
	return append(binary.BigEndian.AppendUint32([]byte{next, 0, 0, more}, 7), payload[:n]...)
}

// says is a message of neighbour discovery from guest a's own address.
func says(t *testing.T, m ndp.Message) (frame.Ends, []byte) {
	t.Helper()
	own := api.MustMAC("fa:16:3e:00:00:0a")
	e := frame.Ends{SrcMAC: own, DstMAC: frame.Group(frame.AllNodes), Src: own.LinkLocal(), Dst: frame.AllNodes}
	b, err := ndp.MarshalMessageChecksum(m, e.Src, e.Dst)
	if err != nil {
		t.Fatal(err)
	}
	return e, b
}

// Guests of old systems believe neighbour discovery in fragments, or behind other headers (RFC 6980, RFC 7113).
func TestWhatAGuestMayNotSendDoesNotPassInPieces(t *testing.T) {
	sw := ovstest.Start(t)
	s := twoGuests()
	h, _ := s.Host("h1")
	plug(t, sw, s, h)
	sw.Ofctl("set-frags", tables.BridgeInt, "nx-match") // as the agent's and the controller's sessions do
	at, _ := s.Binding("a", h.ID)

	e, advert := says(t, &ndp.RouterAdvertisement{
		CurrentHopLimit: 64, RouterLifetime: 1800e9, Options: []ndp.Option{ndp.NewMTU(1400)},
	})
	_, stolen := says(t, &ndp.NeighborAdvertisement{Override: true, TargetAddress: netip.MustParseAddr("fd00::b")})
	_, own := says(t, &ndp.NeighborAdvertisement{Override: true, TargetAddress: netip.MustParseAddr("fd00::a")})
	echo := append([]byte{128, 0, 0, 0, 0, 1, 0, 1}, make([]byte, 1000)...)
	server := func(from, to uint16) []byte {
		b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, from), to)
		return append(binary.BigEndian.AppendUint16(b, 408), make([]byte, 402)...)
	}
	for _, c := range []struct {
		name    string
		next    uint8
		payload []byte
		passes  bool
	}{
		{"a router advertisement in fragments", fragment, inFragments(frame.ICMPv6, advert, 8), false},
		{"one behind hop-by-hop options", hopByHop, append(padded(frame.ICMPv6, 1), advert...), false},
		{"one in fragments behind options", hopByHop, append(padded(fragment, 1), inFragments(frame.ICMPv6, advert, 16)...), false},
		{"one behind options of which the second fragment has the end", fragment,
			inFragments(destination, append(padded(frame.ICMPv6, 20), advert...), 80), false},
		{"another's address in fragments", fragment, inFragments(frame.ICMPv6, stolen, 24), false},
		{"another's address, the first fragment without it", fragment, inFragments(frame.ICMPv6, stolen, 8), false},
		{"another's address behind options", destination, append(padded(frame.ICMPv6, 2), stolen...), false},
		{"an answer of a DHCPv6 server in fragments", fragment, inFragments(frame.UDP, server(547, 546), 400), false},
		{"its own address behind options", destination, append(padded(frame.ICMPv6, 2), own...), true},
		{"a long echo request in fragments", fragment, inFragments(frame.ICMPv6, echo, 1000), true},
		{"a long datagram in fragments", fragment, inFragments(frame.UDP, server(1024, 546), 400), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := sw.Appctl("ofproto/trace", tables.BridgeInt, fmt.Sprintf("in_port=%d", at.OFPort),
				hex.EncodeToString(e.IPv6(c.next, c.payload)))
			if dropped := strings.Contains(out, "Datapath actions: drop"); dropped == c.passes {
				t.Errorf("passes %v, want %v:\n%s", !dropped, c.passes, out)
			}
		})
	}
}

// The same for IPv4, where nothing but a DHCP server's answer is in question.
func TestADHCPServersAnswerDoesNotPassInFragments(t *testing.T) {
	sw := ovstest.Start(t)
	s := scenarios()["one-network"]
	for b := range s.BindingsOn("h1") {
		p, _ := s.Port(b.PortID)
		if p.Unguarded() || !p.FixedIPs[0].Addr.Is4() {
			continue
		}
		h, _ := s.Host("h1")
		plug(t, sw, s, h)
		for _, from := range []uint16{67, 1067} {
			f := append(append([]byte{}, api.Broadcast[:]...), p.MAC[:]...)
			f = append(f, 8, 0, 0x45, 0, 0, 20+16, 0, 7, 0x20, 0, 64, 17, 0, 0)
			f = append(append(f, p.FixedIPs[0].Addr.AsSlice()...), 255, 255, 255, 255)
			f = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(f, from), 68)
			f = append(f, make([]byte, 12)...)
			sw.Ofctl("set-frags", tables.BridgeInt, "nx-match")
			out := sw.Appctl("ofproto/trace", tables.BridgeInt, fmt.Sprintf("in_port=%d", b.OFPort), hex.EncodeToString(f))
			if dropped := strings.Contains(out, "Datapath actions: drop"); dropped != (from == 67) {
				t.Errorf("from port %d: dropped %v:\n%s", from, dropped, out)
			}
		}
		return
	}
	t.Fatal("the scenario has no guest for this")
}
