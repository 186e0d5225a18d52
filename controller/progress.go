package controller

import (
	"context"
	"sync"

	"weft/api"
)

// progress tells waiters that something moved; they look for themselves what.
type progress struct {
	mu sync.Mutex
	ch chan struct{}
}

func newProgress() *progress { return &progress{ch: make(chan struct{})} }

// moved wakes everyone who waits.
func (p *progress) moved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.ch)
	p.ch = make(chan struct{})
}

// next gives a channel that closes at the next move. Take it before looking at what it announces.
func (p *progress) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ch
}

// Moved gives a channel that closes when hosts have come further, or the state has. Take it before looking.
func (c *Controller) Moved() <-chan struct{} { return c.progress.next() }

// until waits for ok to hold.
func (p *progress) until(ctx context.Context, ok func() bool) error {
	for {
		ch := p.next()
		if ok() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ch:
		}
	}
}

// affected remembers which hosts each of the last revisions touched.
type affected struct {
	mu         sync.Mutex
	dispatched api.Revision
	hosts      map[api.Revision][]api.HostID
}

// keepAffected is how many revisions are remembered: a waiter asks within moments of its own commit.
const keepAffected = 4096

func (a *affected) record(rev api.Revision, hosts []api.HostID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dispatched = rev
	if len(hosts) > 0 {
		a.hosts[rev] = hosts
	}
	delete(a.hosts, rev-keepAffected)
}

// by gives the hosts that rev touched, once rev has been dispatched.
func (a *affected) by(rev api.Revision) (hosts []api.HostID, dispatched bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hosts[rev], a.dispatched >= rev
}
