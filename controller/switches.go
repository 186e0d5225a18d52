package controller

import (
	"fmt"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/ofp"
)

// Connected implements ofp.Handler. A switch belongs to the host whose agent reports its datapath id; until one does, it
// waits.
func (c *Controller) Connected(s *ofp.Session) error {
	if err := c.admit(s); err != nil {
		return err
	}
	if err := c.place(s); err != nil {
		return err
	}
	if c.admit(s) != nil { // its host has joined anew in between, and nobody saw this connection then
		s.Close()
	}
	return nil
}

// place gives a switch to its host, or has it wait.
func (c *Controller) place(s *ofp.Session) error {
	if h, bridge, ok := c.owner(s.DPID()); ok {
		return c.give(h, bridge, s)
	}
	if err := c.park(s); err != nil {
		return err
	}
	if h, _, ok := c.owner(s.DPID()); ok { // reported in between
		c.adoptOrphans(h.id)
	}
	return nil
}

func (c *Controller) park(s *ofp.Session) error {
	if err := c.waiting.add(s); err != nil {
		return err
	}
	c.log.WithFields(logrus.Fields{"datapath": fmt.Sprintf("%016x", s.DPID()), "remote": s.RemoteAddr()}).
		Debug("switch waits for its host to report it")
	return nil
}

// owner finds the host and bridge of a datapath id.
func (c *Controller) owner(dpid uint64) (*host, string, bool) {
	hostID, bridge, ok := c.store.Snapshot().BridgeByDatapath(dpid)
	if !ok {
		return nil, "", false
	}
	h := c.host(hostID)
	return h, bridge, h != nil
}

// give attaches a session to its bridge, unless another switch is there already.
func (c *Controller) give(h *host, bridge string, s *ofp.Session) error {
	if s.Host() != "" && s.Host() != string(h.id) {
		return fmt.Errorf("switch %016x of host %s connected with the certificate of host %s", s.DPID(), h.id, s.Host())
	}
	h.mu.Lock()
	old := h.bridge(bridge).session
	h.mu.Unlock()
	if old != nil && old != s {
		if old.RemoteAddr().Addr() != s.RemoteAddr().Addr() && s.Host() == "" {
			return fmt.Errorf("datapath id %016x is of bridge %s on host %s, which is connected from %s already; give one of the two switches another datapath id",
				s.DPID(), bridge, h.id, old.RemoteAddr())
		}
		old.Close() // the same switch, before we noticed that its last connection is dead
	}
	h.attach(bridge, s, c.now())
	select {
	case <-s.Done(): // it ended while it waited for its host, so nobody will tell us again
		h.detach(s)
	default:
	}
	return nil
}

// adoptOrphans gives a host the switches that it has just claimed.
func (c *Controller) adoptOrphans(id api.HostID) {
	rec, ok := c.store.Snapshot().Host(id)
	h := c.host(id)
	if !ok || h == nil {
		return
	}
	for _, b := range rec.Bridges {
		for _, s := range c.waiting.take(id, b.DatapathID) {
			if err := c.give(h, b.Name, s); err != nil {
				c.log.WithFields(logrus.Fields{"host": id, "bridge": b.Name, "err": err}).Warn("switch refused")
				s.Close()
			}
		}
	}
}

// Disconnected implements ofp.Handler.
func (c *Controller) Disconnected(s *ofp.Session, _ error) {
	c.waiting.drop(s)
	hosts := c.everyHost()
	if h, _, ok := c.owner(s.DPID()); ok {
		hosts = []*host{h}
	}
	for _, h := range hosts {
		h.detach(s)
	}
}
