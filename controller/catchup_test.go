package controller

import (
	"context"
	"testing"
	"time"

	"weft/controller/ofp"
)

// took takes a turn and tells of it; the turn is given up at the end of the test.
func took(ctx context.Context, t *testing.T, turns *turns, slow bool, hurry <-chan struct{}) <-chan struct{} {
	got := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, end, err := turns.take(ctx, slow, hurry); err == nil {
			close(got)
			<-ctx.Done()
			end()
		}
	}()
	t.Cleanup(func() { <-done })
	return got
}

func TestAHostWhereSomethingWasPluggedInGoesFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	turns := newTurns(1, time.Hour)
	<-took(ctx, t, turns, false, nil)
	waits := took(ctx, t, turns, false, nil)
	hurry := make(chan struct{})
	urgent := took(ctx, t, turns, false, hurry)
	close(hurry)
	<-urgent
	select {
	case <-waits:
		t.Error("a host had its turn before there was room")
	default:
	}
}

func TestASlowHostTakesTurnsWithSlowOnesOnly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	turns := newTurns(1, time.Hour)
	for range slowTurns {
		<-took(ctx, t, turns, true, nil)
	}
	hurry := make(chan struct{})
	close(hurry)
	slow := took(ctx, t, turns, true, hurry)
	<-took(ctx, t, turns, false, nil)
	select {
	case <-slow:
		t.Error("a slow host took the turn of a quick one")
	default:
	}
}

func TestATurnEndsWithThePatience(t *testing.T) {
	turn, end, err := newTurns(1, time.Millisecond).take(t.Context(), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	<-turn.Done()
}

func TestAHostIsInAHurryUntilAllThatItHasIsInLine(t *testing.T) {
	h := idleHost(states(0)[0])
	urgent := func() bool {
		select {
		case <-h.urgency():
			return true
		default:
			return false
		}
	}
	h.rush()
	h.bridge("br-int").wanted, h.bridge("br-tun").wanted = true, true
	h.agent = &agentStream{greeted: true}
	for _, name := range []string{"br-int", "br-tun"} {
		if h.calm(); !urgent() {
			t.Errorf("no hurry any more before %s was compared", name)
		}
		h.attach(name, &ofp.Session{}, time.Now())
		h.bridge(name).doubt = false
	}
	if h.calm(); urgent() {
		t.Error("a host that is in line is in a hurry")
	}
	if h.rush(); urgent() {
		t.Error("a report hurries a host that is in line, and it would go before others when all connect anew")
	}
}
