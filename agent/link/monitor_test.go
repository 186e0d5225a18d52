package link

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"weft/agent/hosttest"
	"weft/plan"
)

func TestASilentPlanChangesNothingInTheKernel(t *testing.T) {
	h, xs, w := setup(t)
	q := xs[0].(plan.Namespace).Name
	kernelIsDone(t, q)
	m := startMonitor(t, q)
	repair(t, h, w)
	if got := m.stop(); got != "" {
		t.Errorf("the kernel told of changes:\n%s", got)
	}
}

// monitor is "ip monitor" in a namespace.
type monitor struct {
	t    *testing.T
	ns   string
	cmd  *exec.Cmd
	file string
}

func startMonitor(t *testing.T, ns string) *monitor {
	t.Helper()
	m := &monitor{t: t, ns: ns, file: filepath.Join(t.TempDir(), "monitor")}
	m.cmd = exec.Command("stdbuf", "-oL", "ip", "-n", ns, "monitor", "link", "address", "route", "rule", "neigh")
	f, err := os.Create(m.file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m.cmd.Stdout = f // not what it says of its own first reading, which the first mark may interrupt
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.cmd.Process.Kill(); _ = m.cmd.Wait() })
	m.mark("first")
	return m
}

// mark makes a change that the monitor must tell, so that everything before it has been told.
func (m *monitor) mark(name string) {
	m.t.Helper()
	hosttest.Eventually(m.t, "monitor tells of "+name, func() bool {
		_, _ = hosttest.Try("ip", "-n", m.ns, "link", "add", name, "type", "veth", "peer", "name", name+"-peer")
		b, _ := os.ReadFile(m.file)
		_, _ = hosttest.Try("ip", "-n", m.ns, "link", "del", name)
		return strings.Contains(string(b), name)
	})
}

// stop gives what was told between the start and now.
func (m *monitor) stop() string {
	m.t.Helper()
	m.mark("last")
	b, err := os.ReadFile(m.file)
	if err != nil {
		m.t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(string(b)) {
		if !strings.Contains(line, "first") && !strings.Contains(line, "last") && !strings.HasPrefix(line, " ") {
			told = append(told, line)
		}
	}
	return strings.Join(told, "")
}
