package auth

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Open takes whoever reaches a loopback listener for an administrator. A listener that others reach is refused.
//
// A browser on the same machine reaches it too, and does what pages from elsewhere tell it; and a proxy hands others on.
// What shows either of the two is denied.
func Open(listener net.Addr) (Authenticator, error) {
	a, err := netip.ParseAddrPort(listener.String())
	if err != nil || !a.Addr().Unmap().IsLoopback() {
		return nil, fmt.Errorf("without authentication everybody who reaches %s could do everything: listen on 127.0.0.1 or [::1], "+
			"or choose another way to authenticate", listener)
	}
	return open{}, nil
}

type open struct{}

// Authenticate implements Authenticator.
func (open) Authenticate(r *http.Request) (Caller, error) {
	for _, sign := range []string{"Origin", "X-Forwarded-For", "Forwarded"} {
		if r.Header.Get(sign) != "" {
			return Caller{}, ErrDenied
		}
	}
	if !local(r.Host) {
		return Caller{}, ErrDenied
	}
	return administrator("anyone"), nil
}

// local reports whether a name in a request is one that leads to this machine wherever it is looked up.
func local(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}
