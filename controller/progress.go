package controller

import (
	"context"
	"sync"
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
