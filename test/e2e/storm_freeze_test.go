package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weft/lab"
)

// frozen is a service that was stopped (SIGSTOP) and neither ended nor hung up: those who speak to it wait.
type frozen struct {
	machine, service string
	pid              int
	until            time.Time // not thawed by a step before
}

// longestFreeze is long enough for everybody to give the service up, in a storm that lasts.
const longestFreeze = 25 * time.Second

// freeze stops a service in the middle of whatever it does.
func (s *storm) freeze(t *testing.T) {
	t.Helper()
	const controller = lab.ServiceController
	f := frozen{machine: lab.MachineController, service: controller}
	if s.rnd.IntN(4) > 0 {
		f.machine = s.host()
		f.service = []string{lab.ServiceAgent, lab.ServiceVSwitchd, lab.ServiceOVSDB}[s.rnd.IntN(3)]
	}
	share := s.rnd.Float64()
	waits := slices.ContainsFunc(s.frozen, func(f frozen) bool { return f.service == controller }) // who asks for processes asks it too
	if waits || s.dead(f.machine, f.service) {
		return
	}
	f.pid = s.pid(t, f.machine, f.service)
	s.ok(t, unix.Kill(f.pid, unix.SIGSTOP))
	f.until = time.Now().Add(time.Duration(share * float64(min(longestFreeze, *stormFor/20))))
	s.frozen = append(s.frozen, f)
	s.did["freeze-"+f.service]++
}

// thaw lets those go on that have waited for long enough.
func (s *storm) thaw(t *testing.T) {
	t.Helper()
	s.thawThose(t, func(f frozen) bool { return time.Now().After(f.until) })
}

func (s *storm) thawAll(t *testing.T) {
	t.Helper()
	s.thawThose(t, func(frozen) bool { return true })
}

func (s *storm) thawThose(t *testing.T, which func(frozen) bool) {
	t.Helper()
	var still []frozen
	for _, f := range s.frozen {
		if which(f) {
			s.ok(t, unix.Kill(f.pid, unix.SIGCONT))
			continue
		}
		still = append(still, f)
	}
	s.frozen = still
}

// pid is the process of a service that runs.
func (s *storm) pid(t *testing.T, name, service string) int {
	t.Helper()
	for _, m := range s.lab.Status(t.Context()) {
		for _, x := range m.Services {
			if m.Name == name && x.Name == service && x.Running && x.PID > 1 {
				return x.PID
			}
		}
	}
	t.Fatalf("%s of %s does not run", service, name)
	return 0
}

// blamesNobody wants no word of flows that somebody changed, since nobody has in a storm.
func (s *storm) blamesNobody(t *testing.T) {
	t.Helper()
	for _, m := range append(s.hosts(), lab.MachineController) {
		for _, file := range s.lab.LogFiles(m) {
			b, err := os.ReadFile(file)
			s.ok(t, err)
			for line := range strings.Lines(string(b)) {
				if strings.Contains(line, "somebody changed flows") {
					t.Errorf("%s blames somebody: %s", m, line)
				}
			}
		}
	}
}

func (s *storm) hosts() []string {
	var names []string
	for _, h := range s.lab.Topology().Hosts {
		names = append(names, h.Name)
	}
	return names
}
