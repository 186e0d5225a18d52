package pcap

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
)

// A routed echo request on the underlay, written down from the layers' definitions.
const routed = "" +
	"02aa00000002 02aa00000001 0800" + // outer Ethernet
	"4500 0078 0001 0000 40 11 0000 0a010103 0a010204" + // outer IPv4
	"c000 12b5 0064 0000" + // UDP to 4789
	"08000000 00001a00" + // VXLAN, vni 26
	"fa163e000004 fa163f02d7f2 0800" + // inner Ethernet
	"4500 0054 0001 0000 3f 01 0000 c0a80ade 0a0a0a04" + // inner IPv4
	"0800 0000" // echo request

const question = "ffffffffffff fa163effaa66 8100 0007 0806 0001 0800 0604 0001 fa163effaa66 c0a80ade 000000000000 c0a80a01"

func frame(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeLooksInsideTunnels(t *testing.T) {
	want := Packet{
		DstMAC: api.MAC{2, 0xaa, 0, 0, 0, 2}, SrcMAC: api.MAC{2, 0xaa, 0, 0, 0, 1}, EtherType: EtherIPv4,
		SrcIP: netip.MustParseAddr("10.1.1.3"), DstIP: netip.MustParseAddr("10.1.2.4"), TTL: 64,
		Proto: ProtoUDP, SrcPort: 0xc000, DstPort: PortVXLAN, VNI: 26,
		Inner: &Packet{
			DstMAC: api.MAC{0xfa, 0x16, 0x3e, 0, 0, 4}, SrcMAC: api.MAC{0xfa, 0x16, 0x3f, 2, 0xd7, 0xf2},
			EtherType: EtherIPv4, TTL: 63, Proto: ProtoICMP, ICMPType: EchoRequest,
			SrcIP: netip.MustParseAddr("192.168.10.222"), DstIP: netip.MustParseAddr("10.10.10.4"),
		},
	}
	if diff := cmp.Diff(want, Decode(frame(t, routed)), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("Decode (-want +got):\n%s", diff)
	}
}

func TestDecodeReadsTaggedARP(t *testing.T) {
	got := Decode(frame(t, question)).String()
	want := "fa:16:3e:ff:aa:66 > ff:ff:ff:ff:ff:ff vlan 7 ARP op 1 192.168.10.222 asks for 192.168.10.1"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOfAPacketInPiecesTheFirstSaysWhatItIs(t *testing.T) {
	head := "333300000001 fa163effaa66 86dd 6000 0000 0010 2c ff fe80" + strings.Repeat("00", 13) + "01 ff02" + strings.Repeat("00", 13) + "01"
	for pieces, want := range map[string][2]uint8{
		"3a00 0001 00000007 8600 0000 40000708": {ProtoICMPv6, RouterAdvertisement},
		"3a00 0008 00000007 8600 0000 40000708": {ProtoFragment, 0},
	} {
		if p := Decode(frame(t, head+pieces)); p.Proto != want[0] || p.ICMPType != want[1] {
			t.Errorf("%s is protocol %d, type %d, want %v", pieces, p.Proto, p.ICMPType, want)
		}
	}
}

func TestReaderEndsWithTheWriter(t *testing.T) {
	f := frame(t, routed)
	var b bytes.Buffer
	put := func(v ...uint32) {
		for _, x := range v {
			b.Write(binary.LittleEndian.AppendUint32(nil, x))
		}
	}
	put(magicMicro, 0x00040002, 0, 0, 65535, linkEthernet)
	put(1, 2, uint32(len(f)), uint32(len(f)))
	b.Write(f)
	put(1, 3, uint32(len(f)), uint32(len(f)))
	b.Write(f[:20]) // killed in the middle
	r, err := NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := r.Next(); err != nil || p.Inner == nil {
		t.Fatalf("first packet: %v, %v", p, err)
	}
	if _, err := r.Next(); err != io.EOF { //nolint:errorlint // io.EOF itself is the contract
		t.Errorf("after the end: got %v, want %v", err, io.EOF)
	}
}

func FuzzDecodeTakesAnything(f *testing.F) {
	for _, s := range []string{routed, question} {
		b, _ := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		for n := range b {
			f.Add(b[:n])
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) { _ = Decode(b).String() })
}
