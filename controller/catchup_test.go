package controller

import (
	"context"
	"testing"
	"time"
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
	hurry := make(chan struct{}, 1)
	urgent := took(ctx, t, turns, false, hurry)
	hurry <- struct{}{}
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
	hurry := make(chan struct{}, 1)
	hurry <- struct{}{}
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
