package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weft/lab"
)

// What a storm breaks, and how it is healed.

// wound is damage to a link: the machine, and the commands that make it and undo it.
type wound struct{ machine, do, undo string }

// wounds lists what can be done to a host's links: the one to the controller lost, or losing a third of what agent and
// switch send on it; the one to the other hosts lost.
func woundsOf(host, address string) map[string]wound {
	loss := "INPUT -p tcp -s " + address + " -m statistic --mode random --probability 0.33 -j DROP"
	return map[string]wound{
		host + " is cut off from the controller": {lab.MachineController, "ip link set " + host + " down", "ip link set " + host + " up"},
		host + "'s words get lost":               {lab.MachineController, "iptables -w -I " + loss, "iptables -w -D " + loss},
		host + " is cut off from the others":     {lab.MachineRouter, "ip link set " + host + " down", "ip link set " + host + " up"},
	}
}

func (s *storm) wound(t *testing.T) {
	t.Helper()
	host := s.host()
	if s.dead(host, "") {
		return
	}
	address := s.sh(t, host, "ip -4 -o address show dev mgmt0 | awk '{print $4}' | cut -d/ -f1")
	all := woundsOf(host, address)
	names := slices.Sorted(maps.Keys(all))
	name := names[s.rnd.IntN(len(names))]
	if _, hurt := s.wounds[name]; hurt {
		return
	}
	s.sh(t, all[name].machine, all[name].do)
	s.wounds[name] = all[name]
	s.did[strings.Join(strings.Fields(name)[1:], "-")]++
}

// heal undoes one wound.
func (s *storm) heal(t *testing.T) {
	t.Helper()
	names := slices.Sorted(maps.Keys(s.wounds))
	name := names[s.rnd.IntN(len(names))]
	s.sh(t, s.wounds[name].machine, s.wounds[name].undo)
	delete(s.wounds, name)
}

func (s *storm) healAll(t *testing.T) {
	t.Helper()
	for len(s.wounds) > 0 {
		s.heal(t)
	}
}

// dead reports whether a service is, or its whole machine; one that is frozen is no better.
func (s *storm) dead(machine, service string) bool {
	if slices.ContainsFunc(s.frozen, func(f frozen) bool { return f.machine == machine && (f.service == service || service == "") }) {
		return true
	}
	_, dead := s.down[machine+"/"+service]
	_, all := s.down[machine+"/"]
	return dead || all
}

func (s *storm) killOne(t *testing.T) {
	t.Helper()
	machine, service := lab.MachineController, lab.ServiceController
	if s.rnd.IntN(4) > 0 {
		machine = s.host()
		service = []string{lab.ServiceAgent, lab.ServiceAgent, lab.ServiceVSwitchd, lab.ServiceOVSDB, ""}[s.rnd.IntN(5)]
	}
	if s.dead(machine, service) {
		return
	}
	if service == "" {
		s.healAll(t) // a link goes with its machine, and so would what is wrong with it
		maps.DeleteFunc(s.down, func(_, on string) bool { return on == machine })
	}
	s.kill(t, machine, service)
	if service == "" && s.rnd.IntN(3) == 0 { // and it comes back with an Open vSwitch that knows nothing
		s.ok(t, os.Remove(filepath.Join(s.dir(machine, "etc-openvswitch"), "conf.db")))
		s.did["wipe"]++
	}
	s.down[machine+"/"+service] = machine
	s.did["kill-"+service]++
}

// startOne starts what was killed; what needs another thing to come up comes after it.
func (s *storm) startOne(t *testing.T) {
	t.Helper()
	s.thawAll(t)
	s.healAll(t) // whoever starts something waits until it works
	for _, service := range []string{lab.ServiceOVSDB, lab.ServiceVSwitchd, "", lab.ServiceController, lab.ServiceAgent} {
		for _, key := range slices.Sorted(maps.Keys(s.down)) {
			if !strings.HasSuffix(key, "/"+service) {
				continue
			}
			s.start(t, s.down[key], service)
			delete(s.down, key)
			if service == "" && !s.dead(lab.MachineController, lab.ServiceController) {
				clear(s.down) // the lab makes everything that it lacks
			}
			return
		}
	}
}

// calm heals and starts everything.
func (s *storm) calm(t *testing.T) {
	t.Helper()
	s.thawAll(t)
	s.healAll(t)
	for len(s.down) > 0 {
		s.startOne(t)
	}
}

// check wants the cloud to be what the model says: settled, and everybody reached by those who may, and by nobody else.
func (s *storm) check(t *testing.T) {
	t.Helper()
	s.settled(t)
	guests := s.lab.Guests()
	nets := map[string]*stormNet{}
	for _, g := range guests {
		s.status(t, g.PortID, "ACTIVE")
		nets[g.Name] = s.netOf(t, g.PortID)
	}
	apart := 0
	for _, a := range guests {
		for _, b := range guests {
			na, nb := nets[a.Name], nets[b.Name]
			switch {
			case a.Name == b.Name:
			case na == nb || na.leg && nb.leg:
				s.comes(t, a.Name, b.Addresses[0].Addr().String())
			case apart < 2: // each takes seconds
				apart++
				s.comesNot(t, a.Name, b.Addresses[0].Addr().String())
			}
		}
	}
	s.checkFloating(t, guests)
	s.blamesNobody(t)
}

func (s *storm) checkFloating(t *testing.T, guests []lab.Guest) {
	t.Helper()
	plugged := slices.ContainsFunc(guests, func(g lab.Guest) bool { return g.PortID == s.floating.PortID })
	if !plugged {
		s.comesNot(t, lab.MachineOutside, s.floating.FloatingIPAddress)
		return
	}
	s.comes(t, lab.MachineOutside, s.floating.FloatingIPAddress)
}

// comes waits until an address answers, and says at which attempt: who remembers a neighbour that is gone finds the new
// one by and by.
func (s *storm) comes(t *testing.T, from, to string) (tried int) {
	t.Helper()
	within(t, func() error {
		tried++
		if out := s.in(t, from, "ping -n -c1 -W2 "+to); !strings.Contains(out, " 1 received") {
			return fmt.Errorf("%s does not reach %s:\n%s", from, to, out)
		}
		return nil
	})
	return tried
}

func (s *storm) comesNot(t *testing.T, from, to string) {
	t.Helper()
	if out := s.in(t, from, "ping -n -c2 -i0.2 -W1 "+to); !strings.Contains(out, " 0 received") {
		t.Errorf("%s reaches %s:\n%s", from, to, out)
	}
}
