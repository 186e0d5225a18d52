package run

import (
	"context"
	"time"
)

// Pauses are those between attempts: from First, doubled each time up to Most. After an attempt that lasted longer than
// Steady they begin anew: it did not fail at once.
type Pauses struct{ First, Most, Steady time.Duration }

// Again attempts something again and again until ctx ends.
func Again(ctx context.Context, p Pauses, attempt func(context.Context)) {
	wait := p.First
	for ctx.Err() == nil {
		began := time.Now()
		attempt(ctx)
		if time.Since(began) > p.Steady {
			wait = p.First
		}
		Pause(ctx, wait)
		wait = min(2*wait, p.Most)
	}
}

// Pause waits, and reports whether ctx has not ended meanwhile.
func Pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
