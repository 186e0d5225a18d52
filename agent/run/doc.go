// Package run holds what the parts of the agent share: the set of wanted items, the narrow interface of a driver that
// reads and changes one side of the host (OVSDB, or namespaces), and a fake host that keeps state and refuses what a
// kernel would refuse.
//
// A driver never decides what should be: it is told, and it answers with what is there.
package run
