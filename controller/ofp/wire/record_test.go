package wire_test

import (
	"bytes"
	"embed"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weft/controller/ofp/wire"
	"weft/plan"
	"weft/test/ovstest"
)

var record = flag.Bool("record", false, "write testdata/recorded from a real switch")

// recorded holds what a real switch (Open vSwitch 3.1) sent, one message a file, in hex.
//
//go:embed testdata/recorded
var recorded embed.FS

// message gives a recorded message.
func message(t testing.TB, name string) []byte {
	t.Helper()
	text, err := recorded.ReadFile("testdata/recorded/" + name + ".hex")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// messages gives every recorded message by name.
func messages(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := recorded.ReadDir("testdata/recorded")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".hex")
		all[name] = message(t, name)
	}
	return all
}

// everyField is a dump with each thing that a flow stats entry may hold, and some that the flow language lacks.
var everyField = []string{
	"table=0,priority=1,in_port=1 actions=controller:64",
	"table=1,priority=2,pkt_mark=0x5/0xff,tcp,reg0=0x1/0xf,tun_id=0x64,tun_src=10.0.0.0/24,metadata=0x5/0xf,dl_vlan=5," +
		"dl_src=00:00:00:00:00:01,nw_src=1.0.0.0/255.0.255.0,nw_ttl=4,tp_src=0x10/0xfff0 actions=in_port,goto_table:2",
	"table=1,priority=4,arp,arp_spa=1.2.3.0/24,arp_op=1 actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]," +
		"set_field:2->arp_op,load:0x1->NXM_NX_REG0[0..3],resubmit(,3)",
	"table=1,priority=5,icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1 actions=push_vlan:0x8100,set_field:4098->vlan_vid",
	"table=1,priority=6,tcp,tcp_flags=+syn actions=ct_clear,group:1,learn(table=3,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])",
	"table=1,priority=7,ct_label=0x5,ip actions=write_actions(output:3),write_metadata:0x5/0xf",
	"table=2,priority=8,send_flow_rem,dl_dst=00:00:00:00:00:09 actions=drop",
}

// TestRecord asks a real switch for one message of each kind. With -record it writes them to testdata.
func TestRecord(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	sw.AddPort("br0", "p1", 1)
	sw.Ofctl("add-group", "br0", "group_id=1,type=all,bucket=output:1")
	sw.AddFlows("br0", everyField...)
	got := map[string][]byte{}
	c := dialSwitch(t, sw.Mgmt("br0"))
	got["hello"] = c.hello
	simple := func(name string, kind wire.Type, body []byte) {
		got[name] = c.ask(t, func(xid uint32) []byte { return wire.AppendMessage(nil, kind, xid, body) })
	}
	simple("features", wire.TypeFeaturesRequest, nil)
	simple("echo", wire.TypeEchoRequest, []byte("ping"))
	simple("barrier", wire.TypeBarrierRequest, nil)
	simple("flow-stats", wire.TypeMultipartRequest,
		wire.AppendFlowRequest(nil, 0, wire.PartFlow, wire.AllTables, 0, 0)[wire.HeaderLen:])
	simple("aggregate", wire.TypeMultipartRequest,
		wire.AppendFlowRequest(nil, 0, wire.PartAggregate, wire.AllTables, 0, 0)[wire.HeaderLen:])
	simple("ports", wire.TypeMultipartRequest, wire.AppendPartRequest(nil, 0, wire.PartPortDesc)[wire.HeaderLen:])
	simple("desc", wire.TypeMultipartRequest, wire.AppendPartRequest(nil, 0, wire.PartDesc)[wire.HeaderLen:])
	got["role"] = c.ask(t, func(xid uint32) []byte { return wire.AppendRoleRequest(nil, xid, wire.RoleMaster, 7) })
	got["bundle-open"] = c.ask(t, func(xid uint32) []byte {
		return wire.AppendBundleControl(nil, xid, 5, wire.BundleOpen, wire.BundleAtomic)
	})
	c.recordEvents(t, sw, got)
	for name, b := range got {
		if *record {
			writeHex(t, name, b)
			continue
		}
		if want := message(t, name); len(want) != len(b) || !bytes.Equal(want[:2], b[:2]) {
			t.Errorf("%s: %d bytes %x, recorded were %d bytes %x; record again?", name, len(b), b[:2], len(want), want[:2])
		}
	}
}

// recordEvents makes the switch send errors and messages of its own accord.
func (c *client) recordEvents(t *testing.T, sw *ovstest.Switch, got map[string][]byte) {
	c.send(t, wire.AppendSetConfig(nil, 97))
	bad := plan.Flow{FlowKey: plan.FlowKey{Match: "\x80\x00\x16\x04\x01\x02\x03\x04"}} // an IPv4 source without IPv4
	c.send(t, bad.AppendFlowMod(nil, 99, plan.FlowAdd))
	got["error"] = c.until(t, wire.TypeError)
	c.send(t, wire.AppendBundleControl(nil, 98, 77, wire.BundleCommit, 0))
	got["bundle-error"] = c.until(t, wire.TypeError)
	sw.Ofctl("packet-out", "br0",
		"in_port=1 packet=ffffffffffff00000000000108060001080006040001000000000001010203040000000000000a020305 actions=table")
	got["packet-in"] = c.until(t, wire.TypePacketIn)
	sw.Ofctl("del-flows", "br0", "table=2")
	got["flow-removed"] = c.until(t, wire.TypeFlowRemoved)
	sw.AddPort("br0", "p2", 2)
	got["port-status"] = c.until(t, wire.TypePortStatus)
}

// until skips messages of other types.
func (c *client) until(t failer, kind wire.Type) []byte {
	t.Helper()
	for {
		b := c.read(t)
		if wire.Type(b[1]) == kind {
			return b
		}
	}
}

func writeHex(t *testing.T, name string, b []byte) {
	path := filepath.Join("testdata", "recorded", name+".hex")
	if err := os.WriteFile(path, []byte(hex.EncodeToString(b)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
