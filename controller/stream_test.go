package controller

import "testing"

// An agent that died and was started anew may find another host than the last one left.
func TestWhatAHostHeldIsUnknownOnceAnotherAgentComes(t *testing.T) {
	c := small(t, "h1")
	h := c.host("h1")
	rev := c.store.Snapshot().Revision()
	holds(h, rev)
	if st := c.Host("h1"); st.Confirmed != rev {
		t.Fatalf("revision %d is confirmed, want %d", st.Confirmed, rev)
	}
	h.meet(newAgentStream(nil, func(error) {}))
	if st := c.Host("h1"); st.Confirmed != 0 {
		t.Errorf("revision %d is confirmed, before the agent said anything", st.Confirmed)
	}
}
