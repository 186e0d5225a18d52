// Package serve builds the weft program and runs its controller on loopback, on ports that the kernel chooses, for
// tests and conformance runs. No host joins it.
package serve
