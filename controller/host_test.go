package controller

import (
	"context"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/compile"
	"weft/plan"
)

// states gives a few states, one after another.
func states(n int) []*api.Snapshot {
	out := []*api.Snapshot{api.NewSnapshot()}
	for range n {
		tx := out[len(out)-1].Txn()
		out = append(out, tx.Commit(tx.Next()))
	}
	return out
}

func idleHost(at *api.Snapshot) *host {
	return newHost("h1", at, &Controller{log: logrus.NewEntry(logrus.New()), progress: newProgress(), ailing: &ailing{hosts: map[api.HostID]*host{}}, compiler: &compile.Compiler{}, turns: newTurns(1, time.Hour)})
}

func TestHostThatNothingConnectsToMovesOnWithoutWork(t *testing.T) {
	s := states(3)
	h := idleHost(s[0])
	port := compile.Subject{Ref: api.Ref{Kind: api.KindPort, ID: "p"}}
	h.blame(port.Ref, "br-int", "refused")
	h.enqueue(s[0], s[1], []compile.Subject{port})
	if h.take() != nil || h.current() != s[1] || h.problem(port.Ref) != "" {
		t.Errorf("pending work, or not at the new state, or the old problem is still there: %+v", h)
	}
	h.agent = &agentStream{greeted: true}
	h.enqueue(s[1], s[2], []compile.Subject{port})
	if w := h.take(); w == nil || w.old != s[1] || w.new != s[2] || len(w.subjects) != 1 {
		t.Errorf("an agent is connected: work is %+v, want the difference", w)
	}
}

func TestHostIsAskedForProblemsOnlyWhileItHasOne(t *testing.T) {
	s := states(1)
	h := idleHost(s[0])
	port, flow := api.Ref{Kind: api.KindPort, ID: "p"}, api.Ref{Kind: api.KindPort, ID: "q"}
	asked := func(want int, when string) {
		t.Helper()
		if got := h.ailing.list(); len(got) != want {
			t.Errorf("%s: %d hosts are asked, want %d", when, len(got), want)
		}
	}
	asked(0, "at first")
	h.blame(flow, "br-int", "refused")
	asked(1, "after a flow was refused")
	h.note(plan.Report{Errors: []plan.ItemError{{Subject: port, Error: "no such device"}}}, time.Now())
	h.enqueue(s[0], s[1], []compile.Subject{{Ref: flow}})
	asked(1, "while an item fails")
	h.note(plan.Report{}, time.Now())
	asked(0, "when all is well")
}

func TestHostThatMovedOnDoesNotGoBackWhenItsLastWorkEnds(t *testing.T) {
	s := states(2)
	h := idleHost(s[0])
	h.agent = newAgentStream(nil, nil)
	h.agent.greeted = true
	h.enqueue(s[0], s[1], nil)
	busy := h.take()
	h.agent = nil // hung up while the goroutine is busy
	h.enqueue(s[1], s[2], nil)
	h.apply(t.Context(), busy)
	if got := h.current(); got != s[2] {
		t.Errorf("the host is at revision %d, want %d", got.Revision(), s[2].Revision())
	}
}

func TestAgentThatComesWhileTheHostMovedOnGetsTheNewestPlan(t *testing.T) {
	tx := api.NewSnapshot().Txn()
	tx.Put(&api.Host{ID: "h1"})
	old := tx.Commit(tx.Next())
	tx = old.Txn()
	next := tx.Commit(tx.Next())
	h := idleHost(old)
	h.agent = newAgentStream(t.Context().Done(), nil)
	h.enqueue(old, next, nil)
	if h.take() != nil {
		t.Error("a difference is made for an agent that has no plan")
	}
	h.agent.sent <- struct{}{} // of an earlier stream's snapshot, say
	turn, cancel := context.WithCancel(t.Context())
	cancel()
	h.catchUp(turn, false)
	if h.agent.greeted {
		t.Error("a host that ends greets an agent")
	}
	h.agent.done = turn.Done()
	h.catchUp(t.Context(), false)
	q := h.drain(h.agent)
	if len(q) != 1 || q[0].Type != typeSnapshot || q[0].Revision != next.Revision() {
		t.Errorf("the agent is sent %d messages (%+v), want the plan of revision %d", len(q), q, next.Revision())
	}
	h.enqueue(old, next, nil)
	if h.take() == nil {
		t.Error("no difference is made for an agent that has its plan")
	}
}
