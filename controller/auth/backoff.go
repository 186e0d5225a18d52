package auth

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	freeMistakes = 20               // wrong tokens that an address may show before it has to wait
	longestWait  = 30 * time.Second // between two more
	forgetAfter  = 5 * time.Minute  // without a wrong token
	mostSenders  = 10_000           // addresses that are remembered
)

// Backoff makes those wait who show wrong tokens again and again: after the first few, an address that shows one is not
// listened to for a second, then two, four … What is not known to be right is refused unread in that time, so that
// guessing costs the guesser and not the controller, or the Keystone behind it. Others at the same address, whose tokens
// are known, notice nothing. It is safe for concurrent use.
type Backoff struct {
	next Rememberer
	now  func() time.Time
	mu   sync.Mutex
	of   map[string]*mistakes
}

type mistakes struct {
	count int
	last  time.Time
}

// Rememberer is an Authenticator that knows some tokens without asking anybody.
type Rememberer interface {
	Authenticator
	// Remember gives the caller of a request whose token is known to be valid.
	Remember(r *http.Request) (Caller, bool)
}

// NewBackoff puts the waiting before an authenticator.
func NewBackoff(next Rememberer, now func() time.Time) *Backoff {
	return &Backoff{next: next, now: now, of: map[string]*mistakes{}}
}

// Authenticate implements Authenticator.
func (b *Backoff) Authenticate(r *http.Request) (Caller, error) {
	if c, ok := b.next.Remember(r); ok {
		return c, nil
	}
	from := sender(r)
	if wait := b.wait(from); wait > 0 {
		return Caller{}, &Busy{wait}
	}
	c, err := b.next.Authenticate(r)
	if errors.Is(err, ErrDenied) && tokenOf(r) != "" { // who shows no token guesses none
		b.note(from)
	}
	return c, err
}

func sender(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// wait is how long an address has to be silent yet.
func (b *Backoff) wait(from string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.of[from]
	if m == nil || m.count <= freeMistakes {
		return 0
	}
	return m.last.Add(pause(m.count - freeMistakes)).Sub(b.now())
}

// pause doubles with each mistake.
func pause(n int) time.Duration {
	if n > 10 {
		return longestWait
	}
	return min(time.Second<<(n-1), longestWait)
}

func (b *Backoff) note(from string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	m := b.of[from]
	if m == nil || now.Sub(m.last) > forgetAfter {
		b.makeRoom(now)
		m = &mistakes{}
		b.of[from] = m
	}
	m.count++
	m.last = now
}

// makeRoom forgets who was good for long, and everybody if that is not enough: memory is bounded whatever comes.
func (b *Backoff) makeRoom(now time.Time) {
	if len(b.of) < mostSenders {
		return
	}
	for k, m := range b.of {
		if now.Sub(m.last) > forgetAfter {
			delete(b.of, k)
		}
	}
	if len(b.of) >= mostSenders {
		clear(b.of)
	}
}
