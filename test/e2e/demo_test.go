package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weft/lab/machine"
)

const (
	examples = "../../examples"
	example  = examples + "/seed-002"
)

// The demo, and then everything that a cloud must survive, in the cloud that the demo leaves.
func TestDemoPassesAndItsCloudSurvives(t *testing.T) {
	t.Parallel()
	w := build(t, "e2e")
	w.passes(t, "lab", "run", example, "--keep")
	t.Run("as-left", w.works)
	t.Run("its-page", func(t *testing.T) { w.page(t, example+"/README.md") })
	for _, s := range []struct {
		machine, service string
		carriesOn        bool // traffic goes on while it is dead
	}{
		{"host1", "agent", true},
		{"host1", "vswitchd", false},
		{"host1", "ovsdb", false}, // the userspace datapath waits for its database
		{"host2", "agent", true},
		{"host2", "vswitchd", false},
		{"controller", "controller", true},
	} {
		t.Run(s.service+"-of-"+s.machine+"-is-killed", func(t *testing.T) {
			w.must(t, "lab", "kill", s.machine, s.service)
			if s.carriesOn {
				w.works(t)
			}
			w.must(t, "lab", "start", s.machine, s.service)
			w.works(t)
			w.inLine(t)
		})
	}
	t.Run("without-a-controller", w.aloneFor)
	t.Run("a-host-dies", func(t *testing.T) {
		w.must(t, "lab", "kill", "host2")
		w.ping(t, "vm1", "10.10.10.3") // what is on one host does not need the other
		w.ping(t, "outside", "2.2.2.100")
		w.must(t, "lab", "up")
		w.works(t)
		w.inLine(t)
	})
	t.Run("everything-is-killed", func(t *testing.T) {
		w.killEverything(t)
		w.passes(t, "lab", "run", example, "--chaos")
		w.nothingLeft(t)
	})
}

// aloneFor starts a host's switch, and then the whole host, while there is no controller, and wants the controller to
// find nothing to change when it comes back.
func (w *program) aloneFor(t *testing.T) {
	w.must(t, "lab", "kill", "controller", "controller")
	for _, part := range []string{"vswitchd", ""} {
		what := strings.Fields("host1 " + part)
		w.must(t, append([]string{"lab", "kill"}, what...)...)
		w.must(t, append([]string{"lab", "start"}, what...)...)
		within(t, w.recovers) // there is no controller to say when the host is ready
		w.works(t)
	}
	log := filepath.Join(w.root, w.name, "controller", "log", "controller.log")
	before, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	w.must(t, "lab", "start", "controller", "controller")
	w.inLine(t)
	after, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for line := range strings.Lines(string(after[len(before):])) {
		if !strings.Contains(line, "bridge is in line") {
			continue
		}
		compared++
		if !strings.Contains(line, " put=0 ") || !strings.Contains(line, " drop=0 ") {
			t.Errorf("the controller changed flows of a cloud that did not change: %s", line)
		}
	}
	if compared < 9 {
		t.Errorf("%d bridges were compared, want 3 of each host", compared)
	}
}

// inLine wants no difference between what hosts should hold and what they hold.
func (w *program) inLine(t *testing.T) {
	t.Helper()
	l := w.open(t)
	for _, h := range l.Topology().Hosts {
		out, code := w.run("--endpoint", l.Endpoint(), "--token-file", l.TokenFile(), "diff", h.Name)
		if code != 0 {
			t.Errorf("weft diff %s: exit status %d\n%s", h.Name, code, out)
		}
	}
}

// killEverything ends every process of the lab at once, in no order.
func (w *program) killEverything(t *testing.T) {
	t.Helper()
	l := w.open(t)
	for _, name := range l.Topology().Machines() {
		p, err := l.Process(name)
		if err != nil {
			t.Fatal(err)
		}
		inside, err := machine.Inside(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, outer := range inside {
			if q, err := machine.Find(outer); err == nil {
				if err := q.Kill(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// logs gives the end of what the machines of the lab logged.
func (w *program) logs() string {
	out, _ := w.run("lab", "logs")
	const most = 6_000
	return out[max(0, len(out)-most):]
}
