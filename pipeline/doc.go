// Package pipeline is weft's flow language and its program of layer 2.
//
// The language: a Flow is data, in the order of an ovs-ofctl dump: Bridge, Table, Priority, Match, Actions. Matches and
// actions carry the names that ovs-ofctl uses, CamelCased. Flow.String() is exactly the line that
// "ovs-ofctl -O OpenFlow13 dump-flows --no-stats" prints for the flow, and Flow.Check holds it against the contracts of
// package tables.
//
// The program: what each host's br-int, br-tun and provider bridges need for networks, ports and peers. Routers are in
// package dvr and floating IPs in package fip, in the same language.
//
// The package is pure: no I/O, goroutine, clock or log.
package pipeline
