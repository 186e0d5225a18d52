package pipeline

import (
	"net/netip"
	"testing"

	"weft/api"
	"weft/tables"
)

func TestFormatIsTheLineThatOvsOfctlPrints(t *testing.T) {
	mac := api.MustMAC("fa:16:3e:00:00:01")
	prefix, addr := netip.MustParsePrefix, netip.MustParseAddr
	for want, f := range map[string]Flow{
		"cookie=0x7704000000000001, table=20, priority=2,dl_vlan=5,dl_dst=fa:16:3e:00:00:01 " +
			"actions=pop_vlan,set_field:0x64->tun_id,set_field:10.1.1.3->tun_dst,output:3": {
			Table: 20, Priority: 2, Match: Match{DlDst(mac), DlVlan(5)},
			Actions: []Action{PopVlan{}, Set(TunID(100)), Set(TunDst(addr("10.1.1.3"))), Output{3}},
		},
		"cookie=0x7704000000000001, actions=drop":                                   {Priority: 32768},
		"cookie=0x7704000000000001, arp actions=CONTROLLER:65535":                   {Priority: 32768, Match: Match{ARP()}, Actions: []Action{Output{PortController}}},
		"cookie=0x7704000000000001, table=1, priority=0 actions=goto_table:3":       {Table: 1, Actions: []Action{Goto{3}}},
		"cookie=0x7704000000000001, priority=1,vlan_tci=0x0000/0x1fff actions=drop": {Priority: 1, Match: Match{Untagged()}},
		"cookie=0x7704000000000001, priority=2,reg1=0x30/0xf0,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 " +
			"actions=load:0x3->NXM_NX_REG1[4..7],IN_PORT,resubmit(,60)": {
			Priority: 2, Match: Match{Multicast(), Reg(tables.RegField{Reg: 1, First: 4, Last: 7}, 3)},
			Actions: []Action{Set(Reg(tables.RegField{Reg: 1, First: 4, Last: 7}, 3)), InPortOut{}, Resubmit{Table: 60}},
		},
		"cookie=0x7704000000000001, priority=3,udp6,ipv6_src=::1.2.3.4/::255.255.255.255,ipv6_dst=fe80::/64,tp_dst=547 actions=NORMAL": {
			Priority: 3, Match: Match{IPv6(), NwProto(ProtoUDP), TpDst(547), NwDst(prefix("fe80::/64")),
				{ID: FieldIPv6Src, Value: Value{Lo: 0x01020304}, Mask: Value{Lo: 0xffffffff}}},
			Actions: []Action{Normal{}},
		},
		"cookie=0x7704000000000001, priority=4,ct_state=-new+trk,ip,in_port=LOCAL,nw_src=10.0.0.0/8,nw_proto=89 " +
			"actions=push_vlan:0x8100,set_field:4098->vlan_vid,controller(max_len=128,id=5)": {
			Priority: 4, Match: Match{NwProto(89), IP(), NwSrc(prefix("10.0.0.0/8")), InPort(PortLocal),
				{ID: FieldCtState, Value: Value{Lo: 32}, Mask: Value{Lo: 33}}},
			Actions: append(TagVlan(2), ToController{ID: 5, MaxLen: 128}),
		},
		"cookie=0x7704000000000001, priority=5,arp,arp_spa=10.0.0.1,arp_op=1,arp_sha=fa:16:3e:00:00:01 " +
			"actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:2->arp_op": {
			Priority: 5, Match: Match{ArpSha(mac), ArpOp(1), ArpSpa(prefix("10.0.0.1/32")), ARP()},
			Actions: []Action{Move{FieldDlSrc, FieldDlDst}, Set(ArpOp(2))},
		},
	} {
		if got := f.Format(0x7704000000000001, Names{}); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestNamesReplaceNumbersAndAreQuotedAsOvsOfctlDoes(t *testing.T) {
	n := Names{
		Table: func(id tables.ID) string {
			return map[tables.ID]string{0: "local_switching", 60: "transient"}[id]
		},
		Port: func(p uint32) string { return map[uint32]string{1: "patch-tun", 2: "vxlan", 3: "3abc"}[p] },
	}
	f := Flow{Priority: 2, Match: Match{InPort(1)}, Actions: []Action{Output{2}, Output{3}, Output{4}, Resubmit{1, 5}, Goto{60}}}
	const want = `table="local_switching", priority=2,in_port="patch-tun" ` +
		`actions=output:vxlan,output:"3abc",output:4,resubmit("patch-tun",5),goto_table:transient`
	if got := f.Format(0, n); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRunFindsTheBitsOfAMask(t *testing.T) {
	for name, c := range map[string]struct {
		mask        Value
		first, bits int
		contiguous  bool
	}{
		"exact": {Value{}, 0, 128, true}, "low": {Value{Lo: 0xf}, 0, 4, true}, "middle": {Value{Hi: 3, Lo: 3 << 62}, 62, 4, true},
		"high": {Value{Hi: 1 << 63}, 127, 1, true}, "scattered": {Value{Lo: 5}, 0, 1, false},
	} {
		first, bits, contiguous := Field{ID: FieldIPv6Src, Mask: c.mask}.Run()
		if first != c.first || bits != c.bits || contiguous != c.contiguous {
			t.Errorf("%s: %d+%d %v, want %d+%d %v", name, first, bits, contiguous, c.first, c.bits, c.contiguous)
		}
	}
}
