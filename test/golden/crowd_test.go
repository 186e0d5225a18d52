package golden

import (
	"fmt"
	"regexp"
	"testing"

	"weft/api"
	"weft/pipeline"
	"weft/tables"
	"weft/test/cloud"
	"weft/test/ovstest"
)

// crowded is a network with a guest on each of so many hosts.
func crowded(hosts int) *api.Snapshot {
	b := cloud.On(nil)
	b.Network("net", api.NetworkVXLAN, 1000, "")
	b.Subnet("sub", "net", "10.0.0.0/24")
	for i := range hosts {
		h, p := api.HostID(fmt.Sprintf("h%d", i+1)), api.PortID(fmt.Sprintf("p%d", i+1))
		b.Host(h, byte(i+1))
		b.Port(p, fmt.Sprintf("fa:16:3e:00:00:%02x", i+1), "sub", fmt.Sprintf("10.0.0.%d", i+2))
		b.Bind(p, h)
	}
	s, _ := b.Done()
	return s
}

func TestOpenVSwitchCopiesABroadcastOnceToEachOfManyHosts(t *testing.T) {
	const hosts = 80
	s := crowded(hosts)
	if !pipeline.Divided(s.View, "net") {
		t.Fatal("the hosts are not divided, so nothing was tried")
	}
	sw := ovstest.Start(t)
	sw.AddBridge(tables.BridgeTun)
	sw.AddPort(tables.BridgeTun, "int", cloud.PatchInt)
	sw.AddPort(tables.BridgeTun, "vxlan", cloud.VXLAN)
	sw.AddFlows(tables.BridgeTun, flowsOf(t, s, "h1")[tables.BridgeTun]...)
	seg, _ := s.Segment("h1", "net")
	trace := sw.Appctl("ofproto/trace", tables.BridgeTun,
		fmt.Sprintf("in_port=%d,dl_vlan=%d,dl_src=fa:16:3e:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,ip", cloud.PatchInt, seg.LocalVLAN))
	copies := map[string]int{}
	for _, m := range regexp.MustCompile(`(?:set_field|load):(\S+)->tun_dst\s+output:`+fmt.Sprint(cloud.VXLAN)).FindAllStringSubmatch(trace, -1) {
		copies[m[1]]++
	}
	for h := range s.Hosts() {
		if h.ID != "h1" && copies[h.TunnelIP.String()] != 1 {
			t.Errorf("%d copies to host %s, want 1", copies[h.TunnelIP.String()], h.ID)
		}
	}
	if len(copies) != hosts-1 {
		t.Errorf("copies to %d hosts, want %d, in\n%s", len(copies), hosts-1, trace)
	}
}
