// Package e2e tests the weft program as a user runs it: the example's demo on a lab of its own, and what becomes of its
// cloud when parts of it are killed. It needs root and Open vSwitch.
package e2e
