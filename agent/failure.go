package agent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"weft/agent/run"
	"weft/plan"
)

// How long a failed item waits for its next attempt, doubled each time.
const (
	retryFirst = time.Second
	retryMost  = 30 * time.Second
)

// failure is an item that does not hold.
type failure struct {
	err  error
	next time.Time
	wait time.Duration
	away run.Away // what the item waits for; "" if the failure is its own
}

// retry tries again what failed and is due.
func (e *engine) retry(ctx context.Context) {
	var due []plan.Key
	for k, f := range e.fails {
		if !f.next.After(e.now()) {
			due = append(due, k)
		}
	}
	e.converge(ctx, slices.Values(due))
}

// nextRetry gives the time of the next attempt, and whether there is one.
func (e *engine) nextRetry() (time.Time, bool) {
	var next time.Time
	for _, f := range e.fails {
		if next.IsZero() || f.next.Before(next) {
			next = f.next
		}
	}
	return next, !next.IsZero()
}

// failed records that an item does not hold. The first failure is worth a warning, its repetitions are not. When a whole
// side of the host is away, that is said once, and not of each of its items.
func (e *engine) failed(k plan.Key, err error) {
	f := e.fails[k]
	log := e.log.WithFields(logrus.Fields{"item": k.String(), "err": err})
	known := f != nil
	if !known {
		f = &failure{wait: retryFirst / 2}
		e.fails[k] = f
	}
	var away run.Away
	switch errors.As(err, &away); {
	case away != "":
		log.Debug("item waits")
	case known && f.away == "":
		log.Debug("item still does not hold")
	default:
		log.Warn("item does not hold")
	}
	e.waits(f, away)
	f.err = err
	f.wait = min(2*f.wait, retryMost)
	f.next = e.now().Add(f.wait)
}

// waits counts which items wait for what is away, and tells when the first does and when none does any more.
func (e *engine) waits(f *failure, away run.Away) {
	if f.away == away {
		return
	}
	if before := f.away; before != "" {
		if e.away[before]--; e.away[before] == 0 {
			delete(e.away, before)
			e.log.WithField("was", string(before)).Info("what was away is there again")
		}
	}
	if f.away = away; away != "" {
		if e.away[away]++; e.away[away] == 1 {
			e.log.WithField("err", away).Warn("nothing can be changed there now; it is waited for")
		}
	}
}

// held records that an item is as it should be. Others may have waited for it, so they are due at once.
func (e *engine) held(k plan.Key, what string) {
	if what != "" {
		e.log.WithField("item", k.String()).Debug(what)
	}
	if _, wanted := e.want.Get(k); !wanted {
		if _, there := e.have[k]; !there {
			delete(e.subjects, k)
		}
	}
	f := e.fails[k]
	if f == nil {
		return
	}
	delete(e.fails, k)
	if f.away == "" {
		e.log.WithField("item", k.String()).Info("item holds again")
	}
	e.waits(f, "")
	for _, f := range e.fails {
		f.next = e.now()
	}
}

// errors gives the items that do not hold, in order.
func (e *engine) errors() []plan.ItemError {
	var out []plan.ItemError
	for _, k := range slices.SortedFunc(maps.Keys(e.fails), plan.Key.Compare) {
		out = append(out, plan.ItemError{Key: k, Subject: e.subjects[k], Error: e.fails[k].err.Error()})
	}
	return out
}
