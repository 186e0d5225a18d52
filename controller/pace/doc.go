// Package pace keeps TLS handshakes from taking all processors: thousands of hosts that come back at once, or strangers that
// only knock, compute a few at a time, so that those who are connected are served meanwhile.
package pace
