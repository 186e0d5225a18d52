package golden

import (
	"fmt"
	"strings"
	"testing"

	"weft/api"
	"weft/tables"
	"weft/test/cloud"
	"weft/test/ovstest"
)

// arrival is the switch of the host where the guest of trunkMigration may arrive.
type arrival struct {
	*testing.T
	sw    *ovstest.Switch
	state *api.Snapshot
}

func newArrival(t *testing.T) *arrival {
	t.Helper()
	a := &arrival{t, ovstest.Start(t), trunkMigration()}
	h, _ := a.state.Host("h3")
	plug(t, a.sw, a.state, h)
	return a
}

// says lets the guest send a frame from one of its ports, with the tag of a sub-port, 0 for the parent.
func (a *arrival) says(mac string, tag int) string {
	a.Helper()
	return a.sw.Appctl("ofproto/trace", tables.BridgeInt,
		fmt.Sprintf("in_port=20,dl_vlan=%d,dl_src=%s,dl_dst=ff:ff:ff:ff:ff:ff,dl_type=0x8035", tag, mac), "-generate")
}

// delivered reports whether a frame out of a tunnel for one of the guest's ports comes out of its interface, and the trace.
func (a *arrival) delivered(vni int, mac string) (bool, string) {
	a.Helper()
	out := a.sw.Appctl("ofproto/trace", tables.BridgeTun, fmt.Sprintf(
		"in_port=%d,tun_src=10.0.0.2,tun_id=%d,dl_src=fa:16:3e:00:00:02,dl_dst=%s,icmp", cloud.VXLAN, vni, mac))
	return strings.Contains(out, "output:20"), out
}

func TestOneFrameOfAnyPortLetsAWholeTrunkIn(t *testing.T) {
	for name, first := range map[string]struct {
		mac string
		tag int
	}{"parent": {"fa:16:3e:00:00:01", 0xffff}, "sub-port": {"fa:16:3e:00:00:01", 100}, "other-sub-port": {"fa:16:3e:00:00:03", 300}} {
		t.Run(name, func(t *testing.T) {
			a := newArrival(t)
			ports := []struct {
				vni  int
				mac  string
				want string
			}{
				{1000, "fa:16:3e:00:00:01", "pop_vlan"}, // the parent
				{1001, "fa:16:3e:00:00:01", "set_field:4196->vlan_vid"},
				{1001, "fa:16:3e:00:00:03", "set_field:4396->vlan_vid"},
			}
			for _, p := range ports {
				if in, trace := a.delivered(p.vni, p.mac); in {
					t.Errorf("%d %s is delivered to before the guest has come:\n%s", p.vni, p.mac, trace)
				}
			}
			if trace := a.says("fa:16:3e:00:00:99", 0xffff); strings.Contains(trace, "learn") {
				t.Errorf("somebody else's frame counts:\n%s", trace)
			}
			if trace := a.says(first.mac, first.tag); !strings.Contains(trace, "controller(") {
				t.Fatalf("the agent is not told:\n%s", trace)
			}
			for _, p := range ports {
				if in, trace := a.delivered(p.vni, p.mac); !in || !strings.Contains(trace, p.want) {
					t.Errorf("%d %s: want %q and output:20:\n%s", p.vni, p.mac, p.want, trace)
				}
			}
			if n := len(a.sw.DumpFlows(tables.BridgeInt, "table=61")); n != 2 {
				t.Errorf("table 61 has %d flows, want the miss and one that was learned", n)
			}
		})
	}
}

func TestWhatASwitchLearnedOfAnArrivalGoesWithTheMigration(t *testing.T) {
	a := newArrival(t)
	a.says("fa:16:3e:00:00:01", 100)
	for _, f := range a.sw.DumpFlows(tables.BridgeInt, "table=26") {
		if cookie, _, _ := strings.Cut(f, ","); strings.HasPrefix(cookie, "cookie=0x77") && strings.Contains(f, "learn(") {
			a.sw.Ofctl("del-flows", tables.BridgeInt, cookie+"/-1,table=26")
		}
	}
	for _, table := range []string{"table=26", "table=61"} {
		if left := a.sw.DumpFlows(tables.BridgeInt, table); len(left) != 1 {
			t.Errorf("%s is left with %q", table, left)
		}
	}
}
