// Package cloud builds states for tests: small clouds by hand, and random ones with random changes. It derives segments,
// placements, gateway ports and the bindings of legs in its own simple way, from scratch each time, so that tests of the
// compiler depend on the nouns alone.
package cloud
