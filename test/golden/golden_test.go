package golden

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/compile"
	"weft/controller/ofp/wire"
	"weft/tables"
)

var update = flag.Bool("update", false, "write the expected plans anew")

func TestPlansAreAsExpected(t *testing.T) {
	for name, s := range scenarios() {
		t.Run(name, func(t *testing.T) {
			got := text(t, s)
			file := filepath.Join("testdata", name+".flows")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("plans differ from %s (-update writes it anew):\n%s", file, diff)
			}
		})
	}
}

// text gives the plans of all hosts, flows from their wire form.
func text(t *testing.T, s *api.Snapshot) string {
	t.Helper()
	c := &compile.Compiler{OpenFlowTargets: []string{"ssl:10.0.0.254:6653"}, Strict: true}
	var b strings.Builder
	for h := range s.Hosts() {
		p, err := c.Host(s, h.ID)
		if err != nil {
			t.Fatal(err)
		}
		bridge := ""
		for _, f := range p.Flows {
			if f.Bridge != bridge {
				bridge = f.Bridge
				fmt.Fprintf(&b, "\n# %s %s\n", h.ID, bridge)
			}
			d, err := wire.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s\n", named(t, d.Bridge, uint8(d.Table), d.String()))
		}
		fmt.Fprintf(&b, "\n# %s items\n", h.ID)
		for _, i := range p.Items {
			spec, err := json.Marshal(i.Spec)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s\n", i.Key().Kind, spec)
		}
	}
	return b.String()
}

// named writes tables by name, as "ovs-ofctl --names" does.
func named(t *testing.T, bridge string, table uint8, line string) string {
	t.Helper()
	c := tables.ClassOf(bridge)
	line = strings.TrimPrefix(line, fmt.Sprintf("table=%d, ", table))
	head, to, ok := strings.Cut(line, "goto_table:")
	if ok {
		var id uint8
		if _, err := fmt.Sscanf(to, "%d", &id); err != nil {
			t.Fatalf("flow %q: %v", line, err)
		}
		line = head + "goto_table:" + tables.Name(c, tables.ID(id))
	}
	return "table=" + tables.Name(c, tables.ID(table)) + ", " + line
}
