package controller

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
)

const (
	// deadAfter is how long neither a host's agent nor one of its switches may be connected before the host counts as
	// dead. A connection that just went silent is noticed later: after agentSilence, and ofp.Config.DeadAfter.
	deadAfter = 1500 * time.Millisecond
	// agentSilence is two reports that did not come, and half of a third.
	agentSilence = 25 * time.Second
	// startGrace is how long after the controller's start a host may take to find it; an agent tries every 15 s.
	startGrace = 30 * time.Second
	lookEvery  = 250 * time.Millisecond
)

// liveness judges which hosts live from what is connected.
type liveness struct {
	start time.Time
	gone  map[api.HostID]time.Time // since when nothing of a host is connected
	met   map[api.HostID]bool      // hosts that found this controller
}

// look gives the hosts whose state must change: true for those that live again, false for the dead. connected has every
// host that ever joined; dead those that count as dead so far.
//
// If nothing of any host is connected it is the controller that is cut off, and nobody is dead.
func (l *liveness) look(now time.Time, connected map[api.HostID]bool, dead map[api.HostID]bool) map[api.HostID]bool {
	out := map[api.HostID]bool{}
	cutOff := !slices.Contains(slices.Collect(maps.Values(connected)), true)
	for id, here := range connected {
		if here || cutOff {
			delete(l.gone, id)
			l.met[id] = l.met[id] || here
			if here && dead[id] {
				out[id] = true
			}
			continue
		}
		since, known := l.gone[id]
		if !known {
			since = now
			l.gone[id] = now
		}
		if !dead[id] && now.Sub(since) >= deadAfter && (l.met[id] || now.Sub(l.start) >= startGrace) {
			out[id] = false
		}
	}
	for id := range l.gone {
		if _, there := connected[id]; !there {
			delete(l.gone, id)
			delete(l.met, id)
		}
	}
	return out
}

// watchHosts puts into the state which hosts died and which live again, until ctx ends. What follows from that, routers'
// gateways on other hosts, takes the way of every change.
func (c *Controller) watchHosts(ctx context.Context) error {
	l := &liveness{start: c.now(), gone: map[api.HostID]time.Time{}, met: map[api.HostID]bool{}}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		connected, dead := c.connections()
		verdicts := l.look(c.now(), connected, dead)
		if len(verdicts) == 0 {
			continue
		}
		if err := c.pronounce(ctx, verdicts); err != nil {
			c.log.WithField("err", err).Warn("cannot note which hosts live; trying again")
		}
	}
}

// connections tells of each host that ever joined whether anything of it is connected, and which count as dead.
func (c *Controller) connections() (connected, dead map[api.HostID]bool) {
	connected, dead = map[api.HostID]bool{}, map[api.HostID]bool{}
	for rec := range c.store.Snapshot().Hosts() {
		if rec.CertHash == "" {
			continue
		}
		h := c.host(rec.ID)
		connected[rec.ID] = h != nil && h.reached(c.now())
		dead[rec.ID] = !rec.Alive()
	}
	return connected, dead
}

func (h *host) reached(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agent != nil && now.Sub(h.seen) < agentSilence {
		return true
	}
	for _, b := range h.bridges {
		if b.session != nil {
			return true
		}
	}
	return false
}

func (c *Controller) pronounce(ctx context.Context, alive map[api.HostID]bool) error {
	_, err := c.store.Update(ctx, func(tx *api.Txn) error {
		c.ops.SetAlive(tx, alive)
		return nil
	})
	if err != nil {
		return fmt.Errorf("note which hosts live: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(alive)) {
		log := c.log.WithFields(logrus.Fields{"host": id})
		if alive[id] {
			log.Info("host lives again")
		} else {
			log.Warn("host counts as dead: its agent and its switches are gone; gateways of routers move to other hosts")
		}
	}
	return nil
}
