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

// liveness judges which hosts live from what is connected, and from what other hosts hear of those of which nothing is.
type liveness struct {
	start time.Time
	gone  map[api.HostID]time.Time // since when nothing of a host is connected
	met   map[api.HostID]bool      // hosts that found this controller
}

// look gives the lives that must change. connected and have, what is known so far, have every host that ever joined;
// answers tells whether a host of which nothing is connected is at work, from what is known of it so far.
//
// If nothing of any host is connected it is the controller that is cut off, and nothing is known of anybody.
func (l *liveness) look(now time.Time, connected map[api.HostID]bool, have lives, answers func(api.HostID, api.Life) bool) lives {
	out := lives{}
	cutOff := !slices.Contains(slices.Collect(maps.Values(connected)), true)
	for id, here := range connected {
		if here || cutOff {
			delete(l.gone, id)
			l.met[id] = l.met[id] || here
			if here && have[id] != api.Connected {
				out[id] = api.Connected
			}
			continue
		}
		since, known := l.gone[id]
		if !known {
			since = now
			l.gone[id] = now
		}
		if now.Sub(since) < deadAfter || l.expects(id, have[id], now) {
			continue
		}
		life := api.Dead
		if answers(id, have[id]) {
			life = api.CutOff
		}
		if life != have[id] {
			out[id] = life
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

// expects reports whether a host may take a while yet to find a controller that has just begun.
func (l *liveness) expects(id api.HostID, believed api.Life, now time.Time) bool {
	return believed == api.Connected && !l.met[id] && now.Sub(l.start) < startGrace
}

// doubtful gives of the hosts that are gone those for which others should be asked: not those that are expected for some time
// yet, which after a restart are all.
func (l *liveness) doubtful(now time.Time, have lives) map[api.HostID]time.Time {
	out := make(map[api.HostID]time.Time, len(l.gone))
	for id, since := range l.gone {
		if !l.expects(id, have[id], now.Add(2*silentForSure)) {
			out[id] = since
		}
	}
	return out
}

type lives = map[api.HostID]api.Life

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
		connected, have := c.connections()
		now := c.now()
		verdicts := l.look(now, connected, have, func(id api.HostID, life api.Life) bool { return c.echoes.answers(id, life, now) })
		c.askWitnesses(ctx, now, l.doubtful(now, have), have)
		if len(verdicts) == 0 {
			continue
		}
		if err := c.pronounce(ctx, verdicts); err != nil {
			c.log.WithField("err", err).Warn("cannot note which hosts live; trying again")
		}
	}
}

// connections tells of each host that ever joined whether anything of it is connected, and what is known of its life.
func (c *Controller) connections() (connected map[api.HostID]bool, have lives) {
	connected, have = map[api.HostID]bool{}, lives{}
	for rec := range c.store.Snapshot().Hosts() {
		if rec.CertHash == "" {
			continue
		}
		h := c.host(rec.ID)
		connected[rec.ID] = h != nil && h.reached(c.now())
		have[rec.ID] = rec.Life()
	}
	return connected, have
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

func (c *Controller) pronounce(ctx context.Context, verdicts lives) error {
	_, err := c.store.Update(ctx, func(tx *api.Txn) error {
		c.ops.SetLives(tx, verdicts)
		return nil
	})
	if err != nil {
		return fmt.Errorf("note which hosts live: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(verdicts)) {
		log := c.log.WithFields(logrus.Fields{"host": id})
		switch verdicts[id] {
		case api.Connected:
			log.Info("host lives again")
		case api.CutOff:
			log.Warn("host is cut off: its agent and its switches are gone, but it answers other hosts; it works on with what it " +
				"was told last, and keeps the gateways of routers")
		default:
			log.Warn("host counts as dead: its agent and its switches are gone; gateways of routers move to other hosts")
		}
	}
	return nil
}
