package wire_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"weft/controller/ofp/wire"
)

func hexed(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func TestMessagesOfAPacketControllerHaveTheirBytes(t *testing.T) {
	out, err := wire.AppendPacketOut(nil, 9, 7, []byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want []byte
	}{
		{"packet-out", out, hexed("040d002b 00000009 ffffffff fffffffd 0010 000000000000 0000 0010 00000007 0000 000000000000 010203")},
		{"set-controller-id", wire.AppendSetControllerID(nil, 1, 0x7761), hexed("04040018 00000001 00002320 00000014 000000000000 7761")},
		{"only-packets", wire.AppendOnlyPackets(nil, 1), hexed("041c0020 00000001 00000002 00000002 00000000 00000000 00000000 00000000")},
	} {
		if hex.EncodeToString(c.got) != hex.EncodeToString(c.want) {
			t.Errorf("%s is\n%x, want\n%x", c.name, c.got, c.want)
		}
	}
	if _, err := wire.AppendPacketOut(nil, 1, 7, make([]byte, 0xffff)); err == nil {
		t.Error("a packet that does not fit into a message was taken")
	}
}

func TestAPacketInSaysWhereThePacketCameFrom(t *testing.T) {
	for _, c := range []struct {
		name, match string
		want        uint32
		ok          bool
	}{
		{"alone", "80000004 00000007", 7, true},
		{"behind-metadata", "80000408 0000000000000001 80000004 00000009", 9, true},
		{"absent", "80000408 0000000000000001", 0, false},
		{"cut-off", "80000004 0000", 0, false},
		{"too-long", "80000008 0000000000000007", 0, false},
		{"nothing", "", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, ok := (wire.PacketIn{Match: string(hexed(c.match))}).InPort(); got != c.want || ok != c.ok {
				t.Errorf("got %d, %t, want %d, %t", got, ok, c.want, c.ok)
			}
		})
	}
}
