package flows

import (
	"context"
	"time"
)

const (
	patience = 5 * time.Second // for bridges whose flows cannot be given back
	again    = time.Second     // after an attempt that failed
)

// releaser lets ovs-vswitchd forward once every bridge holds its flows, if it was told to wait for that
// (other_config:flow-restore-wait). Whoever told it so may have died since: it must not wait for ever, so not all of the
// flows are better than none.
type releaser struct {
	k      *Keeper
	timer  *time.Timer // runs while a bridge is connected and not all hold their flows, or an attempt has failed
	late   bool
	done   bool // since a connection was lost
	failed int  // attempts one after the other; the next is made when the timer says so, whatever happens before
	lost   int  // connections that had been lost then
}

// look does what is due.
func (r *releaser) look(ctx context.Context) {
	connected, inPlace, lost := r.k.state()
	if lost != r.lost {
		r.stop()
		r.done, r.late, r.lost = false, false, lost
	}
	switch {
	case !connected, r.done && inPlace:
		r.stop()
	case r.failed > 0 && r.timer != nil && !r.late:
	case inPlace || r.late:
		r.release(ctx, inPlace)
	case r.timer == nil && !r.done:
		r.timer = time.NewTimer(patience)
	}
}

func (r *releaser) release(ctx context.Context, whole bool) {
	r.stop()
	was, err := r.k.o.Release(ctx)
	switch {
	case err != nil:
		if r.failed++; r.failed == 2 { // at the first the agent may just not be connected with the database yet
			r.k.o.Log.WithField("err", err).Warn("cannot see whether ovs-vswitchd waits for its flows; trying again")
		}
		r.timer, r.late = time.NewTimer(again), false
		return
	case was && whole:
		r.k.o.Log.Info("ovs-vswitchd waited for its flows and forwards now")
	case was:
		r.k.o.Log.Warn("ovs-vswitchd waited for its flows and forwards now, though not every bridge has them")
	}
	r.done, r.late, r.failed = true, false, 0
	if was {
		r.k.Doubt() // only now it takes on the bridges' controllers, and forgets flows over that
	}
}

// due gives the channel on which the next attempt is announced.
func (r *releaser) due() <-chan time.Time {
	if r.timer == nil {
		return nil
	}
	return r.timer.C
}

func (r *releaser) stop() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}
