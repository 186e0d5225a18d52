package pki

import (
	"crypto/tls"
	"sync"
	"time"
)

// Serving gives what the controller serves with: a certificate that is made anew when a third of its life is left, so that a
// controller may run for ever. Connections that are there keep what they have.
func (a *Authority) Serving(names []string) func() (*tls.Certificate, error) {
	var mu sync.Mutex
	var have *tls.Certificate
	var until time.Time
	return func() (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		if have != nil && a.now().Before(until) {
			return have, nil
		}
		fresh, err := a.Server(names)
		if err != nil {
			return nil, err
		}
		life := earlier(a.now().Add(a.Life), a.cert.NotAfter).Sub(a.now())
		have, until = &fresh, a.now().Add(life*2/3)
		return have, nil
	}
}
