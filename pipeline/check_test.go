package pipeline

import (
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/tables"
)

func TestCheckRefusesWhatATableDoesNotPromise(t *testing.T) {
	good := Flow{
		Bridge: tables.BridgeInt, Kind: tables.KindPort, Table: tables.Transient, Priority: tables.PrioLocalMAC,
		Match: Match{DlVlan(3), DlDst(api.MustMAC("fa:16:3e:00:00:01"))}, Actions: []Action{PopVlan{}, Output{5}},
	}
	if err := good.Check(); err != nil {
		t.Fatalf("a good flow: %v", err)
	}
	addr := Host(netip.MustParseAddr("10.0.0.1"))
	guard := func(f *Flow) { f.Table, f.Actions = tables.ARPSpoof, nil }
	cases := []struct {
		name   string
		change func(*Flow)
		want   string
	}{
		{"no-such-table", func(f *Flow) { f.Table = 70 }, "has no table 70"},
		{"no-kind", func(f *Flow) { f.Kind = 0 }, "kind 0"},
		{"hidden-priority", func(f *Flow) { f.Priority = 32768 }, "priority 32768"},
		{"foreign-field", func(f *Flow) { f.Match = append(f.Match, ArpOp(1)) }, "may not match arp_op"},
		{"mask-where-none-is-promised", func(f *Flow) { f.Match = Match{{FieldVlanVID, Value{Lo: 0x1000}, Value{Lo: 0x1000}}} }, "may not match dl_vlan"},
		{"field-twice", func(f *Flow) { f.Match = Match{DlVlan(3), DlVlan(3)} }, "twice"},
		{"value-too-wide", func(f *Flow) { f.Match = Match{exact(FieldVlanVID, 1<<13)} }, "wider"},
		{"field-without-its-type", func(f *Flow) { guard(f); f.Match = Match{ArpSpa(addr)} }, "needs another dl_type"},
		{"field-without-its-protocol", func(f *Flow) { guard(f); f.Match = Match{IPv6(), ICMPType(136)} }, "needs nw_proto"},
		{"everything-above-the-miss", func(f *Flow) { f.Match = nil }, "matches everything"},
		{"backwards", func(f *Flow) { f.Actions = []Action{Goto{tables.MACSpoof}} }, "may not go to table 25"},
		{"goto-in-the-middle", func(f *Flow) {
			guard(f)
			f.Match, f.Actions = Match{ARP()}, []Action{Goto{tables.Transient}, PopVlan{}}
		}, "not the last"},
		{"output-where-none-is-promised", func(f *Flow) { guard(f); f.Match, f.Actions = Match{ARP()}, []Action{Output{1}} }, "may not send packets out"},
		{"no-port", func(f *Flow) { f.Actions = []Action{Output{0}} }, "output to port"},
		{"reserved-port", func(f *Flow) { f.Actions = []Action{Output{PortNormal}} }, "output to port"},
		{"controller-where-none-is-promised", func(f *Flow) { f.Actions = []Action{ToController{ID: 1}} }, "may not send packets to a controller"},
		{"main-controller", func(f *Flow) {
			f.Table, f.Match, f.Actions = tables.DHCPv4, Match{DlVlan(1)}, []Action{ToController{}}
		}, "may not send packets to a controller"},
		{"normal", func(f *Flow) { f.Actions = []Action{Normal{}} }, "may not use NORMAL"},
		{"foreign-write", func(f *Flow) { f.Actions = []Action{Set(TunID(1))} }, "may not write tun_id"},
		{"unused-action", func(f *Flow) { f.Actions = []Action{ClearVlan{}} }, "not used"},
		{"look-up-backwards", func(f *Flow) { f.Actions = []Action{Resubmit{Table: 1}} }, "may not look packets up"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := good
			c.change(&f)
			if err := f.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
