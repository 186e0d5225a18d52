package controller

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/compile"
	"weft/plan"
)

// host is the controller's side of one hypervisor. Its goroutine (run) is the only one that talks to the host's switches
// and that sends to its agent.
type host struct {
	id       api.HostID
	compiler *compile.Compiler
	progress *progress
	ailing   *ailing
	turns    *turns
	log      *logrus.Entry
	now      func() time.Time
	wake     chan struct{} // capacity 1

	mu       sync.Mutex
	hurry    chan struct{} // closed: something was plugged in, so that the host should not wait for the others
	hurried  bool          // it is closed
	pending  *work
	bridges  map[string]*bridge // by name; those that have ever connected or are in the plan
	agent    *agentStream
	problems map[api.Ref]map[string]string // subject → bridge → why it refused a flow of the subject
	seen     time.Time                     // the agent's last report
	report   plan.Report
	repairs  repairs

	at        *api.Snapshot // what is compiled so far; see moveOn and follow
	touched   api.Revision  // the last one that touched the host
	busy      bool          // the goroutine is about to compare at with what is there
	slow      bool          // took too long for what it was given last; the goroutine's own
	flowsRev  api.Revision  // every flow up to here is in the switches
	itemsSent api.Revision
	itemsRev  api.Revision // every item up to here was tried by the agent
}

// work is what commits left to do on a host, merged.
type work struct {
	old, new *api.Snapshot
	subjects map[compile.Subject]struct{}
}

func newHost(id api.HostID, at *api.Snapshot, c *Controller) *host {
	return &host{
		id: id, at: at, touched: at.Revision(), compiler: c.compiler, progress: c.progress, ailing: c.ailing, turns: c.turns,
		log:      c.log.WithField("host", id),
		now:      c.now,
		wake:     make(chan struct{}, 1),
		hurry:    make(chan struct{}),
		bridges:  map[string]*bridge{},
		problems: map[api.Ref]map[string]string{},
	}
}

// nudge makes the goroutine look again.
func (h *host) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// enqueue notes that a commit touched subjects on this host.
//
// A host of which nothing that is connected is up to date has nothing that a difference could go to: whoever connects is
// given, or compared with, everything. So it only moves on, and costs next to nothing, however many such hosts there are.
func (h *host) enqueue(old, next *api.Snapshot, subjects []compile.Subject) {
	h.mu.Lock()
	h.touched = next.Revision()
	if h.pending == nil && !h.follows() {
		h.moveOn(next, subjects)
		h.mu.Unlock()
		return
	}
	if h.pending == nil {
		h.pending = &work{old: old, subjects: map[compile.Subject]struct{}{}}
	}
	h.pending.new = next
	for _, s := range subjects {
		h.pending.subjects[s] = struct{}{}
	}
	h.mu.Unlock()
	h.nudge()
}

// moveOn makes a state the one that the host is at, unless that is a newer one: while the goroutine was busy with the last
// difference, everything may have hung up and enqueue moved on. The caller holds h.mu.
func (h *host) moveOn(next *api.Snapshot, subjects []compile.Subject) {
	if next.Revision() > h.at.Revision() {
		h.at = next
	}
	if len(h.problems) == 0 {
		return
	}
	for _, s := range subjects {
		delete(h.problems, s.Ref)
	}
	h.felt()
}

// follow makes a state the one that the host is at if there is nothing to do until there. What the host must hold is the
// same then. In the middle of a step the state stays, since a plan may be compiled from it.
func (h *host) follow(next *api.Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pending == nil && !h.busy && next.Revision() > h.at.Revision() {
		h.at = next
	}
}

// startOver makes a state the one that the host is at, whatever was between, and everything doubtful.
func (h *host) startOver(at *api.Snapshot) {
	h.mu.Lock()
	h.pending, h.at, h.touched = nil, at, at.Revision()
	clear(h.problems)
	h.felt()
	h.mu.Unlock()
	h.doubtAll()
	h.nudge()
}

// current is the state that the host is at.
func (h *host) current() *api.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

// retryAfter is how soon a switch that refused something is tried again.
const retryAfter = 5 * time.Second

// run works until ctx ends.
func (h *host) run(ctx context.Context) {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		due := false
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		case <-retry.C:
			due = true
		}
		if next := h.step(ctx, due); next > 0 {
			retry.Reset(next)
		}
	}
}

// step does all that is to do now, and, if it is due, tries again what failed. It gives when there is something to do
// again; 0: not before something happens.
func (h *host) step(ctx context.Context, due bool) (next time.Duration) {
	for {
		w := h.take()
		if w == nil {
			break
		}
		h.apply(ctx, w)
	}
	h.lookAfter(h.now())
	again := h.catchUp(ctx, due)
	h.calm()
	h.confirm()
	if again || h.refusing() {
		next = retryAfter
	}
	if at, some := h.nextLook(); some {
		look := max(at.Sub(h.now()), time.Millisecond)
		next = min(cmp.Or(next, look), look)
	}
	return next
}

func (h *host) setBusy(busy bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy = busy
}

func (h *host) take() *work {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.pending
	h.pending = nil
	return w
}

// apply brings the difference that a piece of work makes to the switches and the agent.
func (h *host) apply(ctx context.Context, w *work) {
	subjects := slices.SortedFunc(maps.Keys(w.subjects), compile.Subject.Compare)
	delta, err := h.difference(w, subjects)
	h.mu.Lock()
	h.moveOn(w.new, subjects)
	h.mu.Unlock()
	if err != nil {
		h.log.WithField("err", err).Error("cannot compile; comparing the whole host")
		h.doubtAll()
		return
	}
	h.commitDelta(ctx, delta)
	h.inform(delta, w.new.Revision())
}

// follows reports whether a switch or the agent of the host is given differences. The caller holds h.mu.
func (h *host) follows() bool {
	if h.agent != nil && h.agent.greeted {
		return true
	}
	for _, b := range h.bridges {
		if b.session != nil && !b.doubt {
			return true
		}
	}
	return false
}

func (h *host) difference(w *work, subjects []compile.Subject) (*plan.Delta, error) {
	before, err := h.compiler.Some(w.old, h.id, subjects)
	if errors.Is(err, compile.ErrNoHost) {
		before, err = &plan.Plan{}, nil // the host is new
	}
	if err != nil {
		return nil, err
	}
	after, err := h.compiler.Some(w.new, h.id, subjects)
	if err != nil {
		return nil, err
	}
	return plan.Between(before, after), nil
}

// confirm moves the host's confirmed revision up if nothing is outstanding.
func (h *host) confirm() {
	h.mu.Lock()
	rev := h.at.Revision()
	moved := false
	if h.synced() && h.flowsRev < rev {
		h.flowsRev, moved = rev, true
	}
	if h.agent != nil && h.agent.greeted && h.itemsRev >= h.itemsSent && h.itemsRev < rev {
		// Nothing was sent for the last revisions, so there is nothing to wait for.
		h.itemsSent, h.itemsRev, moved = rev, rev, true
	}
	h.mu.Unlock()
	if moved {
		h.progress.moved()
	}
}

// settled reports whether all that revisions up to rev want of the host is in place. They must have been handed out: of
// those after the last that touched the host there is nothing to confirm.
func (h *host) settled(rev api.Revision) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return min(h.flowsRev, h.itemsRev) >= min(rev, h.touched)
}

// confirmed reports whether flows and items of rev are in place.
func (h *host) confirmed(rev api.Revision) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.flowsRev >= rev && h.itemsRev >= rev
}

func (h *host) blame(subject api.Ref, bridge, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.problems[subject] == nil {
		h.problems[subject] = map[string]string{}
	}
	h.problems[subject][bridge] = why
	h.felt()
}

// problem gives one reason why an object does not hold on this host, "" if it does.
func (h *host) problem(subject api.Ref) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, what := range slices.Sorted(maps.Keys(h.problems[subject])) {
		return h.problems[subject][what]
	}
	for _, e := range h.report.Errors {
		if e.Subject == subject {
			return e.Key.String() + ": " + e.Error
		}
	}
	return ""
}
