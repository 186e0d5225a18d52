package trace

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
)

// summary is what matters of a text: the tables with whether a flow matched, and what leaves.
func summary(tables []visited, outs []outcome) (seen, left []string) {
	for _, v := range tables {
		seen = append(seen, fmt.Sprintf("%s %d %t", v.bridge, v.table, v.found))
	}
	for _, o := range outs {
		words := fmt.Sprintf("%s %s %d", o.bridge, o.kind, o.port)
		if o.frame.tunnel.IsValid() {
			words += fmt.Sprintf(" to %s vni %d", o.frame.tunnel, o.frame.vni)
		}
		if o.frame.vlan != 0 {
			words += fmt.Sprintf(" vlan %d", o.frame.vlan)
		}
		if o.note != "" {
			words += ": " + o.note
		}
		left = append(left, words)
	}
	return seen, left
}

// TestWhatOpenVSwitchSaysIsRead reads texts that a running ovs-vswitchd has printed.
func TestWhatOpenVSwitchSaysIsRead(t *testing.T) {
	toTun := []string{"br-int 0 true", "br-int 25 true", "br-int 60 true", "br-tun 0 true", "br-tun 1 true", "br-tun 2 true"}
	cases := []struct {
		file       string
		seen, left []string
	}{
		{"tunnel", append(toTun[:6:6], "br-tun 20 true"), []string{"br-tun port 2 to 10.1.2.4 vni 1"}},
		{"unknown", append(toTun[:6:6], "br-tun 20 true", "br-tun 22 true", "br-tun 24 true"),
			[]string{"br-tun port 2 to 10.1.2.4 vni 1", "br-tun port 2 to 10.1.1.5 vni 1"}},
		{"broadcast", []string{"br-int 0 true", "br-int 24 true", "br-int 60 true", "br-tun 0 true", "br-tun 1 true", "br-tun 2 true",
			"br-tun 21 true", "br-tun 22 true", "br-tun 24 true"},
			[]string{"br-tun port 2 to 10.1.2.4 vni 1", "br-tun port 2 to 10.1.1.5 vni 1", "br-int port 14",
				"br-int port 17: skipping output to input port", "br-int port 18"}},
		{"dead", []string{"br-int 0 true"}, nil},
		{"wire", []string{"br-ex 0 true", "br-ex 3 true", "br-int 0 true"}, []string{"br-ex wire 0"}},
		{"back", []string{"br-tun 0 true", "br-tun 4 true", "br-tun 9 true", "br-tun 10 true", "br-int 0 true", "br-int 60 true"},
			[]string{"br-int port 1 vlan 2: skipping output to input port"}},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", c.file+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			seen, left := summary(read(string(text), frame{}))
			if diff := cmp.Diff(c.seen, seen); diff != "" {
				t.Errorf("tables: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(c.left, left); diff != "" {
				t.Errorf("what leaves: -want +got:\n%s", diff)
			}
		})
	}
}

func TestActionsChangeOnlyTheFrameOfTheirBridge(t *testing.T) {
	const text = `bridge("br-int")
----------------
60. dl_vlan=2, priority 100, cookie 0x77
    output:1

    bridge("br-tun")
    ----------------
         1. dl_vlan=2, priority 100
            set_field:fa:16:3f:00:00:01->eth_src
            pop_vlan
            output:2
    output:7
61. No match.
    drop
`
	start := frame{src: api.MustMAC("fa:16:3e:00:00:01"), vlan: 2}
	tables, outs := read(text, start)
	changed := frame{src: api.MustMAC("fa:16:3f:00:00:01")}
	want := []frame{changed, start}
	if len(outs) != 2 || outs[0].frame != want[0] || outs[1].frame != want[1] {
		t.Errorf("frames that leave: %+v, want %+v", outs, want)
	}
	if n := len(tables); n != 3 || tables[n-1].found || tables[n-1].table != 61 {
		t.Errorf("tables: %+v, want a miss in 61 at the end", tables)
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("there are no texts to begin with", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		tables, outs := read(text, frame{})
		for _, o := range outs {
			if o.kind == "" {
				t.Errorf("an outcome of no kind: %+v of %+v", o, tables)
			}
		}
	})
}
