package run

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestPausesGrowAndBeginAnewAfterASteadyAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var pauses []time.Duration
		last, n := time.Now(), 0
		Again(ctx, Pauses{time.Second, 4 * time.Second, 10 * time.Second}, func(context.Context) {
			pauses = append(pauses, time.Since(last))
			if n++; n == 5 {
				time.Sleep(time.Minute) // of the bubble's clock: an attempt that lasts
			}
			if n == 7 {
				cancel()
			}
			last = time.Now()
		})
		want := []time.Duration{0, 1, 2, 4, 4, 1, 2}
		for i := range want {
			want[i] *= time.Second
		}
		if !slices.Equal(pauses, want) {
			t.Errorf("pauses %v, want %v", pauses, want)
		}
	})
}
