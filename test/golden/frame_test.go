package golden

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"weft/tables"
	"weft/test/ovstest"
)

// Parts of frames that guest a of one-network sends. The lies are in the name of guest b, which is on its host.
const (
	toAll    = "ffffffffffff"
	toB      = "fa163e00000b"
	fromA    = "fa163e00000a"
	fromB    = "fa163e00000b"
	snap     = "aaaa03000000"
	priority = "8100 0000"
	vlan1    = "8100 0001" // net's own tag on br-int
	service1 = "88a8 0001"

	arpA     = "0806 0001 0800 06 04 0001 fa163e00000a 0a00000a 000000000000 0a00000b"
	arpB     = "0806 0001 0800 06 04 0001 fa163e00000a 0a00000b 000000000000 0a00000a"
	arpReply = "0806 0001 0800 06 04 0002 fa163e00000b 0a00000b fa163e00000a 0a00000a"
	arpLong  = "0806 0001 0800 08 04 0002 fa163e00000a0000 0a00000b fa163e00000a0000 0a00000a"
	arpOdd   = "0806 0006 0800 06 04 0002 fa163e00000a 0a00000b fa163e00000a 0a00000a"
	arpShort = "0806 0001 0800 06 04 0002 fa163e"

	udp     = "0400 0400 0008 0000"
	server  = "0043 0044 0008 0000"
	ipA     = "0800 45 00 001c 0001 0000 40 11 0000 0a00000a 0a00000b"
	ipB     = "0800 45 00 001c 0001 0000 40 11 0000 0a00000b 0a00000a"
	options = "0800 46 00 0020 0001 0000 40 11 0000 0a00000a 0a00000b 01010101"
	routed  = "0800 47 00 0024 0001 0000 40 11 0000 0a00000b 0a00000a 83 07 04 0a00000a 00"
	noHead  = "0800 41 00 001c 0001 0000 40 11 0000 0a00000a 0a00000b"
	tooLong = "0800 45 00 ffff 0001 0000 40 11 0000 0a00000a 0a00000b"
	nobody  = "0800 45 00 001c 0001 0000 40 11 0000 00000000 ffffffff"
	ip6B    = "86dd 60000000 0008 11 40 fe80000000000000f8163efffe00000b ff020000000000000000000000000001"
)

// Whatever a guest wraps around its lies, they end where they come in.
func TestLiesInOddFramesAreDropped(t *testing.T) {
	sw := ovstest.Start(t)
	s := scenarios()["one-network"]
	h, _ := s.Host("h1")
	plug(t, sw, s, h)
	at, _ := s.Binding("a", h.ID)
	for _, c := range []struct {
		name   string
		frame  string
		passes bool
	}{
		{"own ARP", toAll + fromA + arpA, true},
		{"another's address", toAll + fromA + arpB, false},
		{"another's address with its MAC inside", toB + fromA + arpReply, false},
		{"ARP of long hardware addresses", toAll + fromA + arpLong, false},
		{"ARP of another kind of hardware", toAll + fromA + arpOdd, false},
		{"half of an ARP", toAll + fromA + arpShort, false},
		{"ARP in 802.2", toAll + fromA + "0024" + snap + arpB, false},
		{"own ARP in 802.2", toAll + fromA + "0024" + snap + arpA, true},
		{"ARP with a tag without a VLAN", toAll + fromA + priority + arpB, false},
		{"own ARP with a tag without a VLAN", toAll + fromA + priority + arpA, true},
		{"own ARP with a service tag without a VLAN", toAll + fromA + "88a8 0000" + arpA, true},
		{"own packet with the highest priority", toB + fromA + "8100 e000" + ipA + udp, true},
		{"another's packet with a priority", toB + fromA + "8100 e000" + ipB + udp, false},
		{"another's MAC with a priority", toAll + fromB + priority + ipA + udp, false},
		{"an answer of a DHCP server with a priority", toB + fromA + priority + ipA + server, false},
		{"own ARP with a priority and the local VLAN's tag", toAll + fromA + priority + vlan1 + arpA, false},
		{"own ARP with a priority and a service tag", toAll + fromA + priority + service1 + arpA, false},
		{"own ARP with two priorities", toAll + fromA + priority + priority + arpA, false},
		{"own ARP with the local VLAN's tag", toAll + fromA + vlan1 + arpA, false},
		{"own ARP with a service tag", toAll + fromA + service1 + arpA, false},
		{"own ARP with two tags", toAll + fromA + service1 + vlan1 + arpA, false},
		{"own packet", toB + fromA + ipA + udp, true},
		{"another's packet", toB + fromA + ipB + udp, false},
		{"another's MAC", toAll + fromB + ipA + udp, false},
		{"a group's MAC", toB + "01005e000001" + ipA + udp, false},
		{"no MAC", toB + "000000000000" + ipA + udp, false},
		{"a host's MAC", toB + "fa163f000002" + ipA + udp, false},
		{"own packet with options", toB + fromA + options + udp, true},
		{"another's packet that says which way it came", toB + fromA + routed + udp, false},
		{"a header that is too short", toB + fromA + noHead + udp, false},
		{"a packet that is longer than its frame", toB + fromA + tooLong + udp, false},
		{"nobody's packet", toAll + fromA + nobody + udp, false},
		{"an answer of a DHCP server", toB + fromA + ipA + server, false},
		{"one in 802.2", toB + fromA + "0024" + snap + ipA + server, false},
		{"another's packet in 802.2", toB + fromA + "0024" + snap + ipB + udp, false},
		{"another's packet of IPv6", "333300000001" + fromA + ip6B + udp, false},
		{"to the spanning tree", "0180c2000000" + fromA + "0007 424203 00000000", false},
		{"to the nearest bridge", "0180c200000e" + fromA + "88cc 0000", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := strings.ReplaceAll(c.frame, " ", "")
			f += strings.Repeat("0", max(0, 2*60-len(f))) // the least that Ethernet carries
			if _, err := hex.DecodeString(f); err != nil {
				t.Fatal(err)
			}
			out := sw.Appctl("ofproto/trace", tables.BridgeInt, fmt.Sprintf("in_port=%d", at.OFPort), f)
			if dropped := strings.Contains(out, "Datapath actions: drop"); dropped == c.passes {
				t.Errorf("passes %v, want %v:\n%s", !dropped, c.passes, out)
			}
		})
	}
}
