package dhcp

import (
	"time"

	"weft/controller/ofp"
)

// What a port may ask: clients that behave send a handful of requests, and then one each few hours.
const (
	burst     = 30
	perSecond = 5
)

// budget counts what a port may still ask. The zero value is full.
type budget struct {
	spent float64
	last  time.Time
	over  bool   // the last request was too many
	lost  uint64 // requests that were too many, in all
	muted time.Time
}

// spend takes one request from the budget. It reports whether it was there, and whether it is the first that was not.
func (b *budget) spend(now time.Time) (ok, began bool) {
	b.spent = max(0, b.spent-now.Sub(b.last).Seconds()*perSecond)
	b.last = now
	if b.spent+1 > burst {
		began = !b.over
		b.over = true
		b.lost++
		return false, began
	}
	b.spent++
	if b.spent < burst/2 {
		b.over = false
	}
	return true, false
}

// mute reports whether it is time to mute the port, as far as is known here, and takes it as done.
func (b *budget) mute(now time.Time) bool {
	if now.Sub(b.muted) < ofp.Muted*time.Second {
		return false
	}
	b.muted = now
	return true
}
