// Package flows keeps a copy of the flows that the bridges of this host should hold, and gives them back to a bridge that
// has lost them: after ovs-vswitchd was started anew, or the host, with the controller in reach or without.
//
//	BRIDGE.mgmt ◄── a connection a bridge ── any flow of weft's? yes: nothing to do
//	                                            └ no: port numbers as the flows know them? ── all flows, one atomic bundle
//
// Flows are opaque bytes here, and go back as they came, cookies and all, so that the controller finds nothing to change.
// Bringing changes to switches is the controller's alone: a bridge that holds flows of weft's is never touched, but for one
// case: while it has no controller, what others change there is made as it was (guard.go). Flows name
// ports by numbers, so a bridge whose ports have other numbers is given none before they have the old ones again.
package flows
