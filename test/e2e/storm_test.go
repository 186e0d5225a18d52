package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"weft/client"
	"weft/lab"
)

// stormTime is how long things are made, removed, plugged and killed.
const stormTime = 40 * time.Second

// storm does random things to a cloud. What it may do at any moment depends on what there is and what runs.
type storm struct {
	*cloud
	token string
	rnd   *rand.Rand
	ports []client.Port     // not plugged
	down  map[string]string // killed service → its machine
	made  int
	did   map[string]int
}

// After a minute of things that come, go and die, the cloud is what the last of them left: no host differs from its plan,
// and the guests that there are reach each other.
func TestAStormSettles(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := newCloud(t, "e2estorm")
	token, err := os.ReadFile(c.lab.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	s := &storm{cloud: c, token: string(token), rnd: rand.New(rand.NewPCG(seed, 0)), down: map[string]string{}, did: map[string]int{}}
	ctx, cancel := context.WithTimeout(t.Context(), stormTime)
	defer cancel()
	for ctx.Err() == nil {
		s.step(t)
	}
	t.Logf("did %v", s.did)
	s.calm(t)
	c.settled(t)
	for _, g := range c.lab.Guests() {
		c.status(t, g.PortID, "ACTIVE")
	}
	c.reach(t)
	s.clear(t)
}

func (s *storm) step(t *testing.T) {
	t.Helper()
	guests := s.lab.Guests()
	_, noController := s.down[lab.MachineController+"/"+lab.ServiceController]
	switch n := s.rnd.IntN(10); {
	case n < 3 && !noController && len(s.ports) < 4:
		s.did["create"]++
		s.create(t)
	case n < 5 && !noController && len(s.ports) > 0 && len(guests) < 6:
		s.did["plug"]++
		s.plug(t)
	case n < 6 && len(guests) > 0:
		s.did["unplug"]++
		s.unplug(t, guests[s.rnd.IntN(len(guests))])
	case n < 7 && !noController && len(s.ports) > 0:
		s.did["delete"]++
		s.remove(t, s.ports[0].ID)
		s.ports = s.ports[1:]
	case n < 8:
		s.did["kill"]++
		s.killOne(t)
	case n < 9 && len(s.down) > 0:
		s.did["start"]++
		s.startOne(t)
	}
}

func (s *storm) create(t *testing.T) {
	t.Helper()
	s.made++
	name := fmt.Sprintf("g%d", s.made)
	body := fmt.Sprintf(`{"port":{"name":%q,"network_id":%q}}`, name, s.network.ID)
	if code, err := s.request(http.MethodPost, "/v2.0/ports", s.token, body); err != nil || code != http.StatusCreated {
		t.Fatalf("create port: %d %v", code, err)
	}
	p, err := s.api.Ports().Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	s.ports = append(s.ports, p)
}

// plug puts a guest where Open vSwitch runs, if it does anywhere.
func (s *storm) plug(t *testing.T) {
	t.Helper()
	host := s.host()
	if s.dead(host, lab.ServiceOVSDB) || s.dead(host, lab.ServiceVSwitchd) {
		return
	}
	p := s.ports[0]
	if _, err := s.lab.AddGuest(t.Context(), lab.GuestSpec{Name: p.Name, Host: host, Port: p.ID}); err != nil {
		t.Fatal(err)
	}
	s.ports = s.ports[1:]
}

// unplug removes a guest, and now and then its port first.
func (s *storm) unplug(t *testing.T, g lab.Guest) {
	t.Helper()
	if s.dead(g.Host, lab.ServiceOVSDB) || s.dead(g.Host, lab.ServiceVSwitchd) || s.dead(lab.MachineController, lab.ServiceController) {
		return
	}
	if s.rnd.IntN(2) == 0 {
		s.remove(t, g.PortID)
	} else {
		p, err := s.api.Ports().Show(t.Context(), g.PortID)
		if err != nil {
			t.Fatal(err)
		}
		s.ports = append(s.ports, p)
	}
	if err := s.lab.DeleteGuest(t.Context(), g.Name); err != nil {
		t.Fatal(err)
	}
}

func (s *storm) remove(t *testing.T, port string) {
	t.Helper()
	if code, err := s.request(http.MethodDelete, "/v2.0/ports/"+port, s.token, ""); err != nil || code != http.StatusNoContent {
		t.Fatalf("delete port %s: %d %v", port, code, err)
	}
}

func (s *storm) killOne(t *testing.T) {
	t.Helper()
	machine, service := lab.MachineController, lab.ServiceController
	if s.rnd.IntN(4) > 0 {
		machine = s.host()
		service = []string{lab.ServiceAgent, lab.ServiceAgent, lab.ServiceVSwitchd, lab.ServiceOVSDB}[s.rnd.IntN(4)]
	}
	if s.dead(machine, service) || len(s.down) > 2 {
		return
	}
	s.kill(t, machine, service)
	s.down[machine+"/"+service] = machine
}

// startOne starts what was killed; an agent alone comes only when everything that it needs is there.
func (s *storm) startOne(t *testing.T) {
	t.Helper()
	for _, service := range []string{lab.ServiceOVSDB, lab.ServiceVSwitchd, lab.ServiceController, lab.ServiceAgent} {
		for key, machine := range s.down {
			if strings.HasSuffix(key, "/"+service) {
				s.start(t, machine, service)
				delete(s.down, key)
				return
			}
		}
	}
}

func (s *storm) calm(t *testing.T) {
	t.Helper()
	for len(s.down) > 0 {
		s.startOne(t)
	}
}

// clear removes everything: what is left would be in the way of nobody, but must be removable.
func (s *storm) clear(t *testing.T) {
	t.Helper()
	for _, g := range s.lab.Guests() {
		if err := s.lab.DeleteGuest(t.Context(), g.Name); err != nil {
			t.Fatal(err)
		}
		s.remove(t, g.PortID)
	}
	for _, p := range s.ports {
		s.remove(t, p.ID)
	}
	if err := s.api.Networks().Delete(t.Context(), s.network.ID); err != nil {
		t.Fatal(err)
	}
	s.settled(t)
	for _, h := range s.lab.Topology().Hosts {
		flows, err := s.api.Flows(t.Context(), h.Name, client.FlowQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range flows {
			if f.Subject != nil && (f.Subject.Kind == "port" || f.Subject.Kind == "network") {
				t.Errorf("%s still has a flow for %s %s: %s", h.Name, f.Subject.Kind, f.Subject.ID, f.Text)
			}
		}
	}
}

func (s *storm) host() string {
	hosts := s.lab.Topology().Hosts
	return hosts[s.rnd.IntN(len(hosts))].Name
}

func (s *storm) dead(machine, service string) bool {
	_, dead := s.down[machine+"/"+service]
	return dead
}
