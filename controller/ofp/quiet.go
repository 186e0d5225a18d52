package ofp

import (
	"sync"
	"time"
)

// warnEvery is the time in which few warnings of a kind are given: whoever connects must not be able to fill the log.
const warnEvery = 10 * time.Second

// few says which warnings of a kind are given: so many in warnEvery.
type few struct {
	most int

	mu      sync.Mutex
	began   time.Time
	said    int
	omitted int // since then
}

// say reports whether to give a warning now, and how many were not given before.
func (f *few) say() (now bool, omitted int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.began) > warnEvery {
		omitted = f.omitted
		f.began, f.said, f.omitted = time.Now(), 0, 0
	}
	if f.said == f.most {
		f.omitted++
		return false, 0
	}
	f.said++
	return true, omitted
}
