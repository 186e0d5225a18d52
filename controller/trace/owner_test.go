package trace

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"weft/api"
	"weft/test/cloud"
)

// named calls objects by their ids.
type named struct{ World }

func (named) Name(r api.Ref) string { return r.ID }

func TestAnAddressThatMovesLeadsToAPortThatIsPluggedIn(t *testing.T) {
	b := cloud.On(nil)
	b.Host("h1", 1)
	b.Network("web", api.NetworkVXLAN, 7, "")
	b.Subnet("web", "web", "10.0.0.0/24")
	moves := netip.MustParseAddr("10.0.0.100")
	b.Port("vip", "fa:16:3e:00:00:64", "web", moves.String())
	for i, id := range []api.PortID{"web1", "web2", "web3"} {
		p := b.Port(id, "fa:16:3e:00:00:0"+string('1'+rune(i)), "web", "10.0.0.1"+string('1'+rune(i)))
		p.AllowedAddressPairs = []api.AddressPair{{Prefix: netip.PrefixFrom(moves, 32), MAC: p.MAC}}
		b.Put(p)
	}
	want := func(s *api.Snapshot, from api.PortID, mac string, notes int) {
		t.Helper()
		k := &walk{at: s, world: named{}, q: Query{From: from}}
		got, why, _ := k.owner("web", moves)
		if got != api.MustMAC(mac) || why != "" || len(k.notes) != notes {
			t.Errorf("%s asks: %s %q, %q; want %s and %d notes", from, got, why, k.notes, mac, notes)
		}
	}
	s, _ := b.Done()
	want(s, "", "fa:16:3e:00:00:64", 0) // nobody else either
	b = cloud.On(s)
	b.Bind("web2", "h1")
	s, _ = b.Done()
	want(s, "", "fa:16:3e:00:00:02", 0)
	b = cloud.On(s)
	b.Bind("web3", "h1")
	s, _ = b.Done()
	want(s, "", "fa:16:3e:00:00:02", 1)
	want(s, "web2", "fa:16:3e:00:00:03", 0)
	b = cloud.On(s)
	b.Bind("vip", "h1")
	s, _ = b.Done()
	want(s, "", "fa:16:3e:00:00:64", 0)
}

func TestWhatNoMachineIsReachedByIsRefused(t *testing.T) {
	for _, a := range []string{"127.0.0.1", "::1", "255.255.255.255", "0.0.0.0", "::", "224.0.0.5", "ff02::1", "::ffff:10.0.0.1", "fe80::1%eth0"} {
		if oneMachine(netip.MustParseAddr(a)) {
			t.Errorf("%s passes", a)
		}
	}
}

func TestAPacketIsSpeltWithTheFieldsOfItsProtocol(t *testing.T) {
	for proto, want := range map[string][]string{
		"tcp": {"tcp", "tcp_src=40000", "tcp_dst=53"}, "udp": {"udp", "udp_src=40000", "udp_dst=53"}, icmp: {"icmp", "icmp_type=8"},
	} {
		p := packet{from: netip.MustParseAddr("10.0.0.1"), to: netip.MustParseAddr("10.0.0.2"), proto: proto, port: 53}
		words := strings.Split(p.flow(place{port: 1}), ",")
		for _, w := range want {
			if !slices.Contains(words, w) {
				t.Errorf("%s: no %q in %q", proto, w, words)
			}
		}
	}
}
