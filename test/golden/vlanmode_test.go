package golden

import (
	"fmt"
	"strings"
	"testing"

	"weft/tables"
	"weft/test/ovstest"
)

// TestVLANSettingsOfAPortChangeNothing holds what libvirt writes of <vlan> into the Port row against the flows: Open vSwitch
// heeds it in its own switch (NORMAL) only, which br-int does not use.
func TestVLANSettingsOfAPortChangeNothing(t *testing.T) {
	s := trunk()
	h, _ := s.Host("h1")
	b, _ := s.Binding("plain", h.ID)
	sw := ovstest.Start(t)
	plug(t, sw, s, h)
	frames := map[string][2]string{ // by what they are: bridge and packet
		"untagged":           {tables.BridgeInt, fmt.Sprintf("in_port=%d,dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,icmp,nw_src=10.1.0.10", b.OFPort)},
		"of a sub-port":      {tables.BridgeInt, fmt.Sprintf("in_port=%d,dl_vlan=100,dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,icmp,nw_src=10.2.0.10", b.OFPort)},
		"with a foreign tag": {tables.BridgeInt, fmt.Sprintf("in_port=%d,dl_vlan=120,dl_src=fa:16:3e:00:00:01,dl_dst=fa:16:3e:00:00:02,icmp,nw_src=10.1.0.10", b.OFPort)},
		"to the guest":       {tables.BridgeTun, "in_port=2,tun_src=10.0.0.2,tun_id=1000,dl_src=fa:16:3e:00:00:02,dl_dst=fa:16:3e:00:00:01,icmp"},
		"to a sub-port":      {tables.BridgeTun, "in_port=2,tun_src=10.0.0.2,tun_id=1001,dl_src=fa:16:3e:00:00:02,dl_dst=fa:16:3e:00:00:01,icmp"},
	}
	fates := func() map[string]string {
		out := map[string]string{}
		for name, f := range frames {
			_, does, _ := strings.Cut(sw.Appctl("ofproto/trace", f[0], f[1]), "Datapath actions: ")
			out[name] = strings.TrimSpace(does)
		}
		return out
	}
	want := fates()
	if want["untagged"] == "drop" || want["of a sub-port"] == "drop" || want["to a sub-port"] == "drop" || want["with a foreign tag"] != "drop" {
		t.Fatalf("without any setting: %v", want)
	}
	for _, settings := range [][]string{
		{"tag=120"}, {"tag=120", "vlan_mode=access"}, {"trunks=[120,130]", "vlan_mode=trunk"},
		{"tag=120", "trunks=[120,130]", "vlan_mode=native-tagged"}, {"tag=120", "vlan_mode=native-untagged"},
		{"tag=120", "vlan_mode=dot1q-tunnel"},
	} {
		sw.Vsctl(append([]string{"clear", "Port", b.Interface, "tag", "trunks", "vlan_mode", "--", "set", "Port", b.Interface}, settings...)...)
		for name, got := range fates() {
			if got != want[name] {
				t.Errorf("%v: a frame %s: %q, without it %q", settings, name, got, want[name])
			}
		}
	}
}
