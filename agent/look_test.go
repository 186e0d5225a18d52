package agent

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plan"
)

func TestAnInterfaceIsReadAsOpenVSwitchShowsIt(t *testing.T) {
	const head = `,"headings":["admin_state","link_state","statistics"]}`
	for _, c := range []struct {
		name, text string
		want       plan.InterfaceState
	}{
		{"up", `{"data":[["up","up",["map",[["rx_bytes",90],["rx_packets",9],["tx_packets",1]]]]]` + head, plan.InterfaceState{Received: 9}},
		{"no-carrier", `{"data":[["up","down",["map",[["rx_packets",2]]]]]` + head,
			plan.InterfaceState{Received: 2, Down: "nothing is at its other end, or that is switched off"}},
		{"switched-off", `{"data":[["down","down",["map",[]]]]` + head, plan.InterfaceState{Down: "its device is switched off on the host"}},
		{"not-told", `{"data":[[["set",[]],["set",[]],["map",[]]]]` + head, plan.InterfaceState{}},
	} {
		got, err := readInterface(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	for _, text := range []string{"", "{}", `{"data":[]}`, `{"data":[["up"],["up"]]}`, `[]`, `{"data":7}`} {
		if got, err := readInterface(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestPacketsAreCountedByTable(t *testing.T) {
	const text = `OFPST_FLOW reply (OF1.3) (xid=0x2):
 cookie=0x7704, duration=27.599s, table=0, n_packets=7, n_bytes=566, priority=110,arp,in_port=9 actions=goto_table:24
 cookie=0x7705, duration=27.5s, table=24, n_packets=1, n_bytes=86, priority=120,arp,in_port=9 actions=goto_table:60
 cookie=0x7706, duration=3.1s, table=24, n_packets=2, n_bytes=86, priority=120,arp,in_port=9 actions=goto_table:60
 cookie=0x7707, duration=3.1s, table=999, n_packets=2, n_bytes=86, priority=120,arp actions=drop
`
	want := map[uint8]plan.FlowCount{0: {Packets: 7, Youngest: 27.599, Oldest: 27.599}, 24: {Packets: 3, Youngest: 3.1, Oldest: 27.5}}
	if diff := cmp.Diff(want, count(text)); diff != "" {
		t.Error(diff)
	}
}

func TestNothingButNamesReachesOpenVSwitchsPrograms(t *testing.T) {
	for _, q := range []plan.InterfaceQuestion{
		{Name: ""}, {Name: "--help"}, {Name: "a b"}, {Name: "a\nb"}, {Name: "tap1", Flows: "--strict"}, {Name: "tap1", Flows: "a b"},
	} {
		if got, err := look(t.Context(), &Config{OVSDB: "unix:/nonexistent/db.sock"}, q); err == nil {
			t.Errorf("%+v: %v", q, got)
		} else if want := "refused"; len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("%+v: %v", q, err)
		}
	}
}
