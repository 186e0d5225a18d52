package controller

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/plan"
)

// bridge is one switch of a host. The session comes and goes; doubt means that it must be read and compared as a whole.
type bridge struct {
	name    string
	session *ofp.Session // nil while it is not connected
	since   time.Time    // when that session came
	doubt   bool
	// refused holds flows that the switch would not take, with its reason. They are left out until the next comparison,
	// so that one bad flow does not keep the others out.
	refused map[plan.FlowKey]string
	wanted  bool // the plan has flows for it
	// looked is when the bridge was compared last; meddled says that somebody else has changed flows since it was read, and
	// blamed that it was not the host's own agent.
	looked          time.Time
	meddled, blamed bool
	behind          bool // a difference has not reached it since, so what it lacks may be nobody's doing
	// told and untold are the session that tells of such changes, and the one that cannot.
	told, untold *ofp.Session
}

// synced reports whether every bridge of the plan is connected and beyond doubt. The caller holds h.mu.
func (h *host) synced() bool {
	wanted := 0
	for _, b := range h.bridges {
		if !b.wanted {
			continue
		}
		wanted++
		if b.session == nil || b.doubt || len(b.refused) > 0 {
			return false
		}
	}
	return wanted > 0
}

// attach gives a bridge its session.
func (h *host) attach(name string, s *ofp.Session, now time.Time) {
	h.mu.Lock()
	b := h.bridge(name)
	b.session, b.since, b.doubt = s, now, true
	h.mu.Unlock()
	h.nudge()
}

// detach forgets a session; a newer one stays.
func (h *host) detach(s *ofp.Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.bridges {
		if b.session == s {
			b.session, b.doubt = nil, true
		}
	}
}

// bridge finds or makes the record of a bridge. The caller holds h.mu.
func (h *host) bridge(name string) *bridge {
	b, ok := h.bridges[name]
	if !ok {
		b = &bridge{name: name, doubt: true, refused: map[plan.FlowKey]string{}}
		h.bridges[name] = b
	}
	return b
}

// doubtAll makes the next step compare everything.
func (h *host) doubtAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doubtBridges()
	if h.agent != nil {
		h.agent.greeted = false
	}
}

// doubtBridges makes the next step compare every bridge. The caller holds h.mu.
func (h *host) doubtBridges() {
	for _, b := range h.bridges {
		b.doubt, b.behind = true, true
	}
}

// doubtUntold makes the next step compare the bridges whose switches do not tell who changes their flows. The caller holds
// h.mu.
func (h *host) doubtUntold() {
	for _, b := range h.bridges {
		b.doubt = b.doubt || b.session != nil && b.untold == b.session
	}
}

// commitDelta sends each bridge its part of a difference, all at once: bridges do not wait for each other. A bridge that is
// away or in doubt gets it by comparison later.
func (h *host) commitDelta(ctx context.Context, d *plan.Delta) {
	puts, drops := map[string][]plan.Flow{}, map[string][]plan.FlowKey{}
	names := map[string]struct{}{}
	for _, f := range d.PutFlows {
		puts[f.Bridge] = append(puts[f.Bridge], f)
		names[f.Bridge] = struct{}{}
	}
	for _, k := range d.DropFlows {
		drops[k.Bridge] = append(drops[k.Bridge], k)
		names[k.Bridge] = struct{}{}
	}
	var all sync.WaitGroup
	for name := range names {
		all.Go(func() { h.commitPart(ctx, name, puts[name], drops[name]) })
	}
	all.Wait()
}

func (h *host) commitPart(ctx context.Context, bridge string, put []plan.Flow, drop []plan.FlowKey) {
	h.mu.Lock()
	b := h.bridge(bridge)
	b.wanted = true
	session, doubt := b.session, b.doubt
	h.mu.Unlock()
	if session == nil || doubt {
		h.distrust(b)
		return
	}
	if err := h.commit(ctx, b, session, put, drop); err != nil {
		h.distrust(b)
		h.log.WithFields(logrus.Fields{"bridge": b.name, "err": err}).Warn("commit failed; the bridge will be compared as a whole")
	}
}

// distrust makes the next step compare a bridge that may not have what it should have been given.
func (h *host) distrust(b *bridge) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b.doubt, b.behind = true, true
}

// commit sends one atomic bundle. A flow that the switch refuses is put aside, and its object is told.
func (h *host) commit(ctx context.Context, b *bridge, s *ofp.Session, put []plan.Flow, drop []plan.FlowKey) error {
	return s.CommitSome(ctx, put, drop, func(f plan.Flow, refused *ofp.CommitError) {
		why := fmt.Sprintf("bridge %s refused a flow of table %d: %v", b.name, f.Table, refused)
		h.log.WithFields(logrus.Fields{"bridge": b.name, "object": f.Subject, "err": refused}).Error("switch refused a flow")
		h.blame(f.Subject, b.name, why)
		h.mu.Lock()
		b.refused[f.FlowKey] = why
		h.mu.Unlock()
	})
}

// resync compares the bridges that are to be compared with the whole plan. It reports whether one must be tried again.
func (h *host) resync(ctx context.Context, suspects []suspect, full *plan.Plan) (again bool) {
	want := map[string][]plan.Flow{}
	for _, f := range full.Flows {
		want[f.Bridge] = append(want[f.Bridge], f)
	}
	h.want(want)
	for _, s := range suspects {
		if err := h.compare(ctx, s, want[s.name]); err != nil {
			h.log.WithFields(logrus.Fields{"bridge": s.name, "err": err}).Warn("cannot bring the bridge into line")
			again = true
		}
	}
	return again
}

// want marks which bridges have flows.
func (h *host) want(want map[string][]plan.Flow) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name := range want {
		h.bridge(name)
	}
	for name, b := range h.bridges {
		b.wanted = len(want[name]) > 0
	}
}

// suspect reports whether the bridge must be compared now.
func (b *bridge) suspect(due bool) bool {
	return b.session != nil && (b.doubt || due && len(b.refused) > 0)
}

// suspect is a bridge to compare, as it was when the state to compare it with was taken.
type suspect struct {
	*bridge
	session *ofp.Session
}

// suspects lists the bridges that must be compared now. They are beyond doubt from here on, so that changes to come wait
// for the comparison with this state to end. The caller holds h.mu.
func (h *host) suspects(due bool) []suspect {
	var out []suspect
	for _, name := range slices.Sorted(maps.Keys(h.bridges)) {
		if b := h.bridges[name]; b.suspect(due) {
			b.doubt = false
			out = append(out, suspect{b, b.session})
		}
	}
	return out
}

// refusing reports whether a connected bridge has refused a flow, so that it must be offered again later.
func (h *host) refusing() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.bridges {
		if b.session != nil && len(b.refused) > 0 {
			return true
		}
	}
	return false
}

// compare reads a bridge, and commits what it lacks and what of ours it has too much. Flows without our mark are not
// touched, but for those that stand in the place of one of ours.
func (h *host) compare(ctx context.Context, s suspect, want []plan.Flow) error {
	b := s.bridge
	others, err := h.watch(ctx, b, s.session)
	if err != nil {
		h.distrust(b)
		return err
	}
	have, err := s.session.ReadOurFlows(ctx, b.name)
	if err != nil {
		h.distrust(b)
		return err
	}
	h.mu.Lock()
	b.refused = map[plan.FlowKey]string{}
	for _, what := range h.problems {
		delete(what, b.name)
	}
	h.felt()
	h.mu.Unlock()
	d := plan.Repair(have, want, wire.Same)
	if err := h.commit(ctx, b, s.session, d.PutFlows, d.DropFlows); err != nil {
		h.distrust(b)
		return err
	}
	h.compared(b, others, len(d.PutFlows), len(d.DropFlows), h.now())
	h.log.WithFields(logrus.Fields{
		"bridge": b.name, "rev": h.current().Revision(), "flows": len(want), "put": len(d.PutFlows), "drop": len(d.DropFlows),
	}).Info("bridge is in line")
	return nil
}
