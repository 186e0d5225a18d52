package golden

import (
	"fmt"
	"strings"
	"testing"

	"weft/tables"
	"weft/test/cloud"
	"weft/test/ovstest"
)

// Guests on a network that machines outside of the cloud are on too would take for their gateway whoever says that it is.
// What is a router's comes from the hosts alone.
func TestNobodyOutsidePosesAsARouter(t *testing.T) {
	const (
		announces = ",dl_dst=ff:ff:ff:ff:ff:ff,arp,arp_op=2,arp_sha=%[2]s,arp_spa=%[1]s,arp_tpa=%[1]s"
		greets    = ",dl_dst=%s,icmp,nw_src=192.0.2.7"
		machine   = "02:00:00:00:00:77"
	)
	vtep := fmt.Sprintf("in_port=%d,tun_src=10.9.0.1,tun_id=1000", cloud.VXLAN)
	cases := map[string][]struct {
		name, frame string
		passes      bool
	}{
		"provider-vlan-flat": {
			{"a machine's own address", "dl_src=" + machine + fmt.Sprintf(announces, "10.1.0.77", machine), true},
			{"the router's address", "dl_src=" + machine + fmt.Sprintf(announces, "10.1.0.1", machine), false},
			{"the router's address, asked with it", "dl_src=" + machine + ",dl_dst=fa:16:3e:00:00:01,arp,arp_op=1,arp_spa=10.1.0.1,arp_tpa=10.1.0.10", false},
			{"the router's MAC", "dl_src=fa:16:3e:01:00:01" + fmt.Sprintf(greets, "fa:16:3e:00:00:01"), false},
			{"a host's MAC: routed there", "dl_src=fa:16:3f:00:00:02" + fmt.Sprintf(greets, "fa:16:3e:00:00:01"), true},
			{"to the router's MAC", "dl_src=" + machine + fmt.Sprintf(greets, "fa:16:3e:01:00:01"), false},
		},
		"external-vtep": {
			{"a machine's own address", "dl_src=" + machine + fmt.Sprintf(announces, "10.0.0.77", machine), true},
			{"the router's address", "dl_src=" + machine + fmt.Sprintf(announces, "10.0.0.1", machine), false},
			{"the router's MAC", "dl_src=fa:16:3e:01:00:01" + fmt.Sprintf(greets, "fa:16:3e:00:00:0a"), false},
			{"a host's MAC", "dl_src=fa:16:3f:00:00:02" + fmt.Sprintf(greets, "fa:16:3e:00:00:0a"), false},
			{"another network's router's address", "dl_src=" + machine + fmt.Sprintf(announces, "10.1.0.1", machine), true},
		},
	}
	for scenario, all := range cases {
		sw := ovstest.Start(t)
		s := scenarios()[scenario]
		h, _ := s.Host("h1")
		plug(t, sw, s, h)
		bridge, from := tables.BridgeTun, vtep
		if scenario == "provider-vlan-flat" {
			bridge, from = tables.BridgeInt, fmt.Sprintf("in_port=%d,dl_vlan=100", h.OFPort(tables.BridgeInt, tables.IntPatch("br-phys")))
		}
		for _, c := range all {
			t.Run(scenario+": "+c.name, func(t *testing.T) {
				out := sw.Appctl("ofproto/trace", bridge, from+","+c.frame)
				if dropped := strings.Contains(out, "Datapath actions: drop"); dropped == c.passes {
					t.Errorf("passes %v, want %v:\n%s", !dropped, c.passes, out)
				}
			})
		}
	}
}
