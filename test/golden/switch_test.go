package golden

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/compile"
	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
	"weft/test/cloud"
	"weft/test/ovstest"
)

func planOf(t *testing.T, s *api.Snapshot, h api.HostID) *plan.Plan {
	t.Helper()
	p, err := (&compile.Compiler{Strict: true}).Host(s, h)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// flowsOf are the flows that a host should hold, by bridge, as ovs-ofctl reads them.
func flowsOf(t *testing.T, s *api.Snapshot, h api.HostID) map[string][]string {
	t.Helper()
	flows := map[string][]string{}
	for _, f := range planOf(t, s, h).Flows {
		d, err := wire.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		flows[f.Bridge] = append(flows[f.Bridge], fmt.Sprintf("cookie=%#x, %s", f.Cookie, d))
	}
	return flows
}

// plug makes the bridges and ports that a host reports, and loads its flows.
func plug(t *testing.T, sw *ovstest.Switch, s *api.Snapshot, h *api.Host) map[string][]string {
	t.Helper()
	for _, b := range h.Bridges {
		sw.AddBridge(b.Name)
	}
	for _, i := range planOf(t, s, h.ID).Items {
		switch p := i.Spec.(type) {
		case plan.PatchPort:
			addPort(sw, h, p.Bridge, p.Name, "type=patch", "options:peer="+p.Peer)
		case plan.TunnelPort:
			addPort(sw, h, p.Bridge, p.Name, "type=vxlan", "options:remote_ip=flow", "options:key=flow")
		}
	}
	for b := range s.BindingsOn(h.ID) {
		if b.Parent != "" {
			continue // its parent's interface
		}
		sw.AddPort(tables.BridgeInt, b.Interface, b.OFPort)
	}
	flows := flowsOf(t, s, h.ID)
	for b, fs := range flows {
		sw.AddFlows(b, fs...)
	}
	return flows
}

func addPort(sw *ovstest.Switch, h *api.Host, bridge, name string, settings ...string) {
	args := []string{"add-port", bridge, name, "--", "set", "interface", name,
		"ofport_request=" + strconv.FormatUint(uint64(h.OFPort(bridge, name)), 10)}
	sw.Vsctl(append(args, settings...)...)
}

func TestOpenVSwitchTakesThePlansAndPrintsThemAsWeDo(t *testing.T) {
	for name, s := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for h := range s.Hosts() {
				sw, p := ovstest.Start(t), planOf(t, s, h.ID)
				loaded := plug(t, sw, s, h)
				nameTables(sw, p)
				for b, want := range loaded {
					slices.Sort(want)
					if diff := cmp.Diff(want, sw.DumpFlows(b)); diff != "" {
						t.Errorf("host %s, bridge %s:\n%s", h.ID, b, diff)
					}
					readsBack(t, sw, b, shown(p, b), want)
					givesBack(t, sw, b, p)
				}
			}
		})
	}
}

// readsBack empties a bridge, and wants ovs-ofctl to make the same flows of what "weft flows" prints, as it is.
func readsBack(t *testing.T, sw *ovstest.Switch, bridge, printed string, want []string) {
	t.Helper()
	sw.Ofctl("del-flows", bridge)
	sw.OfctlInput(printed, "add-flows", bridge, "-")
	if diff := cmp.Diff(want, sw.DumpFlows(bridge)); diff != "" {
		t.Errorf("bridge %s, flows loaded from what weft flows prints:\n%s", bridge, diff)
	}
}

// givesBack brings a bridge its flows as the controller does, and wants it to give back the same ones, in whatever words.
func givesBack(t *testing.T, sw *ovstest.Switch, bridge string, p *plan.Plan) {
	t.Helper()
	conn, err := net.Dial("unix", sw.Mgmt(bridge))
	if err != nil {
		t.Fatal(err)
	}
	session, err := ofp.NewSession(t.Context(), conn, ofp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Wait()
	defer session.Close()
	want := slices.DeleteFunc(slices.Clone(p.Flows), func(f plan.Flow) bool { return f.Bridge != bridge })
	if err := session.Commit(t.Context(), want, nil); err != nil {
		t.Fatal(err)
	}
	have, err := session.ReadFlows(t.Context(), bridge)
	if err != nil {
		t.Fatal(err)
	}
	if d := plan.Repair(have, want, wire.Same); !d.Empty() {
		t.Errorf("bridge %s does not give back what it was given, but for it: %d of %d", bridge, len(d.PutFlows), len(want))
	}
	for i := range have {
		have[i].Instructions = []byte{0, 4, 0, 8, 0, 0, 0, 0} // drops
	}
	if d := plan.Repair(have, want, wire.Same); len(d.PutFlows) == 0 {
		t.Error("flows that drop everything are taken for what was wanted")
	}
}

// shown gives what "weft flows --explain" prints of a bridge.
func shown(p *plan.Plan, bridge string) string {
	names := pipeline.Names{Table: func(id tables.ID) string { return tables.Name(tables.ClassOf(bridge), id) }}
	text := "# " + bridge + "\n"
	for _, f := range p.Flows {
		if f.Bridge == bridge {
			text += fmt.Sprintf(" %s   # %s\n", wire.Dump(f, names), f.Subject.ID)
		}
	}
	return text
}

// nameTables names a host's flow tables as its agent does.
func nameTables(sw *ovstest.Switch, p *plan.Plan) {
	var args []string
	for _, i := range p.Items {
		if n, ok := i.Spec.(plan.TableName); ok {
			id := fmt.Sprintf("@%s%d", n.Bridge, n.Table)
			args = append(args, "--", "--id="+id, "create", "Flow_Table", "name="+n.Name, "--", "set", "Bridge", n.Bridge,
				fmt.Sprintf("flow_tables:%d=%s", n.Table, id))
		}
	}
	if len(args) > 0 {
		sw.Vsctl(args...)
	}
}

func TestOpenVSwitchForwardsAsTheSeedSays(t *testing.T) {
	s := cloud.Seed()
	sw := ovstest.Start(t)
	h, _ := s.Host("server-233")
	plug(t, sw, s, h)
	cirros, _ := s.Binding(cloud.SeedCirros, h.ID)
	leg10, _ := s.Binding("c1010000-0000-4000-8000-000000000010", h.ID)
	leg192, _ := s.Binding("c1920000-0000-4000-8000-000000000192", h.ID)
	const icmp = ",icmp,nw_src=192.168.10.222,nw_dst=10.10.10.4,nw_ttl=64"
	cases := []struct {
		name, bridge, packet string
		want, not            []string
	}{
		{
			name: "to-the-gateway", bridge: tables.BridgeInt,
			packet: fmt.Sprintf("in_port=%d,dl_src=fa:16:3e:ff:aa:66,dl_dst=fa:16:3e:35:25:42", cirros.OFPort) + icmp,
			want:   []string{fmt.Sprintf("output:%d", leg192.OFPort)}, not: []string{"br-tun"},
		},
		{
			name: "routed-to-another-host", bridge: tables.BridgeInt,
			packet: fmt.Sprintf("in_port=%d,dl_src=fa:16:3e:de:07:79,dl_dst=fa:16:3e:ff:bb:04", leg10.OFPort) + icmp,
			want: []string{"set_field:fa:16:3f:00:00:e9->eth_src", "set_field:0x1a->tun_id", "set_field:10.0.0.68->tun_dst",
				"output:2"},
			not: []string{"10.0.0.64->tun_dst"},
		},
		{
			name: "arp-for-a-remote-guest", bridge: tables.BridgeInt,
			packet: fmt.Sprintf("in_port=%d,dl_src=fa:16:3e:ff:aa:66,dl_dst=ff:ff:ff:ff:ff:ff,arp,arp_op=1,", cirros.OFPort) +
				"arp_sha=fa:16:3e:ff:aa:66,arp_spa=192.168.10.222,arp_tpa=192.168.10.223",
			want: []string{"set_field:fa:16:3e:ff:aa:77->arp_sha", fmt.Sprintf("output:%d", cirros.OFPort)},
			not:  []string{"tun_dst"},
		},
		{
			name: "spoofed", bridge: tables.BridgeInt,
			packet: fmt.Sprintf("in_port=%d,dl_src=fa:16:3e:ff:aa:66,dl_dst=fa:16:3e:35:25:42,icmp,nw_src=192.168.10.9", cirros.OFPort),
			want:   []string{"Datapath actions: drop"}, not: []string{"output:"},
		},
		{
			name: "routed-from-another-host", bridge: tables.BridgeTun,
			packet: "in_port=2,tun_src=10.0.0.68,tun_id=0x19,dl_src=fa:16:3f:00:00:44,dl_dst=fa:16:3e:ff:aa:66" + icmp,
			want:   []string{"set_field:fa:16:3e:35:25:42->eth_src", fmt.Sprintf("output:%d", cirros.OFPort)},
		},
		{
			name: "tunnel-of-a-stranger", bridge: tables.BridgeTun,
			packet: "in_port=2,tun_src=10.0.0.99,tun_id=0x19,dl_src=fa:16:3f:00:00:44,dl_dst=fa:16:3e:ff:aa:66" + icmp,
			want:   []string{"Datapath actions: drop"}, not: []string{"output:"},
		},
		{
			name: "whether-the-host-works", bridge: tables.BridgeTun,
			packet: "in_port=2,tun_src=10.0.0.68,tun_id=0xffffff,dl_vlan=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88b5",
			want: []string{"pop_vlan", "NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]", "-> NXM_OF_ETH_DST[] is now 02:00:00:00:00:01",
				"-> NXM_NX_TUN_IPV4_DST[] is now 10.0.0.68", "IN_PORT"},
			not: []string{"CONTROLLER"},
		},
		{
			name: "whether-the-host-works-asks-a-stranger", bridge: tables.BridgeTun,
			packet: "in_port=2,tun_src=10.0.0.99,tun_id=0xffffff,dl_vlan=1,dl_type=0x88b5",
			want:   []string{"Datapath actions: drop"}, not: []string{"IN_PORT", "CONTROLLER"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := sw.Appctl("ofproto/trace", c.bridge, c.packet)
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("the trace lacks %q:\n%s", w, got)
				}
			}
			for _, w := range c.not {
				if strings.Contains(got, w) {
					t.Errorf("the trace has %q:\n%s", w, got)
				}
			}
		})
	}
}
