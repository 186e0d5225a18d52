package golden

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/ndp"

	"weft/agent/frame"
	"weft/api"
	"weft/tables"
	"weft/test/cloud"
	"weft/test/ovstest"
)

// twoGuests are one on h1, where the switch is, and one on h2.
func twoGuests() *api.Snapshot {
	b := cloud.On(nil)
	b.Host("h1", 1)
	b.Host("h2", 2)
	b.Network("net", api.NetworkVXLAN, 1000, "")
	b.Subnet("sub", "net", "fd00::/64")
	b.Port("a", "fa:16:3e:00:00:0a", "sub", "fd00::a")
	b.Port("b", "fa:16:3e:00:00:0b", "sub", "fd00::b")
	b.Bind("a", "h1")
	b.Bind("b", "h2")
	s, _ := b.Done()
	return s
}

// askInSwitch sends neighbour solicitations of a guest from br-int into br-tun of h1, one from each source, and gives
// the first answer that comes back to br-int.
func askInSwitch(t *testing.T, from ...netip.Addr) (frame.Ends, ndp.Message) {
	t.Helper()
	sw := ovstest.Start(t)
	sw.AddBridge(tables.BridgeTun)
	sw.AddPort(tables.BridgeTun, "int", cloud.PatchInt)
	pcap := filepath.Join(sw.Dir, "int.pcap")
	sw.Vsctl("set", "interface", "int", "options:tx_pcap="+pcap)
	s := twoGuests()
	sw.AddFlows(tables.BridgeTun, flowsOf(t, s, "h1")[tables.BridgeTun]...)
	seg, _ := s.Segment("h1", "net")
	for _, src := range from {
		f := solicitation(t, src)
		tag := binary.BigEndian.AppendUint16([]byte{0x81, 0}, seg.LocalVLAN)
		sw.Appctl("netdev-dummy/receive", "int", hex.EncodeToString(append(append(f[:12:12], tag...), f[12:]...)))
	}
	return answerIn(t, sw, pcap)
}

// solicitation is guest a's question for guest b; one without a source is that of somebody who is about to take the
// address (RFC 4862).
func solicitation(t *testing.T, src netip.Addr) []byte {
	t.Helper()
	asker, target := api.MustMAC("fa:16:3e:00:00:0a"), netip.MustParseAddr("fd00::b")
	group := netip.MustParseAddr("ff02::1:ff00:b")
	e := frame.Ends{SrcMAC: asker, DstMAC: frame.Group(group), Src: src, Dst: group}
	q := &ndp.NeighborSolicitation{TargetAddress: target}
	if !src.IsUnspecified() {
		q.Options = []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Source, Addr: asker[:]}}
	}
	m, err := ndp.MarshalMessageChecksum(q, e.Src, e.Dst)
	if err != nil {
		t.Fatal(err)
	}
	return e.IPv6(frame.ICMPv6, m)
}

// answerIn waits for the first frame of a capture, and reads it.
func answerIn(t *testing.T, sw *ovstest.Switch, pcap string) (frame.Ends, ndp.Message) {
	t.Helper()
	const head, tag = 24 + 16, 4
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		b, _ := os.ReadFile(pcap)
		if len(b) <= head+tag+54 {
			sw.Ofctl("dump-flows", tables.BridgeTun)
			continue
		}
		f := b[head:]
		e, hops, icmp, err := frame.Packet(append(f[:12:12], f[12+tag:]...), frame.ICMPv6)
		if err != nil || hops != 255 {
			t.Fatalf("answer with hop limit %d: %v", hops, err)
		}
		if frame.Checked(e.Src, e.Dst, frame.ICMPv6, icmp) != 0xffff {
			t.Error("checksum is wrong")
		}
		m, err := ndp.ParseMessage(icmp)
		if err != nil {
			t.Fatal(err)
		}
		return e, m
	}
	t.Fatal("no answer")
	return frame.Ends{}, nil
}

func TestOpenVSwitchAnswersForANeighbourOnAnotherHost(t *testing.T) {
	src := netip.MustParseAddr("fd00::a")
	e, m := askInSwitch(t, src)
	owner := api.MustMAC("fa:16:3e:00:00:0b")
	want := frame.Ends{SrcMAC: owner, DstMAC: api.MustMAC("fa:16:3e:00:00:0a"), Src: netip.MustParseAddr("fd00::b"), Dst: src}
	if e != want {
		t.Errorf("goes %+v, want %+v", e, want)
	}
	same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	if diff := cmp.Diff(ndp.Message(&ndp.NeighborAdvertisement{
		Solicited: true, Override: true, TargetAddress: want.Src,
		Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: owner[:]}},
	}), m, same); diff != "" {
		t.Error(diff)
	}
}

func TestNobodyIsAnsweredWhoIsAboutToTakeAnAddress(t *testing.T) {
	next := netip.MustParseAddr("fd00::a")
	if e, m := askInSwitch(t, netip.IPv6Unspecified(), next); e.Dst != next {
		t.Errorf("answered %+v %+v before the next question", e, m)
	}
}
