package e2e

import (
	"fmt"
	"testing"

	"weft/client"
	"weft/lab"
)

// What a storm asks of the API, and plugs.

func (s *storm) create(t *testing.T) {
	t.Helper()
	s.made++
	p, err := s.quick.Ports().Create(t.Context(), client.Port{
		Name: fmt.Sprintf("g%d", s.made), NetworkID: s.ids[s.rnd.IntN(len(s.ids))],
	})
	s.ok(t, err)
	s.ports = append(s.ports, p)
}

// switches reports whether a host can be plugged into.
func (s *storm) switches(host string) bool {
	return !s.dead(host, lab.ServiceOVSDB) && !s.dead(host, lab.ServiceVSwitchd)
}

// plug puts a guest on a host, if Open vSwitch runs there.
func (s *storm) plug(t *testing.T) {
	t.Helper()
	host := s.host()
	if !s.switches(host) {
		return
	}
	p := s.ports[0]
	_, err := s.lab.AddGuest(t.Context(), lab.GuestSpec{Name: p.Name, Host: host, Port: p.ID})
	s.ok(t, err)
	s.ports = s.ports[1:]
}

// unplug removes a guest, and now and then its port first.
func (s *storm) unplug(t *testing.T) {
	t.Helper()
	guests := s.lab.Guests()
	g := guests[s.rnd.IntN(len(guests))]
	if !s.switches(g.Host) {
		return
	}
	if s.rnd.IntN(2) == 0 {
		s.remove(t, g.PortID)
	} else {
		p, err := s.quick.Ports().Show(t.Context(), g.PortID)
		s.ok(t, err)
		s.ports = append(s.ports, p)
	}
	s.ok(t, s.lab.DeleteGuest(t.Context(), g.Name))
}

func (s *storm) deleteOne(t *testing.T) {
	t.Helper()
	s.remove(t, s.ports[0].ID)
	s.ports = s.ports[1:]
}

func (s *storm) remove(t *testing.T, port string) {
	t.Helper()
	s.ok(t, s.quick.Ports().Delete(t.Context(), port))
	if s.floating.PortID == port {
		s.floating.PortID = ""
	}
}

// network is that of a port.
func (s *storm) netOf(t *testing.T, port string) *stormNet {
	t.Helper()
	p, err := s.quick.Ports().Show(t.Context(), port)
	s.ok(t, err)
	return s.nets[p.NetworkID]
}

// toggleLeg gives the router a leg on a network, or takes it away, unless the floating IP needs it.
func (s *storm) toggleLeg(t *testing.T) {
	t.Helper()
	n := s.nets[s.ids[s.rnd.IntN(len(s.ids))]]
	if !n.leg {
		s.ok(t, s.quick.AddRouterInterface(t.Context(), s.router.ID, n.subnet))
		n.leg = true
		return
	}
	err := s.quick.RemoveRouterInterface(t.Context(), s.router.ID, n.subnet)
	if s.floating.PortID != "" && s.netOf(t, s.floating.PortID) == n {
		if err == nil {
			t.Fatal("the router's leg went that a floating IP needs")
		}
		return
	}
	s.ok(t, err)
	n.leg = false
}

// float associates the floating IP with a guest, or with nobody.
func (s *storm) float(t *testing.T) {
	t.Helper()
	var to any
	guests := s.lab.Guests()
	if i := s.rnd.IntN(len(guests) + 1); i < len(guests) {
		to = guests[i].PortID
	}
	var err error
	port, _ := to.(string)
	_, err = s.quick.FloatingIPs().Update(t.Context(), s.floating.ID, client.Object{"port_id": to})
	if port != "" && !s.netOf(t, port).leg {
		if err == nil {
			t.Fatal("a floating IP was associated with a port that the router does not reach")
		}
		return
	}
	s.ok(t, err)
	s.floating.PortID = port
}

// clear removes everything: what is left would be in the way of nobody, but must be removable.
func (s *storm) clear(t *testing.T) {
	t.Helper()
	for _, g := range s.lab.Guests() {
		s.ok(t, s.lab.DeleteGuest(t.Context(), g.Name))
		s.remove(t, g.PortID)
	}
	for _, p := range s.ports {
		s.remove(t, p.ID)
	}
	s.ok(t, s.quick.FloatingIPs().Delete(t.Context(), s.floating.ID))
	for _, id := range s.ids {
		if n := s.nets[id]; n.leg {
			s.ok(t, s.quick.RemoveRouterInterface(t.Context(), s.router.ID, n.subnet))
		}
	}
	s.ok(t, s.quick.Routers().Delete(t.Context(), s.router.ID))
	for _, id := range append(s.ids, s.external.ID) {
		s.ok(t, s.quick.Networks().Delete(t.Context(), id))
	}
	s.settled(t)
	for _, h := range s.lab.Topology().Hosts {
		s.empty(t, h.Name)
	}
}

// empty wants nothing on a host that was made for a logical object.
func (s *storm) empty(t *testing.T, host string) {
	t.Helper()
	flows, err := s.quick.Flows(t.Context(), host, client.FlowQuery{})
	s.ok(t, err)
	for _, f := range flows {
		if f.Subject != nil && f.Subject.Kind != "host" {
			t.Errorf("%s still has a flow for %s %s: %s", host, f.Subject.Kind, f.Subject.ID, f.Text)
		}
	}
	if out := s.sh(t, host, "ip netns list"); out != "" {
		t.Errorf("%s still has namespaces: %s", host, out)
	}
}
