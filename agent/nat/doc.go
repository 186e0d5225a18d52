// Package nat turns NAT items into the text that iptables-restore reads, and reads iptables-save's text back. It only
// computes text; package link runs the programs.
//
// What is ours is marked by name: chains begin with "weft-", and a chain of iptables' own (PREROUTING …) has one jump to
// the chain of the same name with that prefix. Nothing else in the tables is read as ours or written.
package nat
