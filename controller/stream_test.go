package controller

import (
	"context"
	"sync"
	"testing"
	"time"

	"weft/plan"
)

// An agent that died and was started anew may find another host than the last one left.
func TestWhatAHostHeldIsUnknownOnceAnotherAgentComes(t *testing.T) {
	c := small(t, "h1")
	h := c.host("h1")
	rev := c.store.Snapshot().Revision()
	holds(h, rev)
	if st := c.Host("h1"); st.Confirmed != rev {
		t.Fatalf("revision %d is confirmed, want %d", st.Confirmed, rev)
	}
	for range cap(c.turns.quick) { // it will wait for its plan
		c.turns.quick <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { _ = c.Stream(ctx, "h1", func(plan.Message) error { return nil }) })
	defer done.Wait()
	defer cancel()
	for there := false; !there; time.Sleep(time.Millisecond) {
		h.mu.Lock()
		there = h.agent != nil
		h.mu.Unlock()
	}
	if st := c.Host("h1"); st.Confirmed != 0 {
		t.Errorf("revision %d is confirmed, before the agent said anything", st.Confirmed)
	}
}
