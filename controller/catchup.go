package controller

import (
	"context"
	"errors"
	"time"

	"weft/api"
)

// patience is how long switches and the agent of a host may take for what they are asked in a turn of the quick ones.
const patience = 20 * time.Second

// turns bound how many hosts are compiled and compared as a whole at a time, or are sent their whole plan: each takes the
// memory of all its flows. After a restart of the controller thousands want it at once; they come one after another,
// and hosts that are in line get their changes meanwhile. Who is slow takes turns with the slow ones only.
//
// A host where something has just been plugged in goes before the others: a guest waits there.
type turns struct {
	quick, urgent, slow chan struct{}
	patience            time.Duration
}

const (
	urgentTurns  = 2  // how many hosts are served at a time beside those that came first
	slowTurns    = 2  // how many slow hosts are served at a time
	slowPatience = 10 // how many times as long they may take
)

func newTurns(n int, patience time.Duration) *turns {
	return &turns{quick: make(chan struct{}, n), urgent: make(chan struct{}, urgentTurns), slow: make(chan struct{}, slowTurns), patience: patience}
}

// take waits for a turn; hurry tells that it is urgent. The context that it gives ends with the patience for a host in this
// turn; end gives the turn up.
func (t *turns) take(ctx context.Context, slow bool, hurry <-chan struct{}) (turn context.Context, end func(), err error) {
	lane, patience := t.quick, t.patience
	if slow {
		lane, hurry, patience = t.slow, nil, slowPatience*t.patience
	}
	if lane, err = t.enter(ctx, lane, hurry); err != nil {
		return nil, nil, err
	}
	turn, cancel := context.WithTimeout(ctx, patience)
	return turn, func() { cancel(); <-lane }, nil
}

// enter waits for room in a lane, or, once it is urgent, in that for the urgent ones too, and gives the lane.
func (t *turns) enter(ctx context.Context, lane chan struct{}, hurry <-chan struct{}) (chan struct{}, error) {
	var urgent chan struct{}
	for ctx.Err() == nil {
		select {
		case lane <- struct{}{}:
			return lane, nil
		case urgent <- struct{}{}:
			return urgent, nil
		case <-hurry:
			hurry, urgent = nil, t.urgent
		case <-ctx.Done():
		}
	}
	return nil, ctx.Err()
}

// rush has the host go before others that wait to be brought into line, until it is: its switches and its agent may
// connect one after the other, and each time it is behind once more.
func (h *host) rush() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.hurried && !h.whole() {
		h.hurried = true
		close(h.hurry)
	}
}

// calm ends the hurry of a host that is in line.
func (h *host) calm() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hurried && h.whole() {
		h.hurry, h.hurried = make(chan struct{}), false
	}
}

// urgency gives a channel that closes when the host is in a hurry.
func (h *host) urgency() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hurry
}

// whole reports whether all that a host has is connected and given what it should hold. The caller holds h.mu.
func (h *host) whole() bool { return h.synced() && h.agent != nil && h.agent.greeted }

// behind reports whether somebody who is connected needs a look at the whole: a bridge that is in doubt or, if it is due,
// that refused a flow, or an agent that has no plan yet.
func (h *host) behind(due bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agent != nil && !h.agent.greeted {
		return true
	}
	for _, b := range h.bridges {
		if b.suspect(due) {
			return true
		}
	}
	return false
}

// catchUp brings those who are behind to the state that the host is at. It reports whether something must be tried again
// later.
func (h *host) catchUp(ctx context.Context, due bool) (again bool) {
	if !h.behind(due) {
		return false
	}
	turn, end, err := h.turns.take(ctx, h.slow, h.urgency())
	if err != nil {
		return false // the host's goroutine ends
	}
	defer end()
	at, suspects, agent := h.begin(due)
	defer h.setBusy(false)
	full, err := h.compiler.Host(at, h.id)
	if err != nil {
		h.log.WithField("err", err).Error("cannot compile the host")
		h.notCompared(suspects, agent)
		return true
	}
	again = h.resync(turn, suspects, full)
	h.greet(turn, agent, full)
	h.slow = errors.Is(turn.Err(), context.DeadlineExceeded)
	return again
}

// begin gives the state to catch up with, and who has to: bridges, and the agent or nil. From here on they count as being
// there, so that later changes wait their turn behind it.
func (h *host) begin(due bool) (*api.Snapshot, []suspect, *agentStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy = true
	agent := h.agent
	if agent == nil || agent.greeted {
		return h.at, h.suspects(due), nil
	}
	agent.greeted = true
	return h.at, h.suspects(due), agent
}

// notCompared takes back that these are beyond doubt.
func (h *host) notCompared(suspects []suspect, agent *agentStream) {
	for _, s := range suspects {
		h.distrust(s.bridge)
	}
	if agent == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	agent.greeted = false
}
