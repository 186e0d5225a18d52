// Package tables is the map of weft's pipeline and the only place that knows its numbers: table ids and names with their
// contracts (what a table may match, where it may send a packet, what a miss means), priorities, registers and the
// layout of cookies. Ids and names are Neutron's where the job is the same, since operators know them.
//
// The package is pure and imports nothing of weft.
package tables

//go:generate go run ./gen priority.go ../docs/pipeline.md
