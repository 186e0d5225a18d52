package golden

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"weft/api"
	"weft/tables"
	"weft/test/cloud"
	"weft/test/ovstest"
)

// A tag that names a priority and no VLAN (IEEE 802.1Q) changes nothing of what becomes of a frame, whoever sent it: it
// arrives as the same frame, without the tag.
func TestATagWithoutAVLANChangesNothing(t *testing.T) {
	switches := map[string]*ovstest.Switch{}
	number := regexp.MustCompile(`recirc_id=\d+`) // another one each time
	from := func(port api.PortID) string { return "in_port=guest " + string(port) }
	for _, c := range []struct {
		name, scenario, bridge, from, packet string
	}{
		{"from a guest to a neighbour", "one-network", tables.BridgeInt, from("a"),
			"dl_src=fa:16:3e:00:00:0a,dl_dst=fa:16:3e:00:00:0b,icmp,nw_src=10.0.0.10"},
		{"from a guest to everybody", "one-network", tables.BridgeInt, from("a"),
			"dl_src=fa:16:3e:00:00:0a,dl_dst=ff:ff:ff:ff:ff:ff,arp,arp_op=1,arp_spa=10.0.0.10,arp_sha=fa:16:3e:00:00:0a,arp_tpa=10.0.0.77"},
		{"from a guest to the DHCP server", "one-network", tables.BridgeInt, from("a"),
			"dl_src=fa:16:3e:00:00:0a,dl_dst=ff:ff:ff:ff:ff:ff,udp,nw_src=0.0.0.0,nw_dst=255.255.255.255,udp_src=68,udp_dst=67"},
		{"from a trunk's parent", "trunk", tables.BridgeInt, from("plain"),
			"dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,icmp,nw_src=10.1.0.10"},
		{"from a guest that may tag, on its network's untagged side", "vlan-transparent", tables.BridgeInt, from("wire-h1"),
			"dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,icmp,nw_src=10.2.0.10"},
		{"from behind an external VTEP", "external-vtep", tables.BridgeTun, fmt.Sprintf("in_port=%d,tun_src=10.9.0.1,tun_id=1000", cloud.VXLAN),
			"dl_src=52:54:00:00:00:09,dl_dst=fa:16:3e:00:00:0a,icmp"},
	} {
		s := scenarios()[c.scenario]
		h, _ := s.Host("h1")
		sw := switches[c.scenario]
		if sw == nil {
			sw = ovstest.Start(t)
			plug(t, sw, s, h)
			switches[c.scenario] = sw
		}
		t.Run(c.name, func(t *testing.T) {
			if port, ok := strings.CutPrefix(c.from, "in_port=guest "); ok {
				at, bound := s.Binding(api.PortID(port), h.ID)
				if !bound {
					t.Fatalf("no port %s", port)
				}
				c.from = fmt.Sprintf("in_port=%d", at.OFPort)
			}
			fate := func(more string) string {
				out := sw.Appctl("ofproto/trace", c.bridge, c.from+","+c.packet+more)
				_, does, _ := strings.Cut(out, "Datapath actions: ")
				does, _, _ = strings.Cut(does, "\n")
				return number.ReplaceAllString(strings.ReplaceAll(does, "pop_vlan,", ""), "")
			}
			want := fate("")
			if want == "drop" || want == "" {
				t.Fatalf("without a tag: %q", want)
			}
			for _, tag := range []string{",dl_vlan=0", ",dl_vlan=0,dl_vlan_pcp=5"} {
				if got := fate(tag); got != want {
					t.Errorf("with%s: %q, without: %q", tag, got, want)
				}
			}
		})
	}
}
