package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// KeystoneConfig says how to ask a Keystone, and how long its answers are believed.
type KeystoneConfig struct {
	URL string // as OpenStack's catalogues have it: http://keystone:5000/v3

	// What weft proves itself with to Keystone: a user with the right to validate tokens, in a project.
	User, UserDomain       string
	Password               string
	Project, ProjectDomain string

	// AdminRoles are the roles whose bearers are administrators here: RoleAdmin if there are none.
	AdminRoles []string
	// Believe is for how long an answer holds before Keystone is asked again: a token that is revoked is good for that
	// long at most.
	Believe time.Duration
	// Outage is for how long a token that was good is believed while Keystone does not answer. Tokens never outlive their
	// own end.
	Outage time.Duration
	Client *http.Client
	Now    func() time.Time
}

const (
	mostCached    = 50_000           // tokens that are remembered
	deniedFor     = 10 * time.Second // that a wrong token is believed to be wrong
	keystoneLimit = 10 * time.Second // for one question
)

// Keystone asks a Keystone v3 who a token's bearer is.
type Keystone struct {
	cfg     KeystoneConfig
	flight  singleflight.Group // of questions about the same token
	service serviceToken
	mu      sync.Mutex
	cache   map[hash]verdict
}

// verdict is what Keystone said of a token.
type verdict struct {
	caller  Caller
	denied  bool
	expires time.Time // the token's own end
	asked   time.Time
}

// NewKeystone makes an Authenticator of a Keystone. It does not ask it anything yet.
func NewKeystone(cfg KeystoneConfig) *Keystone {
	if len(cfg.AdminRoles) == 0 {
		cfg.AdminRoles = []string{RoleAdmin}
	}
	return &Keystone{cfg: cfg, cache: map[hash]verdict{}}
}

// Remember implements Rememberer: what is believed needs no asking.
func (k *Keystone) Remember(r *http.Request) (Caller, bool) {
	v, ok := k.remembered(hashOf(tokenOf(r)))
	return v.caller, ok && !v.denied && k.fresh(v)
}

// Authenticate implements Authenticator.
func (k *Keystone) Authenticate(r *http.Request) (Caller, error) {
	token := tokenOf(r)
	if token == "" {
		return Caller{}, ErrDenied
	}
	h := hashOf(token)
	old, known := k.remembered(h)
	if known && k.fresh(old) {
		return old.answer()
	}
	v, err := k.ask(r.Context(), token, h)
	if err == nil {
		return v.answer()
	}
	if known && !old.denied && k.cfg.Now().Sub(old.asked) < k.cfg.Outage {
		return old.answer()
	}
	return Caller{}, &Unavailable{err}
}

func (v verdict) answer() (Caller, error) {
	if v.denied {
		return Caller{}, ErrDenied
	}
	return v.caller, nil
}

// fresh reports whether a verdict is believed without asking again.
func (k *Keystone) fresh(v verdict) bool {
	holds := k.cfg.Believe
	if v.denied {
		holds = min(holds, deniedFor)
	}
	return k.cfg.Now().Sub(v.asked) < holds
}

// remembered gives what is known of a token that has not ended.
func (k *Keystone) remembered(h hash) (verdict, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.cache[h]
	if ok && !v.denied && !k.cfg.Now().Before(v.expires) {
		delete(k.cache, h)
		return verdict{}, false
	}
	return v, ok
}

func (k *Keystone) remember(h hash, v verdict) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.cache) >= mostCached {
		k.makeRoom()
	}
	k.cache[h] = v
}

// makeRoom forgets what is not believed any more, and everything if that is not enough: memory is bounded whatever comes.
func (k *Keystone) makeRoom() {
	for h, v := range k.cache {
		if !k.fresh(v) {
			delete(k.cache, h)
		}
	}
	if len(k.cache) >= mostCached {
		clear(k.cache)
	}
}

// ask asks Keystone about a token, once for all who wait for the same answer. Who goes away in the meantime does not
// take the answer from the others.
func (k *Keystone) ask(ctx context.Context, token string, h hash) (verdict, error) {
	done := k.flight.DoChan(string(h[:]), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keystoneLimit)
		defer cancel()
		if v, ok := k.remembered(h); ok && k.fresh(v) { // whoever asked before just got the answer
			return v, nil
		}
		v, err := k.validate(ctx, token)
		if err == nil {
			k.remember(h, v)
		}
		return v, err
	})
	select {
	case <-ctx.Done():
		return verdict{}, ctx.Err()
	case got := <-done:
		if got.Err != nil {
			return verdict{}, got.Err
		}
		return got.Val.(verdict), nil
	}
}

// validate asks Keystone about a token. weft's own token may have ended or been revoked in the meantime: then it gets
// another, once.
func (k *Keystone) validate(ctx context.Context, token string) (verdict, error) {
	for again := false; ; again = true {
		own, err := k.serviceToken(ctx)
		if err != nil {
			return verdict{}, err
		}
		v, err := k.subject(ctx, own, token)
		if !errors.Is(err, errOwnToken) || again {
			return v, err
		}
		k.service.drop(own)
	}
}

// Check proves that Keystone answers and that weft's own user is known there.
func (k *Keystone) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, keystoneLimit)
	defer cancel()
	if _, err := k.serviceToken(ctx); err != nil {
		return fmt.Errorf("get a token from Keystone: %w", err)
	}
	return nil
}
