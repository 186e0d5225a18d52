// Package trace walks the way of one packet that is never sent: from a guest's port, or from outside, through the switches
// and router namespaces of every host on its way, to where it arrives or is dropped.
//
// Nothing is guessed where it can be asked: what a switch does is what its own ovs-vswitchd says (ofproto/trace on the
// flows that it holds now), where a namespace leads is what its kernel says, and tunnels are tried with real packets. Only
// translation and filters of a namespace are evaluated here, from the host's plan, since kernels answer no such question.
// Each step names the logical object that decided it.
//
// The package reads one snapshot and asks its World; it changes nothing.
package trace
