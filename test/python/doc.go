// Package python runs Debian's Python for tests and conformance runs: scripts that say that they are ready, and serve until
// their standard input ends, so that they end with the program that started them, however that ends.
package python
