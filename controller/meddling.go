package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"weft/controller/ofp"
	"weft/controller/ofp/wire"
)

const (
	// meddleRest is how soon after a comparison a bridge is compared again because somebody else has changed its flows.
	// Who changes them all the time costs a comparison a second, and no more.
	meddleRest = time.Second
	// auditEvery is how often a bridge is compared whose switch does not tell of such changes.
	auditEvery = time.Minute
)

// repairs is what was put right on a host that others had changed.
type repairs struct {
	flows int
	last  string
	at    time.Time
}

// FlowsChanged implements ofp.FlowWatcher: somebody who is not this controller has changed flows of a switch. If that is the
// host's own agent, which gave back what the switch had lost, they may be older than the plan, but nobody is blamed.
func (c *Controller) FlowsChanged(s *ofp.Session, changes []wire.FlowChange) {
	if len(changes) > 0 && !slices.ContainsFunc(changes, wire.FlowChange.Concerns) {
		return
	}
	others := slices.ContainsFunc(changes, func(f wire.FlowChange) bool { return f.Concerns() && !f.Given })
	if h, name, ok := c.owner(s.DPID()); ok {
		h.meddled(name, s, others)
	}
}

// meddled notes that a bridge's flows are to be looked at, and whether others than weft have changed some.
func (h *host) meddled(name string, s *ofp.Session, others bool) {
	h.mu.Lock()
	b := h.bridges[name]
	mine := b != nil && b.session == s
	if mine {
		b.meddled, b.blamed = true, b.blamed || others
	}
	h.mu.Unlock()
	if mine {
		h.nudge()
	}
}

// lookAfter puts the bridges into doubt that others have changed, or may have, if it is time.
func (h *host) lookAfter(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.bridges {
		if at, some := b.nextLook(); some && !at.After(now) {
			b.doubt = true
		}
	}
}

// nextLook gives when lookAfter must be called; false: there is no need.
func (h *host) nextLook() (next time.Time, some bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.bridges {
		if at, due := b.nextLook(); due && (!some || at.Before(next)) {
			next, some = at, true
		}
	}
	return next, some
}

func (b *bridge) nextLook() (at time.Time, some bool) {
	switch {
	case b.session == nil || b.doubt:
		return at, false
	case b.meddled:
		return b.looked.Add(meddleRest), true
	case b.untold == b.session:
		return b.looked.Add(auditEvery), true
	}
	return at, false
}

// watch has the switch tell of changes from before its flows are read, so that none goes unseen in between. It reports
// whether what differs now was changed by others: the bridge was in line and given every difference since, and it is looked
// at again because of them.
func (h *host) watch(ctx context.Context, b *bridge, s *ofp.Session) (others bool, err error) {
	h.mu.Lock()
	others = (b.told == s && b.blamed || b.untold == s) && !b.behind
	told := b.told == s || b.untold == s
	b.meddled, b.blamed = false, false
	h.mu.Unlock()
	if told {
		return others, nil
	}
	err = s.WatchFlows(ctx)
	var cannot *wire.Error
	untold := errors.As(err, &cannot)
	if err != nil && !untold {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if untold {
		b.untold = s
		h.log.WithFields(logrus.Fields{"bridge": b.name, "err": err}).
			Debug("the switch does not tell who changes its flows; they are looked at every minute")
		return false, nil
	}
	b.told = s
	return false, nil
}

// compared notes that a bridge is in line, and what of others' doing was put right.
func (h *host) compared(b *bridge, others bool, put, drop int, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b.looked, b.behind = now, false
	if !others || put+drop == 0 {
		return
	}
	h.repairs.flows += put + drop
	h.repairs.at = now
	h.repairs.last = fmt.Sprintf("%d flows of %s that somebody had changed or removed, and %d that were too many", put, b.name, drop)
	h.log.WithFields(logrus.Fields{"bridge": b.name, "put": put, "drop": drop}).
		Warn("somebody changed flows of weft's; they are as they were")
}
